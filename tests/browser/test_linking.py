"""Working through staged companies pair by pair, in a real browser on the real processes."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import DESK, PHONE
from tests.browser.test_tour import signed_in
from tests.fixtures.demo import Demo

pytestmark = [pytest.mark.browser, pytest.mark.slow]

FIRMS = {"LP-1": "Quarrystone Paving LLC", "LP-2": "Quillon Masonry"}


@pytest.fixture(scope="module")
def staged(demo: Demo) -> dict[str, int]:
    """Two staged companies by origin ID, and a company here that is the first of them."""
    integrator = demo.integrator()
    updates = [
        {
            "item_type": "vendor",
            "origin_id": origin_id,
            "origin_code": origin_id[3:],
            "data": {"name": name, "license_number": f"{origin_id} 0077", "zip": "80014", "city": "Aurora"},
        }
        for origin_id, name in FIRMS.items()
    ]
    answer = integrator.call("PATCH", "staged_records/sync", {"updates": updates}).json()
    assert answer["errors"] == []
    data = {"name": "Quarrystone Paving", "license_number": "LP10077", "city": "Aurora"}
    sender = demo.person("project_user")
    assert sender.call("POST", "records", {"item_type": "vendor", "data": data}).status_code == 201
    other = {"name": "Quarry Stone Supply", "city": "Denver"}
    assert sender.call("POST", "records", {"item_type": "vendor", "data": other}).status_code == 201
    return {row["origin_id"]: row["id"] for row in answer["entities"]}


def link_page(page: Page, demo: Demo, staged_id: int) -> None:
    page.goto(f"{demo.base_url}/c/{demo.company_id}/staged/{staged_id}/link/")


def record_of(demo: Demo, title: str) -> dict[str, Any]:
    rows = demo.person("approver").call("GET", "records?item_type=vendor&per_page=100").json()
    return next(row for row in rows if row["title"] == title)


@pytest.mark.capability("LK-07")
def test_l_links_the_chosen_company_u_takes_it_back(
    demo: Demo, staged: dict[str, int], open_context: Callable[..., BrowserContext]
) -> None:
    page = signed_in(open_context, demo, "approver")
    link_page(page, demo, staged["LP-1"])
    chosen = page.locator(".cand.on")
    expect(chosen).to_contain_text("Quarrystone Paving")
    expect(chosen).to_contain_text("same tax ID")
    expect(page.locator(".diff ins", has_text="LP-1")).to_be_visible()

    page.keyboard.press("l")

    toast = page.locator(".toast", has_text="Linked Quarrystone Paving LLC")
    expect(toast).to_be_visible()
    expect(page).not_to_have_url(re.compile(f"/staged/{staged['LP-1']}/"))
    expect(page.locator(".picks .done", has_text="linked to Quarrystone Paving")).to_be_visible()
    assert record_of(demo, "Quarrystone Paving")["origin_id"] == "LP-1"
    page.keyboard.press("u")
    expect(toast).to_have_count(0)
    assert record_of(demo, "Quarrystone Paving")["origin_id"] is None
    expect(page.locator(".picks li", has_text="Quarrystone Paving LLC")).not_to_contain_text("linked to")


@pytest.mark.capability("LK-07")
def test_choosing_another_company_compares_it_without_leaving_the_page(
    demo: Demo, staged: dict[str, int], open_context: Callable[..., BrowserContext]
) -> None:
    page = signed_in(open_context, demo, "approver")
    link_page(page, demo, staged["LP-1"])

    page.get_by_role("radio", name="Quarry Stone Supply").check()

    expect(page.locator(".decide .say")).to_contain_text("Link LP-1 to Quarry Stone Supply")
    expect(page.locator(".cand.on")).to_contain_text("Quarry Stone Supply")
    expect(page).to_have_url(re.compile(r"record=\d+"))
    expect(page.get_by_role("radio", name="Quarry Stone Supply")).to_be_focused()


@pytest.mark.capability("LK-07", "UI-05", "UI-09")
@pytest.mark.parametrize("screen", [DESK, PHONE], ids=["desk", "phone"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pages_of_a_staged_company_look_right(
    demo: Demo,
    staged: dict[str, int],
    open_context: Callable[..., BrowserContext],
    axe: Callable[[Page], list[str]],
    screen: Any,
    scheme: Any,
) -> None:
    page = signed_in(open_context, demo, "approver", screen=screen, color_scheme=scheme)

    for path in ("link/", "?tab=source", "?tab=fields"):
        page.goto(f"{demo.base_url}/c/{demo.company_id}/staged/{staged['LP-2']}/{path}")
        assert axe(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path


@pytest.mark.capability("UI-09")
@pytest.mark.parametrize("screen", [DESK, PHONE], ids=["desk", "phone"])
def test_a_merge_names_what_it_does_before_it_is_done(
    demo: Demo,
    staged: dict[str, int],
    open_context: Callable[..., BrowserContext],
    axe: Callable[[Page], list[str]],
    screen: Any,
) -> None:
    page = signed_in(open_context, demo, "admin", screen=screen)
    record = record_of(demo, "Quarry Stone Supply")
    page.goto(f"{demo.base_url}/c/{demo.company_id}/records/{record['id']}/merge/?q=Quarry")

    page.get_by_role("checkbox", name=re.compile("^Quarrystone Paving")).check()
    page.get_by_role("button", name="Show what happens").click()

    expect(page.get_by_role("button", name="Merge 1 company")).to_be_visible()
    expect(page.locator("main")).to_contain_text("survives. These are taken away: Quarrystone Paving")
    assert axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
