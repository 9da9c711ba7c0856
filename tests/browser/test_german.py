"""The pages in German, in a real browser on the real processes."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import DESK, PHONE, THEMES, Screen
from tests.browser.test_problems import go
from tests.fixtures.demo import Demo

pytestmark = [pytest.mark.browser, pytest.mark.slow]
PAGES = {
    "approver": [
        "queue/?view=ready_to_export",
        "queue/?view=ready_to_import",
        "queue/?view=failed",
        "problems/",
        "dashboard/",
        "mail/",
        "notices/",
    ],
    "project_user": ["mine/", "records/"],
    "admin": ["settings/", "settings/decisions/", "hooks/", "deliveries/"],
}


def signed_in_german(open_context: Callable[..., BrowserContext], demo: Demo, who: str, screen: Screen) -> Page:
    """By the browser's own language: nobody in the demo has chosen one."""
    page = open_context(screen, locale="de-DE", reduced_motion="reduce").new_page()
    page.goto(f"{demo.base_url}/accounts/login/")
    expect(page.get_by_role("button", name="Anmelden")).to_be_visible()
    person = demo.credentials["people"][who]
    page.fill("[name=username]", person["username"])
    page.fill("[name=password]", person["password"])
    page.press("[name=password]", "Enter")
    page.wait_for_url(f"**/c/{demo.company_id}/**")
    return page


@pytest.mark.capability("UI-09")
@pytest.mark.parametrize("screen", [DESK, PHONE], ids=["desk", "phone"])
@pytest.mark.parametrize("who", PAGES)
def test_german_pages_fit_and_are_accessible(
    demo: Demo,
    open_context: Callable[..., BrowserContext],
    axe: Callable[[Page], list[str]],
    screen: Screen,
    who: str,
) -> None:
    page = signed_in_german(open_context, demo, who, screen)

    for path in PAGES[who]:
        for theme in THEMES:
            page.emulate_media(color_scheme=theme)
            go(page, demo, path)
            expect(page.locator("html")).to_have_attribute("lang", "de")
            assert axe(page) == [], (path, theme)
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path


@pytest.mark.capability("UI-09")
@pytest.mark.parametrize("screen", [DESK, PHONE], ids=["desk", "phone"])
def test_an_export_is_read_and_selected_in_german(
    demo: Demo, open_context: Callable[..., BrowserContext], axe: Callable[[Page], list[str]], screen: Any
) -> None:
    page = signed_in_german(open_context, demo, "approver", screen)
    go(page, demo, "queue/?view=ready_to_export")
    row = page.locator("[data-rows] tr[data-url]", has_text="SC-1042")
    row.locator(".c-check input").check(force=True)
    expect(page.locator("#selected")).to_have_text("ausgewählt 1, 1.212.440,00 USD")

    address = row.get_attribute("data-url")
    page.goto(f"{demo.base_url}{address}")

    expect(page.get_by_role("button", name=re.compile("freigeben")).first).to_be_visible()
    assert axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.capability("UI-09")
def test_a_person_chooses_his_language_in_his_menu(demo: Demo, open_context: Callable[..., BrowserContext]) -> None:
    page = signed_in_german(open_context, demo, "auditor", DESK)
    page.locator("[popovertarget=person]").click()

    page.get_by_role("button", name="English").click()

    expect(page.locator("html")).to_have_attribute("lang", "en")
    page.locator("[popovertarget=person]").click()
    expect(page.get_by_role("button", name="English")).to_have_attribute("aria-pressed", "true")
