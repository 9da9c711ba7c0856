"""Sending something back, as pages show it: the form with code and pins, and what its sender reads on top."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from erpstaging.approvals.formats import moment_text
from erpstaging.approvals.naming import local, within
from erpstaging.approvals.presenters import Banner, Choice, FormField
from erpstaging.catalogue.entity import Entity
from erpstaging.catalogue.fields import Field
from erpstaging.catalogue.registry import ENTITIES
from erpstaging.connections.metadata import Metadata
from erpstaging.records.snapshots import Node
from erpstaging.staging.models import StagedExport
from erpstaging.staging.rejections import MAX_NOTE

PIN_PLACES = range(3)  # what the form offers; the API takes more
MAX_LINES = 100
Errors = Mapping[str, Sequence[str]]


def reason_fields(metadata: Metadata, typed: Mapping[str, str], errors: Errors) -> list[FormField]:
    """The reason, and one of the company's codes where it has some."""
    codes = metadata.erp.reject_codes
    fields = [
        FormField(
            name="reason",
            label=_("Reason"),
            kind="long_text",
            value=typed.get("reason", ""),
            required=True,
            hint=_("At least three characters. It is shown to whom it concerns, as you write it."),
            errors=list(errors.get("reason", ())),
            max_length=4000,
            full_width=True,
        )
    ]
    if codes:
        fields.append(
            FormField(
                name="code",
                label=_("Code"),
                kind="choice",
                value=typed.get("code", ""),
                choices=[Choice("", ""), *(Choice(code, f"{code}: {label}") for code, label in codes.items())],
                required=True,
                errors=list(errors.get("code", ())),
                full_width=True,
            )
        )
    return fields


def pin_fields(metadata: Metadata, node: Node, typed: Mapping[str, str], errors: Errors) -> list[FormField]:
    """Pairs of a field and a note to it."""
    choices = [Choice("", ""), *_choices(metadata, node)]
    used = {place: number for number, place in enumerate(_used(typed))}
    return [field for place in PIN_PLACES for field in _pin(place, used.get(place), choices, typed, errors)]


def _pin(
    place: int, number: int | None, choices: Sequence[Choice], typed: Mapping[str, str], errors: Errors
) -> Iterator[FormField]:
    """`number` is the place of this pin among those that were typed, which is what errors name."""
    wrong = {} if number is None else {name: errors.get(f"pins.{number}.{name}", ()) for name in ("field", "note")}
    for name, label in (("field", _("Field")), ("note", _("Note"))):
        yield FormField(
            name=f"pin-{place}-{name}",
            label=_("%(label)s %(number)d") % {"label": label, "number": place + 1},
            kind="choice" if name == "field" else "text",
            choices=choices if name == "field" else (),
            value=typed.get(f"pin-{place}-{name}", ""),
            errors=list(wrong.get(name, ())),
            max_length=None if name == "field" else MAX_NOTE,
        )


def typed_pins(typed: Mapping[str, str]) -> list[dict[str, str]]:
    """What the form says, as rejections.clean_pins takes it."""
    return [
        {"field": typed.get(f"pin-{place}-field", ""), "note": typed.get(f"pin-{place}-note", "")}
        for place in _used(typed)
    ]


def _used(typed: Mapping[str, str]) -> list[int]:
    return [place for place in PIN_PLACES if any(typed.get(f"pin-{place}-{name}", "") for name in ("field", "note"))]


def _choices(metadata: Metadata, node: Node) -> Iterator[Choice]:
    """The fields of an object that its sender can change, and those of its lines."""
    entity = metadata.entity(ENTITIES[node["item_type"]])
    for field in entity.edited_fields():
        yield Choice(field.name, local(field.label))
    if entity.line_type is None:
        return
    line_entity = metadata.entity(ENTITIES[entity.line_type].under(entity.item_type))
    for place, line in enumerate(node.get("lines", ())[:MAX_LINES]):
        yield from _of_line(line_entity, place, line.get("position") or place + 1)


def _of_line(entity: Entity, place: int, position: int) -> Iterator[Choice]:
    fields: Iterable[Field] = entity.edited_fields()
    for field in fields:
        label = _("Line %(number)s, %(label)s") % {"number": position, "label": within(field.label)}
        yield Choice(f"line_items.{place}.{field.name}", label)


# What the sender reads


def rejection_banner(export: StagedExport) -> Banner:
    """Who sent it back and when, why, and what is wrong with which field."""
    at = moment_text(export.decided_at or export.changed_at, timezone.now())
    title = _("%(name)s rejected it %(at)s.") % {"name": export.decided_by_name, "at": at}
    text = f"{export.reason} ({export.reason_code})" if export.reason_code else export.reason
    return Banner(
        tone="yellow",
        icon="return",
        title=title,
        text=text,
        items=[f"{name}: {note}" for name, note in pins_of(export)],
    )


def pins_of(export: StagedExport) -> list[tuple[str, str]]:
    return [(pin["label"], pin["note"]) for pin in export.pins]


def notes_of(export: StagedExport | None) -> dict[tuple[int | None, str], str]:
    """What is pinned where on the form: by the line's id, None for the object itself, and the field's name."""
    notes: dict[tuple[int | None, str], str] = {}
    pins: Sequence[Mapping[str, Any]] = export.pins if export is not None else ()
    for pin in pins:
        place = (pin["line_id"], pin["field"].rpartition(".")[2])
        notes[place] = f"{notes[place]} {pin['note']}" if place in notes else pin["note"]
    return notes
