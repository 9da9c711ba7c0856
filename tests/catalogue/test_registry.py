"""The catalogue against the ERP interface's own list of entities, written down here a second time."""

from dataclasses import dataclass

import pytest

from erpstaging.catalogue.entity import Entity, Support
from erpstaging.catalogue.registry import DOCUMENTED, ENTITIES, EXTERNAL, STAGED

ACTS = {
    "import": "imported",
    "export": "exported",
    "reexport": "reexported",
    "sync_staged": "synced_staged",
    "sync_direct": "synced_direct",
    "link": "linked",
    "merge": "merged",
    "unlink": "unlinked",
    "reset": "reset",
    "delete": "deleted",
}
WITH_PARENT, SUPER_USER = Support.WITH_PARENT, Support.SUPER_USER
VENDOR_IDENTITY = {"name", "origin_code", "address", "city", "state_code", "zip", "country_code"}
CONTRACT_LOCK = {"title", "vendor_id", "status", "retainage_percent"}
LINE_REFERENCES = {"cost_code_origin_id", "line_item_type_origin_id"}
ITEMS = {"import", "export", "sync_staged", "unlink"}


@dataclass(frozen=True)
class Expected:
    """`acts` are the plain ones, `limited` those with a condition; `lock` is the list, or "whole", or "none"."""

    level: str
    metadata_name: str | None
    staged: str | None
    external: str | None
    acts: frozenset[str]
    lock: frozenset[str] | str
    lines_locked: bool = False
    required: frozenset[str] = frozenset()
    optional: frozenset[str] = frozenset()
    limited: tuple[tuple[str, Support], ...] = ()


def expected(level, metadata_name, staged, external, acts, lock, **more) -> Expected:
    for name in ("required", "optional"):
        more[name] = frozenset(more.get(name, ()))
    more["limited"] = tuple(more.get("limited", {}).items())
    return Expected(
        level,
        metadata_name,
        staged,
        external,
        frozenset(acts.split()),
        lock if isinstance(lock, str) else frozenset(lock),
        **more,
    )


CONTRACTS = {"lines_locked": True, "required": {"project_origin_id", "vendor_origin_id"}}
WITH_THEIR_CONTRACT = dict.fromkeys(ITEMS, WITH_PARENT)
INTERFACE = {
    "vendors": expected(
        "company", "vendors", "vendor", "vendor",
        "import export sync_staged sync_direct link merge unlink", VENDOR_IDENTITY, optional={"vendor_type_origin_id"},
    ),
    "jobs": expected(
        "company", "jobs", "project", "project",
        "import export reexport sync_staged sync_direct reset", {"origin_code"},
    ),
    "sub_jobs": expected(
        "project", "sub_jobs", "sub_job", "sub_job",
        "import export sync_staged sync_direct reset", {"code", "name"}, required={"project_origin_id"},
    ),
    "standard_cost_codes": expected(
        "company", "standard_cost_codes", None, "standard_cost_code",
        "export sync_direct", {"code", "name", "parent_id"},
        optional={"parent_origin_id"}, limited={"unlink": SUPER_USER, "delete": SUPER_USER},
    ),
    "standard_categories": expected(
        "company", "standard_categories", None, "line_item_type",
        "sync_direct", {"code", "name"}, limited={"delete": SUPER_USER},
    ),
    "cost_codes": expected(
        "project", None, None, "cost_code",
        "sync_direct delete", {"code", "name", "parent_id"},
        optional={"parent_origin_id"}, limited={"export": WITH_PARENT},
    ),
    "cost_type_assignments": expected(
        "project", None, None, None, "sync_direct delete", "whole", limited={"export": WITH_PARENT}
    ),
    "budgets": expected(
        "project", "budgets", None, "budget", "import export reexport", "none", required={"project_origin_id"}
    ),
    "job_costs": expected("project", "job_costs", None, None, "sync_direct delete", "whole"),
    "job_cost_transactions": expected("project", "job_cost_transactions", None, None, "import", "whole"),
    "commitments.purchase_orders": expected(
        "project", "commitments", "purchase_order_contract", "purchase_order_contract",
        "import export sync_staged unlink", CONTRACT_LOCK, **CONTRACTS,
    ),
    "commitments.subcontracts": expected(
        "project", "commitments", "work_order_contract", "work_order_contract",
        "import export sync_staged unlink", CONTRACT_LOCK, **CONTRACTS,
    ),
    "commitment_items": expected(
        "child", "commitment_items", "line_item", "line_item", "", "whole",
        required=LINE_REFERENCES, optional={"tax_code_origin_id"}, limited=WITH_THEIR_CONTRACT,
    ),
    "commitment_change_orders": expected(
        "commitment", "commitment_change_orders", "commitment_change_order", "change_order",
        "import export sync_staged unlink", {"commitment_id", "title", "status", "grand_total"},
        lines_locked=True, required={"project_origin_id", "commitment_origin_id"},
    ),
    "commitment_change_order_items": expected(
        "child", "commitment_change_order_items", "line_item", "line_item", "", "whole",
        required=LINE_REFERENCES | {"commitment_line_item_origin_id"}, optional={"tax_code_origin_id"},
        limited=WITH_THEIR_CONTRACT,
    ),
    "prime_contracts": expected(
        "project", "prime_contracts", "prime_contract", "prime_contract",
        "import sync_staged", "none", lines_locked=True, required={"project_origin_id"},
    ),
    "prime_contract_items": expected(
        "child", None, "line_item", "line_item", "", "whole",
        required=LINE_REFERENCES, optional={"tax_code_origin_id"},
        limited={"import": WITH_PARENT, "sync_staged": WITH_PARENT},
    ),
    "prime_contract_change_orders": expected(
        "project", "prime_contract_change_orders", None, "change_order",
        "export unlink reset", "whole", lines_locked=True, required={"project_origin_id"},
    ),
    "requisitions": expected(
        "project", "requisitions", None, "requisition",
        "export reset", "whole", lines_locked=True, required={"project_origin_id"},
    ),
    "contract_payments": expected(
        "project", "contract_payments", None, "contract_payment",
        "export sync_direct unlink reset", "whole", required={"project_origin_id"},
    ),
    "payment_applications": expected(
        "project", "payment_applications", None, "payment_application",
        "export unlink", "whole", lines_locked=True, required={"project_origin_id"},
    ),
    "company_level_direct_costs": expected(
        "company", "company_level_direct_costs", None, "company_level_direct_cost",
        "export unlink reset", "whole", lines_locked=True,
    ),
}  # fmt: skip
EXTERNAL_TYPES = {
    "budget", "budget_change", "change_order", "company_level_direct_cost", "contract_payment", "cost_code",
    "department", "insurance", "invoice_payment", "item", "line_item", "line_item_type", "markup",
    "payment_application", "payment_application_line_item", "prime_contract", "project", "purchase_order_contract",
    "requisition", "requisition_change_order_item", "requisition_contract_detail_item", "requisition_contract_item",
    "standard_cost_code", "sub_job", "tax_code", "vendor", "work_order_contract",
}  # fmt: skip
STAGED_TYPES = {
    "vendor", "project", "sub_job", "prime_contract", "purchase_order_contract", "work_order_contract",
    "commitment_change_order", "line_item",
}  # fmt: skip
METADATA_NAMES = {
    "standard_cost_codes", "standard_categories", "vendors", "jobs", "sub_jobs", "budgets", "job_costs",
    "job_cost_transactions", "commitments", "commitment_items", "commitment_change_orders",
    "commitment_change_order_items", "company_level_direct_costs", "requisitions", "contract_payments",
    "payment_applications", "prime_contracts", "prime_contract_change_orders",
}  # fmt: skip
# The others have no level of the interface's own; what they are closed by is all that is said of them.
FURTHER_LOCKS = {
    "item": "whole",
    "invoice_payment": "whole",
    "insurance": {"policy_number", "insurance_type", "effective_date", "expiration_date", "limit", "name"},
    "tax_code": {"code"},
}
ALONE = pytest.mark.parametrize("key", INTERFACE)


