"""The browsable description of the API, under the same content security policy as every page."""

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_the_calls_can_be_browsed(page: Page, live_server: LiveServer) -> None:
    page.goto(f"{live_server.url}/api/docs/")

    expect(page.locator(".info .title")).to_contain_text("erpstaging")
    page.locator("#operations-tag-me").click()
    expect(page.locator("#operations-me-get_rest_v1_0_me")).to_contain_text("Show the caller")


def test_a_call_shows_its_answer_when_it_is_opened(page: Page, live_server: LiveServer) -> None:
    page.goto(f"{live_server.url}/api/docs/")

    page.locator("#operations-tag-companies").click()
    page.locator("#operations-companies-get_rest_v1_0_companies").get_by_role("button").first.click()

    expect(page.locator(".responses-inner")).to_contain_text("pcn_business_experience")
