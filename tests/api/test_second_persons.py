"""Unlinking, resetting and marking as synced, over HTTP: what they answer, and what everybody sees of it."""

import pytest

from erpstaging.companies.models import ErpLevel, ProjectLevel
from erpstaging.records.models import Record
from erpstaging.staging.models import StagedRecord

REASON = "The ledger lost it in the restore of Friday."


@pytest.fixture
def desk(sign_in, approver):
    return sign_in(approver)


@pytest.fixture
def support(sign_in, super_user):
    return sign_in(super_user)


@pytest.fixture
def second_support(sign_in, make_person):
    return sign_in(make_person("second_super_user", super_user=True))


@pytest.fixture
def accountants(sign_in, make_person):
    """Two people who may mark exports as synced."""
    rights = {"erp_level": ErpLevel.ADMIN, "project_level": ProjectLevel.ADMIN, "can_push_to_accounting": True}
    return [sign_in(make_person(name, **rights)) for name in ("first_accountant", "second_accountant")]


def act(answer, word: str):
    return next((one for one in answer.body["acts"] if one["act"] == word), None)


def again(record: Record) -> Record:
    return Record.objects.of(record.company_id).get(pk=record.pk)


@pytest.mark.capability("LK-04")
def test_unlinking_by_rest_from_the_question_to_the_proof(desk, integrator, gate):
    gate.bring_to("synced")
    url = f"records/{gate.contract.pk}"
    assert act(desk.get(url), "unlink")["enabled"]

    asked = desk.post(f"{url}/unlink")

    assert (asked.status, asked.body["status"], asked.body["origin_id"]) == (200, "unlinking", "ORD-9")
    assert asked.body["export_id"] == gate.export().pk
    assert act(asked, "unlink") == {
        "act": "unlink", "enabled": False, "code": "request_open", "reason": "It is unlinking: that has to end first."
    }  # fmt: skip
    again_asked = desk.post(f"{url}/unlink")
    assert (again_asked.status, again_asked.body["code"]) == (409, "request_open")
    listed = desk.get("queue?view=synced")
    assert [row["status"] for row in listed.body["rows"] if row["id"] == gate.contract.pk] == ["unlinking"]
    seen = desk.get(f"exports/{gate.export().pk}")
    assert (seen.body["action"], seen.body["status"], act(seen, "cancel")["enabled"]) == ("unlink", "unlinking", True)

    detail = gate.details()[-1]
    still = {"request_detail": {"status": "failed", "messages": ["The order still exists in the ledger."]}}
    assert integrator.patch(f"erp_request_details/{detail.pk}", still).status == 200
    kept = desk.get(url)
    assert (kept.body["status"], kept.body["origin_id"]) == ("synced", "ORD-9")
    assert desk.get(f"exports/{gate.export().pk}").body["messages"] == ["The order still exists in the ledger."]

    assert desk.post(f"{url}/unlink").status == 200
    detail = gate.details()[-1]
    erp_request = integrator.get(f"erp_requests/{gate.export().erp_request_id}")
    assert erp_request.body["request_data"]["request_detail_id"] == detail.pk
    null = {"updates": [{"item_type": "work_order_contract", "item_id": gate.contract.pk, "origin_id": None}]}
    assert integrator.patch("external_data/sync", null).body["errors"] == []
    assert integrator.patch(f"erp_request_details/{detail.pk}", {"request_detail": {"status": "success"}}).status == 200
    gone = desk.get(url)
    assert (gone.body["status"], gone.body["origin_id"], gone.body["lock"]) == ("unlinked", None, "none")
    assert [one["origin_id"] for one in gone.body["origin_id_history"]] == ["ORD-9"]


@pytest.mark.capability("LK-05")
def test_a_reset_by_rest_waits_for_the_second_person(support, second_support, desk, world):
    record = world.linked("requisition", "INV-77")
    url = f"records/{record.pk}"
    assert act(support.get(url), "reset")["enabled"]
    assert act(desk.get(url), "reset") is None
    assert (desk.post(f"{url}/reset", {"reason": REASON}).status, again(record).origin_id) == (403, "INV-77")
    assert support.post(f"{url}/reset", {}).body["code"] == "reason_required"

    asked = support.post(f"{url}/reset", {"reason": REASON})

    confirmation_id = asked.body["confirmation_id"]
    assert (asked.status, asked.body["status"], again(record).origin_id) == (202, "waiting", "INV-77")
    assert support.get(url).body["confirmations"] == [confirmation_id]
    twice = support.post(f"{url}/reset", {"reason": REASON})
    assert (twice.status, twice.body["code"], twice.body["confirmation_id"]) == (
        409, "confirmation_waits", confirmation_id
    )  # fmt: skip
    mine = support.post(f"confirmations/{confirmation_id}/confirm")
    assert (mine.status, mine.body["code"]) == (403, "second_person")
    (waiting,) = second_support.get("confirmations").body["confirmations"]
    assert (waiting["id"], waiting["act"], waiting["reason"], waiting["origin_id"]) == (
        confirmation_id, "reset", REASON, "INV-77"
    )  # fmt: skip
    assert [one["enabled"] for one in waiting["acts"]] == [True, True]

    confirmed = second_support.post(f"confirmations/{confirmation_id}/confirm")

    assert (confirmed.status, confirmed.body["status"], again(record).origin_id) == (200, "confirmed", None)
    late = second_support.post(f"confirmations/{confirmation_id}/confirm")
    assert (late.status, late.body["code"]) == (409, "already_decided")
    assert second_support.get("confirmations").body["confirmations"] == []
    assert second_support.post("confirmations/999999/confirm").status == 404


