"""The settings of decisions: the codes of rejections, and how long the integrator may take to answer."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from erpstaging.approvals.presenters import FormField
from erpstaging.catalogue.entity import Entity
from erpstaging.catalogue.registry import ENTITIES
from erpstaging.connections.erp_settings import LONGEST_ANSWER_HOURS, USUAL_HOURS_TO_DECIDE, ErpSettings
from erpstaging.erp_requests.services import ANSWER_WITHIN

HOURS = "hours-"
CODE_LINE = re.compile(r"(\S+?):?\s+(.*)")


def limited_types() -> list[Entity]:
    """What is sent to the ERP, and so has to be answered."""
    return [entity for entity in ENTITIES.values() if entity.events.export]


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


def limit_fields(erp: ErpSettings, typed: Mapping[str, str] | None, errors: Sequence[str]) -> list[FormField]:
    usual = int(ANSWER_WITHIN.total_seconds() // 3600)
    wrong = _("Type whole hours, from 1 to %(most)d.") % {"most": LONGEST_ANSWER_HOURS}
    fields = []
    for entity in limited_types():
        limit = erp.answer_limits.get(entity.item_type)
        stored = "" if limit is None else str(int(limit.total_seconds() // 3600))
        fields.append(
            FormField(
                name=f"{HOURS}{entity.item_type}",
                label=entity.listed_as,
                kind="number",
                value=stored if typed is None else typed.get(f"{HOURS}{entity.item_type}", ""),
                placeholder=str(usual),
                errors=[wrong] if any(f"answer_within_hours.{entity.item_type}" in one for one in errors) else [],
            )
        )
    return fields


def waiting_field(erp: ErpSettings, typed: Mapping[str, str] | None, errors: Sequence[str]) -> FormField:
    stored = erp.document.get("decide_within_hours")
    wrong = _("Type whole hours, from 1 to %(most)d.") % {"most": LONGEST_ANSWER_HOURS}
    return FormField(
        name="decide_within_hours",
        label=_("Hours to decide"),
        kind="number",
        value=str(stored or "") if typed is None else typed.get("decide_within_hours", ""),
        placeholder=str(USUAL_HOURS_TO_DECIDE),
        hint=_("What waits longer for a decision is shown as past the limit."),
        errors=[wrong] if any("decide_within_hours" in one for one in errors) else [],
    )


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


def read_waiting(text: str) -> Any:
    """Hours, or what is no number as it is; None for nothing."""
    text = text.strip()
    if not text:
        return None
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else text[:40]


def read_codes(text: str) -> list[dict[str, str]]:
    """What stands in the field, as the settings hold it; a line without a meaning means itself."""
    found = []
    for line in filter(None, (one.strip() for one in text.splitlines())):
        parts = CODE_LINE.fullmatch(line)
        code, label = (parts[1], parts[2]) if parts else (line.rstrip(":"), line.rstrip(":"))
        found.append({"code": code, "label": label.strip() or code})
    return found


def read_limits(post: Mapping[str, str]) -> dict[str, Any]:
    """The hours of each type that has some; what is no number stays as it is, for the settings to refuse it."""
    limits: dict[str, Any] = {}
    for entity in limited_types():
        text = post.get(f"{HOURS}{entity.item_type}", "").strip()
        if text:
            is_number = text.isascii() and text.isdigit() and len(text) < 9
            limits[entity.item_type] = int(text) if is_number else text[:40]
    return limits
