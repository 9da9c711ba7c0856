"""Pages for what went wrong."""

import pytest
from django.test import Client

pytestmark = pytest.mark.urls("tests.approvals.probe_urls")


@pytest.fixture
def client() -> Client:
    """No fixture opens the database here: a page that asked it would fail its test."""
    return Client()


@pytest.mark.capability("UI-06")
def test_a_page_that_does_not_exist_says_so_in_words_and_the_code_last(client: Client) -> None:
    response = client.get("/nowhere/", headers={"X-Correlation-ID": "c-7Q4S0M"})
    page = response.content.decode()

    assert response.status_code == 404
    assert page.index("This page does not exist.") < page.index("<code>not_found</code>") < page.index("c-7Q4S0M")
    assert '<a class="btn small" href="/queue/">Work queue</a>' in page


def test_a_fault_of_ours_is_told_without_asking_the_database(client: Client) -> None:
    client.raise_request_exception = False

    response = client.get("/broken/", headers={"X-Correlation-ID": "c-7Q4S0M"})

    assert response.status_code == 500
    assert "Something went wrong on our side." in response.content.decode()
    assert "c-7Q4S0M" in response.content.decode()
    assert "ZeroDivisionError" not in response.content.decode()


def test_a_fault_answers_htmx_at_the_top_of_the_page(client: Client) -> None:
    client.raise_request_exception = False

    response = client.get("/broken/", headers={"HX-Request": "true"})

    assert (response.status_code, response["HX-Retarget"]) == (500, "#alerts")
    assert "<html" not in response.content.decode()


def test_a_form_without_its_token_is_refused_with_a_way_out() -> None:
    client = Client(enforce_csrf_checks=True)

    response = client.post("/accounts/login/", {"username": "ines", "password": "x"})

    assert response.status_code == 403
    assert "The form was too old, so nothing was done." in response.content.decode()


def test_pages_carry_the_security_policy(client: Client) -> None:
    policy = client.get("/nowhere/")["Content-Security-Policy"]

    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert "style-src 'self'" in policy
    assert "unsafe" not in policy
