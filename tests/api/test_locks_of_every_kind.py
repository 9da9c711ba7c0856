"""Locked is locked, for every kind of object that can be linked: people are refused, the integration is not."""

import re
from typing import Any

import pytest

from erpstaging.catalogue.entity import Entity
from erpstaging.catalogue.fields import Field
from erpstaging.catalogue.registry import ENTITIES
from erpstaging.companies.models import User
from erpstaging.connections.services import change_settings
from erpstaging.core.errors import Invalid
from erpstaging.core.scope import in_company
from erpstaging.records.editing import delete_record, edit_record
from erpstaging.records.models import Record
from erpstaging.staging.direct import write_one
from erpstaging.staging.external import sync_external_data
from tests.fixtures.parallel import at_once, within
from tests.fixtures.scope import OutsideClient

OTHER: dict[str, Any] = {
    "text": "Other", "long_text": "Other words", "number": "77", "money": "77.5", "integer": 77, "date": "2026-12-24",
    "moment": "2026-12-24T10:00:00Z", "boolean": True,
}  # fmt: skip
PLAIN = frozenset(OTHER)


def lockable() -> list[str]:
    """Every kind with an origin ID and a lock list, that people may write at all."""
    return [
        item_type
        for item_type, entity in ENTITIES.items()
        if entity.external_item_type and not entity.kept_by_erp and locked_field(entity) is not None
    ]


def locked_field(entity: Entity) -> Field | None:
    """A field of a plain kind on the lock list; one that a form shows where there is one."""
    closed = [one for one in entity.fields if entity.lock.closes(one.name) and (one.kind in PLAIN or one.choices)]
    shown = [one for one in closed if one.edited]
    return next(iter([*shown, *closed]), None)


def other_value(field: Field) -> Any:
    return field.choices[-1] if field.choices else OTHER[field.kind]


def again(record: Record) -> Record:
    return Record.objects.of(record.company_id).get(pk=record.pk)


@pytest.fixture
def maker(sign_in, project_user):
    return sign_in(project_user)


@pytest.fixture
def browser(company, project_user) -> OutsideClient:
    client = OutsideClient()
    client.force_login(User.objects.get(pk=project_user.id))
    return client


def test_the_table_holds_the_kinds_of_the_documents():
    documented = {
        "vendor", "work_order_contract", "purchase_order_contract", "commitment_change_order", "requisition",
        "prime_contract_change_order", "contract_payment", "payment_application", "company_level_direct_cost", "item",
        "sub_job", "insurance", "cost_code", "standard_cost_code", "line_item", "markup",
    }  # fmt: skip
    assert documented <= set(lockable())


@pytest.mark.capability("LK-01", "LK-02")
@pytest.mark.parametrize("item_type", lockable())
def test_a_locked_field_is_closed_to_people_and_open_to_the_integration(company, world, maker, integration, item_type):
    record = world.linked(item_type, "ERP-1")
    field = locked_field(ENTITIES[item_type])
    assert field is not None
    before, wanted = record.data.get(field.name), other_value(field)
    assert before != wanted

    refused = maker.patch(f"records/{record.pk}", {"data": {field.name: wanted}})

    assert (refused.status, refused.body["code"]) == (422, "locked")
    assert list(refused.body["errors"]) == [field.name]
    assert f"is linked to origin ID {record.origin_id}" in refused.body["errors"][field.name][0]
    assert (refused.body["origin_id"], refused.body["unlock"]) == (record.origin_id, "unlink")
    assert again(record).data.get(field.name) == before
    if record.parent_id is None:
        sent = {"id": record.pk, field.name: wanted}
        scope = {"project_id": record.project_id} if record.project_id and item_type != "project" else {}
        write_one(company, ENTITIES[item_type], sent, actor=integration, scope=scope)
    else:
        edit_record(company, record.pk, actor=integration, data={field.name: wanted})
    assert again(record).data.get(field.name) not in (None, before)


@pytest.mark.capability("LK-01")
@pytest.mark.parametrize("item_type", [one for one in lockable() if not ENTITIES[one].is_child])
def test_the_form_shows_a_locked_field_read_only_and_refuses_what_is_posted(company, world, browser, item_type):
    record = world.linked(item_type, "ERP-1")
    field = locked_field(ENTITIES[item_type])
    assert field is not None
    address = f"/c/{company.pk}/records/{record.pk}/edit/"
    if field.edited:
        page = browser.get(address).content.decode()
        found = re.search(rf'<[^>]*name="{field.name}"[^>]*>', page)
        assert found is None or "disabled" in found.group(0) or "readonly" in found.group(0)
        refused = browser.post(address, {field.name: str(other_value(field)), "version": record.version})
        assert refused.status_code == 422
        assert f"is linked to origin ID {record.origin_id}" in refused.content.decode()
    assert again(record).data.get(field.name) == record.data.get(field.name)


