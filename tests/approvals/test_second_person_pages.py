"""The pages of unlinking, resetting, marking as synced, and of a super user's acts."""

import re
from typing import Any

import pytest

from erpstaging.companies.models import ErpLevel, ProjectLevel
from erpstaging.connections.services import store_metadata
from erpstaging.records.models import Record
from erpstaging.staging.confirming import confirm
from erpstaging.staging.external import sync_external_data
from erpstaging.staging.models import Confirmation, StagedRecord
from erpstaging.staging.resetting import reset_record
from tests.approvals.test_linking_pages import Desk
from tests.fixtures.ledger import ON, metadata

REASON = "The ledger lost it in the restore."


@pytest.fixture
def desk(company, approver) -> Desk:
    return Desk(company, approver)


@pytest.fixture
def support(company, super_user) -> Desk:
    return Desk(company, super_user)


@pytest.fixture
def second_support(company, make_person) -> Desk:
    return Desk(company, make_person("second_super_user", super_user=True))


@pytest.fixture
def accountants(company, make_person) -> list[Desk]:
    rights = {"erp_level": ErpLevel.ADMIN, "project_level": ProjectLevel.ADMIN, "can_push_to_accounting": True}
    return [Desk(company, make_person(name, **rights)) for name in ("first_accountant", "second_accountant")]


def again(one: Any) -> Any:
    return type(one).objects.of(one.company_id).get(pk=one.pk)


def act_of(page: str, word: str) -> str:
    """The button or link of an act, as it stands in the page."""
    found = re.search(rf'<(?:a|button)[^>]*data-act="{word}"[^>]*>', page)
    return found.group(0) if found else ""


@pytest.mark.capability("LK-04")
def test_a_page_unlinks_and_tells_how_it_goes(desk, gate):
    gate.bring_to("synced")
    path = f"records/{gate.contract.pk}/"
    assert "aria-disabled" not in act_of(desk.read(path), "unlink")

    answer = desk.post(f"{path}unlink/", version=gate.record().version)

    assert answer.status_code == 302
    page = desk.read(path)
    assert "It stays linked until the integrator answers." in page
    assert "It is being unlinked." in page
    assert "aria-disabled" in act_of(page, "unlink")
    assert "Unlinking" in desk.read("queue/?view=synced")
    shown = desk.read(f"exports/{gate.export().pk}/?tab=payload")
    assert "unlink_commitment" in shown
    gate.close("failed", "The order still exists in the ledger.")
    page = desk.read(path)
    assert "It could not be unlinked: The order still exists in the ledger." in page
    assert "kept it linked" in desk.read(f"{path}?tab=timeline")
    desk.post(f"{path}unlink/", version=gate.record().version)
    gate.close("success")
    assert "Successfully unlinked." in desk.read(path)


@pytest.mark.capability("LK-04")
def test_who_may_not_unlink_sees_why(company, gate, make_person):
    gate.bring_to("synced")
    looker = Desk(company, make_person("looker", erp_level=ErpLevel.STANDARD, project_level=ProjectLevel.ADMIN))
    button = act_of(looker.read(f"records/{gate.contract.pk}/"), "unlink")
    assert "Unlinking needs the privilege to push to accounting" in button


@pytest.mark.capability("LK-05")
def test_a_reset_shows_a_red_warning_and_waits_for_the_second_person(support, second_support, desk, world):
    record = world.linked("requisition", "INV-77")
    path = f"records/{record.pk}/"
    assert act_of(desk.read(path), "reset") == ""
    assert act_of(support.read(path), "reset")

    asking = support.read(f"{path}reset/")

    assert 'class="banner red boxed"' in asking
    assert "takes the link away without the ERP&#x27;s word" in asking or "without the ERP's word" in asking
    assert desk.get(f"{path}reset/").status_code == 403
    silent = support.post(f"{path}reset/", reason="no")
    assert silent.status_code == 422
    assert "needs at least 3 characters" in silent.content.decode()
    assert support.post(f"{path}reset/", reason=REASON, version=record.version).status_code == 302
    confirmation = Confirmation.objects.of(record.company_id).get()
    assert "It waits for a second person until" in support.read(path)
    mine = support.read("confirmations/")
    assert "You asked for" in mine
    assert "somebody else has to confirm it" in act_of(mine, "confirm")
    theirs = second_support.read("confirmations/")
    assert REASON in theirs
    assert 'class="banner red boxed"' in theirs
    assert "aria-disabled" not in act_of(theirs, "confirm")

    refused = support.post(f"confirmations/{confirmation.pk}/confirm/")
    assert refused.status_code == 302
    assert again(record).origin_id == "INV-77"
    assert second_support.post(f"confirmations/{confirmation.pk}/confirm/").status_code == 302

    assert again(record).origin_id is None
    assert "Nothing waits for you." in second_support.read("confirmations/")
    assert "INV-77" in desk.read(path)  # among the earlier IDs


@pytest.mark.capability("LK-05")
def test_a_reused_origin_id_is_shown_on_the_page(support, desk, world, company, super_user, make_person):
    old = world.linked("requisition", "INV-77")
    asked = reset_record(company, old.pk, actor=super_user, reason=REASON)
    confirm(company, asked.pk, actor=make_person("other_super_user", super_user=True))
    new = world.of("requisition", invoice_number="INV-2")
    update = {"item_id": new.pk, "origin_id": "INV-77", "confirm_reuse": True}
    assert sync_external_data(company, [update], actor=world.integration)[0].errors == {}

    page = desk.read(f"records/{new.pk}/")

    assert f"INV-77 was linked to #{old.pk}" in page


