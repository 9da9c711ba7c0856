"""How the integrator's answers end details, and what they do to exports and records."""

import pytest

from erpstaging.audit.models import Entry
from erpstaging.core.errors import Invalid, NotFound
from erpstaging.core.scope import company_scope
from erpstaging.erp_requests.models import DetailState
from erpstaging.notices.models import Notice
from erpstaging.outbox.models import Event
from erpstaging.staging.closeout import close_detail, close_details
from erpstaging.staging.models import Conflict

NO_ORIGIN_ID = "no origin id received"


def traces(gate) -> tuple[int, int, int, int]:
    """How much was written about the contract so far."""
    rows = (Entry, Event, Conflict)
    return (*(model.objects.of(gate.company).count() for model in rows), gate.export().version)


@pytest.mark.parametrize(
    ("linked", "status", "export_state", "messages", "lock"),
    [
        (True, "success", "synced", [], "none"),
        (False, "success", "failed", [NO_ORIGIN_ID], "exporting"),
        (False, "failed", "failed", ["Period closed."], "exporting"),
        (True, "failed", "failed", ["Period closed."], "exporting"),
        (False, "stale", "failed", ["Period closed."], "exporting"),
        (False, "rejected", "rejected", [], "none"),
        (False, "in_progress", "exporting", [], "exporting"),
    ],
)
def test_an_answer_moves_the_export(gate, linked, status, export_state, messages, lock):
    gate.bring_to("exporting")
    if linked:
        gate.link("ORD-9")

    element = gate.close(status, *(["Period closed."] if status != "success" else []))

    assert element.errors == {}
    assert element.detail.state == gate.details()[0].state == status
    assert (gate.export().state, gate.export().messages, gate.record().lock) == (export_state, messages, lock)


def test_a_failure_without_words_says_so(gate):
    gate.bring_to("exporting")

    gate.close("failed")

    assert gate.export().messages == ["The ERP answered failed without a reason."]


def test_a_rejection_by_the_erp_tells_the_sender_why(gate, project_user):
    gate.bring_to("exporting")

    gate.close("rejected", "Vendor is blocked.", "Ask accounting.")

    export = gate.export()
    assert (export.reason, export.decided_by_name) == ("Vendor is blocked. Ask accounting.", "Ledger connector")
    (notice,) = Notice.objects.of(gate.company)
    assert (notice.person_id, notice.context["reason"]) == (project_user.id, "Vendor is blocked. Ask accounting.")


@pytest.mark.parametrize("status", ["success", "failed", "rejected", "stale"])
@pytest.mark.capability("EX-03")
def test_the_same_status_again_changes_nothing(gate, status):
    gate.bring_to("exporting")
    gate.link("ORD-9")
    gate.close(status, "once")
    before = traces(gate)

    element = gate.close(status.upper(), "twice")

    assert element.errors == {}
    assert (element.detail.state, element.detail.messages) == (status, ["once"])
    assert traces(gate) == before


@pytest.mark.parametrize("status", ["failed", "rejected", "stale", "in_progress"])
@pytest.mark.capability("EX-03")
def test_another_status_never_unsyncs(gate, status):
    gate.bring_to("synced")

    gate.close(status, "It is gone.")

    assert gate.details()[0].state == status
    assert (gate.export().state, gate.record().origin_id, gate.record().lock) == ("synced", "ORD-9", "none")
    (conflict,) = Conflict.objects.of(gate.company)
    assert conflict.ours == {"origin_id": "ORD-9"}
    assert conflict.theirs == {"detail_id": gate.details()[0].pk, "status": status}
    assert len(gate.requests()) == 1


@pytest.mark.capability("EX-03")
def test_a_success_after_a_failure_syncs(gate):
    gate.bring_to("failed")
    gate.link("ORD-9")

    gate.close("success")

    assert (gate.export().state, gate.export().messages, gate.record().lock) == ("synced", [], "none")
    assert len(gate.requests()) == 1


def test_an_origin_id_after_the_success_syncs(gate):
    gate.bring_to("exporting")
    gate.close("success")
    assert gate.export().messages == [NO_ORIGIN_ID]

    gate.link("ORD-9")

    assert (gate.export().state, gate.record().lock) == ("synced", "none")


@pytest.mark.parametrize(
    ("state", "act"),
    [
        ("failed", lambda gate, export: gate.retry(export)),
        ("failed", lambda gate, export: gate.reject(export)),
        ("failed", lambda gate, export: gate.retrieve()),
        ("exporting", lambda gate, export: gate.close("rejected", "No.")),
        ("synced", lambda gate, export: gate.link(None)),
    ],
    ids=["retry", "reject", "retrieve", "rejected by the ERP", "unlink"],
)
def test_what_ends_an_attempt_ends_the_say_of_its_detail(gate, state, act):
    export = gate.bring_to(state)

    act(gate, export)

    assert gate.details()[0].current is False


