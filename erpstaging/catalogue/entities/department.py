"""Departments of the company, which projects belong to."""

from erpstaging.catalogue.entity import Entity, Level, LockList
from erpstaging.catalogue.fields import text

DEPARTMENT = Entity(
    item_type="department",
    label="Department",
    plural="Departments",
    icon="people",
    level=Level.COMPANY,
    metadata_name=None,
    external_item_type="department",
    number_field="code",
    webhook_resource="Departments",
    fields=(text("name", "Name", required=True, edited=True), text("code", "Code", edited=True)),
    lock=LockList(fields=frozenset({"name", "code"})),
)
