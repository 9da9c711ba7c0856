"""What every page of a company does before and after its own work."""

from typing import Any

import pytest
from django.test import Client

from erpstaging.audit.models import Entry
from erpstaging.companies.actors import Actor
from erpstaging.companies.models import Company, Membership, User
from tests.approvals.probe_urls import Probe
from tests.fixtures.scope import in_scope

pytestmark = pytest.mark.urls("tests.approvals.probe_urls")
HTMX = {"HX-Request": "true", "HX-Current-URL": "http://testserver/c/7/queue/?view=failed"}


@pytest.fixture
def signed_in(client: Client, approver: Actor) -> Client:
    client.force_login(User.objects.get(pk=approver.id))
    return client


@pytest.fixture
def probe(company: Company) -> str:
    return f"/c/{company.pk}/probe/"


def test_a_stranger_is_asked_to_sign_in_and_comes_back(client: Client, probe: str) -> None:
    response = client.get(f"{probe}?tab=2")

    assert (response.status_code, response["Location"]) == (302, f"/accounts/login/?next={probe}%3Ftab%3D2")


def test_who_was_signed_out_meanwhile_signs_in_above_the_page(client: Client, probe: str) -> None:
    response = client.get(probe, headers=HTMX)

    assert (response.status_code, response["HX-Retarget"]) == (401, "#sign-in-again")
    assert "You were signed out." in response.content.decode()


@pytest.mark.parametrize("path", ["/c/{other}/probe/", "/c/999999/probe/", "/c/99999999999999999999999/probe/"])
def test_a_company_he_is_no_member_of_does_not_exist(signed_in: Client, other_company: Company, path: str) -> None:
    response = signed_in.get(path.format(other=other_company.pk))

    assert response.status_code == 404
    assert "This page does not exist." in response.content.decode()


def test_a_membership_that_ended_opens_nothing(signed_in: Client, probe: str) -> None:
    Membership.objects.update(is_active=False)

    assert signed_in.get(probe).status_code == 404


def test_handler_and_template_run_in_the_company_s_transaction_and_zone(
    signed_in: Client, probe: str, company: Company
) -> None:
    response = signed_in.get(probe)

    assert f"<h1>company {company.pk} at America/Denver</h1>" in response.content.decode()


def test_what_was_said_is_shown_once_after_the_redirect(signed_in: Client, probe: str) -> None:
    response = signed_in.post(probe, {"next": probe})
    first, second = signed_in.get(probe).content.decode(), signed_in.get(probe).content.decode()

    assert (response.status_code, response["Location"]) == (302, probe)
    assert "<span>Renamed</span>" in first
    assert 'action="/undo/"' in first
    assert "<span>Renamed</span>" not in second


@pytest.mark.parametrize("wanted", ["https://elsewhere.example/", "//elsewhere.example/", "javascript:alert(1)", ""])
def test_nobody_is_sent_to_another_host(signed_in: Client, probe: str, company: Company, wanted: str) -> None:
    response = signed_in.post(probe, {"next": wanted})

    assert response["Location"] == f"/c/{company.pk}/"


def test_a_refused_act_is_undone_and_told_where_it_was_asked_for(
    signed_in: Client, probe: str, company: Company
) -> None:
    response = signed_in.post(probe, {"refuse": "stale", "next": probe})
    page = signed_in.get(probe).content.decode()

    company.refresh_from_db()
    assert (response.status_code, company.name) == (302, "Halden Civil")
    assert "<b>Priya Nair changed it at 10:42.</b>" in page
    assert "<code>stale_version</code>" in page
    assert f"<code>{response['X-Correlation-ID']}</code>" in page
    assert "<span>Renamed</span>" not in page


@pytest.mark.parametrize(("refuse", "status"), [("stale", 409), ("invalid", 422), ("forbidden", 403), ("missing", 404)])
def test_a_refused_act_answers_htmx_at_the_top_of_the_page(
    signed_in: Client, probe: str, refuse: str, status: int
) -> None:
    response = signed_in.post(probe, {"refuse": refuse}, headers=HTMX)

    assert (response.status_code, response["HX-Retarget"]) == (status, "#alerts")
    assert response.content.decode().strip().startswith('<div class="banner red boxed" role="alert">')


