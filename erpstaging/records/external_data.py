"""Origin IDs: the ERP's name for one of our records. Writing one links the record, nulling it unlinks it.

Called through staging only: a link moves exports and frees what waits for it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from erpstaging.catalogue.entity import clean_origin_id
from erpstaging.catalogue.registry import ENTITIES
from erpstaging.companies.actors import Actor
from erpstaging.companies.models import ServiceAccount
from erpstaging.core import sets
from erpstaging.core.documents import plain
from erpstaging.core.errors import Invalid
from erpstaging.core.scope import Again
from erpstaging.records.models import Lock, OriginIdHistory, Record
from erpstaging.records.reuse import refuse_silent_reuse

KEYS = ("origin_id", "origin_code", "origin_data")
NOBODY: Mapping[tuple[str, str], OriginIdHistory] = {}


@dataclass(slots=True)
class LinkChange:
    """What one element wants of one record: only the keys that were sent; `before` is what stood there at first."""

    record: Record
    sent: Mapping[str, Any]
    before: dict[str, Any] = field(default_factory=dict)

    @property
    def changed(self) -> bool:
        return any(getattr(self.record, key) != value for key, value in self.before.items())

    @property
    def changed_link(self) -> bool:
        return "origin_id" in self.before and self.record.origin_id != self.before["origin_id"]

    @property
    def unlinked(self) -> bool:
        return self.before.get("origin_id") is not None and self.record.origin_id is None

    @property
    def freed(self) -> str | None:
        """The origin ID that the record carried and does no longer."""
        old: str | None = self.before.get("origin_id")
        return old if old != self.record.origin_id else None


def clean_link(sent: Mapping[str, Any]) -> dict[str, Any]:
    """The three origin keys of an element, checked. Raises Invalid."""
    cleaned: dict[str, Any] = {}
    for name in ("origin_id", "origin_code"):
        if name in sent:
            try:
                # An empty origin ID is how some clients say "none".
                cleaned[name] = None if sent[name] == "" else clean_origin_id(sent[name])
            except ValueError as exc:
                raise Invalid.field(name, str(exc)) from None
    if "origin_data" in sent:
        cleaned["origin_data"] = plain(sent["origin_data"])
    return cleaned


def apply_link(
    change: LinkChange,
    actor: Actor,
    taken: Mapping[tuple[str, str], Record],
    disabled_accounts: frozenset[int],
    *,
    parent: Record | None = None,
    former: Mapping[tuple[str, str], OriginIdHistory] = NOBODY,
    confirmed: Any = None,
) -> None:
    """Set the keys on the loaded record; nothing is saved.

    `taken` maps (item type, origin ID) to the record that held it last, `former` to its last way into the history.
    Raises Invalid when the record or its parent waits for approval, belongs to another integration that is not
    disabled, or the origin ID is somebody else's, or was by a reset and `confirmed`, what the caller sent, is silent.
    """
    record = change.record
    if Lock.WAITING in {record.lock, parent.lock if parent is not None else None}:
        raise Invalid.field("base", "The record waits for approval; nothing can be written.", code="pending_approval")
    if record.account_id not in {None, actor.account_id} | disabled_accounts:
        raise Invalid.field("base", "Another integration owns the origin ID of this record.", code="owned_by_another")
    wanted = change.sent.get("origin_id")
    holder = taken.get((record.item_type, wanted)) if wanted is not None else None
    if holder is not None and holder.pk != record.pk and holder.origin_id == wanted:
        raise Invalid.field(
            "origin_id",
            f"{wanted} is already the origin ID of {record.item_type} {holder.pk} ({holder.title}).",
            code="origin_id_taken",
            record_id=holder.pk,
        )
    refuse_silent_reuse(record, wanted, former, confirmed)
    for key, value in change.sent.items():
        if getattr(record, key) != value:
            change.before.setdefault(key, getattr(record, key))
            setattr(record, key, value)
    if "origin_id" in change.before:
        record.account_id = None if record.origin_id is None else actor.account_id


def disabled_accounts(records: Iterable[Record]) -> frozenset[int]:
    """The accounts among the records' owners that are switched off: others of the company may take over from them."""
    owners = {record.account_id for record in records if record.account_id}
    return frozenset(ServiceAccount.objects.filter(pk__in=owners, is_active=False).values_list("pk", flat=True))


def save_links(company_id: int, changes: Sequence[LinkChange], *, reason: str, forced: bool = False) -> None:
    """Write changed records with one statement, and their old origin IDs to the history with another.

    `forced`: they were taken away without the ERP's word.
    """
    changed = [change for change in changes if change.changed]
    now = timezone.now()
    for change in changed:
        change.record.updated_at = now
        change.record.version += 1
    rows = [
        {
            "id": change.record.pk,
            **{key: getattr(change.record, key) for key in KEYS},
            "account_id": change.record.account_id,
            "updated_at": now,
            "version": change.record.version,
        }
        for change in changed
    ]
    given = {(change.record.item_type, change.record.origin_id) for change in changed}
    moving = [change.record.pk for change in changed if (change.record.item_type, change.freed) in given]
    try:
        with transaction.atomic():
            # Within one statement PostgreSQL compares row by row: what changes hands is let go of first.
            sets.update(Record, [{"id": record_id, "origin_id": None} for record_id in moving])
            sets.update(Record, rows)
    except IntegrityError as exc:  # somebody gave the origin ID away since we looked: look again
        raise Again("An origin ID was taken in the meantime.") from exc
    freed = [(change.record, change.freed) for change in changed if change.freed is not None]
    keep_history(company_id, freed, reason=reason, forced=forced)


def keep_history(company_id: int, freed: Sequence[tuple[Record, str]], *, reason: str, forced: bool = False) -> None:
    """Note which origin IDs left which records, and why, with one statement."""
    now = timezone.now()
    sets.insert(
        OriginIdHistory,
        [
            {
                "company_id": company_id,
                "record_id": record.pk,
                "item_type": record.item_type,
                "origin_id": origin_id,
                "until": now,
                "reason": reason[:40],
                "forced": forced,
            }
            for record, origin_id in freed
        ],
    )


def external_row(record: Record) -> dict[str, Any]:
    """The external-data row of a record, as the wire shows it; it carries the record's id."""
    return {
        "id": record.pk,
        "item_type": wire_item_type(record.item_type),
        "item_id": record.pk,
        **{key: getattr(record, key) for key in KEYS},
    }


def wire_item_type(item_type: str) -> str:
    """The type's name on the wire; types that have none there keep ours."""
    return ENTITIES[item_type].external_item_type or item_type