def test_every_entity_of_the_interface_is_declared_and_no_other():
    assert set(DOCUMENTED) == set(INTERFACE)
    assert len(INTERFACE) == 22


def test_the_words_of_the_wire_are_the_interface_s():
    assert set(EXTERNAL) == EXTERNAL_TYPES
    assert set(STAGED) == STAGED_TYPES
    assert {one.metadata_name for one in DOCUMENTED.values()} - {None} == METADATA_NAMES
    assert (len(EXTERNAL_TYPES), len(STAGED_TYPES), len(METADATA_NAMES)) == (27, 8, 18)


def test_change_order_means_those_of_both_kinds_of_contract():
    assert EXTERNAL["change_order"] == {"commitment_change_order", "prime_contract_change_order"}


@ALONE
def test_an_entity_has_its_level_and_its_names(key):
    entity, wanted = DOCUMENTED[key], INTERFACE[key]

    assert (entity.level, entity.metadata_name) == (wanted.level, wanted.metadata_name)
    assert (entity.item_type if entity.staged else None) == wanted.staged
    assert entity.external_item_type == wanted.external


@ALONE
def test_an_entity_supports_what_the_interface_says(key):
    entity, wanted = DOCUMENTED[key], INTERFACE[key]

    said = {act: getattr(entity.supports, name) for act, name in ACTS.items() if getattr(entity.supports, name)}

    assert said == {**dict.fromkeys(wanted.acts, Support.YES), **dict(wanted.limited)}


@ALONE
def test_an_entity_names_its_references(key):
    entity, wanted = DOCUMENTED[key], INTERFACE[key]

    named = {name: field.required_at_import for name, field in entity.origin_fields.items()}

    assert {name for name, required in named.items() if required} == wanted.required
    assert {name for name, required in named.items() if not required} == wanted.optional


@ALONE
def test_an_entity_closes_its_lock_list(key):
    entity, wanted = DOCUMENTED[key], INTERFACE[key]

    assert lock_of(entity) == wanted.lock
    assert entity.lock.lines is wanted.lines_locked


@pytest.mark.parametrize("item_type", FURTHER_LOCKS)
def test_what_is_no_entity_of_the_interface_closes_its_lock_list_too(item_type):
    assert lock_of(ENTITIES[item_type]) == FURTHER_LOCKS[item_type]


def lock_of(entity: Entity) -> "frozenset[str] | str":
    if entity.lock.whole:
        return "whole"
    return entity.lock.fields or "none"


def test_every_name_that_a_declaration_uses_is_a_field_of_it():
    for entity in (*ENTITIES.values(), *DOCUMENTED.values()):
        used = {*entity.unique_within, *entity.summed, entity.status_field, entity.amount_field, entity.number_field}
        used |= {entity.calculation.field} if entity.calculation else set()
        used |= {entity.synced_field}
        assert used - {None} <= set(entity.by_name), entity.item_type
        assert entity.lock.fields - {"origin_code"} <= set(entity.by_name), entity.item_type


def test_every_parent_and_every_target_is_an_object_here():
    for entity in (*ENTITIES.values(), *DOCUMENTED.values()):
        assert set(entity.parents) <= set(ENTITIES)
        assert {target for field in entity.references for target in field.targets} <= {*ENTITIES, "vendor_type"}
        assert (
            entity.line_type is None
            or entity.item_type in ENTITIES[entity.line_type].parents
            or (entity.item_type == "prime_contract_change_order")
        )
