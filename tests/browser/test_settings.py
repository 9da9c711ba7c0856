"""The settings pages of the real service, in both sizes and both themes."""

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page

from tests.browser.conftest import DESK, PHONE, THEMES
from tests.fixtures.demo import Demo

pytestmark = [pytest.mark.browser, pytest.mark.slow]
PAGES = (
    "settings/",
    "settings/metadata/?entity=commitments",
    "settings/metadata/edit/?entity=commitments",
    "settings/metadata/versions/",
    "settings/erp/",
    "settings/locks/?item_type=work_order_contract",
    "settings/custom_fields/",
    "hooks/",
    "hooks/new/",
    "deliveries/",
    "deliveries/?state=refused",
    "deliveries/replay/",
    "gave_up/",
    "queue/?type=commitments",
    "records/?item_type=work_order_contract",
)


@pytest.mark.capability("UI-09")
def test_settings_pages_have_no_accessibility_finding_and_fit_a_phone(
    demo: Demo,
    open_context: Callable[..., BrowserContext],
    axe: Callable[[Page], list[str]],
    sign_in: Callable[[Page, str, str], None],
) -> None:
    admin = demo.credentials["people"]["admin"]
    found = []
    for screen in (DESK, PHONE):
        page = open_context(screen).new_page()
        page.goto(f"{demo.base_url}/accounts/login/")
        sign_in(page, admin["username"], admin["password"])
        page.wait_for_load_state()
        for path in PAGES:
            page.goto(f"{demo.base_url}/c/{demo.company_id}/{path}")
            for theme in THEMES:
                page.emulate_media(color_scheme=theme, reduced_motion="reduce")
                found += [f"{path} {screen.width} {theme}: {finding}" for finding in axe(page)]
            wide = page.evaluate("() => document.documentElement.scrollWidth")
            found += [f"{path} {screen.width}: {wide} pixels wide"] if wide > screen.width else []

    assert found == []
