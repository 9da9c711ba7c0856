"""`problems`, over HTTP."""

from datetime import timedelta

import pytest
from django.utils import timezone

from erpstaging.connections.services import change_settings
from erpstaging.core.scope import in_company
from erpstaging.staging.models import StagedExport

pytestmark = pytest.mark.django_db(transaction=True)
CLOSED = "period_closed: Period 2026-10 is closed."


@pytest.fixture
def call(sign_in, approver):
    return sign_in(approver)


@pytest.fixture
def problem(refusals, call):
    refusals.fail(2, CLOSED)
    (found,) = call.get("problems").body["problems"]
    return found


@pytest.mark.capability("MO-06")
def test_a_problem_has_its_rows_its_words_and_what_to_do(problem, call):
    answer = call.get("problems")

    assert answer.body["counts"] == {"open": 1, "muted": 0, "closed": 0}
    assert answer.body["more"] is False
    times = {name: problem[name] for name in ("first_at", "last_at", "opened_at")}
    assert all(times.values())
    assert problem == {
        "id": problem["id"],
        "status": "open",
        "code": "period_closed",
        "text": "Period 2026-10 is closed.",
        "explanation": "The ERP refused these exports, each for the same reason.",
        "next_step": "Put right in the ERP what it says, then retry. A retry sends the same content; "
        "a change needs an approval.",
        "runbook": None,
        "failed": 2,
        "retrying": 0,
        "item_types": ["vendor"],
        "sums": {},
        **times,
        "closed_at": None,
        "muted_until": None,
        "muted_by": None,
    }


@pytest.mark.capability("MO-06")
def test_all_rows_are_retried_with_an_outcome_each(problem, call, company):
    answer = call.post(f"problems/{problem['id']}/retry_all")

    assert (answer.status, answer.body["counts"]["done"]) == (200, 2)
    assert set(StagedExport.objects.of(company).values_list("state", flat=True)) == {"exporting"}
    (again,) = call.get("problems").body["problems"]
    assert (again["failed"], again["retrying"]) == (0, 2)
    assert call.post(f"problems/{problem['id']}/retry_all").status == 409


@pytest.mark.capability("MO-06")
def test_a_problem_is_muted_and_heard_again(problem, call, approver):
    until = (timezone.now() + timedelta(days=3)).replace(microsecond=0)

    answer = call.post(f"problems/{problem['id']}/mute", {"until": until.isoformat()})

    assert (answer.status, answer.body["muted_by"]) == (200, approver.name)
    assert call.get("problems").body["problems"] == []
    (muted,) = call.get("problems?show=muted").body["problems"]
    assert (muted["id"], muted["status"]) == (problem["id"], "muted")
    assert call.post(f"problems/{problem['id']}/mute", {"until": None}).body["muted_until"] is None
    assert len(call.get("problems").body["problems"]) == 1


@pytest.mark.parametrize(
    "body", [None, [], {}, {"until": 5}, {"until": "soon"}, {"until": "2020-01-01"}, {"until": []}]
)
def test_an_end_that_is_none_is_refused(problem, call, body):
    answer = call.post(f"problems/{problem['id']}/mute", body)

    assert answer.status in {400, 422}


@pytest.mark.parametrize("query", ["show=all", "page=0", "page=x", "page=99999999999"])
def test_a_list_that_is_none_is_refused(call, query):
    assert call.get(f"problems?{query}").status == 400


def test_who_may_look_retry_and_mute(problem, sign_in, make_person, project_user):
    clerk, auditor = make_person("clerk", erp_level="standard"), make_person("auditor", auditor=True)
    later = {"until": (timezone.now() + timedelta(days=1)).isoformat()}
    place = f"problems/{problem['id']}"

    def statuses(person):
        call = sign_in(person)
        answers = [call.get("problems"), call.post(f"{place}/retry_all"), call.post(f"{place}/mute", later)]
        return [one.status for one in answers]

    assert statuses(project_user) == [403, 403, 403]
    assert statuses(auditor) == [200, 403, 403]
    assert statuses(clerk) == [200, 403, 200]


def test_another_companys_problem_is_not_found(problem, sign_in, other_company, make_person):
    stranger = make_person("stranger", company=other_company, erp_level="admin", can_push_to_accounting=True)
    call = sign_in(stranger, company=other_company)

    assert call.get("problems").body["problems"] == []
    assert call.post(f"problems/{problem['id']}/retry_all").status == 404
    assert call.post(f"problems/{problem['id']}/mute", {"until": None}).status == 404


def test_a_runbook_of_the_company_comes_along(problem, call, admin, company):
    runbooks = {"runbooks": {"period_closed": "https://wiki.example/period", "*": "https://wiki.example/any"}}
    in_company(company.pk, lambda: change_settings(company.pk, runbooks, actor=admin))

    assert call.get("problems").body["problems"][0]["runbook"] == "https://wiki.example/period"