def test_a_late_success_of_a_retrieved_attempt_opens_a_conflict(gate):
    gate.bring_to("failed")
    gate.retrieve()
    gate.link("ORD-9")

    gate.close("success")

    assert gate.export().state == "retrieved"
    assert [conflict.kind for conflict in Conflict.objects.of(gate.company)] == ["late_close"]


def test_a_late_failure_of_an_unlinked_object_is_no_contradiction(gate):
    gate.bring_to("unlinked")

    gate.close("failed", "It is gone.")

    assert not Conflict.objects.of(gate.company).exists()


@pytest.mark.parametrize("status", list(DetailState))
@pytest.mark.parametrize("linked", [False, True])
def test_an_answer_to_a_retrieved_attempt_leaves_the_new_one_alone(gate, status, linked):
    gate.bring_to("failed")
    (old,) = gate.details()
    gate.retrieve()
    gate.send()
    if linked:
        gate.accept(gate.export())
        gate.link("ORD-9")
    before = gate.export().state

    gate.close(status, detail=old)

    # A success of the older attempt wins where the ERP has sent its ID; nothing else moves.
    assert gate.export().state == ("synced" if linked and status == "success" else before)
    assert len(gate.details()) == 1 + linked


def test_a_late_success_makes_the_newer_attempt_stale_and_opens_a_conflict(gate):
    failed = gate.bring_to("failed")
    (old,) = gate.details()
    gate.retry(failed)
    gate.link("ORD-9")

    gate.close("success", detail=old)

    assert gate.export().state == "synced"
    assert [detail.state for detail in gate.details()] == ["success", "stale"]
    (conflict,) = Conflict.objects.of(gate.company)
    assert conflict.kind == "late_close"
    assert len(gate.requests()) == 2


def test_a_late_failure_is_stored_and_moves_nothing(gate):
    failed = gate.bring_to("failed")
    (old,) = gate.details()
    gate.retry(failed)

    gate.close("rejected", detail=old)

    assert gate.export().state == "exporting"
    assert [detail.state for detail in gate.details()] == ["rejected", "in_progress"]


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        (7, "base"),
        (None, "base"),
        ([], "base"),
        ({}, "id"),
        ({"id": True, "status": "success"}, "id"),
        ({"id": "5", "status": "success"}, "id"),
        ({"id": -1, "status": "success"}, "id"),
        ({"id": 2**63, "status": "success"}, "id"),
        ({"id": 2**62, "status": "success"}, "id"),
        ({"id": 1}, "status"),
        ({"id": 1, "status": None}, "status"),
        ({"id": 1, "status": "done"}, "status"),
        ({"id": 1, "status": ["success"]}, "status"),
        ({"id": 1, "status": "failed", "messages": {"a": 1}}, "messages"),
        ({"id": 1, "status": "failed", "messages": [1]}, "messages"),
        ({"id": 1, "status": "failed", "messages": ["x"] * 51}, "messages"),
        ({"id": 1, "status": "failed", "messages": "x" * 2001}, "messages"),
    ],
    ids=lambda value: repr(value)[:60],
)
def test_a_bad_answer_is_an_error_of_its_own_element(gate, sent, field):
    gate.bring_to("exporting")
    good = {"id": gate.details()[0].pk, "status": "failed", "messages": "One text is enough."}

    elements = close_details(gate.company, [sent, good], actor=gate.integration)

    assert list(elements[0].errors) == [field]
    assert elements[1].detail.messages == gate.export().messages == ["One text is enough."]


def test_two_answers_about_one_detail_count_in_order(gate):
    gate.bring_to("exporting")
    gate.link("ORD-9")
    (detail,) = gate.details()

    elements = close_details(
        gate.company,
        [{"id": detail.pk, "status": "failed", "messages": ["no"]}, {"id": detail.pk, "status": "success"}],
        actor=gate.integration,
    )

    assert [element.errors for element in elements] == [{}, {}]
    assert (gate.details()[0].state, gate.export().state) == ("success", "synced")


def test_another_companys_detail_does_not_exist(gate, other_company):
    gate.bring_to("exporting")
    (detail,) = gate.details()

    with company_scope(other_company.pk):
        with pytest.raises(NotFound):
            close_detail(other_company, detail.pk, {"status": "success"}, actor=gate.integration)
        (element,) = close_details(other_company, [{"id": detail.pk, "status": "success"}], actor=gate.integration)

    assert element.errors == {"id": ["Entity with this ID not found"]}
    assert gate.details()[0].state == "in_progress"


@pytest.mark.parametrize("sent", [None, "success", [], 7, {}, {"status": "closed"}], ids=repr)
def test_a_single_close_that_cannot_be_read_is_refused(gate, sent):
    gate.bring_to("exporting")

    with pytest.raises(Invalid):
        close_detail(gate.company, gate.details()[0].pk, sent, actor=gate.integration)
