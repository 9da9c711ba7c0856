"""Every kind of object that people keep has a page and a form that can be opened."""

import pytest
from django.test import Client
from django.urls import reverse

from erpstaging.catalogue.entity import Entity
from erpstaging.catalogue.registry import ENTITIES
from erpstaging.companies.models import User
from erpstaging.core.scope import in_company
from erpstaging.records.editing import create_record

KEPT = [entity for entity in ENTITIES.values() if not entity.kept_by_erp and not entity.is_child]


@pytest.fixture
def made(company, project_user, project, vendor, cost_code, cost_type):
    """`made(entity)`: an object of the kind, with those it has to refer to, and a line."""
    kept = {"project": project.pk, "vendor": vendor.pk, "cost_code": cost_code.pk, "line_item_type": cost_type.pk}

    def create(entity: Entity, **more) -> int:
        named = {one.name: target(one.targets[0]) for one in entity.references if one.required}
        data = {"name": "N", "code": "C", "number": "1", "title": "T", "invoice_number": "1", **named}
        data |= {one.name: one.choices[0] for one in entity.fields if one.kind == "choice" and one.required}
        return in_company(
            company.pk,
            lambda: create_record(company, actor=project_user, item_type=entity.item_type, data=data, **more).pk,
        )

    def target(item_type: str) -> int:
        if item_type not in kept:
            kept[item_type] = create(ENTITIES[item_type])
        return kept[item_type]

    def with_line(entity: Entity) -> int:
        record_id = create(entity)
        if entity.line_type and entity.item_type in ENTITIES[entity.line_type].parents:
            create(ENTITIES[entity.line_type].under(entity.item_type), parent_id=record_id)
        return record_id

    return with_line


@pytest.mark.parametrize("entity", KEPT, ids=lambda entity: entity.item_type)
def test_it_can_be_looked_at_and_edited(company, project_user, made, entity):
    record_id = made(entity)
    browser = Client()
    browser.force_login(User.objects.get(pk=project_user.id))

    for page in ("approvals:record", "approvals:edit_record"):
        assert browser.get(reverse(page, args=[company.pk, record_id])).status_code == 200