@pytest.mark.parametrize(("refuse", "status"), [("stale", 409), ("forbidden", 403), ("missing", 404)])
def test_a_refused_page_says_why(signed_in: Client, probe: str, refuse: str, status: int) -> None:
    response = signed_in.get(probe, {"refuse": refuse})

    assert response.status_code == status
    assert "<h1>" in response.content.decode()


@pytest.mark.capability("AU-01")
def test_an_attempt_without_the_right_leaves_its_trace(
    signed_in: Client, probe: str, company: Company, approver: Actor
) -> None:
    signed_in.post(f"{probe}41/", {"refuse": "forbidden"}, REMOTE_ADDR="203.0.113.9")

    entry = Entry.objects.of(company).get(action="denied")
    assert (entry.actor_id, entry.object_type, entry.object_id) == (approver.id, "staged_export", 41)
    assert (entry.address, entry.after["attempted"]) == ("203.0.113.9", f"POST {probe}41/")


def test_what_was_said_reaches_a_part_of_the_page_too(signed_in: Client, probe: str) -> None:
    response = signed_in.post(probe, headers=HTMX)

    assert '<div id="toasts" hx-swap-oob="innerHTML">' in response.content.decode()
    assert "<span>Renamed</span>" not in signed_in.get(probe).content.decode()


@pytest.mark.django_db(transaction=True)
def test_a_handler_that_is_repeated_speaks_once(client: Client) -> None:
    company = Company.objects.create(name="Halden Civil")
    user = User.objects.create_user("ines", email="ines@halden.example", name="Ines Duarte")
    Membership.objects.create(user=user, company=company)
    client.force_login(user)
    probe = f"/c/{company.pk}/probe/"
    Probe.deadlocks.append("once")

    client.post(probe, {"next": probe})

    assert Probe.deadlocks == []
    assert client.get(probe).content.decode().count("<span>Renamed</span>") == 1


def test_the_queue_of_the_company_he_was_in_last_is_where_he_starts(
    signed_in: Client, probe: str, company: Company, other_company: Company, approver: Actor
) -> None:
    with in_scope(None):
        Membership.objects.create(user_id=approver.id, company=other_company, erp_level="standard")
    first_by_name = signed_in.get("/queue/")["Location"]
    signed_in.get(f"/c/{other_company.pk}/probe/")

    assert first_by_name == f"/c/{company.pk}/"
    assert signed_in.get("/queue/")["Location"] == f"/c/{other_company.pk}/"


def test_accounting_starts_at_the_queue_and_project_people_at_their_records(
    client: Client, company: Company, approver: Actor, project_user: Actor, auditor: Actor
) -> None:
    places: dict[str, Any] = {}
    for actor in (approver, project_user, auditor):
        client.force_login(User.objects.get(pk=actor.id))
        places[actor.name] = client.get(f"/c/{company.pk}/")["Location"].removeprefix(f"/c/{company.pk}")

    assert places == {"Approver": "/queue/", "Project User": "/records/", "Auditor": "/queue/"}


def test_who_belongs_to_no_company_is_told_whom_to_ask(client: Client, db: None) -> None:
    client.force_login(User.objects.create_user("sofia", email="sofia@halden.example", name="Sofia Reyes"))

    page = client.get("/queue/").content.decode()

    assert "You are no member of a company yet." in page
    assert "sofia" in page


def test_the_frame_offers_the_other_companies(
    signed_in: Client, probe: str, other_company: Company, approver: Actor
) -> None:
    with in_scope(None):
        Membership.objects.create(user_id=approver.id, company=other_company)

    page = signed_in.get(probe).content.decode()

    assert f'<a href="/c/{other_company.pk}/">Northgate Interiors</a>' in page
