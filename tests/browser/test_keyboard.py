"""Working through a list without a mouse."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.capability("UI-04")]


@pytest.fixture
def queue(page: Page, samples: str) -> Page:
    page.goto(f"{samples}/sample/queue/")
    return page


def current(page: Page) -> str | None:
    return page.locator("tr.here").get_attribute("id")


def test_j_and_k_move_and_the_panel_follows(queue: Page) -> None:
    queue.keyboard.press("j")
    queue.keyboard.press("j")
    queue.keyboard.press("k")

    assert current(queue) == "export-2"
    expect(queue.locator("#export-2")).to_be_focused()
    expect(queue.locator("#panel")).to_have_attribute("data-for", "export-2")


def test_x_selects_the_row_and_the_totals_are_exact(queue: Page) -> None:
    queue.keyboard.press("j")
    queue.keyboard.press("x")

    expect(queue.locator("#export-2 input")).to_be_checked()
    expect(queue.locator("#selected")).to_have_text("selected 3, 332,348.67 USD")


def test_a_accepts_the_row_and_goes_to_the_next_one(queue: Page) -> None:
    queue.keyboard.press("j")
    queue.keyboard.press("a")

    expect(queue.locator("#export-2")).to_have_class(re.compile("gone"))
    expect(queue.locator("[role=status]", has_text="Accepted INV-2207")).to_be_visible()
    expect(queue.locator("#export-3")).to_be_focused()
    expect(queue.locator("#totals")).to_contain_text("40 rows")


def test_a_asks_for_what_is_missing_below_the_row(queue: Page) -> None:
    queue.locator("tr.inline").evaluate("row => row.remove()")
    queue.locator("#export-6").click(position={"x": 300, "y": 10})
    queue.keyboard.press("a")

    form = queue.locator("tr.inline[data-for=export-6]")
    expect(form.locator("input[name=transaction_date]")).to_be_focused()
    queue.keyboard.press("Enter")
    expect(queue.locator("#export-6")).to_have_class(re.compile("gone"))
    expect(form).to_have_count(0)


def test_escape_closes_the_form_below_a_row_and_returns_to_the_row(queue: Page) -> None:
    queue.locator("tr.inline input[name=ap_account]").focus()

    queue.keyboard.press("Escape")

    expect(queue.locator("tr.inline")).to_have_count(0)
    expect(queue.locator("#export-6")).to_be_focused()


@pytest.mark.capability("AP-02")
def test_r_asks_for_a_reason_and_refuses_none(queue: Page) -> None:
    queue.keyboard.press("j")
    queue.keyboard.press("r")
    dialog = queue.get_by_role("dialog")
    reason = dialog.locator("textarea[name=reason]")

    expect(reason).to_be_focused()
    reason.fill("no")
    dialog.get_by_role("button", name="Reject and mail").click()
    expect(dialog).to_contain_text("Say why, in 3 characters or more.")
    reason.fill("Retainage must be 5 %.")
    dialog.get_by_role("button", name="Reject and mail").click()

    expect(dialog).to_have_count(0)
    expect(queue.locator("#export-2")).to_contain_text("rejected by you")


def test_enter_opens_the_row(queue: Page) -> None:
    queue.keyboard.press("j")

    queue.keyboard.press("Enter")

    expect(queue).to_have_url(re.compile(r"/sample/detail/\?of=INV-2207$"))


def test_shortcuts_never_fire_inside_text_fields(queue: Page) -> None:
    queue.keyboard.press("/")
    expect(queue.locator("#search")).to_be_focused()

    queue.keyboard.type("jar?x[")

    expect(queue.locator("#search")).to_have_value("jar?x[")
    assert current(queue) == "export-1"
    expect(queue.get_by_role("dialog")).to_have_count(0)


def test_the_question_mark_shows_help_where_shortcuts_can_be_switched_off(queue: Page) -> None:
    queue.keyboard.press("?")
    help_text = queue.get_by_role("dialog", name="Keyboard shortcuts")
    help_text.get_by_text("Shortcuts are on in this browser").click()
    queue.keyboard.press("Escape")
    expect(help_text).to_have_count(0)

    queue.keyboard.press("j")

    assert current(queue) == "export-1"


@pytest.mark.capability("UI-11")
def test_a_closed_decision_says_why_and_whom_to_ask(queue: Page) -> None:
    queue.locator("#export-10").click(position={"x": 300, "y": 10})

    queue.keyboard.press("a")

    expect(queue.locator("#tip")).to_have_text("You sent this item. Ask Marcus Bell or Sofia Reyes.")
    expect(queue.locator("#export-10")).not_to_have_class(re.compile("gone"))


@pytest.mark.capability("UI-07")
def test_a_late_click_changes_nothing_and_says_who_was_faster(queue: Page) -> None:
    queue.locator("#export-2 [data-act=accept]").evaluate("""button => {
        button.setAttribute("hx-post", "/acts/export-2/stale/");
        htmx.process(button);
    }""")

    queue.locator("#export-2 [data-act=accept]").click()

    expect(queue.locator("#alerts")).to_contain_text("Priya Nair changed it at 10:42.")
    expect(queue.locator("#export-2")).not_to_have_class(re.compile("gone"))


@pytest.mark.capability("UI-06")
def test_a_part_that_cannot_be_loaded_offers_to_try_again(queue: Page) -> None:
    queue.route("**/sample/detail/**", lambda route: route.abort())
    queue.keyboard.press("j")
    expect(queue.locator("#panel")).to_contain_text("This could not be loaded.")
    queue.unroute("**/sample/detail/**")

    queue.locator("#panel").get_by_role("button", name="Retry").click()

    expect(queue.locator("#panel h2").first).to_have_text("Structural steel, towers A and B")


@pytest.mark.capability("AP-09")
def test_undo_counts_down_and_goes(queue: Page) -> None:
    undo = queue.locator(".toast [data-act=undo]")
    expect(undo).to_contain_text("Undo (7 s)")

    queue.locator(".toast").evaluate("toast => { toast.dataset.seconds = 1; }")

    expect(undo).to_have_count(0)


def test_decisions_are_off_while_the_browser_is_offline(queue: Page) -> None:
    queue.context.set_offline(True)
    expect(queue.locator("#offline")).to_be_visible()

    queue.locator("#export-2 [data-act=accept]").click()

    expect(queue.locator("#tip")).to_contain_text("You are offline.")
    queue.context.set_offline(False)
    expect(queue.locator("#offline")).to_be_hidden()


def test_a_line_can_be_added_and_removed_without_leaving_the_form(page: Page, samples: str) -> None:
    page.goto(f"{samples}/sample/form/")
    page.get_by_role("button", name="Add line").click()
    added = page.locator(".edit-lines tbody tr").last
    expect(added.locator("td [data-position]").first).to_have_text("5")
    expect(added.locator("select").first).to_be_focused()
    assert added.locator("input").first.get_attribute("name") == "line_items-4-description"

    added.get_by_role("button", name="Remove line").click()

    expect(page.locator(".edit-lines tbody tr")).to_have_count(4)


def test_the_correlation_id_can_be_copied(open_context: Callable[..., BrowserContext], samples: str) -> None:
    page = open_context(permissions=["clipboard-read", "clipboard-write"]).new_page()
    page.goto(f"{samples}/sample/blocked/")

    page.get_by_role("button", name="Copy correlation ID").click()

    assert page.evaluate("navigator.clipboard.readText()") == "c-7Q4S0M"
