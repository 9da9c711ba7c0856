"""Project people's objects: who may keep them, what is closed, and what a change leaves behind."""

import pytest

from erpstaging.audit.models import Entry
from erpstaging.catalogue.registry import ENTITIES
from erpstaging.connections.services import store_metadata
from erpstaging.core.errors import Invalid, NotFound, NotPermitted, StaleVersion
from erpstaging.core.scope import company_scope
from erpstaging.outbox.models import Event
from erpstaging.records.editing import create_record, delete_record, edit_record
from erpstaging.records.lines import LineEdit
from erpstaging.records.models import OriginIdHistory, Record
from tests.fixtures.ledger import metadata

EVERYBODY = {"project_user", "integration"}


@pytest.fixture
def make(company, project_user, connection):
    def create(item_type="vendor", actor=project_user, **values):
        return create_record(company, actor=actor, item_type=item_type, **{"data": {"name": "Kestrel"}, **values})

    return create


def stored(record: Record) -> Record:
    return Record.objects.of(record.company_id).get(pk=record.pk)


# Creating


@pytest.mark.parametrize(
    ("item_type", "rights", "allowed"),
    [
        ("vendor", {"project_level": "standard"}, True),
        ("vendor", {"project_level": "admin"}, True),
        ("vendor", {"erp_level": "admin", "can_push_to_accounting": True}, False),
        ("vendor", {"auditor": True, "super_user": True, "directory_admin": True}, False),
        ("vendor", {"project_level": "admin", "is_active": False}, False),
        ("project", {"project_level": "standard"}, True),
        ("work_order_contract", {"project_level": "standard"}, False),
        ("work_order_contract", {"project_level": "admin"}, True),
    ],
    ids=str,
)
def test_creating_needs_a_role_on_the_projects(make, make_person, project, item_type, rights, allowed):
    somebody = make_person("somebody", **rights)
    of_contract = {"project_id": project.pk, "data": {"number": "1", "title": "Roof"}}
    values = of_contract if item_type == "work_order_contract" else {}

    if allowed:
        made = make(item_type, somebody, **values)
        assert (made.version, made.created_by_id, made.edited_by_name) == (1, somebody.id, "Somebody")
    else:
        with pytest.raises(NotPermitted):
            make(item_type, somebody, **values)


@pytest.mark.parametrize(
    ("item_type", "values", "fields"),
    [
        ("spaceship", {}, ["item_type"]),
        ("", {}, ["item_type"]),
        ("vendor", {"data": {}}, ["name"]),
        ("vendor", {"data": {"name": ""}}, ["name"]),
        ("vendor", {"data": {"name": ["x"]}}, ["name"]),
        ("vendor", {"data": {"name": "x" * 256}}, ["name"]),
        ("work_order_contract", {"data": {"number": "1", "title": "Roof"}}, ["project_id"]),
        ("work_order_contract", {"project_id": 2**62, "data": {"number": "1", "title": "Roof"}}, ["project_id"]),
        ("line_item", {"data": {"amount": "1"}}, ["parent_id"]),
        ("vendor", {"data": {"name": "x"}, "lines": [LineEdit(None, {"amount": "1"})]}, ["line_items"]),
    ],
    ids=lambda value: str(value)[:60],
)
def test_what_cannot_be_created_is_named_by_field(make, company, item_type, values, fields):
    before = Record.objects.of(company).count()

    with pytest.raises(Invalid) as refused:
        make(item_type, **values)

    assert list(refused.value.errors) == fields
    if "lines" not in values:  # the caller's transaction takes that one back
        assert Record.objects.of(company).count() == before


def test_a_line_needs_a_parent_that_has_lines(make, vendor, company):
    with pytest.raises(Invalid) as refused:
        make("line_item", parent_id=vendor.pk, data={"amount": "1"})
    assert list(refused.value.errors) == ["parent_id"]

    with pytest.raises(NotFound):
        make("line_item", parent_id=2**62, data={"amount": "1"})


