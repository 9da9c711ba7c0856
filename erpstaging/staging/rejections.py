"""Why something is sent back: codes that a company configures, notes pinned to fields, and how often each is used."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Max, Q
from django.utils import timezone

from erpstaging.catalogue.entity import CUSTOM, Entity
from erpstaging.catalogue.fields import Field
from erpstaging.catalogue.registry import ENTITIES
from erpstaging.companies.models import Company
from erpstaging.connections.metadata import Metadata
from erpstaging.core.errors import BadRequest, Invalid
from erpstaging.records.snapshots import Node
from erpstaging.staging.models import Decision

MAX_CODE, MAX_PINS, MAX_NOTE = 60, 50, 500
LINES = ("line_items", "lines")
USUAL_PERIOD = dt.timedelta(days=29)


def clean_code(metadata: Metadata, code: Any) -> str:
    """The code of a rejection, one of those that the company's administrators configured.

    Where they configured none, any text will do, and none. Raises Invalid by field `code`; code `reason_required`
    where one has to be picked.
    """
    given = "" if code is None else code
    if not isinstance(given, str) or len(given) > MAX_CODE:
        raise Invalid.field("code", f"must be text of at most {MAX_CODE} characters")
    known = metadata.erp.reject_codes
    if not known or given in known:
        return given
    if not given:
        raise Invalid.field("code", "can't be blank", code="reason_required", codes=list(known))
    raise Invalid.field("code", f"must be one of {', '.join(known)}", codes=list(known))


def clean_pins(metadata: Metadata, node: Node, pins: Any) -> list[dict[str, Any]]:
    """Notes to fields of a frozen object, as they are kept: {"pointer", "field", "label", "line_id", "note"}.

    Each names its field as `field` ("name", "vendor.name", "line_items.0.quantity") or by JSON pointer
    (`/line_items/0/quantity`), and says something in `note`. Raises Invalid by field `pins`.
    """
    if pins is None:
        return []
    if not isinstance(pins, Sequence) or isinstance(pins, str) or len(pins) > MAX_PINS:
        raise Invalid.field("pins", f"must be a list of at most {MAX_PINS} pins")
    entity = metadata.entity(ENTITIES[node["item_type"]])
    return [_pin(metadata, entity, node, pin, place) for place, pin in enumerate(pins)]


def _pin(metadata: Metadata, entity: Entity, node: Node, pin: Any, place: int) -> dict[str, Any]:
    name = f"pins.{place}"
    if not isinstance(pin, Mapping):
        raise Invalid.field(name, "must be an object with field and note")
    note = pin.get("note")
    if not isinstance(note, str) or not note.strip() or len(note) > MAX_NOTE:
        raise Invalid.field(f"{name}.note", f"must be text of at most {MAX_NOTE} characters, and can't be blank")
    key = "pointer" if "pointer" in pin else "field"
    parts = _parts(pin.get(key), entity)
    if parts is None:
        raise Invalid.field(f"{name}.{key}", "must name a field")
    line, line_entity = None, None
    if parts[0] in LINES:
        line, parts = _line(node, parts), parts[2:]
        line_type = entity.line_type
        line_entity = metadata.entity(ENTITIES[line_type].under(entity.item_type)) if line and line_type else None
        if line_entity is None:
            raise Invalid.field(f"{name}.{key}", "names no line of this object")
    field = _field(line_entity or entity, parts)
    if field is None:
        raise Invalid.field(f"{name}.{key}", f"is no field of {entity.label.lower()}")
    return _kept(field, note.strip(), line)


def _parts(path: Any, entity: Entity) -> list[str] | None:
    """The steps of a path below the object, in whichever way it was written."""
    if not isinstance(path, str) or not path.strip("/.") or len(path) > 300:
        return None
    steps = path.removeprefix("/").split("/") if path.startswith("/") else path.split(".")
    if len(steps) > 1 and steps[0] in {entity.item_type, entity.external_item_type}:
        steps = steps[1:]
    return [one for one in steps if one not in {"data", CUSTOM}] or None


def _line(node: Node, parts: Sequence[str]) -> tuple[int, Node] | None:
    """A line by its place, counted from 0 as the errors of the API do."""
    lines = node.get("lines", ())
    place = parts[1] if len(parts) > 1 else ""
    if not (place.isascii() and place.isdigit() and len(place) < 6 and int(place) < len(lines)):
        return None
    return int(place), lines[int(place)]


def _field(entity: Entity, parts: Sequence[str]) -> Field | None:
    if len(parts) != 1:
        return None
    return next((one for one in (*entity.fields, *entity.custom) if one.name == parts[0]), None)


def _kept(field: Field, note: str, line: tuple[int, Node] | None) -> dict[str, Any]:
    if line is None:
        path, label, line_id = field.name, str(field.label), None
    else:
        place, node = line
        path, line_id = f"line_items.{place}.{field.name}", node["id"]
        label = f"Line {node.get('position') or place + 1}, {str(field.label).lower()}"
    pointer = "/" + path.replace(".", "/")
    return {"pointer": pointer, "field": path, "label": label, "line_id": line_id, "note": note}


@dataclass(frozen=True, slots=True)
class Period:
    """Days of a company, the first and the last included."""

    first: dt.date
    last: dt.date

    @classmethod
    def of(cls, company: Company, first: dt.date | None, last: dt.date | None) -> "Period":
        """What was asked for; without a word the last 30 days. Raises BadRequest for days the wrong way round."""
        last = last or timezone.localdate(timezone=company.zone)
        first = first or last - min(USUAL_PERIOD, last - dt.date.min)
        if first > last:
            raise BadRequest("The first day comes after the last.", code="bad_query", errors={"from": ["is too late"]})
        return cls(first, last)

    def moments(self, company: Company) -> tuple[datetime, datetime]:
        """From the first moment to the one after the last: a day may be 23 or 25 hours long."""
        after = self.last if self.last == dt.date.max else self.last + dt.timedelta(days=1)
        return _midnight(company, self.first), _midnight(company, after)


def _midnight(company: Company, day: dt.date) -> datetime:
    """The year is cut to what a moment can be in any zone."""
    day = min(max(day, dt.date(2, 1, 1)), dt.date(9998, 12, 31))
    return datetime.combine(day, dt.time.min, company.zone)


@dataclass(frozen=True, slots=True)
class CodeCount:
    """How often a code was used; `code` is empty for rejections without one, `label` for a code that is gone."""

    code: str
    label: str
    exports: int
    imports: int
    latest: datetime | None

    @property
    def total(self) -> int:
        return self.exports + self.imports


def rejections_by_code(company: Company, metadata: Metadata, *, since: datetime, until: datetime) -> list[CodeCount]:
    """People's rejections between two moments by their code, the most used first; configured ones without any too."""
    rows = (
        Decision.objects.of(company)
        .filter(verdict="reject", decided_at__gte=since, decided_at__lt=until)
        .order_by()
        .values("reason_code")
        .annotate(
            exports=Count("pk", filter=Q(object_type="export")),
            imports=Count("pk", filter=Q(object_type="staged_record")),
            latest=Max("decided_at"),
        )
    )
    labels = metadata.erp.reject_codes
    found = {row["reason_code"]: row for row in rows}
    return sorted(_counts(found, labels), key=lambda one: (-one.total, one.code))


def _counts(found: Mapping[str, Mapping[str, Any]], labels: Mapping[str, str]) -> Iterable[CodeCount]:
    for code in {**found, **dict.fromkeys(labels)}:
        row = found.get(code, {"exports": 0, "imports": 0, "latest": None})
        yield CodeCount(code, labels.get(code, ""), row["exports"], row["imports"], row["latest"])
