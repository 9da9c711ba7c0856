"""The approver's decisions on staged records."""

import dataclasses
from typing import Any

import pytest

from erpstaging.audit.models import Entry
from erpstaging.companies import actors
from erpstaging.companies.models import ServiceAccount
from erpstaging.connections.services import store_metadata
from erpstaging.core.errors import Invalid, NotFound, NotPermitted, StaleVersion, VersionMissing, WrongState
from erpstaging.core.scope import company_scope
from erpstaging.erp_requests.models import ErpRequest
from erpstaging.outbox.models import Event
from erpstaging.records.editing import create_record, delete_record
from erpstaging.records.models import Record
from erpstaging.staging.external import sync_external_data
from erpstaging.staging.imports import (
    accept_import,
    archive_staged_record,
    reject_import,
    unarchive_staged_record,
)
from erpstaging.staging.models import Decision, StagedRecord, StagedStatus
from erpstaging.staging.tasks import sweep
from tests.fixtures.ledger import metadata
from tests.fixtures.scope import no_scope
from tests.staging.conftest import contract_sent, line_sent, vendor_sent

POSSIBLE = {
    "import": {"staged"},
    "reject": {"staged"},
    "archive": {"staged"},
    "unarchive": {"archived"},
}
ACTS = {
    "import": accept_import,
    "reject": reject_import,
    "archive": archive_staged_record,
    "unarchive": unarchive_staged_record,
}


@pytest.fixture
def connected(connection):
    """Only connected: nothing is synced or imported yet."""


@pytest.fixture
def ready(project, vendor, cost_code, cost_type):
    """Everything that a contract names is linked."""


@pytest.fixture
def act(company, approver):
    """`act("import", row)`: the approver's decision on what he sees now."""

    def take(name: str, seen: StagedRecord, **values: Any) -> StagedRecord:
        reason = {"reason": "Twin"} if name == "reject" else {}
        return ACTS[name](company, seen.pk, **{"actor": approver, "version": seen.version, **reason, **values})

    return take


@pytest.fixture
def vendor_in(stage, row, act):
    """`vendor_in("archived")`: a staged vendor in this status, by the acts that lead there."""

    def bring(status: str) -> StagedRecord:
        stage(vendor_sent("A"))
        way = {"imported": "import", "invalid": "reject", "archived": "archive"}
        if status in way:
            act(way[status], row("A"))
        assert row("A").status == status
        return row("A")

    return bring


@pytest.mark.parametrize("status", StagedStatus.values)
@pytest.mark.parametrize("name", POSSIBLE)
def test_a_decision_is_taken_in_its_status_and_refused_in_all_others(connected, vendor_in, row, act, name, status):
    seen = vendor_in(status)

    if status in POSSIBLE[name]:
        act(name, seen)
        assert row("A").status != status
        assert row("A").version == seen.version + 1
    else:
        with pytest.raises(WrongState):
            act(name, seen)
        assert (row("A").status, row("A").version) == (status, seen.version)


@pytest.mark.parametrize("name", ["import", "reject"])
def test_a_decision_names_the_version_it_was_taken_on(connected, vendor_in, row, act, name):
    seen = vendor_in("staged")

    with pytest.raises(VersionMissing) as missing:
        act(name, seen, version=None)
    with pytest.raises(StaleVersion) as stale:
        act(name, seen, version=seen.version - 1)

    assert missing.value.facts["version"] == seen.version
    assert (stale.value.facts["decided_by"], stale.value.facts["version"]) == ("Ledger connector", seen.version)
    assert row("A").status == "staged"


@pytest.mark.parametrize(("name", "status"), [("archive", "staged"), ("unarchive", "archived")])
def test_putting_aside_takes_the_version_if_it_is_given(connected, vendor_in, row, act, name, status):
    seen = vendor_in(status)

    with pytest.raises(StaleVersion):
        act(name, seen, version=seen.version + 1)
    act(name, seen, version=None)

    assert row("A").status != status