def test_what_is_switched_off_cannot_be_created(make, company, integration):
    store_metadata(company.pk, metadata(vendors={"enabled": False}), actor=integration)

    with pytest.raises(Invalid) as refused:
        make()

    assert refused.value.code == "entity_off"


@pytest.mark.parametrize("kind", ["another company's", "another type's", "deleted"])
def test_references_stay_inside_the_company_and_their_type(
    make, company, other_company, integration, project, project_user, contract, cost_type, kind
):
    if kind == "another company's":
        with company_scope(other_company.pk):
            wrong = create_record(other_company, actor=integration, item_type="vendor", data={"name": "Theirs"}).pk
    elif kind == "another type's":
        wrong = cost_type.pk
    else:
        wrong = make().pk
        delete_record(company, wrong, actor=project_user)

    with pytest.raises(Invalid) as refused:
        edit_record(company, contract.pk, actor=project_user, data={"vendor_id": wrong})

    assert refused.value.errors == {"vendor_id": [f"{wrong} does not exist"]}


# Changing


def test_a_change_is_one_version_one_entry_and_one_event(make, company, project_user):
    vendor = make()
    told = Event.objects.of(company).count()

    edit_record(company, vendor.pk, actor=project_user, data={"city": "Denver", "name": "Kestrel"})

    assert (stored(vendor).version, stored(vendor).data["city"]) == (2, "Denver")
    entry = Entry.objects.of(company).latest("pk")
    assert (entry.action, entry.before, entry.after) == ("record.edited", {"city": None}, {"city": "Denver"})
    assert Event.objects.of(company).count() == told + 1


def test_a_change_of_nothing_leaves_no_trace(make, company, project_user):
    vendor = make()
    before = (Entry.objects.of(company).count(), Event.objects.of(company).count())

    edit_record(company, vendor.pk, actor=project_user, data={"name": "Kestrel", "unknown": 1})

    assert stored(vendor).version == 1
    assert (Entry.objects.of(company).count(), Event.objects.of(company).count()) == before


def test_a_stale_version_is_refused_and_two_saves_in_a_row_are_not(make, company, project_user):
    vendor = make()
    edit_record(company, vendor.pk, actor=project_user, data={"city": "Denver"})

    with pytest.raises(StaleVersion) as stale:
        edit_record(company, vendor.pk, actor=project_user, data={"city": "Boulder"}, version=1)
    edit_record(company, vendor.pk, actor=project_user, data={"city": "Boulder"})
    edit_record(company, vendor.pk, actor=project_user, data={"city": "Golden"}, version=3)

    assert stale.value.facts["decided_by"] == "Project User"
    assert stored(vendor).data["city"] == "Golden"


@pytest.mark.parametrize("act", ["edit", "delete"])
def test_standard_people_keep_their_own_and_admins_keep_all(make, company, make_person, act):
    def take(record, actor):
        if act == "delete":
            return delete_record(company, record.pk, actor=actor)
        return edit_record(company, record.pk, actor=actor, data={"city": "Denver"})

    one = make_person("one", project_level="standard")
    other = make_person("other", project_level="standard")
    admin = make_person("one_admin", project_level="admin")

    with pytest.raises(NotPermitted):
        take(make(actor=one), other)
    take(make(actor=one), one)
    take(make(actor=one), admin)


@pytest.mark.parametrize("act", ["edit", "delete"])
def test_another_companys_object_does_not_exist(make, other_company, project_user, act):
    vendor = make()

    values = {"data": {"city": "Denver"}} if act == "edit" else {}
    take = edit_record if act == "edit" else delete_record

    with company_scope(other_company.pk), pytest.raises(NotFound):
        take(other_company, vendor.pk, actor=project_user, **values)


def test_a_contract_stays_in_its_project(contract, company, project_user, integration, approver, connection):
    other = create_record(company, actor=project_user, item_type="project", data={"name": "Quarry"})

    with pytest.raises(Invalid) as refused:
        edit_record(company, contract.pk, actor=project_user, data={"project_id": other.pk})

    assert list(refused.value.errors) == ["project_id"]
    edit_record(company, contract.pk, actor=project_user, data={"project_id": contract.project_id, "title": "Steel"})
    assert stored(contract).title == "Steel"