@pytest.mark.capability("LK-01")
@pytest.mark.parametrize("item_type", [one for one in lockable() if ENTITIES[one].lock.deletion])
def test_people_delete_nothing_that_is_linked(company, world, maker, item_type):
    record = world.linked(item_type, "ERP-1")
    refused = maker.delete(f"records/{record.pk}")
    assert (refused.status, refused.body["code"]) == (422, "locked")
    assert again(record).deleted_at is None


@pytest.mark.capability("LK-01")
@pytest.mark.parametrize("item_type", [one for one in lockable() if ENTITIES[one].lock.lines])
def test_the_lines_of_what_is_linked_are_closed_too(company, world, maker, project_user, item_type):
    record = world.linked(item_type, "ERP-1")
    line = Record.objects.of(company).get(parent=record)
    field = locked_field(ENTITIES[line.item_type])
    assert field is not None
    refused = maker.patch(f"records/{line.pk}", {"data": {field.name: other_value(field)}})
    assert (refused.status, refused.body["code"]) == (422, "locked")
    with pytest.raises(Invalid) as refusal:
        delete_record(company, line.pk, actor=project_user)
    assert refusal.value.code == "locked"


@pytest.mark.capability("LK-02")
@pytest.mark.parametrize(("item_type", "name"), [("work_order_contract", "description"), ("sub_job", "project_id")])
def test_a_company_closes_and_opens_fields_at_once(company, world, maker, admin, item_type, name):
    record = world.linked(item_type, "ERP-1")
    if name == "description":
        assert maker.patch(f"records/{record.pk}", {"data": {name: "Open"}}).status == 200
    change_settings(company.pk, {"locks": {item_type: {"fields": [name]}}}, actor=admin)
    closed = maker.patch(f"records/{record.pk}", {"data": {name: "Shut" if name == "description" else 1}})
    assert closed.status == 422
    if name == "description":
        assert closed.body["code"] == "locked"
    opened = "title" if item_type == "work_order_contract" else "name"
    assert maker.patch(f"records/{record.pk}", {"data": {opened: "Open now"}}).status == 200


# Side by side

KINDS = ("sub_job", "requisition", "contract_payment", "company_level_direct_cost", "payment_application")


@pytest.mark.django_db(transaction=True)
@pytest.mark.capability("LK-03")
def test_no_edit_lands_after_the_origin_id_of_any_kind(company, world, project_user, integration):
    """100 pairs of a person's edit and the integration's word, at the same moment."""
    records = []
    for number in range(100):
        item_type = KINDS[number % len(KINDS)]
        unique = {"code": f"{number:03}"} if item_type == "sub_job" else {}
        records.append((world.of(item_type, **unique), locked_field(ENTITIES[item_type])))
    edits, links = [], []
    for place, (record, field) in enumerate(records):
        data = {field.name: other_value(field)}
        edits.append(within(company, lambda r=record, d=data: edit_record(company, r.pk, actor=project_user, data=d)))
        update = {"item_id": record.pk, "origin_id": f"NEW-{place}"}
        links.append(within(company, lambda u=update: sync_external_data(company, [u], actor=integration)[0].errors))

    outcomes = []
    for start in range(0, 100, 16):
        pair = [one for both in zip(edits[start : start + 16], links[start : start + 16], strict=True) for one in both]
        outcomes += at_once(pair)

    for place, (record, field) in enumerate(records):
        edited, linked = outcomes[2 * place], outcomes[2 * place + 1]
        stored = in_company(company.pk, lambda r=record: again(r))
        assert linked == {}
        assert stored.origin_id == f"NEW-{place}"
        if isinstance(edited, Invalid):
            assert edited.code == "locked"
            assert stored.data.get(field.name) == record.data.get(field.name)
        else:
            assert isinstance(edited, Record)
            # It was first: the link came on top of it.
            assert stored.version == edited.version + 1
    two = world.of("sub_job", code="twice")
    for name in ("First", "Second"):  # two saves in a row by one person never conflict
        saved = in_company(
            company.pk, lambda n=name: edit_record(company, two.pk, actor=project_user, data={"name": n})
        )
        assert saved.data["name"] == name