@pytest.mark.parametrize("name", POSSIBLE)
@pytest.mark.parametrize(
    "rights",
    [{}, {"project_level": "admin"}, {"can_push_to_accounting": True}, {"auditor": True}, {"super_user": True}],
    ids=lambda rights: ",".join(rights) or "none",
)
def test_deciding_on_imports_needs_the_erp_tool(connected, vendor_in, row, act, make_person, name, rights):
    seen = vendor_in(next(iter(POSSIBLE[name])))

    with pytest.raises(NotPermitted):
        act(name, seen, actor=make_person("somebody", **rights))

    assert row("A").version == seen.version


@pytest.mark.parametrize("name", POSSIBLE)
def test_a_service_account_never_decides(connected, vendor_in, act, integration, name):
    seen = vendor_in(next(iter(POSSIBLE[name])))

    with pytest.raises(NotPermitted):
        act(name, seen, actor=integration)


@pytest.mark.parametrize("name", POSSIBLE)
def test_another_companys_row_does_not_exist(connected, vendor_in, other_company, approver, name):
    seen = vendor_in(next(iter(POSSIBLE[name])))
    reason = {"reason": "not ours"} if name == "reject" else {}

    with company_scope(other_company.pk), pytest.raises(NotFound):
        ACTS[name](other_company, seen.pk, actor=approver, version=seen.version, **reason)


@pytest.mark.parametrize("name", POSSIBLE)
def test_a_line_is_decided_with_its_parent(ready, stage, row, act, name):
    stage(contract_sent("ORD-1", line_sent("L-1")))
    if name == "unarchive":
        stage({"item_type": "line_item", "origin_id": "L-1", "status": "archived"})

    with pytest.raises(WrongState):
        act(name, row("L-1"))


@pytest.mark.parametrize("reason", [None, "", " no ", 7], ids=repr)
def test_a_rejection_needs_a_reason(connected, vendor_in, row, act, reason):
    with pytest.raises(Invalid) as refused:
        act("reject", vendor_in("staged"), reason=reason)

    assert refused.value.code == "reason_required"
    assert row("A").status == "staged"


def test_the_reason_of_a_rejection_stands_first_for_the_integrator(connected, company, vendor_in, row):
    vendor_in("invalid")

    assert row("A").messages == ["Twin"]
    (decision,) = Decision.objects.of(company)
    assert (decision.verdict, decision.reason, decision.version) == ("reject", "Twin", 1)


def test_a_corrected_row_waits_for_a_decision_again(connected, vendor_in, stage, row):
    vendor_in("invalid")

    stage(vendor_sent("A"))
    assert row("A").status == "invalid"

    stage(vendor_sent("A", "Kestrel Roofing Ltd"))
    assert (row("A").status, row("A").messages) == ("staged", [])


def test_a_corrected_line_brings_its_contract_back(ready, company, integration, stage, row, act):
    rule = {"save": {"fields": {"description": {"validation": {"max_length": {"enabled": True, "length": 5}}}}}}
    document = metadata(commitment_items={"enabled": True, "rules": rule})
    store_metadata(company.pk, document, actor=integration)
    stage(contract_sent("ORD-1", line_sent("L-1", data={**line_sent()["data"], "description": "much too long"})))
    act("import", row("ORD-1"))
    assert row("ORD-1").status == "invalid"

    stage(contract_sent("ORD-1", line_sent("L-1", data={**line_sent()["data"], "description": "short"})))

    assert (row("ORD-1").status, row("ORD-1").messages) == ("staged", [])
    act("import", row("ORD-1"))
    assert row("ORD-1").status == "imported"


def test_a_contract_sent_as_invalid_stays_so_whatever_its_lines_are(ready, stage, row):
    stage(contract_sent("ORD-1", line_sent("L-1")))

    stage(contract_sent("ORD-1", line_sent("L-1", "5"), status="invalid"))

    assert row("ORD-1").status == "invalid"


# What an import makes