# What is closed


LOCKED = {
    "vendor": {
        "name": "Other",
        "city": "Denver",
        "address": "1 Way",
        "zip": "8",
        "state_code": "CO",
        "country_code": "US",
    },
    "work_order_contract": {"title": "Steel", "status": "Complete", "retainage_percent": "5"},
    "cost_code": {"name": "Other", "code": "9"},
    "line_item_type": {"name": "Other", "code": "9"},
}
OPEN = {
    "vendor": {"website": "https://kestrel.example", "business_phone": "1"},
    "work_order_contract": {"description": "Still open", "executed": True},
    "cost_code": {"budgeted": True},
    "line_item_type": {"base_type": "materials"},
}


@pytest.fixture
def linked(request, company, vendor, contract, cost_code, cost_type):
    found = {
        "vendor": vendor,
        "work_order_contract": contract,
        "cost_code": cost_code,
        "line_item_type": cost_type,
    }[request.param]
    Record.objects.of(company).filter(pk=found.pk).update(origin_id="LINKED-1")
    return found


@pytest.mark.parametrize("linked", LOCKED, indirect=True)
def test_an_origin_id_closes_the_fields_of_the_lock_list_to_people(linked, company, project_user, integration):
    for name, value in LOCKED[linked.item_type].items():
        with pytest.raises(Invalid) as refused:
            edit_record(company, linked.pk, actor=project_user, data={name: value})
        assert (refused.value.code, list(refused.value.errors)) == ("locked", [name])
        assert refused.value.facts == {"origin_id": "LINKED-1", "unlock": "unlink", "record_id": linked.pk}
        assert "LINKED-1" in refused.value.message

    edit_record(company, linked.pk, actor=project_user, data=OPEN[linked.item_type])
    edit_record(company, linked.pk, actor=integration, data=LOCKED[linked.item_type])
    assert stored(linked).version == linked.version + 2


def test_values_that_stay_the_same_meet_no_lock(gate, project_user):
    gate.bring_to("synced")

    edit_record(
        gate.company, gate.contract.pk, actor=project_user, data={"title": "Structural steel", "description": "New"}
    )

    assert gate.record().data["description"] == "New"


def acts_on(gate, actor):
    """Every way to change a contract or a line of it; the last ones take things away."""
    company, contract = gate.company, gate.contract.pk
    first, second = Record.objects.of(company).filter(parent=contract).order_by("position").values_list("pk", flat=True)

    def edit(record_id, data, *lines):
        return lambda: edit_record(company, record_id, actor=actor, data=data, lines=lines)

    return [
        edit(contract, {"title": "Steel"}),
        edit(first, {"description": "Beams"}),
        edit(contract, {}, LineEdit(first, {"quantity": "1"})),
        edit(contract, {}, LineEdit(None, {"amount": "1"})),
        lambda: create_record(company, actor=actor, item_type="line_item", parent_id=contract, data={"amount": "1"}),
        edit(contract, {}, LineEdit(first, {}, delete=True)),
        lambda: delete_record(company, second, actor=actor),
        lambda: delete_record(company, contract, actor=actor),
    ]


@pytest.mark.parametrize(
    ("state", "code", "closed_to"),
    [
        ("ready_to_export", "pending_approval", EVERYBODY),
        ("accepted", "pending_approval", EVERYBODY),
        ("exporting", "locked", {"project_user"}),
        ("failed", "locked", {"project_user"}),
        ("synced", "locked", {"project_user"}),
        ("retrieved", None, set()),
        ("rejected", None, set()),
        ("unlinked", None, set()),
    ],
)
@pytest.mark.parametrize("who", sorted(EVERYBODY))
@pytest.mark.capability("LK-02")
def test_the_gate_closes_a_contract_with_its_lines(gate, request, state, code, closed_to, who):
    gate.bring_to(state)
    *changes, deletion = acts_on(gate, request.getfixturevalue(who))

    if who in closed_to:
        for act in (*changes, deletion):
            with pytest.raises(Invalid) as refused:
                act()
            assert refused.value.code == code
        return
    for act in changes:
        act()
    if gate.record().lock == "none":
        deletion()
    else:  # not even the integration takes away what is on its way
        with pytest.raises(Invalid) as refused:
            deletion()
        assert refused.value.code == "locked"


