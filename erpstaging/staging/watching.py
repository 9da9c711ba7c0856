"""What happened to the rows of a list since somebody looked at it."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from erpstaging.audit import log as audit
from erpstaging.audit.models import Entry
from erpstaging.companies.models import Company
from erpstaging.staging.happened import BESIDE
from erpstaging.staging.models import StagedExport, StagedRecord
from erpstaging.staging.queue import Asked, Row, named_rows, rows_asked
from erpstaging.staging.queue_filters import SINCE

# Someone who has that many new rows reloads.
ARRIVED_TO = 100
# Entries looked at for who moved the rows; what a busy day wrote beyond them is told without a name.
MOST_ENTRIES = 1_000
MODELS: Mapping[str, type[StagedRecord] | type[StagedExport]] = {"staged": StagedRecord, "export": StagedExport}
AUDITED = {"staged": "staged_record", "export": "export"}


@dataclass(frozen=True, slots=True)
class Seen:
    """A row as it stands on somebody's screen: its kind ("staged", "export"), id and version."""

    kind: str
    id: int
    version: int


@dataclass(frozen=True, slots=True)
class Moved:
    """A row that is another one now, and what was done to it, newest first. It `left` the part that is looked at, or
    still stands there.
    """

    kind: str
    row: Row
    left: bool
    entries: Sequence[Entry]


def moved_rows(company: Company, asked: Asked, seen: Sequence[Seen]) -> list[Moved]:
    """Those of the rows whose version is another one, with a handful of queries for all of them."""
    found: list[Moved] = []
    for kind, model in MODELS.items():
        versions = {one.id: one.version for one in seen if one.kind == kind}
        rows = model.objects.of(company).filter(pk__in=versions)
        changed = [pk for pk, version in rows.values_list("pk", "version") if version != versions[pk]]
        if changed:
            found += _moved(company, asked, kind, changed, versions)
    return found


def arrived_since(company: Company, asked: Asked, moment: dt.datetime) -> int:
    """How many rows came into this part of the queue after a moment, counted to 100."""
    rows = rows_asked(company, replace(asked, cursor=""))
    return int(rows.filter(**{f"{SINCE[rows.model]}__gt": moment}).order_by()[:ARRIVED_TO].count())


def _moved(
    company: Company, asked: Asked, kind: str, changed: Sequence[int], versions: Mapping[int, int]
) -> list[Moved]:
    model = MODELS[kind]
    there = rows_asked(company, asked)
    still = set(there.filter(pk__in=changed).values_list("pk", flat=True)) if there.model is model else set()
    entries = _what_happened(company, AUDITED[kind], changed, versions)
    rows = named_rows(company, list(model.objects.of(company).filter(pk__in=changed)), SINCE[model])
    return [Moved(kind, row, row.object.pk not in still, entries.get(row.object.pk, [])) for row in rows]


def _what_happened(
    company: Company, object_type: str, ids: Sequence[int], versions: Mapping[int, int]
) -> dict[int, list[Entry]]:
    found: dict[int, list[Entry]] = {}
    for entry in audit.timeline(company.pk, objects=[(object_type, pk) for pk in ids], limit=MOST_ENTRIES):
        made = (entry.after or {}).get("version")
        known = isinstance(made, int) and made <= versions[entry.object_id or 0]
        if entry.action not in BESIDE and not known:
            found.setdefault(entry.object_id or 0, []).append(entry)
    return found