def test_an_imported_vendor_is_linked_and_told(connected, company, vendor_in, integration):
    row = vendor_in("imported")

    record = Record.objects.of(company).get(pk=row.record_id)
    assert (record.origin_id, record.title, record.lock) == ("A", "Kestrel Roofing", "none")
    assert record.account_id == integration.account_id
    (told,) = ErpRequest.objects.of(company)
    assert (told.request_name, told.request_data["vendor"]) == (
        "create_vendor_in_procore",
        {"id": record.pk, "origin_id": "A"},
    )
    (decision,) = Decision.objects.of(company)
    assert (decision.verdict, decision.version, decision.object_id) == ("import", 1, row.pk)
    assert "staged_record.imported" in Entry.objects.of(company).values_list("action", flat=True)


def test_children_archived_on_their_own_stay_behind(ready, company, stage, row, act):
    stage(contract_sent("ORD-1", line_sent("L-1", "100"), line_sent("L-2", "50")))
    stage({"item_type": "line_item", "origin_id": "L-1", "status": "archived"})

    act("import", row("ORD-1"))

    record = Record.objects.of(company).get(pk=row("ORD-1").record_id)
    assert record.amount == 50 == row("ORD-1").amount
    assert [row("L-1").status, row("L-2").status] == ["archived", "imported"]
    assert not Record.objects.of(company).filter(origin_id="L-1").exists()


def test_children_that_are_imported_already_are_left_as_they_are(ready, company, stage, row, act):
    stage(contract_sent("ORD-1", line_sent("L-1", "100", status="imported"), line_sent("L-2", "50")))

    act("import", row("ORD-1"))

    assert Record.objects.of(company).get(pk=row("ORD-1").record_id).amount == 50
    assert row("L-1").version == 1


def test_what_stood_linked_already_is_brought_up_to_date(connected, company, vendor_in, stage, row, act):
    first = vendor_in("imported")
    stage(vendor_sent("A", "Kestrel Roofing Ltd", status="staged"))

    act("import", row("A"))

    record = Record.objects.of(company).get(pk=first.record_id)
    assert (record.title, row("A").record_id) == ("Kestrel Roofing Ltd", record.pk)
    assert Record.objects.of(company).filter(item_type="vendor").count() == 1


def test_a_line_of_another_contract_is_not_taken_from_it(ready, company, stage, row, act):
    stage(contract_sent("ORD-1", line_sent("L-1")))
    act("import", row("ORD-1"))
    stage(contract_sent("ORD-2"), {**line_sent("L-1", parent_origin_id="ORD-2"), "status": "staged"})

    with pytest.raises(Invalid) as refused:
        act("import", row("ORD-2"))

    assert list(refused.value.errors) == ["children.L-1.origin_id"]


def test_an_object_that_another_integration_owns_is_not_overwritten(
    connected, company, vendor_in, stage, row, act, admin
):
    vendor_in("imported")
    second = ServiceAccount.machine(name="Second connector", owner_id=admin.id)
    second.save()
    Record.objects.of(company).filter(origin_id="A").update(account_id=second.pk)
    stage(vendor_sent("A", "Mine", status="staged"))

    with pytest.raises(Invalid) as refused:
        act("import", row("A"))

    assert refused.value.code == "owned_by_another"


def test_an_object_that_is_exporting_is_not_overwritten(gate, stage, row, act):
    gate.bring_to("exporting")
    gate.link("ORD-9")
    stage(contract_sent("ORD-9"))

    with pytest.raises(Invalid) as refused:
        act("import", row("ORD-9"))

    assert refused.value.code == "locked"
    assert gate.record().title == "Structural steel"


# What is refused, and what waits


@pytest.mark.parametrize(
    ("field", "value", "waits_for"),
    [
        ("vendor_origin_id", "CRED-404", "CRED-404 is not linked yet"),
        ("vendor_origin_id", None, "can't be blank"),
    ],
)
@pytest.mark.capability("IN-07")
def test_a_reference_that_is_not_linked_keeps_the_row_waiting(ready, stage, row, act, field, value, waits_for):
    stage(contract_sent("ORD-1", data={field: value}))

    with pytest.raises(Invalid) as refused:
        act("import", row("ORD-1"))

    assert refused.value.code == "waiting_for_parent"
    assert refused.value.errors == {field: [waits_for]}
    assert (row("ORD-1").status, row("ORD-1").version) == ("staged", 1)


