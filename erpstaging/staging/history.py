"""What became of a staged record from call to call: what changed since somebody decided, and the bodies as received."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from django.conf import settings

from erpstaging.catalogue.entity import Entity
from erpstaging.catalogue.registry import STAGED
from erpstaging.companies.actors import Actor
from erpstaging.companies.models import Company
from erpstaging.core.errors import NotFound
from erpstaging.staging.call import facts
from erpstaging.staging.comparing import FieldChange
from erpstaging.staging.models import Decision, Intake, StagedChange, StagedRecord

MAX_CHANGES = 500
MASK = "•••"
CODES = ("origin_code", "origin_data")


# What changed


@dataclass(frozen=True, slots=True)
class LineChange:
    """One line that changed; `before` is None for an added one, `after` for one that is gone. Both are its data."""

    origin_id: str
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class Older:
    """Data that came too late and changed nothing: its version, and how it differs from what stands there."""

    at: datetime
    by: str
    origin_version: int | None
    fields: list[FieldChange]


@dataclass(frozen=True, slots=True)
class Moment:
    """A call that changed the row or its lines; `change_id` names it in addresses."""

    change_id: int
    at: datetime
    by: str
    version: int | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """The row before `since` beside the row as it stands; `equal` and `equal_lines` name what is the same."""

    since: Moment
    fields: list[FieldChange]
    equal: list[str]
    lines: list[LineChange]
    equal_lines: list[str]


@dataclass(frozen=True, slots=True)
class History:
    """`moments` are oldest first; `comparison` is None while the row is as it first came."""

    entity: Entity
    moments: list[Moment]
    comparison: Comparison | None
    older: list[Older] = field(default_factory=list)

    @property
    def is_worth_showing(self) -> bool:
        return self.comparison is not None or bool(self.older)


def history_of(company: Company, row: StagedRecord, *, since: int | None = None) -> History:
    """What changed since the last decision on the row, else with the last call, else since the change `since`."""
    lines = list(StagedRecord.objects.of(company).filter(parent=row).order_by("pk"))
    changes = _changes(company, [row.pk, *(line.pk for line in lines)])
    standing = [change for change in changes if not change.superseded]
    moments = _moments(row, standing)
    start = _start(company, row, moments, since)
    comparison = None if start is None else _compare(row, lines, standing, start)
    older = [
        Older(change.changed_at, _sender(change), change.origin_version, _differences(row.data, change.sent or {}))
        for change in changes
        if change.superseded and change.staged_record_id == row.pk
    ]
    return History(STAGED[row.item_type], moments, comparison, older[::-1])


def _changes(company: Company, ids: Sequence[int]) -> list[StagedChange]:
    """The newest changes of these rows, oldest first; who sent them comes along, the bodies do not."""
    rows = StagedChange.objects.of(company).filter(staged_record_id__in=ids)
    rows = rows.select_related("intake__account").defer("intake__body")
    return list(rows.order_by("-pk")[:MAX_CHANGES])[::-1]


def _sender(change: StagedChange) -> str:
    account = change.intake.account if change.intake is not None else None
    return account.name if account is not None else ""


def _moments(row: StagedRecord, changes: Iterable[StagedChange]) -> list[Moment]:
    """One for each call: all its changes carry the same time."""
    found: dict[datetime, Moment] = {}
    for change in changes:
        own = change.version if change.staged_record_id == row.pk else None
        known = found.get(change.changed_at)
        if known is None:
            found[change.changed_at] = Moment(change.pk, change.changed_at, _sender(change), own)
        elif known.version is None and own is not None:
            found[change.changed_at] = Moment(known.change_id, known.at, known.by, own)
    return list(found.values())


def _start(company: Company, row: StagedRecord, moments: Sequence[Moment], since: int | None) -> Moment | None:
    later = moments[1:]  # before the first there was nothing to compare with
    if not later:
        return None
    if since is not None:
        chosen = next((moment for moment in later if moment.change_id == since), None)
        if chosen is None:
            raise NotFound()
        return chosen
    decided = (
        Decision.objects.of(company)
        .filter(object_type="staged_record", object_id=row.pk)
        .order_by("-decided_at")
        .values_list("decided_at", flat=True)
        .first()
    )
    after = [moment for moment in later if decided is not None and moment.at > decided]
    return after[0] if after else later[-1]


def _compare(
    row: StagedRecord, lines: Sequence[StagedRecord], changes: Sequence[StagedChange], start: Moment
) -> Comparison:
    before, after = _state(row, changes, start.at) or {}, facts(row)
    fields, equal = _split(STAGED[row.item_type], _values(before), _values(after))
    changed: list[LineChange] = []
    equal_lines: list[str] = []
    for line in lines:
        was, now = _state(line, changes, start.at), None if line.deleted_at is not None else facts(line)
        if line.deleted_at is not None and line.deleted_at < start.at:
            continue
        if was is not None and now is not None and _values(was) == _values(now):
            equal_lines.append(line.origin_id)
        elif was is not None or now is not None:
            changed.append(LineChange(line.origin_id, was and was["data"], now and now["data"]))
    return Comparison(start, fields, equal, changed, equal_lines)


def _state(row: StagedRecord, changes: Iterable[StagedChange], at: datetime) -> dict[str, Any] | None:
    """What a row was before a moment; None when it was not there."""
    for change in changes:
        if change.staged_record_id == row.pk and change.changed_at >= at:
            return change.before
    return facts(row)


def _values(state: Mapping[str, Any]) -> dict[str, Any]:
    return {**{name: state.get(name) for name in CODES}, **state.get("data", {})}


def _split(entity: Entity, before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[list[FieldChange], list[str]]:
    """What changed and what did not, in the order in which the entity declares its fields."""
    declared = [*CODES, *(one.name for one in entity.fields), *entity.origin_fields]
    names = sorted({*before, *after}, key=lambda name: (name not in declared, _place_in(declared, name), name))
    changed = [
        FieldChange(name, before.get(name), after.get(name)) for name in names if before.get(name) != after.get(name)
    ]
    different = {one.name for one in changed}
    return changed, [name for name in names if name not in different and after.get(name) is not None]


def _place_in(declared: Sequence[str], name: str) -> int:
    return declared.index(name) if name in declared else 0


def _differences(current: Mapping[str, Any], sent: Mapping[str, Any]) -> list[FieldChange]:
    data = sent.get("data") if isinstance(sent.get("data"), Mapping) else {}
    return [
        FieldChange(name, value, current.get(name))
        for name, value in (data or {}).items()
        if value != current.get(name)
    ]


# What was received


@dataclass(frozen=True)
class Received:
    """One body as it came in, and where in it this row's element stands. `place` is a JSON pointer, "" for the whole.

    `seen` is the text as the caller may see it: values of sensitive names are masked to all but ERP administrators.
    """

    change: StagedChange
    intake: Intake
    may_unmask: bool
    others: list[StagedChange]

    @cached_property
    def body(self) -> bytes:
        return bytes(self.intake.body)

    @cached_property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")

    @cached_property
    def masked_text(self) -> str:
        return masked(self.text)

    @property
    def has_sensitive(self) -> bool:
        return self.masked_text != self.text

    @property
    def seen(self) -> str:
        return self.text if self.may_unmask else self.masked_text

    @property
    def fetched(self) -> bytes:
        """What the caller may download: the received bytes as they were, unless something in them is masked."""
        return self.body if self.may_unmask or not self.has_sensitive else self.masked_text.encode()

    @cached_property
    def place(self) -> str | None:
        """None where the body does not tell, such as one that is no JSON."""
        try:
            whole = json.loads(self.text)
        except ValueError:
            return None
        wrapped = isinstance(whole, Mapping) and "staged_record" in whole
        place = f"/staged_record{self.change.place}" if wrapped else self.change.place
        spellings = (place, place.replace("/children/", "/line_items/"))  # the older routes call them so
        return next((one for one in spellings if _stands_in(whole, one)), None)

    @property
    def sha256(self) -> str:
        return bytes(self.intake.sha256).hex()


def received_of(company: Company, row: StagedRecord, *, actor: Actor, change_id: int | None = None) -> Received:
    """The newest body that spoke of the row, or that of one change. Raises NotFound."""
    rows = StagedChange.objects.of(company).filter(staged_record=row, intake__isnull=False)
    others = list(rows.defer("before", "sent").order_by("-pk")[:50])
    wanted = change_id if change_id is not None else (others[0].pk if others else 0)
    change = rows.filter(pk=wanted).select_related("intake__account").first()
    if change is None:
        raise NotFound()
    return Received(change, change.intake, actor.may("erp_admin"), others)


def has_source(company: Company, row: StagedRecord) -> bool:
    return bool(StagedChange.objects.of(company).filter(staged_record=row, intake__isnull=False).exists())


def _stands_in(whole: Any, place: str) -> bool:
    """Whether a document has something at this JSON pointer."""
    value = whole
    for name in place.split("/")[1:]:
        if isinstance(value, list) and name.isdigit() and int(name) < len(value):
            value = value[int(name)]
        elif isinstance(value, Mapping) and name in value:
            value = value[name]
        else:
            return False
    return True


_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
_VALUE = re.compile(r"\s*:\s*")
_decoder = json.JSONDecoder()


def masked(text: str) -> str:
    """The JSON text with the values of sensitive names covered; everything else stays letter by letter."""
    sensitive = {name.lower() for name in settings.MASKED_FIELDS}
    parts: list[str] = []
    done = 0
    for found in _STRING.finditer(text):
        colon = _VALUE.match(text, found.end())
        if found.start() < done or colon is None or _name(found.group()) not in sensitive:
            continue
        try:
            _, end = _decoder.raw_decode(text, colon.end())
        except ValueError:
            continue
        parts += [text[done : colon.end()], f'"{MASK}"']
        done = end
    return "".join([*parts, text[done:]])


def _name(quoted: str) -> str:
    try:
        return str(json.loads(quoted)).lower()
    except ValueError:
        return ""
