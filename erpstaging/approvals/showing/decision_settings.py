"""The settings of decisions: the codes of rejections, and how long the integrator may take, and the approvers."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.utils.translation import gettext as _

from erpstaging.approvals.naming import local
from erpstaging.approvals.presenters import FormField
from erpstaging.catalogue.entity import Entity
from erpstaging.catalogue.registry import ENTITIES
from erpstaging.connections.erp_settings import DECIDE_WITHIN, LONGEST_ANSWER_HOURS, ErpSettings
from erpstaging.erp_requests.services import ANSWER_WITHIN

CODE_LINE = re.compile(r"(\S+?):?\s+(.*)")


@dataclass(frozen=True, slots=True)
class Limits:
    """Hours by type: the name of the setting, how its inputs begin, and what counts where nothing is typed."""

    setting: str
    prefix: str
    usual: timedelta
    stored: Callable[[ErpSettings], Mapping[str, timedelta]]
    types: Callable[[], list[Entity]]


def answered_types() -> list[Entity]:
    """What is sent to the ERP, and so has to be answered."""
    return [entity for entity in ENTITIES.values() if entity.events.export]


def decided_types() -> list[Entity]:
    """What stands in the queue by itself: lines are decided on with what they stand under."""
    return [entity for entity in ENTITIES.values() if entity.metadata_name and (entity.events.export or entity.staged)]


ANSWERS = Limits("answer_within_hours", "hours-", ANSWER_WITHIN, lambda erp: erp.answer_limits, answered_types)
DECISIONS = Limits("decide_within_hours", "decide-", DECIDE_WITHIN, lambda erp: erp.decision_limits, decided_types)
SHOWN_WITH_FIELDS = ("reject_codes", "runbooks", *(f"{limits.setting}." for limits in (ANSWERS, DECISIONS)))


def codes_field(erp: ErpSettings, typed: Mapping[str, str] | None, errors: Sequence[str]) -> FormField:
    stored = "\n".join(f"{code}: {label}" for code, label in erp.reject_codes.items())
    return FormField(
        name="reject_codes",
        label=_("Codes of rejections"),
        kind="long_text",
        value=stored if typed is None else typed.get("reject_codes", ""),
        hint=_("One a line: the code, a colon, what it means. With codes here, every rejection has to pick one."),
        errors=[one for one in errors if "reject_codes" in one],
        full_width=True,
    )


def limit_fields(
    erp: ErpSettings, limits: Limits, typed: Mapping[str, str] | None, errors: Sequence[str]
) -> list[FormField]:
    wrong = _("Type whole hours, from 1 to %(most)d.") % {"most": LONGEST_ANSWER_HOURS}
    fields, set_limits = [], limits.stored(erp)
    for entity in limits.types():
        limit, name = set_limits.get(entity.item_type), f"{limits.prefix}{entity.item_type}"
        stored = "" if limit is None else str(_hours(limit))
        is_wrong = any(f"{limits.setting}.{entity.item_type}" in one for one in errors)
        fields.append(
            FormField(
                name=name,
                label=local(entity.listed_as),
                kind="number",
                value=stored if typed is None else typed.get(name, ""),
                placeholder=str(_hours(limits.usual)),
                errors=[wrong] if is_wrong else [],
            )
        )
    return fields


def _hours(limit: timedelta) -> int:
    return int(limit.total_seconds() // 3600)


def runbooks_field(erp: ErpSettings, typed: Mapping[str, str] | None, errors: Sequence[str]) -> FormField:
    stored = "\n".join(f"{code}: {url}" for code, url in erp.runbooks.items())
    return FormField(
        name="runbooks",
        label=_("Runbooks"),
        kind="long_text",
        value=stored if typed is None else typed.get("runbooks", ""),
        hint=_("One a line: the code of a failure, a colon, an address. The code * stands for every other."),
        errors=[one for one in errors if "runbooks" in one],
        full_width=True,
    )


def read_runbooks(text: str) -> dict[str, str]:
    """A line that is no pair is left as it is, for the settings to refuse it."""
    found = {}
    for line in filter(None, (one.strip() for one in text.splitlines())):
        parts = CODE_LINE.fullmatch(line)
        code, url = (parts[1], parts[2].strip()) if parts else (line[:80], "")
        found[code] = url
    return found


def read_codes(text: str) -> list[dict[str, str]]:
    """What stands in the field, as the settings hold it; a line without a meaning means itself."""
    found = []
    for line in filter(None, (one.strip() for one in text.splitlines())):
        parts = CODE_LINE.fullmatch(line)
        code, label = (parts[1], parts[2]) if parts else (line.rstrip(":"), line.rstrip(":"))
        found.append({"code": code, "label": label.strip() or code})
    return found


def read_limits(post: Mapping[str, str], limits: Limits) -> dict[str, Any]:
    """The hours of each type that has some; what is no number stays as it is, for the settings to refuse it."""
    hours: dict[str, Any] = {}
    for entity in limits.types():
        text = post.get(f"{limits.prefix}{entity.item_type}", "").strip()
        if text:
            is_number = text.isascii() and text.isdigit() and len(text) < 9
            hours[entity.item_type] = int(text) if is_number else text[:40]
    return hours