@pytest.mark.parametrize("road", ["import", "external data"])
@pytest.mark.capability("IN-07")
def test_linking_what_a_row_waits_for_releases_it(ready, company, integration, project_user, stage, row, act, road):
    stage(contract_sent("ORD-1", data={"vendor_origin_id": "CRED-2"}))
    assert [(one["field"], one["value"]) for one in row("ORD-1").waiting_for] == [("vendor_origin_id", "CRED-2")]

    if road == "import":
        stage(vendor_sent("CRED-2"))
        act("import", row("CRED-2"))
    else:
        made = create_record(company, actor=project_user, item_type="vendor", data={"name": "Kestrel"})
        update = {"item_type": "vendor", "item_id": made.pk, "origin_id": "CRED-2"}
        sync_external_data(company, [update], actor=integration)

    assert row("ORD-1").waiting_for == []
    act("import", row("ORD-1"))
    assert row("ORD-1").status == "imported"


def test_the_sweep_releases_what_was_staged_while_its_target_was_linked(ready, company, vendor, stage, row):
    stage(contract_sent("ORD-1"))
    # As a call leaves it that looked for the vendor just before another transaction linked it.
    one = {"row": "ORD-1", "field": "vendor_origin_id", "value": "CRED-12", "targets": ["vendor"]}
    other = {**one, "field": "project_origin_id", "value": "SITE-404", "targets": ["project"]}
    StagedRecord.objects.of(company).filter(origin_id="ORD-1").update(waiting_for=[one, other])

    with no_scope():
        sweep()

    assert row("ORD-1").waiting_for == [other]


@pytest.mark.parametrize(("field", "name"), [("vendor_id", "vendor_origin_id"), ("project_id", "project_origin_id")])
@pytest.mark.parametrize("what", ["nothing", "another type", "another company", "deleted"])
def test_an_id_that_names_nothing_is_refused_when_it_is_staged(
    ready, company, other_company, project_user, integration, stage, vendor, project, cost_type, field, name, what
):
    if what == "nothing":
        found = 2**62
    elif what == "another type":
        found = cost_type.pk
    elif what == "deleted":
        kind = {"vendor_id": "vendor", "project_id": "project"}[field]
        found = create_record(company, actor=project_user, item_type=kind, data={"name": "Gone"}).pk
        delete_record(company, found, actor=project_user)
    else:
        with company_scope(other_company.pk):
            kind = {"vendor_id": "vendor", "project_id": "project"}[field]
            found = create_record(other_company, actor=integration, item_type=kind, data={"name": "Theirs"}).pk

    staged = stage(contract_sent("ORD-1", data={name: None, field: found}), contract_sent("ORD-2"))

    assert [error["errors"] for error in staged.errors] == [{field: [f"{found} does not exist"]}]
    assert [entity.origin_id for entity in staged.entities] == ["ORD-2"]


def test_an_id_that_names_nothing_any_more_makes_the_row_invalid(ready, company, project_user, stage, row, act):
    made = create_record(company, actor=project_user, item_type="vendor", data={"name": "Gone"})
    stage(contract_sent("ORD-1", data={"vendor_origin_id": None, "vendor_id": made.pk}))
    delete_record(company, made.pk, actor=project_user)

    act("import", row("ORD-1"))

    assert (row("ORD-1").status, row("ORD-1").messages) == ("invalid", [f"Company {made.pk} does not exist"])
    assert not Record.objects.of(company).filter(origin_id="ORD-1").exists()


