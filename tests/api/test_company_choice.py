"""Which company a call is about: the rules as a table.

`own` is the account's company, `second` another one of the account, `foreign` one it has no access to.
"""

from typing import Any

import pytest

from erpstaging.audit.models import Entry
from erpstaging.companies.models import Company, ServiceAccount
from erpstaging.core.scope import all_companies_scope
from tests.api.conftest import ApiClient
from tests.fixtures.scope import no_scope

pytestmark = [pytest.mark.urls("tests.api.probe"), pytest.mark.capability("ID-08")]

NESTED, FLAT = "/rest/v1.0/companies/{own}/probes", "/rest/v1.0/probes"
RULES: list[tuple[str, str, Any, str | None, int, str | None]] = [
    # path and query, header, body, company that serves it, status, code
    (NESTED, "", {}, "own", 201, None),
    (NESTED, "{own}", {}, "own", 201, None),
    (NESTED, "{own}", {"company_id": "own"}, "own", 201, None),
    (NESTED, "", {"company_id": "own as text"}, "own", 201, None),
    (FLAT, "{own}", {}, "own", 201, None),
    (FLAT, "{second}", {}, "second", 201, None),
    (FLAT, "", {"company_id": "own"}, "own", 201, None),
    (FLAT, "", {"company_id": "second"}, "second", 201, None),
    (FLAT + "?company_id={own}", "", {}, "own", 201, None),
    (FLAT + "?company_id={own}&company_id={own}", "", {}, "own", 201, None),
    (FLAT + "?company_id=", "{own}", {}, "own", 201, None),
    (FLAT, "{own}", {"company_id": None}, "own", 201, None),
    (FLAT, " {own} ", {}, "own", 201, None),
    # Contradictions, each side of them one of the account's.
    (NESTED, "{second}", {}, None, 403, "contradictory_company"),
    (NESTED + "?company_id={second}", "", {}, None, 403, "contradictory_company"),
    (NESTED, "", {"company_id": "second"}, None, 403, "contradictory_company"),
    (FLAT + "?company_id={own}", "{second}", {}, None, 403, "contradictory_company"),
    (FLAT + "?company_id={own}&company_id={second}", "", {}, None, 403, "contradictory_company"),
    (FLAT, "{own}", {"company_id": "second"}, None, 403, "contradictory_company"),
    # Foreign and unknown ones, alone and beside the own.
    ("/rest/v1.0/companies/{foreign}/probes", "", {}, None, 403, "foreign_company"),
    ("/rest/v1.0/companies/{foreign}/probes", "{own}", {}, None, 403, "contradictory_company"),
    (NESTED, "{foreign}", {}, None, 403, "contradictory_company"),
    (FLAT, "{foreign}", {}, None, 403, "foreign_company"),
    (FLAT + "?company_id={foreign}", "", {}, None, 403, "foreign_company"),
    (FLAT, "", {"company_id": "foreign"}, None, 403, "foreign_company"),
    (FLAT, "9999999", {}, None, 403, "foreign_company"),
    ("/rest/v1.0/companies/9999999/probes", "", {}, None, 403, "foreign_company"),
    # What cannot be an id.
    (FLAT, "{own},{own}", {}, None, 403, "foreign_company"),
    (FLAT, "{own},{second}", {}, None, 403, "foreign_company"),
    (FLAT, "nordwind", {}, None, 403, "foreign_company"),
    (FLAT, "-1", {}, None, 403, "foreign_company"),
    (FLAT, "1" * 20, {}, None, 403, "foreign_company"),
    (FLAT, "9999999999999999999", {}, None, 403, "foreign_company"),
    (FLAT + "?company_id=x", "{own}", {}, None, 403, "foreign_company"),
    (FLAT, "{own}", {"company_id": True}, None, 403, "foreign_company"),
    (FLAT, "{own}", {"company_id": [1]}, None, 403, "foreign_company"),
    (FLAT, "{own}", {"company_id": 1.5}, None, 403, "foreign_company"),
    # Nothing names one.
    (FLAT, "", {}, None, 400, "company_required"),
    (FLAT + "?company_id=", "", {"company_id": None}, None, 400, "company_required"),
]


@pytest.fixture
def ids(company: Company, service_account: ServiceAccount, other_company: Company) -> dict[str, int]:
    second = Company.objects.create(name="Second of the account")
    service_account.companies.add(second)
    return {"own": company.pk, "second": second.pk, "foreign": other_company.pk}


@pytest.mark.parametrize(("path", "header", "body", "served_in", "status", "code"), RULES)
def test_path_header_query_and_body_have_to_agree(
    api: ApiClient,
    ids: dict[str, int],
    path: str,
    header: str,
    body: Any,
    served_in: str | None,
    status: int,
    code: str,
) -> None:
    named = body.get("company_id")
    if isinstance(named, str):
        body = {"company_id": str(ids["own"]) if named == "own as text" else ids[named]}

    answer = api("POST", path.format(**ids), body, Procore_Company_Id=header.format(**ids))

    assert (answer.status_code, answer.json().get("code")) == (status, code)
    assert answer.json().get("company") == (ids[served_in] if served_in else None)


@pytest.mark.parametrize("name", ["procore-company-id", "PROCORE-COMPANY-ID", "Procore-Company-Id"])
def test_the_header_may_be_written_in_any_letter_case(api: ApiClient, ids: dict[str, int], name: str) -> None:
    assert api("GET", FLAT, **{name: str(ids["own"])}).status_code == 200


def test_the_header_can_be_made_a_duty(api: ApiClient, ids: dict[str, int], settings: Any) -> None:
    settings.REQUIRE_COMPANY_HEADER = True

    without = api("GET", NESTED.format(**ids))

    assert (without.status_code, without.json()["errors"]) == (400, {"Procore-Company-Id": ["is required"]})
    assert api("GET", NESTED.format(**ids), Procore_Company_Id=str(ids["own"])).status_code == 200


def test_a_wrong_token_is_told_before_anything_about_a_company(api: ApiClient, ids: dict[str, int]) -> None:
    answer = api("GET", FLAT, Authorization="Bearer wrong", Procore_Company_Id="nonsense")

    assert answer.status_code == 401


def test_an_attempt_on_a_foreign_company_is_kept(api: ApiClient, ids: dict[str, int]) -> None:
    api("GET", FLAT, Procore_Company_Id=str(ids["foreign"]))

    with no_scope(), all_companies_scope():
        (entry,) = Entry.objects.everywhere()
    assert (entry.company_id, entry.action, entry.after["code"]) == (None, "denied", "foreign_company")


def test_me_and_companies_need_no_company(api: ApiClient, ids: dict[str, int], service_account: ServiceAccount) -> None:
    me = api("GET", "/rest/v1.0/me")
    companies = api("GET", "/rest/v1.0/companies")

    assert me.json() == {"id": service_account.pk, "login": service_account.client_id, "name": "Ledger connector"}
    assert [each["id"] for each in companies.json()] == [ids["own"], ids["second"]]
    assert companies["Total"] == "2"
    assert "Link" not in companies
