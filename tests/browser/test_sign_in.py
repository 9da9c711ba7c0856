"""Coming in and going out, in a real browser on a real database."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from erpstaging.companies.models import Company, ErpLevel, Membership, User

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SignIn = Callable[[Page, str, str], None]


@pytest.fixture
def company() -> Company:
    user = User.objects.create_user("ines", email="ines@halden.example", name="Ines Duarte", password="right-password")
    company = Company.objects.create(name="Halden Civil", time_zone="Europe/Berlin", currency="EUR")
    Membership.objects.create(user=user, company=company, erp_level=ErpLevel.STANDARD, can_push_to_accounting=True)
    return company


@pytest.mark.capability("UI-01")
def test_an_approver_signs_in_and_is_in_the_work_queue(
    live_server: LiveServer, page: Page, company: Company, sign_in: SignIn
) -> None:
    page.goto(live_server.url)

    sign_in(page, "ines", "right-password")

    expect(page).to_have_url(re.compile(rf"/c/{company.pk}/queue/$"))
    expect(page.get_by_role("heading", name="Nothing waits for you.")).to_be_visible()
    expect(page).to_have_title("Ready to import · Halden Civil")


def test_a_wrong_password_is_told_and_the_name_is_kept(
    live_server: LiveServer, page: Page, company: Company, sign_in: SignIn
) -> None:
    page.goto(f"{live_server.url}/accounts/login/")

    sign_in(page, "ines", "guessed-it")

    expect(page.get_by_role("alert")).to_have_text("Name or password is wrong.")
    expect(page.get_by_label("User name")).to_have_value("ines")
    expect(page.get_by_label("Password")).to_be_focused()


def test_the_colours_change_at_once_and_stay(
    live_server: LiveServer, page: Page, company: Company, sign_in: SignIn
) -> None:
    page.goto(f"{live_server.url}/accounts/login/")
    sign_in(page, "ines", "right-password")
    page.get_by_role("button", name="Ines Duarte, your menu").click()

    with page.expect_response("**/accounts/theme/"):
        page.get_by_role("button", name="Dark").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.reload()

    expect(page.locator("html")).to_have_attribute("data-theme", "dark")


def test_signing_out_leads_to_the_sign_in_page(
    live_server: LiveServer, page: Page, company: Company, sign_in: SignIn
) -> None:
    page.goto(f"{live_server.url}/accounts/login/")
    sign_in(page, "ines", "right-password")
    page.get_by_role("button", name="Ines Duarte, your menu").click()

    page.get_by_role("button", name="Sign out").click()

    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    page.goto(f"{live_server.url}/c/{company.pk}/queue/")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
