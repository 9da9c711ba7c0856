"""A reset takes a link away without the ERP's word: two super users, a reason, and a history that is not forgotten."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from erpstaging.catalogue.registry import ENTITIES
from erpstaging.core.errors import Invalid, NotFound, NotPermitted, StaleVersion, WrongState
from erpstaging.erp_requests.models import ErpRequest, ErpRequestDetail
from erpstaging.notices.mails import mail_of
from erpstaging.notices.models import Notice
from erpstaging.records.models import OriginIdHistory, Record
from erpstaging.staging.confirming import confirm, decline, pending_of, waiting_confirmations
from erpstaging.staging.direct import write_one
from erpstaging.staging.external import sync_external_data
from erpstaging.staging.imports import accept_import
from erpstaging.staging.models import Confirmation, StagedExport, StagedRecord
from erpstaging.staging.payments import unlink_payment
from erpstaging.staging.resetting import reset_record
from erpstaging.staging.tasks import sweep
from tests.fixtures.scope import no_scope

pytestmark = pytest.mark.capability("LK-05")
REASON = "The ledger lost it in the restore of Friday."


@pytest.fixture
def second_super_user(make_person):
    return make_person("second_super_user", super_user=True)


@pytest.fixture
def reset(company, super_user, second_super_user):
    """`reset(record)`: asked for by one super user and confirmed by the other."""

    def call(record: Record) -> Confirmation:
        asked = reset_record(company, record.pk, actor=super_user, reason=REASON)
        return confirm(company, asked.pk, actor=second_super_user)

    return call


def again(record: Record) -> Record:
    return Record.objects.of(record.company_id).get(pk=record.pk)


def requests(company, name: str) -> list[Any]:
    return [one.request_data for one in ErpRequest.objects.of(company).filter(request_name=name).order_by("pk")]


def swept() -> None:
    with no_scope():
        sweep()


def test_the_others_who_may_confirm_get_a_mail(company, world, super_user, second_super_user, approver):
    record = world.linked("sub_job")
    asked = reset_record(company, record.pk, actor=super_user, reason=REASON)
    (notice,) = Notice.objects.of(company).filter(kind="confirmation_wanted")
    assert (notice.person_id, notice.object_id) == (second_super_user.id, asked.pk)
    mail = mail_of(notice, notice.person, company)
    assert mail.subject == f"{company.name}: North wing waits for a second person"
    assert REASON in str(mail.body)
    assert f"/c/{company.pk}/confirmations/" in str(mail.body)


def test_nothing_happens_before_another_super_user_agrees(company, world, super_user, second_super_user):
    requisition = world.linked("requisition", "INV-77")

    asked = reset_record(company, requisition.pk, actor=super_user, reason=REASON)

    assert (asked.state, asked.seen, asked.reason) == ("waiting", {"origin_id": "INV-77"}, REASON)
    assert again(requisition).origin_id == "INV-77"
    assert requests(company, "reset_requisition") == []
    with pytest.raises(NotPermitted) as refusal:
        confirm(company, asked.pk, actor=super_user)
    assert refusal.value.code == "second_person"
    assert again(requisition).origin_id == "INV-77"

    confirmed = confirm(company, asked.pk, actor=second_super_user)

    assert (confirmed.state, confirmed.answered_by_name) == ("confirmed", second_super_user.name)
    assert again(requisition).origin_id is None
    assert not Record.objects.of(company).filter(parent=requisition, origin_id__isnull=False).exists()
    assert requests(company, "reset_requisition") == [
        {
            "requisition_id": requisition.pk,
            "project_id": requisition.project_id,
            "requisition_origin_id": "INV-77",
            "reset_override": False,
        }
    ]
    assert not ErpRequestDetail.objects.of(company).filter(item=requisition).exists()
    was = OriginIdHistory.objects.of(company).get(record=requisition)
    assert (was.origin_id, was.reason, was.forced) == ("INV-77", f"reset by {super_user.name}", True)


@pytest.mark.parametrize(
    ("item_type", "name", "payload"),
    [
        (
            "sub_job",
            "reset_sub_job",
            lambda one, project: {
                "sub_job": {
                    "id": one.pk, "code": "01", "name": "North wing", "origin_data": None, "origin_id": "ERP-1",
                    "synced": True, "created_at": ..., "updated_at": ...,
                    "project": {
                        "id": project.pk, "name": "Harbour Point", "origin_id": "SITE-7", "origin_data": None,
                        "origin_code": None,
                    },
                }
            },
        ),
        (
            "company_level_direct_cost",
            "reset_company_level_direct_cost",
            lambda one, project: {
                "direct_cost": {"id": str(one.pk)}, "origin_id": "ERP-1", "origin_code": None, "origin_data": None,
                "reset_override": False,
            },
        ),
    ],
)  # fmt: skip
def test_the_service_clears_the_link_and_tells(company, world, project, reset, item_type, name, payload):
    record = world.linked(item_type, "ERP-1")

    reset(record)

    assert again(record).origin_id is None
    (told,) = requests(company, name)
    expected = payload(record, project)
    for key, value in expected.get("sub_job", {}).items():
        if value is ...:
            expected["sub_job"][key] = told["sub_job"][key]
    assert told == expected


def test_a_project_takes_everything_under_it_along(company, world, project, cost_code, vendor, reset):
    under = [
        world.linked(item_type)
        for item_type in ("sub_job", "prime_contract", "work_order_contract", "commitment_change_order", "requisition")
    ]

    reset(project)

    linked = Record.objects.of(company).filter(origin_id__isnull=False, deleted_at=None)
    assert set(linked.values_list("item_type", flat=True)) == {"vendor", "line_item_type"}
    assert all(again(one).origin_id is None for one in (project, cost_code, *under))
    assert requests(company, "reset_job") == [
        {"project": {"id": project.pk, "name": "Harbour Point", "origin_data": None, "origin_id": "SITE-7"}}
    ]
    assert OriginIdHistory.objects.of(company).filter(forced=True).count() >= 2 * len(under)


def test_a_payment_stays_linked_until_the_integrator_has_looked(company, world, reset, integration):
    payment = world.linked("contract_payment", "PAY-9")

    confirmation = reset(payment)

    assert again(payment).origin_id == "PAY-9"
    assert requests(company, "reset_payment") == [
        {
            "payment_id": payment.pk,
            "payment_type": "ContractPayment",
            "origin_id": "PAY-9",
            "origin_code": None,
            "origin_data": None,
            "reset_override": False,
        }
    ]
    assert pending_of(company, again(payment)) == [confirmation]
    unlink_payment(company, payment.pk, actor=integration)
    assert again(payment).origin_id is None
    assert pending_of(company, again(payment)) == []
    assert not OriginIdHistory.objects.of(company).get(record=payment).forced


def test_a_prime_contract_change_order_too(company, world, reset, integration):
    order = world.linked("prime_contract_change_order", "CO-9")
    contract_id = order.data["contract_id"]

    reset(order)

    (told,) = requests(company, "reset_prime_contract_change_order")
    lines = told.pop("prime_contract_change_order_line_items")
    assert told == {
        "prime_contract_id": contract_id,
        "prime_contract_origin_id": None,
        "prime_contract_change_order_id": order.pk,
        "prime_contract_change_order_number": "1",
        "job_id": "SITE-7",
        "reset_estimate_transactions": False,
        "reset_revenue_transactions": False,
        "project_id": order.project_id,
        "prime_contract_change_order_origin_id": "CO-9",
    }
    assert [(line["origin_id"], line["amount"]) for line in lines] == [("CO-9-1", "500.0")]
    assert again(order).origin_id == "CO-9"
    update = {"item_type": "change_order", "item_id": order.pk, "origin_id": None}
    assert sync_external_data(company, [update], actor=integration)[0].errors == {}
    assert not Record.objects.of(company).filter(parent=order, origin_id__isnull=False).exists()


def test_a_synced_export_ends_and_what_was_imported_comes_back(company, gate, world, project, stage, row, reset):
    gate.bring_to("synced")
    reset(project)
    assert StagedExport.objects.of(company).get(record=gate.contract).state == "unlinked"
    assert row("SITE-7").status == "staged"


# Importing it once more


@pytest.fixture
def came_back(world, project, row, reset):
    """The staged project whose record lost SITE-7 by a reset."""
    reset(project)
    return row("SITE-7")


def test_an_import_after_a_reset_asks_whether_the_approver_knows(company, came_back, project, approver):
    with pytest.raises(Invalid) as refusal:
        accept_import(company, came_back.pk, actor=approver, version=came_back.version)

    assert refusal.value.code == "origin_id_was_linked"
    assert f"SITE-7 was linked to #{project.pk}" in refusal.value.errors["origin_id"][0]
    assert refusal.value.facts["record_id"] == project.pk
    assert again(project).origin_id is None
    assert StagedRecord.objects.of(company).get(pk=came_back.pk).status == "staged"

    row = accept_import(company, came_back.pk, actor=approver, version=came_back.version, confirm_reuse=True)

    assert (row.status, row.record_id, again(project).origin_id) == ("imported", project.pk, "SITE-7")


def test_what_the_erp_gave_back_is_imported_without_a_question(company, world, project, row, approver, integration):
    give(company, project, None, integration)
    back = row("SITE-7")

    accept_import(company, back.pk, actor=approver, version=back.version)

    assert again(project).origin_id == "SITE-7"


# Who, when, and what not


@pytest.mark.parametrize("reason", [None, "", " no ", 7])
def test_a_reset_needs_a_reason(company, world, super_user, reason):
    record = world.linked("sub_job")
    with pytest.raises(Invalid) as refusal:
        reset_record(company, record.pk, actor=super_user, reason=reason)
    assert refusal.value.code == "reason_required"


def test_only_super_users_ask_and_confirm(company, world, approver, admin, auditor, integration, super_user):
    record = world.linked("sub_job")
    for actor in (approver, admin, auditor, integration):
        with pytest.raises(NotPermitted):
            reset_record(company, record.pk, actor=actor, reason=REASON)
    asked = reset_record(company, record.pk, actor=super_user, reason=REASON)
    for actor in (approver, admin, auditor, integration):
        with pytest.raises(NotPermitted):
            confirm(company, asked.pk, actor=actor)
    assert again(record).origin_id is not None


@pytest.mark.parametrize("item_type", ["vendor", "work_order_contract", "payment_application", "cost_code"])
def test_other_kinds_are_not_reset(company, world, super_user, item_type):
    record = world.linked(item_type)
    with pytest.raises(Invalid) as refusal:
        reset_record(company, record.pk, actor=super_user, reason=REASON)
    assert refusal.value.code == "not_resettable"


def test_what_is_not_linked_or_under_way_is_not_reset(company, world, super_user, gate, project):
    with pytest.raises(WrongState, match="not linked"):
        reset_record(company, world.of("requisition").pk, actor=super_user, reason=REASON)
    with pytest.raises(NotFound):
        reset_record(company, project.pk + 10_000, actor=super_user, reason=REASON)
    with pytest.raises(StaleVersion):
        reset_record(company, project.pk, actor=super_user, reason=REASON, version=project.version + 1)
    gate.bring_to("exporting")
    with pytest.raises(WrongState) as refusal:
        reset_record(company, project.pk, actor=super_user, reason=REASON)
    assert refusal.value.code == "request_open"


def test_one_question_at_a_time_and_for_a_day(company, world, super_user, second_super_user):
    record = world.linked("sub_job")
    first = reset_record(company, record.pk, actor=super_user, reason=REASON)
    with pytest.raises(WrongState) as refusal:
        reset_record(company, record.pk, actor=second_super_user, reason=REASON)
    assert (refusal.value.code, refusal.value.facts["confirmation_id"]) == ("confirmation_waits", first.pk)
    assert first.expires_at - first.asked_at == timedelta(hours=24)
    Confirmation.objects.of(company).update(expires_at=timezone.now() - timedelta(seconds=1))

    with pytest.raises(WrongState) as refusal:
        confirm(company, first.pk, actor=second_super_user)
    assert refusal.value.code == "confirmation_expired"
    assert waiting_confirmations(company, second_super_user) == []
    second = reset_record(company, record.pk, actor=super_user, reason=REASON)
    assert Confirmation.objects.of(company).get(pk=first.pk).state == "expired"
    Confirmation.objects.of(company).update(expires_at=timezone.now() - timedelta(seconds=1))
    swept()
    assert Confirmation.objects.of(company).get(pk=second.pk).state == "expired"
    assert again(record).origin_id is not None


def test_it_can_be_declined_and_taken_back(company, world, super_user, second_super_user):
    record = world.linked("sub_job")
    asked = reset_record(company, record.pk, actor=super_user, reason=REASON)
    decline(company, asked.pk, actor=second_super_user)
    with pytest.raises(WrongState) as refusal:
        confirm(company, asked.pk, actor=second_super_user)
    assert (refusal.value.code, refusal.value.facts["decided_by"]) == ("already_decided", second_super_user.name)
    asked = reset_record(company, record.pk, actor=super_user, reason=REASON)
    assert decline(company, asked.pk, actor=super_user).state == "declined"
    assert again(record).origin_id is not None


def test_nothing_else_is_confirmed_than_what_was_asked(company, world, super_user, second_super_user, integration):
    record = world.linked("sub_job", "ERP-1")
    asked = reset_record(company, record.pk, actor=super_user, reason=REASON)
    update = {"item_id": record.pk, "origin_id": "ERP-2"}
    assert sync_external_data(company, [update], actor=integration)[0].errors == {}

    with pytest.raises(WrongState) as refusal:
        confirm(company, asked.pk, actor=second_super_user)

    assert refusal.value.code == "changed"
    assert again(record).origin_id == "ERP-2"


# The old origin ID


@pytest.fixture
def old_and_new(world, reset) -> tuple[Record, Record]:
    """A requisition that lost INV-77 by a reset, and another one."""
    old = world.linked("requisition", "INV-77")
    reset(old)
    return old, world.of("requisition", invoice_number="INV-2")


def give(company, record: Record, origin_id: str | None, integration, **more: Any):
    update = {"item_type": record.item_type, "item_id": record.pk, "origin_id": origin_id, **more}
    return sync_external_data(company, [update], actor=integration)[0]


def test_another_object_does_not_get_it_silently(company, old_and_new, integration):
    old, new = old_and_new

    element = give(company, new, "INV-77", integration)

    assert element.code == "origin_id_was_linked"
    assert f"INV-77 was linked to #{old.pk}" in element.errors["origin_id"][0]
    assert element.facts["record_id"] == old.pk
    assert again(new).origin_id is None
    sent = {"invoice_number": "INV-3", "commitment_id": new.data["commitment_id"], "origin_id": "INV-77"}
    scope = {"project_id": new.project_id}
    with pytest.raises(Invalid) as refusal:
        write_one(company, ENTITIES["requisition"], sent, actor=integration, scope=scope)
    assert f"was linked to #{old.pk}" in refusal.value.errors["origin_id"][0]


def test_who_says_that_he_knows_may_reuse_it(company, old_and_new, integration):
    old, new = old_and_new

    element = give(company, new, "INV-77", integration, confirm_reuse=True)

    assert (element.errors, again(new).origin_id) == ({}, "INV-77")
    assert element.was is not None
    assert element.was.record_id == old.pk


def test_the_object_itself_gets_it_back(company, old_and_new, integration):
    old, _ = old_and_new
    element = give(company, old, "INV-77", integration)
    assert (element.errors, element.was, again(old).origin_id) == ({}, None, "INV-77")


def test_what_left_with_the_erps_word_may_be_reused_and_is_shown(company, world, integration):
    old = world.linked("requisition", "INV-77")
    give(company, old, None, integration)
    new = world.of("requisition", invoice_number="INV-2")

    element = give(company, new, "INV-77", integration)

    assert element.errors == {}
    assert element.was is not None
    assert element.was.record_id == old.pk