@pytest.mark.capability("LK-05")
def test_an_import_after_a_reset_is_asked_about_with_a_box(desk, world, project, company, super_user, make_person):
    asked = reset_record(company, project.pk, actor=super_user, reason=REASON)
    confirm(company, asked.pk, actor=make_person("other_super_user", super_user=True))
    row = StagedRecord.objects.of(company).get(item_type="project", origin_id="SITE-7")
    path = f"staged/{row.pk}/import/"

    silent = desk.post(path, version=row.version)

    page = silent.content.decode()
    assert silent.status_code == 422
    assert f"SITE-7 was linked to #{project.pk}" in page
    assert "Use it for this object all the same" in page
    assert "confirm_reuse to" not in page  # a word for programs
    assert desk.get(path).status_code == 405
    assert desk.post(path, version=row.version, confirm_reuse="false").status_code == 422
    assert desk.post(path, version=row.version, confirm_reuse="true").status_code == 302
    assert again(project).origin_id == "SITE-7"


def test_a_declined_question_is_over(support, second_support, world):
    record = world.linked("sub_job")
    support.post(f"records/{record.pk}/reset/", reason=REASON)
    confirmation = Confirmation.objects.of(record.company_id).get()
    assert second_support.post(f"confirmations/{confirmation.pk}/decline/").status_code == 302
    page = second_support.read("confirmations/")
    assert "declined" in page
    assert again(record).origin_id is not None


def test_confirmations_are_for_those_whom_they_concern(company, connection, make_person, auditor, project_user):
    assert Desk(company, project_user).get("confirmations/").status_code == 404
    assert Desk(company, auditor).get("confirmations/").status_code == 200


@pytest.mark.capability("EX-09")
def test_a_failed_export_is_marked_as_synced_on_its_page(accountants, desk, gate):
    first, second = accountants
    failed = gate.bring_to("failed")
    path = f"exports/{failed.pk}/"
    assert "aria-disabled" in act_of(desk.read(path), "mark_synced")
    assert act_of(first.read(path), "mark_synced")
    assert "Mark SC-1042 as synced?" in first.read(f"{path}mark_synced/")
    missing = first.post(f"{path}mark_synced/", origin_id="", reason=REASON, version=failed.version)
    assert missing.status_code == 422

    asked = first.post(f"{path}mark_synced/", origin_id="ORD-9", reason=REASON, version=failed.version)

    assert asked.status_code == 302
    confirmation = Confirmation.objects.of(gate.company).get()
    assert second.post(f"confirmations/{confirmation.pk}/confirm/").status_code == 302
    page = first.read(path)
    assert "entered by hand" in page
    assert (gate.export().state, gate.export().source) == ("synced", "manual")


def test_a_cost_code_is_asked_to_be_deleted_on_its_page(company, desk, world, cost_code, integration):
    switches = {"cost_code_deletions": ON}
    path = f"records/{cost_code.pk}/"
    assert "switched off" in act_of(desk.read(path), "request_deletion")
    jobs = {"enabled": True, "configs": {"import": ON, "export": ON, "staged_records": ON, **switches}, "tab": ON}
    store_metadata(company.pk, metadata(jobs=jobs), actor=integration)
    assert "Ask the ERP to let" in desk.read(f"{path}request_deletion/")

    assert desk.post(f"{path}request_deletion/").status_code == 302

    assert "The integrator was asked already." in act_of(desk.read(path), "request_deletion")
    assert again(cost_code).deleted_at is None


def test_a_super_user_deletes_and_unlinks_codes_on_his_page(support, desk, world):
    code = world.linked("standard_cost_code", "STD-05")
    assert desk.get("support/").status_code == 403
    assert 'class="banner red boxed"' in support.read("support/")
    wrong = support.post("support/", act="unlink", unlink_item_type="standard_cost_code", unlink_ids="abc")
    assert wrong.status_code == 422
    assert "must be a list of ids" in wrong.content.decode()
    nothing = support.post("support/", act="delete", delete_item_type="standard_cost_code", delete_ids=" , ")
    assert "Type at least one ID." in nothing.content.decode()
    named = {"unlink_item_type": "standard_cost_code", "unlink_ids": str(code.pk)}

    question = support.post("support/", act="unlink", **named).content.decode()

    assert "Unlink 1 code?" in question
    assert f"<li>{code.number} {code.title}</li>" in question
    assert again(code).origin_id == "STD-05"
    support.post("support/", act="unlink", confirmed="true", **named)
    assert again(code).origin_id is None
    gone = {"delete_item_type": "standard_cost_code", "delete_ids": f" {code.pk}, "}
    assert "What stands below them is deleted too." in support.post("support/", act="delete", **gone).content.decode()
    support.post("support/", act="delete", confirmed="true", **gone)
    assert again(code).deleted_at is not None
    assert Record.objects.of(code.company_id).filter(pk=code.pk, deleted_at=None).count() == 0


def test_what_no_column_can_hold_is_refused_with_its_field(support, desk, accountants, world, gate):
    record = world.linked("sub_job")
    failed = gate.bring_to("failed")
    export = f"exports/{failed.pk}/"
    assert support.post(f"records/{record.pk}/reset/", reason="abc\0def").status_code == 422
    typed = {"origin_id": "a\0b", "reason": REASON, "version": failed.version}
    assert accountants[0].post(f"{export}mark_synced/", **typed).status_code == 422
    assert desk.post(f"{export}reject/", reason="abc\0def", version=failed.version).status_code == 422
    assert support.post("support/", act="unlink\0").status_code == 422
    wrong = {"act": "unlink", "unlink_item_type": "vendor\0", "unlink_ids": "1\0"}
    assert support.post("support/", **wrong).status_code == 422
    assert not Confirmation.objects.of(record.company_id).exists()
