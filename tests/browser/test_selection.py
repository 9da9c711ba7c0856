"""Selecting rows of a list for a decision on many."""

import pytest
from playwright.sync_api import Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.capability("UI-06")]


@pytest.fixture
def queue(page: Page, samples: str) -> Page:
    page.goto(f"{samples}/sample/queue/")
    page.locator("#select-none").click()
    return page


def ticked(page: Page) -> list[str]:
    found: list[str] = page.locator("[name=row]:checked").evaluate_all("all => all.map((one) => one.value)")
    return found


def test_a_range_is_ticked_with_shift(queue: Page) -> None:
    boxes = queue.locator("[name=row]")
    boxes.nth(1).click()
    boxes.nth(3).click(modifiers=["Shift"])

    assert len(ticked(queue)) == 3


def test_what_is_ticked_stays_so_after_a_reload(queue: Page) -> None:
    queue.locator("[name=row]").nth(1).check()
    chosen = ticked(queue)

    queue.reload()

    assert set(chosen) <= set(ticked(queue))


def test_all_that_match_can_be_selected_once_the_page_is(queue: Page) -> None:
    expect(queue.locator("#select-matching")).to_be_hidden()
    queue.locator("th [data-select-all]").check()
    queue.locator("#select-matching").click()
    expect(queue.locator("#selected")).to_have_text("All rows that match are selected")

    queue.locator("[name=row]").nth(1).uncheck()
    expect(queue.locator("#selected")).to_contain_text("selected ")


def test_the_selection_goes_along_with_the_decision(queue: Page) -> None:
    queue.locator("[name=row]").nth(1).check()
    sent: list[str] = []
    queue.on("request", lambda request: sent.append(request.post_data or "") if request.method == "POST" else None)
    queue.locator("#totals [form=bulk]").first.click()

    queue.wait_for_load_state()
    assert f"rows={ticked_before(sent)}" in sent[0]


def ticked_before(sent: list[str]) -> str:
    """The ids and versions that the form carried, as one value."""
    (value,) = [part.partition("=")[2] for part in sent[0].split("&") if part.startswith("rows=")]
    assert value.startswith("export-")
    return value


def test_on_a_phone_a_row_is_ticked_by_staying_on_it(phone: Page, samples: str) -> None:
    phone.goto(f"{samples}/sample/queue/")
    phone.locator("#select-none").click()
    title = phone.locator("#export-2 a.t")
    box = title.bounding_box()
    assert box is not None
    touch = phone.context.new_cdp_session(phone)
    finger = {"x": box["x"] + 10, "y": box["y"] + 5}
    touch.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [finger]})
    expect(phone.locator("#export-2 [name=row]")).to_be_checked()
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})

    expect(phone).to_have_url(f"{samples}/sample/queue/")
    expect(phone.locator("#selected")).to_contain_text("selected 1")
    title.tap()
    expect(phone).not_to_have_url(f"{samples}/sample/queue/")
