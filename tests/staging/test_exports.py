"""Decisions on staged exports: who may take them, from which state, on which version, and what they leave behind."""

from datetime import timedelta

import pytest
from django.utils import timezone

from erpstaging.audit.models import Entry
from erpstaging.connections.services import store_metadata
from erpstaging.core.errors import Invalid, NotFound, NotPermitted, StaleVersion, VersionMissing, WrongState
from erpstaging.core.scope import company_scope, in_company
from erpstaging.notices.models import Notice
from erpstaging.staging.connecting import connect_company
from erpstaging.staging.exports import accept_export, reject_export, retry_export, undo_accept
from erpstaging.staging.models import Decision, StagedExport
from tests.fixtures.gate import REACHABLE, UNDO
from tests.fixtures.ledger import metadata

# From which states each decision is possible; from every other it is refused.
POSSIBLE = {
    "accept": {"ready_to_export"},
    "reject": {"ready_to_export", "failed"},
    "retry": {"failed"},
    "undo": {"accepted"},
}
CONNECTED = {"service_url": "https://ledger.example/erp", "metadata": metadata()}
DECISIONS = {"accept": accept_export, "reject": reject_export, "retry": retry_export, "undo": undo_accept}


@pytest.mark.parametrize("state", REACHABLE)
@pytest.mark.parametrize("decision", POSSIBLE)
def test_a_decision_is_taken_in_its_states_and_refused_in_all_others(gate, decision, state):
    export = gate.bring_to(state)
    before = (len(gate.requests()), gate.record().lock)

    if state in POSSIBLE[decision]:
        getattr(gate, decision)(export)
        assert gate.export().state != state
        assert gate.export().version > export.version
    else:
        with pytest.raises(WrongState):
            getattr(gate, decision)(export)
        assert (gate.export().state, gate.export().version) == (state, export.version)
        assert (len(gate.requests()), gate.record().lock) == before


@pytest.mark.parametrize("decision", ["accept", "reject"])
def test_a_decision_names_the_version_it_was_taken_on(gate, decision):
    export = gate.send()

    with pytest.raises(VersionMissing) as missing:
        getattr(gate, decision)(export, version=None)
    with pytest.raises(StaleVersion) as stale:
        getattr(gate, decision)(export, version=export.version + 1)

    assert missing.value.facts["version"] == export.version
    assert stale.value.facts == {
        "version": export.version,
        "decided_by": "Project User",
        "decided_at": export.sent_at,
    }
    assert gate.export().state == "ready_to_export"


@pytest.mark.parametrize(("decision", "state"), [("retry", "failed"), ("undo", "accepted")])
def test_other_acts_take_the_version_if_it_is_given(gate, decision, state):
    export = gate.bring_to(state)

    with pytest.raises(StaleVersion):
        getattr(gate, decision)(export, version=export.version - 1)
    getattr(gate, decision)(export, version=export.version)

    assert gate.export().state != state


@pytest.mark.parametrize(
    ("decision", "state"),
    [("accept", "ready_to_export"), ("reject", "ready_to_export"), ("retry", "failed"), ("undo", "accepted")],
)
@pytest.mark.parametrize(
    "rights",
    [
        {},
        {"erp_level": "standard", "project_level": "admin"},
        {"erp_level": "admin", "project_level": "admin"},
        {"erp_level": "standard", "project_level": "standard", "can_push_to_accounting": True},
        {"erp_level": "none", "project_level": "admin", "can_push_to_accounting": True},
        {"auditor": True},
        {"super_user": True, "directory_admin": True},
        {
            "erp_level": "standard",
            "project_level": "admin",
            "can_push_to_accounting": True,
            "is_active": False,
        },
    ],
    ids=lambda rights: ",".join(rights) or "none",
)
def test_deciding_on_contracts_needs_push_and_project_admin(gate, make_person, decision, state, rights):
    export = gate.bring_to(state)
    somebody = make_person("somebody", **rights)

    with pytest.raises(NotPermitted):
        getattr(gate, decision)(export, actor=somebody)

    assert gate.export().state == state


@pytest.mark.parametrize("decision", ["accept", "reject", "retry", "undo"])
def test_a_service_account_never_decides(gate, integration, decision):
    export = gate.bring_to(next(iter(POSSIBLE[decision])))

    with pytest.raises(NotPermitted):
        getattr(gate, decision)(export, actor=integration)


