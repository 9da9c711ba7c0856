"""The mails of the running demo, as people meet them: read, choose, stop, have again."""

import re
import time
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import DESK, PHONE, THEMES
from tests.browser.test_tour import signed_in
from tests.fixtures.demo import Demo

pytestmark = [pytest.mark.browser, pytest.mark.slow]
WAIT_S = 60


@pytest.fixture(scope="module")
def mails(demo: Demo) -> dict[str, str]:
    """The paths of the summary and of the rejection; the worker writes them a moment after the start."""
    session, end = demo.person("approver"), time.monotonic() + WAIT_S
    while time.monotonic() < end:
        page = session.get(f"{demo.base_url}/c/{demo.company_id}/outbox/", timeout=20).text
        found = {
            kind: re.findall(rf'<a href="(/c/\d+/outbox/\d+/)">[^<]*{words}', page)
            for kind, words in {"summary": "wait for you", "rejection": "was rejected"}.items()
        }
        if all(found.values()):
            return {kind: paths[0] for kind, paths in found.items()}
        time.sleep(1)
    raise AssertionError("The demo has sent no summary.")


@pytest.mark.capability("UI-08")
def test_pages_and_mails_have_no_accessibility_finding_and_fit_a_phone(
    demo: Demo,
    mails: dict[str, str],
    open_context: Callable[..., BrowserContext],
    axe: Callable[[Page], list[str]],
) -> None:
    here = f"/c/{demo.company_id}"
    unsubscribe = stop_address(demo, mails)
    pages = [f"{here}/mail/", f"{here}/outbox/", mails["summary"], mails["rejection"], unsubscribe, f"{here}/notices/"]
    letters = [f"{path}html/" for path in mails.values()]
    found = []
    for screen in (DESK, PHONE):
        page = signed_in(open_context, demo, "approver", screen=screen)
        for path in [*pages, *letters]:
            page.goto(f"{demo.base_url}{path}")
            for theme in THEMES:
                page.emulate_media(color_scheme=theme, reduced_motion="reduce")
                # A sandboxed page runs no script, axe's neither: its width is looked at, its colours are tested below.
                findings = [] if path in letters else axe(page)
                found += [f"{path} {screen.width} {theme}: {finding}" for finding in findings]
            wide = page.evaluate("() => document.documentElement.scrollWidth")
            found += [f"{path} {screen.width}: {wide} pixels wide"] if wide > screen.width else []

    assert found == []


@pytest.mark.capability("LK-08")
def test_the_html_of_a_mail_is_readable_in_both_themes(
    demo: Demo, mails: dict[str, str], open_context: Callable[..., BrowserContext], axe: Callable[[Page], list[str]]
) -> None:
    session = demo.person("approver")
    for screen in (DESK, PHONE):
        page = open_context(screen).new_page()
        for path in mails.values():
            source = session.get(f"{demo.base_url}{path}html/", timeout=20).text
            for theme in THEMES:
                page.emulate_media(color_scheme=theme)
                page.set_content(source)
                # The ground that the program paints by itself, which axe would take for white.
                page.add_style_tag(content="html { background: Canvas; color: CanvasText }")
                findings = [one for one in axe(page) if not one.startswith(("landmark", "region"))]
                assert findings == [], (path, theme)
                assert page.evaluate("() => document.documentElement.scrollWidth") <= screen.width


@pytest.mark.capability("UI-08")
def test_a_mail_is_read_in_a_frame_that_can_do_nothing_and_its_link_opens_the_row(
    demo: Demo, mails: dict[str, str], open_context: Callable[..., BrowserContext]
) -> None:
    page = signed_in(open_context, demo, "approver")
    page.goto(f"{demo.base_url}{mails['summary']}")
    inside = page.frame_locator("iframe.mail")
    expect(inside.get_by_role("heading", level=1)).to_contain_text("wait for you")
    expect(inside.get_by_text("↑ Ready to export").first).to_be_visible()

    page.locator("pre.mail a", has_text="/exports/").first.click()

    expect(page).to_have_url(re.compile(r"/c/\d+/exports/\d+/$"))
    expect(page.locator("[data-act=accept]").first).to_be_visible()


@pytest.mark.capability("UI-08")
def test_a_summary_is_stopped_from_the_mail_without_signing_in_and_had_again_from_the_settings(
    demo: Demo, mails: dict[str, str], open_context: Callable[..., BrowserContext]
) -> None:
    stranger = open_context(java_script_enabled=False).new_page()
    stranger.goto(f"{demo.base_url}{stop_address(demo, mails)}")
    stranger.get_by_role("button", name="Stop the summary").click()
    expect(stranger.get_by_role("heading", name="The summary is stopped.")).to_be_visible()

    page = signed_in(open_context, demo, "approver")
    page.get_by_role("button", name=re.compile("your menu")).click()
    page.get_by_role("link", name="Mails").click()
    switch = page.get_by_label("Send me a summary of what waits for me")
    expect(switch).not_to_be_checked()
    switch.check()
    page.get_by_label("Hour").select_option("09:00")
    page.get_by_label("Time zone").fill("Europe/Berlin")
    page.get_by_label("Saturday").check()
    page.get_by_role("button", name="Save").click()

    expect(page.locator(".toast")).to_contain_text("Saved which mails you get")
    expect(switch).to_be_checked()
    expect(page.get_by_text(re.compile("The next one is due .*, 09:00, Europe/Berlin"))).to_be_visible()


def stop_address(demo: Demo, mails: dict[str, str]) -> str:
    page = demo.person("approver").get(f"{demo.base_url}{mails['summary']}", timeout=20).text
    (found, *_) = re.findall(r"/mail/unsubscribe/[\w:-]+/", page)
    return str(found)
