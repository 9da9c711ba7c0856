"""Markups: what a prime contract change order adds to its lines."""

from erpstaging.catalogue.entity import Entity, Level, LockList, Support, Supports
from erpstaging.catalogue.fields import boolean, number, position, reference, text

MARKUP = Entity(
    item_type="markup",
    label="Markup",
    plural="Markups",
    icon="columns",
    level=Level.CHILD,
    metadata_name=None,
    external_item_type="markup",
    supports=Supports(exported=Support.WITH_PARENT, unlinked=Support.WITH_PARENT),
    parents=("prime_contract_change_order",),
    shown_under="markups",
    kept_by_admins=True,
    fields=(
        text("name", "Name", required=True, edited=True),
        number("percentage", "Percentage", edited=True),
        position(),
        text("markup_set", "Set", max_length=40),
        boolean("compounds_markups_above", "Compounds those above"),
        boolean("can_export_estimate_markup", "Estimate may leave"),
        reference("destination_cost_code_id", "Booked under", "cost_code"),
        reference("destination_line_item_type_id", "Booked as", "line_item_type"),
        reference("destination_budget_line_item_id", "Budget line", "budget_line_item"),
        reference("destination_sub_job_id", "Sub job", "sub_job"),
        reference("prime_line_item_id", "Line of the prime contract", "line_item"),
    ),
    lock=LockList(whole=True),
)
