"""Two people at one list, and one whose session ends, in real browsers on the real processes."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.test_tour import signed_in
from tests.fixtures.demo import Demo

pytestmark = [pytest.mark.browser, pytest.mark.slow]
# What the contract asks for, and a busy machine's second.
WITHIN_MS = 6_000
NAME, REASON = "Fennel Street Scaffolding", "Not a company that we know."


@pytest.fixture
def vendor(demo: Demo) -> str:
    """A company that waits to be let out; its name."""
    sender = demo.person("project_user")
    made = sender.call("POST", "records", {"item_type": "vendor", "data": {"name": NAME}}).json()
    assert sender.call("POST", f"records/{made['id']}/send_to_erp", {}).status_code < 300
    return NAME


def queue_of(demo: Demo, open_context: Callable[..., BrowserContext], who: str) -> Page:
    page = signed_in(open_context, demo, who)
    page.goto(f"{demo.base_url}/c/{demo.company_id}/queue/?view=ready_to_export")
    return page


@pytest.mark.capability("UI-07", "UI-02")
def test_what_one_decides_the_other_sees_and_can_no_longer_do(
    demo: Demo, vendor: str, open_context: Callable[..., BrowserContext]
) -> None:
    mine, other = (queue_of(demo, open_context, who) for who in ("approver", "second_approver"))
    count = mine.locator("#side a", has_text="Ready to export").locator(".n")
    before = int(count.inner_text())
    row = mine.locator("tr[data-url]", has_text=vendor)
    row.locator("[name=row]").check()
    row.click(position={"x": 300, "y": 10})

    other.locator("tr[data-url]", has_text=vendor).get_by_role("button", name="Accept").click()
    expect(other.locator("tr[data-url]", has_text=vendor)).to_contain_text("accepted by you")

    expect(row).to_contain_text(re.compile(r"accepted by Tomas Lindqvist, \d\d:\d\d"), timeout=WITHIN_MS)
    expect(row.get_by_role("button", name="Accept")).to_have_count(0)
    expect(row).to_have_class(re.compile("here"))
    expect(row.locator("[name=row]")).to_be_disabled()
    expect(count).to_have_text(str(before - 1))
    expect(mine.locator("#panel")).not_to_contain_text("Ready to export")


@pytest.mark.capability("UI-06")
def test_who_was_signed_out_goes_on_where_he_was_with_what_he_typed(
    demo: Demo, vendor: str, open_context: Callable[..., BrowserContext]
) -> None:
    page = queue_of(demo, open_context, "approver")
    row = page.locator("tr[data-url]", has_text=vendor).last
    row.get_by_role("button", name="Reject").or_(row.get_by_role("link", name="Reject")).click()
    page.locator("#dialog textarea[name=reason]").fill(REASON)
    page.context.clear_cookies(name="sessionid")

    form = page.locator("#sign-in-again")
    expect(form).to_contain_text("You were signed out.", timeout=WITHIN_MS)
    person = demo.credentials["people"]["approver"]
    form.locator("[name=username]").fill(person["username"])
    form.locator("[name=password]").fill("not this one")
    form.get_by_role("button", name="Sign in").click()
    expect(form).to_contain_text("Name or password is wrong.")
    form.locator("[name=password]").fill(person["password"])
    form.get_by_role("button", name="Sign in").click()

    expect(form).to_be_hidden()
    expect(page.locator("#dialog textarea[name=reason]")).to_have_value(REASON)
    page.locator("#dialog").get_by_role("button", name="Reject").click()
    expect(row).to_contain_text("rejected by you")