@pytest.mark.parametrize("decision", ["accept", "reject", "retry", "undo"])
def test_another_companys_export_does_not_exist(gate, other_company, integration, decision):
    export = gate.bring_to(next(iter(POSSIBLE[decision])))
    in_company(other_company.pk, lambda: connect_company(other_company, CONNECTED, actor=integration))
    values = {"version": export.version} | ({"reason": "not ours"} if decision == "reject" else {})

    with company_scope(other_company.pk), pytest.raises(NotFound):
        DECISIONS[decision](other_company, export.pk, actor=gate.approver, **values)


@pytest.mark.parametrize("reason", [None, "", "  ", "no", " x ", 7, ["because"], "x" * 4001], ids=repr)
def test_a_rejection_needs_a_reason_that_says_something(gate, reason):
    export = gate.send()

    with pytest.raises(Invalid) as refused:
        gate.reject(export, reason=reason)

    assert list(refused.value.errors) == ["reason"]
    assert gate.export().state == "ready_to_export"


def test_a_rejection_opens_the_record_and_owes_its_sender_a_mail(gate, project_user):
    export = gate.send()

    gate.reject(
        export, reason="  Wrong retainage ", code="retainage", pins=[{"field": "retainage_percent", "note": "5"}]
    )

    stored = gate.export()
    assert (stored.state, stored.reason, stored.reason_code) == ("rejected", "Wrong retainage", "retainage")
    assert (stored.decided_by_name, stored.closed_at is not None) == ("Approver", True)
    assert gate.record().lock == "none"
    (notice,) = Notice.objects.of(gate.company)
    assert (notice.person_id, notice.kind, notice.context["reason"]) == (
        project_user.id,
        "export_rejected",
        "Wrong retainage",
    )


def test_an_accept_leaves_decision_and_audit_entry_of_the_version_that_was_seen(gate, approver):
    export = gate.send()

    gate.accept(export)

    (decision,) = Decision.objects.of(gate.company).filter(object_type="export")
    assert (decision.verdict, decision.version, decision.actor_id) == ("accept", export.version, approver.id)
    assert bytes(decision.content_hash) == bytes(export.content_hash)
    actions = list(
        Entry.objects.of(gate.company).filter(object_type="export").order_by("pk").values_list("action", flat=True)
    )
    assert actions == ["export.sent", "export.accepted", "export.released"]


def test_a_retry_sends_the_accepted_snapshot_again(gate):
    export = gate.bring_to("failed")
    (first,) = gate.requests()

    gate.retry(export)

    stored = gate.export()
    assert (stored.state, stored.attempts, stored.messages) == ("exporting", 2, [])
    second = gate.requests()[1]
    assert [detail.attempt for detail in gate.details()] == [1, 2]
    about_detail = {"request_detail_id": gate.details()[1].pk}
    assert second.request_data == {**first.request_data, **about_detail}


def test_a_retry_waits_for_a_parent_that_lost_its_link(gate, vendor):
    export = gate.bring_to("failed")
    gate.link(None, vendor)

    with pytest.raises(Invalid) as refused:
        gate.retry(export)

    assert refused.value.code == "prerequisites"
    assert list(refused.value.errors) == ["vendor_linked"]
    assert (gate.export().state, gate.export().version, len(gate.requests())) == ("failed", export.version, 1)


def test_an_accept_with_undo_time_leaves_nothing_outside(gate):
    export = gate.send()

    gate.accept(export, undo=UNDO)

    stored = gate.export()
    assert (stored.state, stored.version) == ("accepted", 2)
    assert timedelta(0) < stored.release_at - timezone.now() <= UNDO
    assert gate.requests() == []
    assert gate.record().lock == "waiting"


def test_an_undone_accept_can_be_decided_again(gate):
    export = gate.bring_to("accepted")

    gate.undo(export)

    again = gate.export()
    assert (again.state, again.decided_by_id, again.inputs, again.release_at) == ("ready_to_export", None, {}, None)
    gate.accept(again)
    assert gate.export().state == "exporting"
    assert Decision.objects.of(gate.company).filter(object_type="export").count() == 2


def test_undo_is_refused_once_its_time_is_over(gate):
    export = gate.bring_to("accepted")
    StagedExport.objects.of(gate.company).update(release_at=timezone.now() - timedelta(seconds=1))

    with pytest.raises(WrongState):
        gate.undo(export)


# What the approver types, and the company's rules


def with_rules(gate, *, export=None, save=None, fields=(), lines=None):
    """The company's document with rules for contracts and custom fields asked at Accept."""
    both = {"enabled": True}
    configs = {"export": {**both, "custom_fields": list(fields)}, "import": both, "export_subcontracts": both}
    rules = {"export": {"fields": export or {}}, "save": {"fields": save or {}}}
    more = {"commitment_items": {"enabled": True, "rules": {"save": {"fields": lines}}}} if lines else {}
    document = metadata(commitments={**both, "configs": configs, "rules": rules}, **more)
    gate.run(lambda: store_metadata(gate.company.pk, document, actor=gate.integration))


