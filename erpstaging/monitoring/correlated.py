"""What one call caused, found again by its correlation id."""

from dataclasses import dataclass

from erpstaging.audit.models import Entry
from erpstaging.companies.models import Company
from erpstaging.hooks.models import Delivery
from erpstaging.outbox.models import Event
from erpstaging.records.models import Record
from erpstaging.staging.models import StagedRecord

MAX_OBJECTS, MAX_ENTRIES = 50, 2000
COUNTED_TO = 1000


@dataclass(frozen=True, slots=True)
class Correlated:
    """The objects that a call touched, at most 50 of each kind, and how many deliveries told of it (up to 1,000)."""

    records: list[Record]
    staged: list[StagedRecord]
    deliveries: int

    def __bool__(self) -> bool:
        return bool(self.records or self.staged or self.deliveries)


def caused_by(company: Company, correlation_id: str) -> Correlated:
    """Everything that carries the id; nothing where no call had it."""
    if not correlation_id or len(correlation_id) > 64:
        return Correlated([], [], 0)
    entries = Entry.objects.of(company).filter(correlation_id=correlation_id).exclude(correlation_id="")
    touched = list(entries.order_by("pk").values_list("record_id", "object_type", "object_id")[:MAX_ENTRIES])
    record_ids = {record_id for record_id, _, _ in touched} | _named(touched, "record")
    staged_ids = _named(touched, "staged_record")
    events = Event.objects.of(company).filter(correlation_id=correlation_id).exclude(correlation_id="")
    told = Delivery.objects.of(company).filter(event__in=events).order_by()
    return Correlated(
        records=list(Record.objects.of(company).filter(pk__in=record_ids - {None}).order_by("pk")[:MAX_OBJECTS]),
        staged=list(
            StagedRecord.objects.of(company).filter(pk__in=staged_ids, parent=None).order_by("pk")[:MAX_OBJECTS]
        ),
        deliveries=told[:COUNTED_TO].count(),
    )


def _named(touched: list[tuple[int | None, str, int | None]], object_type: str) -> set[int | None]:
    return {object_id for _, kind, object_id in touched if kind == object_type and object_id is not None}
