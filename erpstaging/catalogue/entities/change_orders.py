"""Change orders of commitments and of prime contracts."""

from erpstaging.catalogue.entities.commitments import project_field
from erpstaging.catalogue.entity import Entity, EntityEvents, Level, LockList, Support, Supports
from erpstaging.catalogue.fields import boolean, choice, date, integer, long_text, money, reference, text

STATUSES = (
    "draft", "not_pricing", "pricing", "pending", "revised", "proceeding", "not_proceeding", "pending_billable",
    "no_charge", "approved", "rejected", "void",
)  # fmt: skip
HEADER = (
    text("number", "Number", edited=True),
    text("title", "Title", required_at_import=True, edited=True),
    long_text("description", "Description", edited=True),
    choice("status", "Status", *STATUSES, staged=False, edited=True),
    project_field(),
    boolean("executed", "Executed", staged=False, edited=True),
    boolean("paid", "Paid", staged=False),
    boolean("private", "Private", staged=False),
    boolean("field_change", "Field change", staged=False),
    boolean("signature_required", "Signature required", staged=False),
    date("due_date", "Due", staged=False, edited=True),
    date("invoiced_date", "Invoiced", staged=False),
    date("paid_date", "Paid on", staged=False),
    date("signed_change_order_received_date", "Signed change order received", staged=False),
    date("revised_substantial_completion_date", "Revised completion", staged=False),
    integer("schedule_impact_amount", "Schedule impact in days", staged=False),
    integer("revision", "Revision", staged=False),
    text("reference", "Reference", staged=False),
    text("reason", "Reason", staged=False),
    # A package may be worth a sum without having lines.
    money("grand_total", "Total", staged=False),
    *(
        integer(f"{name}_id", label, staged=False)
        for name, label in (
            ("batch", "Batch"),
            ("change_order_change_reason", "Reason"),
            ("location", "Location"),
            ("designated_reviewer", "Reviewer"),
            ("received_from", "Received from"),
        )
    ),
)

COMMITMENT_CHANGE_ORDER = Entity(
    key="commitment_change_orders",
    item_type="commitment_change_order",
    label="Commitment change order",
    plural="Commitment change orders",
    icon="cco",
    level=Level.COMMITMENT,
    metadata_name="commitment_change_orders",
    external_item_type="change_order",
    supports=Supports(
        imported=Support.YES,
        exported=Support.YES,
        synced_staged=Support.YES,
        unlinked=Support.YES,
        switches={"imported": "configs.import", "unlinked": "configs.unlink"},
    ),
    line_type="line_item",
    holder_type="CommitmentContractChangeOrder",
    number_field="number",
    title_field="title",
    status_field="status",
    approved_status="approved",
    kept_by_admins=True,
    webhook_resource="Change Order Packages",
    wire_path="change_order_packages",
    write_names={"contract_id": "commitment_id"},
    prerequisites=("status_approved", "commitment_linked", "vendor_linked", "line_with_erp_cost_code"),
    # The import sends no event: the event catalogue has none for it.
    events=EntityEvents(
        export="create_commitment_change_order",
        sync="sync_commitment_change_orders",
        unlink="unlink_commitment_change_order",
    ),
    fields=(
        *HEADER,
        reference(
            "commitment_id",
            "Commitment",
            "work_order_contract",
            "purchase_order_contract",
            origin_field="commitment_origin_id",
            required=True,
            required_at_import=True,
            edited=True,
        ),
    ),
    lock=LockList(fields=frozenset({"title", "status", "grand_total", "commitment_id"}), lines=True),
)

PRIME_CONTRACT_CHANGE_ORDER = Entity(
    key="prime_contract_change_orders",
    item_type="prime_contract_change_order",
    label="Prime contract change order",
    plural="Prime contract change orders",
    icon="cco",
    level=Level.PROJECT,
    metadata_name="prime_contract_change_orders",
    external_item_type="change_order",
    supports=Supports(exported=Support.YES, unlinked=Support.YES, reset=Support.YES),
    line_type="line_item",
    holder_type="PrimeContractChangeOrder",
    number_field="number",
    title_field="title",
    status_field="status",
    approved_status="approved",
    kept_by_admins=True,
    webhook_resource="Change Order Packages",
    prerequisites=("status_approved", "prime_contract_linked"),
    events=EntityEvents(
        export="create_prime_contract_change_order",
        unlink="unlink_prime_contract_change_order",
        reset="reset_prime_contract_change_order",
    ),
    fields=(*HEADER, reference("contract_id", "Prime contract", "prime_contract", required=True, edited=True)),
    lock=LockList(whole=True, lines=True),
)