def at_most(length: int, message: str = "") -> dict:
    return {"validation": {"max_length": {"enabled": True, "length": length, "message": message}}}


PRESENT = {"validation": {"present": {"enabled": True, "message": "Pick a posting date."}}}
POSTING_DATE = {"key": "transaction_date", "label": "Posting date", "type": "date", "rules": PRESENT}


@pytest.mark.parametrize(
    ("typed", "text"),
    [
        ({}, "Pick a posting date."),
        ({"transaction_date": ""}, "Pick a posting date."),
        ({"transaction_date": "  "}, "Pick a posting date."),
        ({"transaction_date": "tomorrow"}, "must be a date (YYYY-MM-DD)"),
        ({"transaction_date": "2026-02-30"}, "must be a date (YYYY-MM-DD)"),
        ({"transaction_date": 20260228}, "must be text of at most 255 characters"),
        ({"transaction_date": ["2026-02-28"]}, "must be text of at most 255 characters"),
    ],
    ids=str,
)
@pytest.mark.capability("AP-06")
def test_what_the_company_asks_for_has_to_be_typed(gate, typed, text):
    with_rules(gate, fields=[POSTING_DATE])
    export = gate.send()

    with pytest.raises(Invalid) as refused:
        gate.accept(export, inputs={"custom_fields": typed})

    assert refused.value.errors["transaction_date"][0] == text
    assert gate.export().state == "ready_to_export"


@pytest.mark.capability("AP-06")
def test_what_was_typed_leaves_with_the_payload_and_stands_in_the_audit(gate):
    with_rules(gate, fields=[POSTING_DATE], export={"code": at_most(8)})
    typed = {"code": "5001", "custom_fields": {"transaction_date": "2026-02-28", "unasked": "x"}}

    gate.accept(gate.send(), inputs=typed)

    (request,) = gate.requests()
    assert request.request_data["commitment"]["erp_custom_fields"] == {"transaction_date": "2026-02-28"}
    assert request.request_data["commitment"]["origin_code"] == "5001" == gate.record().origin_code
    entry = Entry.objects.of(gate.company).get(action="export.accepted")
    assert entry.after["inputs"] == {"code": "5001", "custom_fields": {"transaction_date": "2026-02-28"}}


@pytest.mark.parametrize("code", [7, ["5001"], True, "x" * 256], ids=lambda value: str(value)[:20])
def test_a_code_is_text(gate, code):
    with pytest.raises(Invalid) as refused:
        gate.accept(gate.send(), inputs={"code": code})

    assert list(refused.value.errors) == ["code"]


@pytest.mark.parametrize("moment", ["save", "export"])
@pytest.mark.capability("IN-08")
def test_a_rule_of_the_company_is_asked_at_accept_as_it_stands_then(gate, moment):
    export = gate.send()
    with_rules(gate, **{moment: {"title": at_most(5, "At most %{length} letters.")}})

    with pytest.raises(Invalid) as refused:
        gate.accept(export)

    assert (refused.value.code, refused.value.errors) == ("rule_failed", {"title": ["At most 5 letters."]})
    with_rules(gate)
    gate.accept(export)


@pytest.mark.capability("IN-08")
def test_a_rule_about_lines_is_asked_at_send_and_at_accept(gate):
    with_rules(gate, lines={"description": at_most(8)})
    with pytest.raises(Invalid) as at_send:
        gate.send()
    with_rules(gate)
    export = gate.send()
    with_rules(gate, lines={"description": at_most(8)})

    with pytest.raises(Invalid) as at_accept:
        gate.accept(export)

    for refused in (at_send, at_accept):
        assert refused.value.code == "rule_failed"
        assert refused.value.errors == {"line_items.1.description": ["Description is too long (maximum 8 characters)"]}


def test_a_warning_has_to_be_answered_with_yes(gate):
    both = {"enabled": True}
    settings = {**both, "configs": {"export": both, "export_subcontracts": both}}
    warning = {"export": {"warning_message": {"enabled": True, "message": "It cannot be taken back."}}}
    document = metadata(commitments={**settings, "rules": warning})
    gate.run(lambda: store_metadata(gate.company.pk, document, actor=gate.integration))
    export = gate.send()

    for answer in (None, False, "true", 1):
        with pytest.raises(Invalid) as refused:
            gate.accept(export, inputs={"confirm": answer})
        assert (refused.value.code, refused.value.message) == ("confirmation_required", "It cannot be taken back.")

    gate.accept(export, inputs={"confirm": True})
    assert gate.export().state == "exporting"
