"""An approver's morning: a hundred rows of several kinds by keyboard alone, in a real browser on the real processes."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.test_tour import signed_in
from tests.fixtures.demo import Demo

pytestmark = [pytest.mark.browser, pytest.mark.slow]

IMPORTS, EXPORTS, EVERY = 60, 40, 5  # every fifth is refused
REASON = "Not one of ours."


def refused(place: int) -> bool:
    return place % EVERY == 0


@pytest.fixture
def staged(demo: Demo) -> dict[int, int]:
    """Companies and jobs that the ERP sent: id by place."""
    updates: list[dict[str, Any]] = [
        {"item_type": "vendor", "origin_id": f"M-{place}", "data": {"name": f"Morning Import {place:03}"}}
        if place % 2
        else {
            "item_type": "project",
            "origin_id": f"M-{place}",
            "data": {"name": f"Morning Import {place:03}", "project_number": f"M-{place}"},
        }
        for place in range(IMPORTS)
    ]
    answer = demo.integrator().call("PATCH", "staged_records/sync", {"updates": updates}).json()
    assert answer["errors"] == []
    return {int(row["origin_id"][2:]): row["id"] for row in answer["entities"]}


@pytest.fixture
def sent(demo: Demo) -> dict[int, int]:
    """Companies that a project person sent: export by place."""
    sender, found = demo.person("project_user"), {}
    for place in range(EXPORTS):
        made = sender.call("POST", "records", {"item_type": "vendor", "data": {"name": f"Morning Export {place:03}"}})
        answer = sender.call("POST", f"records/{made.json()['id']}/send_to_erp", {})
        found[place] = answer.json()["export_id"]
    return found


def decide(page: Page, demo: Demo, view: str, word: str) -> int:
    """Work through what waits with this word in its title; how many rows were decided on."""
    page.goto(f"{demo.base_url}/c/{demo.company_id}/queue/?view={view}&q={word.replace(' ', '+')}")
    decided = 0
    while page.locator("tr[data-url]").count():
        rows = page.locator("tr[data-url]").count()
        page.keyboard.press("j")
        for _ in range(rows):
            row = page.locator("tr.here")
            key = str(row.get_attribute("id"))
            title = row.locator("a.t").inner_text()
            place = int(re.findall(r"\d+$", title)[0])
            if refused(place):
                page.keyboard.press("r")
                expect(page.locator("#dialog textarea")).to_be_focused()
                page.keyboard.type(REASON)
                page.keyboard.press("Control+Enter")
            else:
                page.keyboard.press("a")
            expect(page.locator(f"#{key}")).to_have_class(re.compile("gone"))
            decided += 1
        page.reload()  # as F5 does
    return decided


@pytest.mark.capability("UI-04", "UI-01")
def test_a_hundred_rows_are_decided_by_keyboard_and_each_as_meant(
    demo: Demo, staged: dict[int, int], sent: dict[int, int], open_context: Callable[..., BrowserContext]
) -> None:
    page = signed_in(open_context, demo, "approver")

    assert decide(page, demo, "ready_to_import", "Morning Import") == IMPORTS
    assert decide(page, demo, "ready_to_export", "Morning Export") == EXPORTS

    approver = demo.person("approver")
    for place, staged_id in staged.items():
        answer = approver.call("GET", f"staged_records/{staged_id}")
        found = answer.status_code if answer.status_code != 200 else answer.json()["status"]
        assert (found in {404, "rejected", "invalid"}) == refused(place), (place, found)
    for place, export_id in sent.items():
        status = approver.call("GET", f"exports/{export_id}").json()["status"]
        assert (status == "rejected") == refused(place), (place, status)
        assert status in {"rejected", "accepted", "exporting", "synced"}
