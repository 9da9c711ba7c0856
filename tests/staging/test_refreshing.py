"""The Sync buttons, and the daily question about each linked job."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from erpstaging.companies.models import ErpLevel
from erpstaging.connections.services import store_metadata
from erpstaging.core.errors import Invalid, NotPermitted, WrongState
from erpstaging.erp_requests.models import ErpRequest, ErpRequestDetail
from erpstaging.erp_requests.services import fail_details_of
from erpstaging.records.editing import edit_record
from erpstaging.records.models import Record
from erpstaging.staging.closeout import close_details
from erpstaging.staging.models import Refresh
from erpstaging.staging.refreshing import LISTS, ask_for_refresh
from erpstaging.staging.tasks import sweep
from tests.fixtures.ledger import metadata
from tests.fixtures.scope import no_scope


@pytest.fixture
def ledger(request) -> Any:
    return request.getfixturevalue("connection")


def requests(company, name: str) -> list[Any]:
    return [one.request_data for one in ErpRequest.objects.of(company).filter(request_name=name).order_by("pk")]


def newest(company) -> Refresh:
    return Refresh.objects.of(company).latest("pk")


def close(company, integration, status: str, *messages: str) -> dict[str, list[str]]:
    detail = ErpRequestDetail.objects.of(company).latest("pk")
    update = {"id": detail.pk, "status": status, "messages": list(messages)}
    (element,) = close_details(company, [update], actor=integration)
    return element.errors


def swept() -> None:
    with no_scope():
        sweep()


# As the event dictionary gives them: what stands in the payload beside the id of the detail.
PAYLOADS = {
    "vendors": ("sync_vendors", {"company_id"}),
    "vendor": ("sync_vendors", {"company_id"}),
    "jobs": ("sync_jobs", {"company_id"}),
    "sub_jobs": ("sync_sub_jobs", {"company_id"}),
    "commitments": ("sync_commitments", {"company_id"}),
    "purchase_order_contract": ("sync_commitments", {"company_id"}),
    "commitment_change_orders": ("sync_commitment_change_orders", set()),
    "prime_contracts": ("sync_prime_contracts", set()),
    "standard_cost_codes": ("sync_standard_cost_codes", {"standard_cost_code_list_id"}),
    "contract_payments": ("sync_contract_payments", set()),
    "requisition": ("sync_contract_payments", set()),
    "standard_categories": ("sync_standard_cost_codes", {"standard_cost_code_list_id"}),
}


@pytest.mark.parametrize("word", PAYLOADS)
def test_a_refresh_asks_for_the_list_with_a_detail(company, ledger, approver, word):
    name, keys = PAYLOADS[word]

    refresh = ask_for_refresh(company, word, actor=approver)

    (data,) = requests(company, name)
    detail = ErpRequestDetail.objects.of(company).get()
    assert set(data) == {"request_detail_id", *keys}
    assert (data["request_detail_id"], detail.item_id, refresh.detail_id) == (detail.pk, None, detail.pk)
    assert data.get("standard_cost_code_list_id", ledger.cost_code_list_id) == ledger.cost_code_list_id


def test_cost_types_come_with_the_standard_cost_codes(company, ledger, approver):
    ask_for_refresh(company, "standard_cost_codes", actor=approver)

    assert requests(company, "sync_standard_categories") == [{}]


def test_one_question_at_a_time_for_each_list(company, ledger, approver, second_approver, integration):
    ask_for_refresh(company, "vendors", actor=approver)

    with pytest.raises(WrongState) as refusal:
        ask_for_refresh(company, "vendor", actor=second_approver)

    assert refusal.value.code == "refresh_running"
    assert "Approver asked for it already" in refusal.value.message
    ask_for_refresh(company, "jobs", actor=second_approver)
    assert len(requests(company, "sync_vendors")) == 1


@pytest.mark.parametrize(
    ("status", "state"), [("success", "succeeded"), ("failed", "failed"), ("rejected", "failed"), ("stale", "stale")]
)
def test_an_answer_frees_the_button_and_keeps_its_messages(company, ledger, approver, integration, status, state):
    ask_for_refresh(company, "vendors", actor=approver)

    assert close(company, integration, status, "Period closed.") == {}

    assert (newest(company).state, newest(company).messages) == (state, ["Period closed."])
    assert newest(company).closed_by_name == "Ledger connector"
    ask_for_refresh(company, "vendors", actor=approver)


def test_a_question_that_nobody_answers_goes_stale_and_a_late_answer_still_counts(
    company, ledger, approver, integration
):
    ask_for_refresh(company, "vendors", actor=approver)
    ErpRequestDetail.objects.of(company).update(due_at=timezone.now() - timedelta(minutes=1))

    swept()

    assert (newest(company).state, ErpRequestDetail.objects.of(company).get().state) == ("stale", "stale")
    close(company, integration, "success")
    assert newest(company).state == "succeeded"
    close(company, integration, "in_progress")
    assert newest(company).state == "succeeded"


def test_a_request_that_no_receiver_takes_frees_the_button(company, ledger, approver):
    refresh = ask_for_refresh(company, "vendors", actor=approver)
    fail_details_of(company.pk, refresh.erp_request_id, "The receiver refused it: 410.")

    swept()

    assert (newest(company).state, newest(company).messages) == ("failed", ["The receiver refused it: 410."])


def test_who_may_refresh(company, ledger, approver, project_user, auditor, integration, make_person):
    for actor in (project_user, auditor, integration):
        with pytest.raises(NotPermitted):
            ask_for_refresh(company, "vendors", actor=actor)
    ask_for_refresh(company, "vendors", actor=make_person("standard", erp_level=ErpLevel.STANDARD))


@pytest.mark.parametrize("word", ["line_items", "", None, 7, ["vendors"]])
def test_what_is_no_list_is_refused(company, ledger, approver, word):
    with pytest.raises(Invalid) as refusal:
        ask_for_refresh(company, word, actor=approver)
    assert "entity" in refusal.value.errors


def test_a_list_that_is_switched_off_is_not_refreshed(company, ledger, approver, integration):
    store_metadata(company.pk, metadata(vendors={"enabled": False}), actor=integration)

    with pytest.raises(Invalid) as refusal:
        ask_for_refresh(company, "vendors", actor=approver)
    assert refusal.value.code == "entity_off"


def test_without_metadata_nothing_is_refreshed(company, approver):
    with pytest.raises(Invalid) as refusal:
        ask_for_refresh(company, "vendors", actor=approver)
    assert refusal.value.code == "metadata_missing"


def test_every_list_has_an_event():
    assert {"vendors", "jobs", "commitments"} <= LISTS.keys()


# News of jobs


def due(company) -> Any:
    return Record.objects.of(company).get(item_type="project").news_due_at


def test_each_linked_job_is_asked_about_once_a_day(company, project, settings):
    swept()
    assert due(company) > timezone.now() + timedelta(hours=23)
    assert requests(company, "sync_single_job") == []
    Record.objects.of(company).filter(pk=project.pk).update(news_due_at=timezone.now() - timedelta(seconds=1))

    swept()
    swept()

    assert requests(company, "sync_single_job") == [
        {
            "id": "SITE-7",
            "additional_job_data": {
                "job_name": "Harbour Point",
                "procore_project_id": project.pk,
                "project_id": project.pk,
                "start_date": None,
                "job_cost_transactions_sync_enabled": False,
            },
            "company_id": company.pk,
        }
    ]
    assert due(company) > timezone.now() + timedelta(hours=23)


@pytest.mark.parametrize("wanted", [True, False])
def test_a_job_says_whether_it_wants_its_job_cost_transactions(company, project, integration, wanted):
    values = {"erp_job_cost_transaction_syncing_enabled": wanted, "start_date": "2026-03-01"}
    edit_record(company, project.pk, actor=integration, data=values)
    Record.objects.of(company).filter(pk=project.pk).update(news_due_at=timezone.now() - timedelta(seconds=1))

    swept()

    (asked,) = requests(company, "sync_single_job")
    said = asked["additional_job_data"]
    assert (said["job_cost_transactions_sync_enabled"], said["start_date"]) == (wanted, "2026-03-01")


def test_each_linked_sub_job_is_asked_about_too(company, project, integration, approver):
    from tests.fixtures.ledger import imported

    sub_job = imported(
        company,
        integration,
        approver,
        {
            "item_type": "sub_job",
            "origin_id": "SITE-7.1",
            "data": {"name": "Quay", "code": "Q", "project_origin_id": "SITE-7"},
        },
    )
    Record.objects.of(company).filter(pk=sub_job.pk).update(news_due_at=timezone.now() - timedelta(seconds=1))

    swept()

    assert requests(company, "sync_sub_job") == [
        {
            "id": "SITE-7.1",
            "additional_job_data": {
                "job_name": "Quay",
                "parent_origin_id": "SITE-7",
                "procore_project_id": project.pk,
                "procore_sub_job_id": sub_job.pk,
                "project_id": sub_job.pk,
                "start_date": None,
            },
            "company_id": company.pk,
        }
    ]


def test_jobs_are_not_asked_about_when_it_is_switched_off(company, project, settings):
    settings.JOB_SYNC_HOURS = 0
    Record.objects.of(company).update(news_due_at=timezone.now() - timedelta(seconds=1))

    swept()

    assert requests(company, "sync_single_job") == []
