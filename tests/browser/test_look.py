"""Every page in both sizes and both themes: what a machine can say about its look."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from erpstaging.approvals.statuses import LOOKS, Status
from tests.browser.conftest import DESK, PHONE, THEMES

pytestmark = pytest.mark.browser

PAGES = [
    "/accounts/login/",
    "/sample/queue/",
    "/sample/failed/",
    "/sample/problems/",
    "/sample/dashboard/",
    "/sample/empty/",
    "/sample/detail/?tab=fields",
    "/sample/detail/?tab=lines",
    "/sample/detail/?tab=payload",
    "/sample/detail/?tab=checks",
    "/sample/detail/?tab=timeline",
    "/sample/blocked/",
    "/sample/ask/",
    "/sample/mine/",
    "/sample/home/",
    "/sample/form/",
    "/sample/waiting/",
    "/nowhere/",
]
SMALL_TARGETS = """() =>
    [...document.querySelectorAll("a, button, input:not([type=hidden]), select, textarea, summary")]
    .map((element) => element.closest("label") ?? element)
    .filter((element) => {
        const box = element.getBoundingClientRect();
        const style = getComputedStyle(element);
        return box.width && box.height && style.visibility !== "hidden" && style.clipPath === "none"
            && (box.width < 43.5 || box.height < 43.5);
    })
    .map((element) => element.outerHTML.slice(0, 120))"""


@pytest.fixture(params=PAGES)
def address(request: pytest.FixtureRequest, samples: str) -> str:
    return samples + request.param


@pytest.mark.capability("UI-09", "LK-08")
def test_a_page_has_no_accessibility_finding(
    address: str, open_context: Callable[..., BrowserContext], axe: Callable[[Page], list[str]]
) -> None:
    found = []
    for screen in (DESK, PHONE):
        page = open_context(screen).new_page()
        page.goto(address)
        for theme in THEMES:
            # Without motion: colours half-way between two themes are nobody's colours.
            page.emulate_media(color_scheme=theme, reduced_motion="reduce")
            found += [f"{screen.width} {theme}: {finding}" for finding in axe(page)]

    assert found == []


@pytest.mark.capability("UI-09", "LK-08")
def test_every_component_is_shown_in_both_themes(
    samples: str, settings: Any, open_context: Callable[..., BrowserContext], axe: Callable[[Page], list[str]]
) -> None:
    page = open_context(PHONE).new_page()
    assert page.goto(f"{samples}/styleguide/").status == 404  # type: ignore[union-attr]
    settings.DEBUG = True
    for screen in (DESK, PHONE):
        page.set_viewport_size({"width": screen.width, "height": screen.height})
        for theme in THEMES:
            page.goto(f"{samples}/styleguide/?theme={theme}")
            page.emulate_media(reduced_motion="reduce")
            assert axe(page) == []
            assert page.evaluate("document.documentElement.scrollWidth") <= screen.width
    words = page.locator(".chip").all_inner_texts()
    assert all(str(look.word) in " ".join(words) for status, look in LOOKS.items() if status != Status.PARTLY_APPROVED)


@pytest.mark.capability("UI-09")
def test_what_opens_over_a_page_has_no_accessibility_finding_either(
    samples: str, page: Page, axe: Callable[[Page], list[str]]
) -> None:
    page.goto(f"{samples}/sample/queue/")
    page.emulate_media(reduced_motion="reduce")
    found = {}

    for opener in ("[popovertarget=person]", "#export-2 [data-act=reject]"):
        page.click(opener)
        expect(page.locator(":is(.pop:popover-open, dialog[open])")).to_be_visible()
        found[opener] = axe(page)
        page.keyboard.press("Escape")

    assert not any(found.values()), found


@pytest.mark.capability("UI-05")
def test_a_page_fits_a_small_screen_and_a_finger(address: str, phone: Page) -> None:
    phone.goto(address)

    sideways = phone.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")

    assert sideways == 0
    assert phone.evaluate(SMALL_TARGETS) == []


@pytest.mark.capability("UI-05")
def test_many_rows_are_ticked_on_a_small_screen_and_acted_on_at_once(samples: str, phone: Page) -> None:
    phone.goto(f"{samples}/sample/failed/")
    together = phone.locator("#totals").get_by_role("button", name="Accept selected")
    expect(together).to_be_hidden()

    phone.locator("#export-21 .c-check label").tap()

    expect(phone.locator("#selected")).to_contain_text("selected 1")
    expect(together).to_be_in_viewport()
    phone.get_by_text("Select this page").tap()
    count = phone.locator("tbody .c-check input").count()
    expect(phone.locator("#selected")).to_contain_text(f"selected {count}")
    with phone.expect_request("**/acts/bulk/") as sent:
        together.tap()
    assert (sent.value.post_data or "").count("row=export-") == count


@pytest.mark.capability("AU-05", "UI-03")
def test_a_first_page_is_light_and_asks_no_other_host(address: str, page: Page) -> None:
    hosts, sizes = set(), []
    page.on("request", lambda request: hosts.add(urlsplit(request.url).netloc))
    page.on("response", lambda response: sizes.append(len(response.body())))

    page.goto(address)
    page.wait_for_load_state("networkidle")

    assert hosts == {urlsplit(address).netloc}
    assert sum(sizes) < 300_000


def test_what_has_the_focus_can_be_seen(address: str, page: Page) -> None:
    page.goto(address)
    unseen = set()

    for _ in range(60):
        page.keyboard.press("Tab")
        unseen |= set(
            page.evaluate("""() => {
            const element = document.activeElement;
            if (!element || element === document.body) return [];
            const ring = getComputedStyle(element);
            const around = element.closest(".search") && getComputedStyle(element.closest(".search"));
            const seen = ring.outlineStyle !== "none" || (around && around.borderColor !== "rgba(0, 0, 0, 0)");
            return seen ? [] : [element.outerHTML.slice(0, 120)];
        }""")
        )

    assert unseen == set()
