"""All entities by item type. Adding an entity is one file and one line here."""

from collections.abc import Iterable, Mapping

from erpstaging.catalogue.entities.cost_codes import (
    COST_CODE,
    LINE_ITEM_TYPE,
    STANDARD_COST_CODE,
    STANDARD_COST_CODE_LIST,
)
from erpstaging.catalogue.entities.line_item import LINE_ITEM
from erpstaging.catalogue.entities.project import PROJECT
from erpstaging.catalogue.entities.vendor import VENDOR
from erpstaging.catalogue.entities.work_order_contract import WORK_ORDER_CONTRACT
from erpstaging.catalogue.entity import Entity

ENTITIES: Mapping[str, Entity] = {
    entity.item_type: entity
    for entity in (
        STANDARD_COST_CODE_LIST,
        STANDARD_COST_CODE,
        LINE_ITEM_TYPE,
        VENDOR,
        PROJECT,
        COST_CODE,
        WORK_ORDER_CONTRACT,
        LINE_ITEM,
    )
}
STAGED: Mapping[str, Entity] = {key: entity for key, entity in ENTITIES.items() if entity.staged}
EXTERNAL: Mapping[str, Entity] = {
    entity.external_item_type: entity for entity in ENTITIES.values() if entity.external_item_type
}
EXPORTED: Mapping[str, Entity] = {key: entity for key, entity in ENTITIES.items() if entity.events.export}


def entities(item_types: Iterable[str]) -> list[Entity]:
    return [ENTITIES[item_type] for item_type in item_types]


def references_to(item_type: str) -> list[tuple[Entity, str]]:
    """Every (entity, origin field) that can name an object of this type by its origin ID."""
    return [
        (entity, origin_field)
        for entity in ENTITIES.values()
        for origin_field, field in entity.origin_fields.items()
        if item_type in field.targets
    ]