def test_a_rule_of_the_company_makes_the_row_invalid_and_creates_nothing(ready, company, integration, stage, row, act):
    text = "A title may hold 3 letters."
    rule = {"max_length": {"enabled": True, "length": 3, "message": text}}
    settings = {"enabled": True, "configs": {"import": {"enabled": True}}}
    document = metadata(commitments={**settings, "rules": {"save": {"fields": {"title": {"validation": rule}}}}})
    store_metadata(company.pk, document, actor=integration)
    stage(contract_sent("ORD-1", line_sent("L-1")))

    act("import", row("ORD-1"))

    assert (row("ORD-1").status, row("ORD-1").messages) == ("invalid", [text])
    assert row("L-1").status == "staged"
    assert not Record.objects.of(company).filter(origin_id__in=["ORD-1", "L-1"]).exists()


def test_importing_can_be_switched_off(connected, company, integration, vendor_in, act):
    seen = vendor_in("staged")
    store_metadata(company.pk, metadata(vendors={"enabled": True}), actor=integration)

    with pytest.raises(Invalid) as refused:
        act("import", seen)

    assert refused.value.code == "import_off"


def test_an_import_without_metadata_asks_for_it(company, connection, vendor_in, act):
    seen = vendor_in("staged")
    connection.metadata = None
    connection.save(update_fields=["metadata"])

    with pytest.raises(Invalid) as refused:
        act("import", seen)

    assert refused.value.code == "metadata_missing"


# Putting aside


@pytest.mark.capability("IN-06")
def test_children_move_with_their_parent_except_those_archived_on_their_own(ready, stage, row, act):
    stage(contract_sent("ORD-1", *(line_sent(f"L-{n}") for n in (1, 2, 3))))
    stage({"item_type": "line_item", "origin_id": "L-1", "status": "archived"})

    act("archive", row("ORD-1"))
    assert [row(f"L-{n}").status for n in (1, 2, 3)] == ["archived"] * 3

    act("unarchive", row("ORD-1"))
    assert [row(f"L-{n}").status for n in (1, 2, 3)] == ["archived", "staged", "staged"]


def test_an_unlinked_import_waits_again_with_all_its_lines_and_says_so(ready, company, integration, stage, row, act):
    stage(contract_sent("ORD-1", line_sent("L-1"), line_sent("L-2")))
    stage({"item_type": "line_item", "origin_id": "L-2", "status": "archived"})
    act("import", row("ORD-1"))
    told = Event.objects.of(company).filter(resource_name="Staged Records").count()

    update = {"item_type": "work_order_contract", "item_id": row("ORD-1").record_id, "origin_id": None}
    sync_external_data(company, [update], actor=integration)

    assert [row(one).status for one in ("ORD-1", "L-1", "L-2")] == ["staged"] * 3
    assert row("ORD-1").amount == 2400
    assert Event.objects.of(company).filter(resource_name="Staged Records").count() == told + 3


# Nobody decides on his own


@pytest.mark.parametrize("name", ["import", "reject"])
def test_who_answers_for_the_account_that_staged_a_row_does_not_decide_on_it(connected, vendor_in, act, admin, name):
    seen = vendor_in("staged")

    with pytest.raises(NotPermitted) as refused:
        act(name, seen, actor=admin)

    assert refused.value.code == "self_approval"


def test_who_answers_for_an_account_that_changed_a_row_does_not_import_it(
    connected, company, vendor_in, stage, row, act, approver
):
    vendor_in("staged")
    account = ServiceAccount.machine(name="Second connector", owner_id=approver.id)
    account.save()
    account.companies.add(company)
    second = actors.service_account(account, frozenset({"read", "write", "erp"}))
    stage(vendor_sent("A", "Changed"), actor=second)

    with pytest.raises(NotPermitted) as refused:
        act("import", row("A"))

    assert refused.value.code == "self_approval"


def test_who_staged_a_row_himself_does_not_import_it(connected, stage, row, act, admin, approver, second_approver):
    stage(vendor_sent("A"), actor=dataclasses.replace(approver, rights=approver.rights | {"erp_admin"}))
    act("archive", row("A"), actor=second_approver)
    act("unarchive", row("A"), actor=second_approver)

    with pytest.raises(NotPermitted) as refused:
        act("import", row("A"))
    assert refused.value.code == "self_approval"

    act("import", row("A"), actor=second_approver)
    assert row("A").status == "imported"
