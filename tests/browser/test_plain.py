"""The pages without JavaScript: lists, single decisions and forms still work."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

pytestmark = pytest.mark.browser


@pytest.fixture
def plain(open_context: Callable[..., BrowserContext]) -> Page:
    return open_context(java_script_enabled=False).new_page()


def test_accept_is_a_plain_form(plain: Page, samples: str) -> None:
    plain.goto(f"{samples}/sample/queue/")

    with plain.expect_request("**/acts/export-2/accept/") as sent:
        plain.locator("#export-2 [data-act=accept]").click()

    assert sent.value.method == "POST"
    assert re.search(r"csrfmiddlewaretoken=\w+&next=%2Fsample%2Fqueue%2F&version=3", sent.value.post_data or "")


def test_reject_is_a_page_with_a_form(plain: Page, samples: str) -> None:
    plain.goto(f"{samples}/sample/queue/")
    plain.locator("#export-2 [data-act=reject]").click()
    expect(plain.get_by_role("heading", name="Reject SC-1042")).to_be_visible()
    plain.fill("textarea[name=reason]", "no")

    plain.get_by_role("button", name="Reject and mail").click()

    expect(plain.locator(".err")).to_contain_text("Say why, in 3 characters or more.")


def test_a_line_is_added_by_the_server(plain: Page, samples: str) -> None:
    plain.goto(f"{samples}/sample/form/")

    with plain.expect_request("**/sample/form/") as sent:
        plain.get_by_role("button", name="Add line").click()

    assert "add_line=1" in (sent.value.post_data or "")
    assert "line_items-3-description=Site+welding" in (sent.value.post_data or "")


def test_menus_open_and_nothing_dead_is_shown(plain: Page, samples: str) -> None:
    plain.goto(f"{samples}/sample/queue/")

    plain.locator("[popovertarget=person]").click()

    expect(plain.get_by_role("button", name="Sign out")).to_be_visible()
    expect(plain.locator(".scripted:visible")).to_have_count(0)