@pytest.mark.capability("LK-05")
def test_reuse_shows_what_it_was_linked_to(support, second_support, desk, integrator, world):
    old = world.linked("requisition", "INV-77")
    asked = support.post(f"records/{old.pk}/reset", {"reason": REASON})
    assert second_support.post(f"confirmations/{asked.body['confirmation_id']}/confirm").status == 200
    new = world.of("requisition", invoice_number="INV-2")
    update = {"item_type": "requisition", "item_id": new.pk, "origin_id": "INV-77"}

    silent = integrator.patch("external_data/sync", {"updates": [update]})

    (error,) = silent.body["errors"]
    assert f"INV-77 was linked to #{old.pk}" in error["errors"]["origin_id"][0]
    assert again(new).origin_id is None
    known = integrator.patch("external_data/sync", {"updates": [{**update, "confirm_reuse": True}]})
    (row,) = known.body["entities"]
    assert (row["origin_id"], row["was_linked_to"]["item_id"]) == ("INV-77", old.pk)
    assert row["was_linked_to"]["message"].startswith(f"INV-77 was linked to #{old.pk}")
    (was,) = desk.get(f"records/{new.pk}").body["was_linked_to"]
    assert (was["record_id"], was["origin_id"]) == (old.pk, "INV-77")


@pytest.mark.capability("LK-05")
def test_a_staged_row_shows_what_its_origin_id_was_linked_to(support, second_support, desk, world, project):
    asked = support.post(f"records/{project.pk}/reset", {"reason": REASON})
    assert second_support.post(f"confirmations/{asked.body['confirmation_id']}/confirm").status == 200

    staged = StagedRecord.objects.of(world.company).get(item_type="project", origin_id="SITE-7")
    assert staged.status == "staged"
    (was,) = desk.get(f"staged_records/{staged.pk}").body["was_linked_to"]
    assert was["record_id"] == project.pk

    silent = desk.post(f"staged_records/{staged.pk}/import", {"version": staged.version})

    assert (silent.status, silent.body["code"]) == (422, "origin_id_was_linked")
    assert f"SITE-7 was linked to #{project.pk}" in silent.body["errors"]["origin_id"][0]
    wrong = desk.post(f"staged_records/{staged.pk}/import", {"version": staged.version, "confirm_reuse": "yes"})
    assert wrong.status == 422
    job = {"act": "import", "items": [{"id": staged.pk, "version": staged.version}]}
    (row,) = desk.get(f"jobs/{desk.post('decisions/bulk', job).body['id']}").body["rows"]
    assert (row["outcome"], row["code"]) == ("refused", "origin_id_was_linked")
    known = desk.post(f"staged_records/{staged.pk}/import", {"version": staged.version, "confirm_reuse": True})
    assert (known.status, known.body["status"]) == (200, "imported")
    assert again(project).origin_id == "SITE-7"


@pytest.mark.capability("EX-09")
def test_marking_as_synced_by_rest(accountants, desk, gate):
    first, second = accountants
    failed = gate.bring_to("failed")
    url = f"exports/{failed.pk}"
    body = {"origin_id": "ORD-9", "reason": REASON}
    assert act(first.get(url), "mark_synced")["enabled"]
    assert act(desk.get(url), "mark_synced")["code"] == "missing_privilege"
    assert desk.post(f"{url}/mark_synced", body).status == 403
    assert first.post(f"{url}/mark_synced", {"reason": REASON}).body["errors"] == {"origin_id": ["is required"]}

    asked = first.post(f"{url}/mark_synced", body)

    assert (asked.status, gate.export().state) == (202, "failed")
    assert first.post(f"confirmations/{asked.body['confirmation_id']}/confirm").body["code"] == "second_person"
    confirmed = second.post(f"confirmations/{asked.body['confirmation_id']}/confirm")
    assert (confirmed.status, confirmed.body["status"]) == (200, "confirmed")
    seen = first.get(url)
    assert (seen.body["status"], seen.body["source"], seen.body["origin_id"]) == ("synced", "manual", "ORD-9")


def test_declining_by_rest(support, second_support, world):
    record = world.linked("sub_job")
    asked = support.post(f"records/{record.pk}/reset", {"reason": REASON})
    declined = second_support.post(f"confirmations/{asked.body['confirmation_id']}/decline")
    assert (declined.status, declined.body["status"]) == (200, "declined")
    assert again(record).origin_id is not None
