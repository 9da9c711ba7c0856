"""All entities by item type. Adding an entity is one file and one line here."""

from collections.abc import Iterable, Mapping
from functools import cache

from erpstaging.catalogue.entities.budget import BUDGET, BUDGET_CHANGE, BUDGET_LINE_ITEM, ERP_TRANSACTION
from erpstaging.catalogue.entities.change_orders import COMMITMENT_CHANGE_ORDER, PRIME_CONTRACT_CHANGE_ORDER
from erpstaging.catalogue.entities.commitments import PURCHASE_ORDER_CONTRACT, WORK_ORDER_CONTRACT
from erpstaging.catalogue.entities.cost_codes import (
    COST_CODE,
    LINE_ITEM_TYPE,
    STANDARD_COST_CODE,
    STANDARD_COST_CODE_LIST,
)
from erpstaging.catalogue.entities.department import DEPARTMENT
from erpstaging.catalogue.entities.direct_costs import COMPANY_LEVEL_DIRECT_COST, ITEM
from erpstaging.catalogue.entities.insurance import INSURANCE
from erpstaging.catalogue.entities.job_costs import COST_TYPE_ASSIGNMENT, JOB_COST, JOB_COST_TRANSACTION
from erpstaging.catalogue.entities.lines import LINE_ITEM
from erpstaging.catalogue.entities.markup import MARKUP
from erpstaging.catalogue.entities.payment_application import PAYMENT_APPLICATION, PAYMENT_APPLICATION_LINE_ITEM
from erpstaging.catalogue.entities.payments import CONTRACT_PAYMENT, INVOICE_PAYMENT
from erpstaging.catalogue.entities.prime_contract import PRIME_CONTRACT
from erpstaging.catalogue.entities.project import PROJECT
from erpstaging.catalogue.entities.requisition import (
    REQUISITION,
    REQUISITION_CHANGE_ORDER_ITEM,
    REQUISITION_CONTRACT_DETAIL_ITEM,
    REQUISITION_CONTRACT_ITEM,
)
from erpstaging.catalogue.entities.sub_job import SUB_JOB
from erpstaging.catalogue.entities.tax_code import TAX_CODE
from erpstaging.catalogue.entities.vendor import VENDOR
from erpstaging.catalogue.entity import Entity

ENTITIES: Mapping[str, Entity] = {
    entity.item_type: entity
    for entity in (
        STANDARD_COST_CODE_LIST,
        STANDARD_COST_CODE,
        LINE_ITEM_TYPE,
        VENDOR,
        PROJECT,
        SUB_JOB,
        COST_CODE,
        TAX_CODE,
        PRIME_CONTRACT,
        WORK_ORDER_CONTRACT,
        PURCHASE_ORDER_CONTRACT,
        LINE_ITEM,
        COMMITMENT_CHANGE_ORDER,
        PRIME_CONTRACT_CHANGE_ORDER,
        MARKUP,
        DEPARTMENT,
        INSURANCE,
        COST_TYPE_ASSIGNMENT,
        BUDGET,
        BUDGET_LINE_ITEM,
        BUDGET_CHANGE,
        JOB_COST,
        JOB_COST_TRANSACTION,
        ERP_TRANSACTION,
        REQUISITION,
        REQUISITION_CONTRACT_ITEM,
        REQUISITION_CONTRACT_DETAIL_ITEM,
        REQUISITION_CHANGE_ORDER_ITEM,
        CONTRACT_PAYMENT,
        INVOICE_PAYMENT,
        PAYMENT_APPLICATION,
        PAYMENT_APPLICATION_LINE_ITEM,
        ITEM,
        COMPANY_LEVEL_DIRECT_COST,
    )
}
# The entities of the ERP interface by their own names; what stands above a line tells which of three it is.
DOCUMENTED: Mapping[str, Entity] = {
    declared.key: declared
    for entity in ENTITIES.values()
    for declared in (entity, *entity.variants.values())
    if declared.key
}
STAGED: Mapping[str, Entity] = {key: entity for key, entity in ENTITIES.items() if entity.staged}
# The item types of external data; `change_order` means those of both kinds of contract.
EXTERNAL: Mapping[str, frozenset[str]] = {
    word: frozenset(entity.item_type for entity in ENTITIES.values() if entity.external_item_type == word)
    for word in sorted({entity.external_item_type for entity in ENTITIES.values() if entity.external_item_type})
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


@cache
def line_types(holder_type: str) -> frozenset[str]:
    """Every kind of line that can stand under an object: an invoice has three."""
    return frozenset(
        one.item_type
        for one in ENTITIES.values()
        if one.is_child and holder_type in one.parents and one.shown_under == "lines"
    )
