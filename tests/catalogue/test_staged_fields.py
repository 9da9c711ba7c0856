"""What can be staged of each type, field by field: lists of their own, so that a declaration cannot lose one unseen."""

import pytest

from erpstaging.catalogue.entity import Entity, Level
from erpstaging.catalogue.registry import DOCUMENTED, ENTITIES, STAGED

VENDOR_FLAGS = """
    is_active prequalified union_member authorized_bidder non_union_prevailing_wage bidding_affirmative_action
    bidding_cbe bidding_mbe_8a bidding_mbe_abe bidding_mbe_dbe bidding_mbe_hbe bidding_mbe_hub bidding_mbe_mbe
    bidding_mbe_sbe bidding_mbe_wbe bidding_mbe_aabe bidding_mbe_nabe bidding_mbe_sdvosb
"""
COMMITMENT = {
    "string": "description number status title project_origin_id vendor_origin_id",
    "bool": "executed private show_line_items_to_non_admins",
    "int": "project_id vendor_id",
    "number": "retainage_percent",
}
LINE = {
    "string": "description uom cost_code_origin_id line_item_type_origin_id tax_code_origin_id",
    "int": "position cost_code_id line_item_type_id tax_code_id",
    "number": "amount quantity unit_cost",
}
FIELDS = {
    "vendors": {
        "string": """
            name abbreviated_name address city state_code zip country_code notes website fax_number labor_union
            mobile_phone business_phone email_address license_number vendor_type_origin_id
        """,
        "bool": VENDOR_FLAGS,
        "int": "vendor_group_id vendor_type_id",
    },
    "jobs": {
        "string": """
            name project_number accounting_project_number address city state_code zip country_code description flag
            phone public_notes store_number customer_origin_id
        """,
        "bool": "template",
        "int": """
            image_id from_project_template_id office_id parent_job_id program_id project_bid_type_id project_type_id
            project_owner_type_id project_region_id square_feet
        """,
        "number": "estimated_value",
        "date": "estimated_start_date estimated_completion_date warranty_start_date warranty_end_date",
        "list_of_int": "department_ids",
    },
    "sub_jobs": {"string": "name code project_origin_id", "int": "project_id"},
    "commitments.purchase_orders": COMMITMENT,
    "commitments.subcontracts": COMMITMENT,
    "commitment_items": LINE,
    "commitment_change_orders": {
        "string": "title description number project_origin_id commitment_origin_id",
        "int": "project_id commitment_id",
    },
    "commitment_change_order_items": {
        **LINE,
        "string": f"{LINE['string']} commitment_line_item_origin_id",
        "int": f"{LINE['int']} commitment_line_item_id",
    },
    "prime_contracts": {
        "string": """
            accounting_method description exclusions inclusions number status title project_origin_id
        """,
        "bool": "allow_markups executed private",
        "int": "project_id",
        "number": "retainage_percent",
        "date": """
            actual_completion_date contract_estimated_completion_date contract_start_date signed_contract_received_date
        """,
    },
    "prime_contract_items": LINE,
}
KINDS = {
    "string": {"text", "long_text", "choice"},
    "bool": {"boolean"},
    "int": {"integer", "reference"},
    "number": {"number", "money"},
    "date": {"date"},
    "list_of_int": {"integers"},
}
PROJECT = ("project_origin_id", "project_id", True, {"project"})
LINE_CODES = [
    ("cost_code_origin_id", "cost_code_id", True, {"cost_code"}),
    ("line_item_type_origin_id", "line_item_type_id", True, {"line_item_type"}),
    ("tax_code_origin_id", "tax_code_id", False, {"tax_code"}),
]
# Origin field, the field it becomes at import, whether the import needs it, and what it may name.
TRANSLATIONS = {
    "vendors": [("vendor_type_origin_id", "vendor_type_id", False, {"vendor_type"})],
    "jobs": [],
    "sub_jobs": [PROJECT],
    "commitments.purchase_orders": [PROJECT, ("vendor_origin_id", "vendor_id", True, {"vendor"})],
    "commitments.subcontracts": [PROJECT, ("vendor_origin_id", "vendor_id", True, {"vendor"})],
    "commitment_items": LINE_CODES,
    "commitment_change_orders": [
        PROJECT,
        ("commitment_origin_id", "commitment_id", True, {"work_order_contract", "purchase_order_contract"}),
    ],
    "commitment_change_order_items": [
        *LINE_CODES,
        ("commitment_line_item_origin_id", "commitment_line_item_id", True, {"line_item"}),
    ],
    "prime_contracts": [PROJECT],
    "prime_contract_items": LINE_CODES,
}
LEVELS = {
    "vendor": Level.COMPANY,
    "project": Level.COMPANY,
    "sub_job": Level.PROJECT,
    "prime_contract": Level.PROJECT,
    "purchase_order_contract": Level.PROJECT,
    "work_order_contract": Level.PROJECT,
    "commitment_change_order": Level.COMMITMENT,
    "line_item": Level.CHILD,
}
PARENTS = {
    "commitment_items": {"work_order_contract", "purchase_order_contract"},
    "commitment_change_order_items": {"commitment_change_order"},
    "prime_contract_items": {"prime_contract"},
}


def below_every_parent(key: str) -> list[Entity]:
    """The declarations that stand under this name: one, or one for each kind of parent."""
    parents = PARENTS.get(key)
    return [ENTITIES["line_item"].under(one) for one in sorted(parents)] if parents else [DOCUMENTED[key]]


def test_exactly_eight_types_can_be_staged_each_on_its_level() -> None:
    assert {item_type: entity.level for item_type, entity in STAGED.items()} == LEVELS


@pytest.mark.parametrize("key", FIELDS)
def test_exactly_these_values_can_be_staged(key: str) -> None:
    expected = {name: kind for kind, names in FIELDS[key].items() for name in names.split()}
    for entity in below_every_parent(key):
        assert entity.staged_names == expected.keys()
        for name in expected.keys() - entity.origin_fields.keys():
            assert entity.by_name[name].kind in KINDS[expected[name]], name


@pytest.mark.parametrize("key", TRANSLATIONS)
@pytest.mark.capability("IN-07")
def test_exactly_these_origin_ids_are_translated(key: str) -> None:
    for entity in below_every_parent(key):
        translated = [
            (origin_field, field.name, field.required_at_import, set(field.targets))
            for origin_field, field in entity.origin_fields.items()
        ]
        assert sorted(translated) == sorted(TRANSLATIONS[key])


@pytest.mark.parametrize("key", PARENTS)
def test_lines_stand_below_these_parents_alone(key: str) -> None:
    for entity in below_every_parent(key):
        assert set(entity.parents) == PARENTS[key]
        assert all(ENTITIES[parent].line_type == "line_item" for parent in entity.parents)
    assert set(ENTITIES["line_item"].parents) & STAGED.keys() == set().union(*PARENTS.values())
