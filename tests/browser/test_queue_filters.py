"""The queue's filters, columns and saved filters in a real browser on the real processes."""

import re
from collections.abc import Callable
from itertools import product

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.conftest import DESK, PHONE, THEMES
from tests.browser.test_tour import signed_in
from tests.fixtures.demo import Demo

pytestmark = [pytest.mark.browser, pytest.mark.slow]
SHOWN = (
    "queue/?view=ready_to_export&amount_from=100000&waiting=soon&sort=-amount&limit=25",
    "queue/filters/?view=failed&status=failed",
    "queue/saved/?view=failed",
)


def open_queue(page: Page, demo: Demo, query: str = "view=ready_to_export") -> None:
    page.goto(f"{demo.base_url}/c/{demo.company_id}/queue/?{query}")


@pytest.mark.capability("UI-03")
def test_filters_are_chosen_in_a_dialog_and_cleared_by_escape_twice(
    demo: Demo, open_context: Callable[..., BrowserContext]
) -> None:
    page = signed_in(open_context, demo, "approver")
    open_queue(page, demo)
    every = page.locator("[data-rows] tbody tr").count()
    page.locator(".filter.add").click()
    expect(page.locator("#dialog #id_q")).to_be_focused()
    page.get_by_label("Amount from").fill("100000")
    page.locator("#dialog").get_by_label("Project").fill("Harbour Point")
    page.get_by_role("button", name="Show rows").click()

    expect(page).to_have_url(re.compile(r"\?view=ready_to_export&project_id=\d+&amount_from=100000&currency=USD$"))
    expect(page.locator(".bar .filter:not(.add)")).to_have_count(2)
    rows = page.locator("[data-rows] tbody tr").count()
    assert 0 < rows < every

    page.get_by_label("Remove filter: Project Harbour Point").click()
    expect(page.locator(".bar .filter:not(.add)")).to_have_count(1)
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    expect(page.locator(".bar .filter:not(.add)")).to_have_count(0)
    expect(page.locator("[data-rows] tbody tr")).to_have_count(every)


@pytest.mark.capability("UI-03")
def test_the_dialog_fills_a_phone(demo: Demo, open_context: Callable[..., BrowserContext]) -> None:
    page = signed_in(open_context, demo, "approver", screen=PHONE)
    open_queue(page, demo)
    page.locator(".filter.add").tap()
    page.locator("#dialog[open]").wait_for()
    box = page.locator("#dialog").bounding_box()

    assert box is not None
    assert (round(box["x"]), round(box["y"]), round(box["width"]), round(box["height"])) == (0, 0, 360, 760)
    expect(page.get_by_role("button", name="Show rows")).to_be_in_viewport()


@pytest.mark.capability("UI-03")
def test_a_column_is_hidden_and_a_head_sorts(demo: Demo, open_context: Callable[..., BrowserContext]) -> None:
    page = signed_in(open_context, demo, "approver")
    open_queue(page, demo)
    page.get_by_role("button", name="Columns").click()
    page.locator("#columns").get_by_label("Sender").uncheck()
    page.get_by_role("button", name="Apply").click()
    expect(page.locator("th.c-sender")).to_have_count(0)
    expect(page.locator("td.c-sender")).to_have_count(0)

    page.locator("th.c-amount a").click()
    expect(page.locator("th.c-amount")).to_have_attribute("aria-sort", "descending")
    found = page.locator("[name=row][data-currency=USD]").evaluate_all("all => all.map((one) => +one.dataset.amount)")
    assert found == sorted(found, reverse=True)
    page.get_by_role("button", name="Columns").click()
    page.get_by_role("button", name="Show all").click()
    expect(page.locator("th.c-sender")).to_have_count(1)


@pytest.mark.capability("UI-02")
def test_a_filter_is_saved_shared_and_opened_by_a_colleague(
    demo: Demo, open_context: Callable[..., BrowserContext]
) -> None:
    page = signed_in(open_context, demo, "approver")
    open_queue(page, demo, "view=ready_to_export&amount_to=50000&sort=amount")
    mine = page.locator("[data-rows] tbody tr").evaluate_all("all => all.map((one) => one.id)")
    page.get_by_role("button", name="Saved filters").click()
    page.get_by_label("Save these filters as").fill("Small ones")
    page.get_by_label("Share with everybody").check()
    page.locator("#saved").get_by_role("button", name="Save").click()
    expect(page.locator(".toast")).to_contain_text("Saved “Small ones”.")

    other = signed_in(open_context, demo, "second_approver")
    open_queue(other, demo, "view=synced")
    other.get_by_role("button", name="Saved filters").click()
    other.get_by_role("link", name="Small ones").click()
    expect(other.locator(".bar h1")).to_have_text("Ready to export")
    assert other.locator("[data-rows] tbody tr").evaluate_all("all => all.map((one) => one.id)") == mine

    page.goto(f"{demo.base_url}/c/{demo.company_id}/queue/saved/")
    page.get_by_label("Change Small ones").click()
    page.locator("li", has_text="Small ones").get_by_role("button", name="Delete").click()
    expect(page.locator(".saved-list")).not_to_contain_text("Small ones")


@pytest.mark.capability("UI-03")
def test_filters_work_without_a_script(demo: Demo, browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    person = demo.credentials["people"]["approver"]
    page.goto(f"{demo.base_url}/accounts/login/")
    page.fill("input[name=username]", person["username"])
    page.fill("input[name=password]", person["password"])
    page.click("button:has-text('Sign in')")
    open_queue(page, demo)
    page.locator(".filter.add").click()
    page.get_by_label("Amount from").fill("100000")
    page.get_by_role("button", name="Show rows").click()

    expect(page.locator(".bar .filter:not(.add)")).to_have_text(re.compile("Amount from 100,000.00 USD"))
    context.close()


@pytest.mark.capability("UI-03")
def test_the_pages_have_no_accessibility_finding_and_fit_a_phone(
    demo: Demo, open_context: Callable[..., BrowserContext], axe: Callable[[Page], list[str]]
) -> None:
    found = []
    for screen in (DESK, PHONE):
        page = signed_in(open_context, demo, "approver", screen=screen)
        for path in SHOWN:
            page.goto(f"{demo.base_url}/c/{demo.company_id}/{path}")
            openers = (".bar", "[popovertarget=saved]", ".filter.add") if path.startswith("queue/?") else (None,)
            for opener, theme in product(openers, THEMES):
                page.emulate_media(color_scheme=theme, reduced_motion="reduce")
                if opener:
                    page.click(opener)
                found += [f"{path} {opener} {screen.width} {theme}: {finding}" for finding in axe(page)]
                page.keyboard.press("Escape")
            wide = page.evaluate("() => document.documentElement.scrollWidth")
            found += [f"{path} {screen.width}: {wide} pixels wide"] if wide > screen.width else []

    assert found == []
