"""What the demo's people want to take away from the ERP: one question to it, and one that waits for a second person."""

from typing import Any

from erpstaging.demo.projects import Contract
from erpstaging.records.models import Record
from erpstaging.staging.resetting import reset_record
from erpstaging.staging.unlinking import ask_to_unlink

LET_GO = Contract(
    "SC-1027",
    "Site fencing and gates",
    "JOB-2407",
    "V-1004",
    "synced",
    (("01-540", "CT-S", "Chain-link fence, 8 ft", "1850", "ft", "31.40"),),
)
RESET_REASON = "Northwind lost this job in Friday's restore, so it cannot say that it is gone. Ticket 4471."


def seed_second_persons(business: Any) -> None:
    """A contract that was voided in the ERP is being unlinked, and a sub job waits for the second super user."""
    records = Record.objects.of(business.company)
    voided = records.get(item_type="work_order_contract", number=LET_GO.number)
    ask_to_unlink(business.company, voided.pk, actor=business.people["approver"])
    lost = records.get(item_type="sub_job", origin_id="JOB-2401-B")
    reset_record(business.company, lost.pk, actor=business.people["super_user"], reason=RESET_REASON)
