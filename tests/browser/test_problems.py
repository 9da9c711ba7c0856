"""Problems, the list of failures, My items and the dashboard, in a real browser on the real processes."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import DESK, PHONE, THEMES
from tests.browser.test_tour import signed_in
from tests.fixtures.demo import Demo

pytestmark = [pytest.mark.browser, pytest.mark.slow]
PAGES = {
    "approver": ["problems/", "dashboard/", "queue/?view=failed"],
    "project_user": ["mine/", "mine/?show=returned"],
}


def go(page: Page, demo: Demo, path: str) -> None:
    page.goto(f"{demo.base_url}/c/{demo.company_id}/{path}")


@pytest.mark.capability("MO-06", "UI-05", "UI-09", "UI-12")
@pytest.mark.parametrize("screen", [DESK, PHONE], ids=["desk", "phone"])
@pytest.mark.parametrize("who", PAGES)
def test_the_pages_look_right(
    demo: Demo,
    open_context: Callable[..., BrowserContext],
    axe: Callable[[Page], list[str]],
    screen: Any,
    who: str,
) -> None:
    page = signed_in(open_context, demo, who, screen=screen, reduced_motion="reduce")

    for path in PAGES[who]:
        for theme in THEMES:
            page.emulate_media(color_scheme=theme)
            go(page, demo, path)
            assert axe(page) == [], (path, theme)
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path


@pytest.mark.capability("MO-06")
def test_a_problem_is_muted_heard_again_and_its_rows_are_retried(
    demo: Demo, open_context: Callable[..., BrowserContext]
) -> None:
    page = signed_in(open_context, demo, "approver")
    page.get_by_role("link", name="Problems").first.click()
    problem = page.locator(".problem", has_text="Period 2026-10 is closed")
    expect(problem.locator(".count")).to_have_text(re.compile("1"))

    problem.get_by_role("button", name="Mute until").click()
    page.locator(".pop.mute:popover-open").get_by_role("button", name="Mute").click()
    expect(page.get_by_text("No problem is open.")).to_be_visible()
    page.get_by_role("link", name=re.compile("Muted 1")).click()
    page.get_by_role("button", name="Unmute").click()
    page.get_by_role("link", name=re.compile("Open 1")).click()

    # One row is sent again where it stands; the row says so, and the rest of the page stays.
    row = page.locator("tr", has_text="SC-1036")
    row.get_by_role("button", name="Retry").click()
    expect(row).to_contain_text("sent again by you")
    page.reload()
    expect(page.locator(".problem", has_text="Period 2026-10 is closed")).to_contain_text("1 is being tried again")


@pytest.mark.capability("UI-01")
def test_a_number_of_the_dashboard_leads_to_its_rows(demo: Demo, open_context: Callable[..., BrowserContext]) -> None:
    page = signed_in(open_context, demo, "approver")
    page.get_by_role("link", name="Overview").first.click()
    commitments = page.locator(".figures tr", has_text="Commitments").first
    number = commitments.get_by_role("link").nth(2)
    count = int(number.inner_text())
    assert count > 0

    number.click()

    expect(page.get_by_role("heading", name="Ready to export")).to_be_visible()
    expect(page.locator("tbody tr[data-url]")).to_have_count(count)
    go(page, demo, "dashboard/")
    page.get_by_text("As a table").click()
    expect(page.locator(".days-table tbody tr")).to_have_count(30)


@pytest.mark.capability("UI-12")
def test_the_sender_mends_what_came_back_from_his_own_page(
    demo: Demo, open_context: Callable[..., BrowserContext]
) -> None:
    page = signed_in(open_context, demo, "project_user")
    go(page, demo, "mine/")
    card = page.locator(".returned", has_text="SC-1038")
    expect(card).to_contain_text("Retainage must be 10 %")

    page.get_by_role("link", name=re.compile("Back with you")).first.click()
    expect(page.locator(".returned", has_text="SC-1038")).to_be_visible()
    expect(page.locator("table.mine tbody tr")).to_have_count(0)
    page.locator(".returned", has_text="SC-1038").get_by_role("link", name="Mend it").click()

    expect(page).to_have_url(re.compile(r"/records/\d+/edit/"))