# Deleting


def test_a_deleted_object_takes_its_lines_along_and_is_told(contract, company, project_user):
    lines = set(Record.objects.of(company).filter(parent=contract).values_list("pk", flat=True))

    delete_record(company, contract.pk, actor=project_user)

    gone = set(Record.objects.of(company).filter(deleted_at__isnull=False).values_list("pk", flat=True))
    assert gone == lines | {contract.pk}
    told = Event.objects.of(company).filter(event_type="delete")
    assert set(told.values_list("resource_name", "resource_id")) == {
        ("Work Order Contracts", contract.pk),
        *(("Work Order Contract Line Items", line) for line in lines),
    }
    assert set(Entry.objects.of(company).filter(action="line.deleted").values_list("object_id", flat=True)) == lines


@pytest.mark.parametrize("what", ["contract", "line"])
def test_the_origin_id_of_a_deleted_object_moves_to_the_history(gate, company, integration, what):
    line = Record.objects.of(company).filter(parent=gate.contract).order_by("position").first()
    gate.link("ORD-9")
    gate.link("ORD-9-1", line)

    delete_record(company, (gate.contract if what == "contract" else line).pk, actor=integration)

    expected = {(line.pk, "ORD-9-1")} | ({(gate.contract.pk, "ORD-9")} if what == "contract" else set())
    assert set(OriginIdHistory.objects.of(company).values_list("record_id", "origin_id")) == expected
    assert not Record.objects.of(company).filter(deleted_at__isnull=False, origin_id__isnull=False).exists()


def test_an_origin_id_may_be_used_again_after_a_deletion(gate, company, integration, make):
    gate.link("ORD-9")
    delete_record(company, gate.contract.pk, actor=integration)
    again = make(
        "work_order_contract", project_id=gate.contract.project_id, data={"number": "2", "title": "Steel again"}
    )

    assert gate.link("ORD-9", again).errors == {}


def test_a_linked_line_keeps_people_from_deleting_its_contract(gate, project_user):
    line = Record.objects.of(gate.company).filter(parent=gate.contract).first()
    gate.link("ORD-9-1", line)

    with pytest.raises(Invalid) as refused:
        delete_record(gate.company, gate.contract.pk, actor=project_user)

    assert (refused.value.code, refused.value.facts["origin_id"]) == ("locked", "ORD-9-1")


def test_deleting_twice_is_deleting_nothing(make, company, project_user):
    vendor = make()
    delete_record(company, vendor.pk, actor=project_user)

    with pytest.raises(NotFound):
        delete_record(company, vendor.pk, actor=project_user)


def test_every_entity_that_people_keep_can_be_kept(company, project_user, project, connection):
    """No declaration is out of step with the columns."""
    lists = create_record(company, actor=project_user, item_type="standard_cost_code_list", data={"name": "Ours"})
    data = {"name": "N", "code": "C", "number": "1", "title": "T", "invoice_number": "1"}
    kept = {"standard_cost_code_list": lists.pk, "project": project.pk}

    for item_type, entity in ENTITIES.items():
        if entity.is_child or entity.kept_by_erp or item_type == "standard_cost_code_list":
            continue
        named: dict[str, object] = {one.name: kept[one.targets[0]] for one in entity.references if one.required}
        named |= {one.name: one.choices[0] for one in entity.fields if one.kind == "choice" and one.required}
        made = create_record(
            company,
            actor=project_user,
            item_type=item_type,
            data={**data, **named},
        )
        kept.setdefault(item_type, made.pk)
        assert made.item_type == item_type
