"""The acts that can be done to many rows at once, each by the service that does it to one."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import transaction

from erpstaging.companies.actors import Actor
from erpstaging.companies.models import Company
from erpstaging.core.errors import Invalid, Refused
from erpstaging.staging.decisions import clean_reason
from erpstaging.staging.export_chunks import MAY_NOT_PUSH, Outcome, Wanted
from erpstaging.staging.exports import MAX_UNDO, accept_exports, reject_exports, retry_exports, would_accept
from erpstaging.staging.imports import accept_import, refuse_importer, reject_import
from erpstaging.staging.models import StagedRecord, StagedStatus
from erpstaging.staging.queue import View

Pairs = Sequence[tuple[int, int]]
Given = Mapping[str, Any]
Refusals = list[Refused | None]
# An import is a command of some twenty statements, where exports share theirs.
EXPORTS_AT_ONCE, IMPORTS_AT_ONCE = 500, 50
MAX_CODE, MAX_PINS = 60, 50


@dataclass(frozen=True, slots=True)
class BulkAct:
    """`run` answers each row's refusal, None for done; `views` are the parts of the queue it may be asked for.

    `tried` answers the same without doing it, for acts whose rules can be asked for many rows at once.
    """

    kind: str  # export or staged_record
    views: tuple[View, ...]
    chunk: int
    refuse: Callable[[Actor], None]
    checked: Callable[[Given], dict[str, Any]]
    run: Callable[[Company, Pairs, Actor, Given], Refusals]
    needs_metadata: bool = False
    tried: Callable[[Company, Pairs, Actor, Given], Refusals] | None = None


def _refuse_pusher(actor: Actor) -> None:
    actor.require("push", MAY_NOT_PUSH)


def _nothing(given: Given) -> dict[str, Any]:
    return {}


def checked_undo(value: Any) -> timedelta:
    """0 to 60 seconds; without a word 0. Raises Invalid."""
    seconds = 0 if value is None else value
    if isinstance(seconds, bool) or not isinstance(seconds, int) or not 0 <= seconds <= MAX_UNDO.seconds:
        raise Invalid.field("undo_seconds", f"must be a whole number from 0 to {MAX_UNDO.seconds}")
    return timedelta(seconds=seconds)


def checked_rejection(given: Given) -> dict[str, Any]:
    """{"reason", "code", "pins"} of a rejection. Raises Invalid."""
    code, pins = given.get("code") or "", given.get("pins") or []
    if not isinstance(code, str) or len(code) > MAX_CODE:
        raise Invalid.field("code", f"must be text of at most {MAX_CODE} characters")
    if not isinstance(pins, list) or len(pins) > MAX_PINS:
        raise Invalid.field("pins", f"must be a list of at most {MAX_PINS} pins")
    return {"reason": clean_reason(given.get("reason")), "code": code, "pins": pins}


def _checked_accept(given: Given) -> dict[str, Any]:
    """What is typed once for all rows; what a row's rules say of it stands in its outcome."""
    if not isinstance(given.get("code") or "", str):
        raise Invalid.field("code", "must be text")
    if not isinstance(given.get("custom_fields") or {}, Mapping):
        raise Invalid.field("custom_fields", "must be an object")
    inputs = {name: given.get(name) for name in ("code", "custom_fields", "confirm")}
    return {"inputs": inputs, "undo_seconds": checked_undo(given.get("undo_seconds")).seconds}


def _checked_reason(given: Given) -> dict[str, Any]:
    """Reason and code alone: a staged row has no form to pin notes to."""
    return {name: value for name, value in checked_rejection(given).items() if name != "pins"}


def _refusals(outcomes: Sequence[Outcome]) -> Refusals:
    return [outcome.refusal for outcome in outcomes]


def _accept(company: Company, pairs: Pairs, actor: Actor, given: Given) -> Refusals:
    wanted = [Wanted(export_id, version, given["inputs"]) for export_id, version in pairs]
    return _refusals(accept_exports(company, wanted, actor=actor, undo=timedelta(seconds=given["undo_seconds"])))


def _would_accept(company: Company, pairs: Pairs, actor: Actor, given: Given) -> Refusals:
    wanted = [Wanted(export_id, version, given["inputs"]) for export_id, version in pairs]
    return _refusals(would_accept(company, wanted, actor=actor))


def _reject(company: Company, pairs: Pairs, actor: Actor, given: Given) -> Refusals:
    return _refusals(reject_exports(company, [Wanted(*pair) for pair in pairs], actor=actor, **given))


def _retry(company: Company, pairs: Pairs, actor: Actor, given: Given) -> Refusals:
    return _refusals(retry_exports(company, [Wanted(*pair) for pair in pairs], actor=actor))


def _import(company: Company, pairs: Pairs, actor: Actor, given: Given) -> Refusals:
    def bring_in(staged_id: int, version: int) -> StagedRecord:
        return accept_import(company, staged_id, actor=actor, version=version)

    return _one_by_one(pairs, bring_in)


def _reject_import(company: Company, pairs: Pairs, actor: Actor, given: Given) -> Refusals:
    def send_back(staged_id: int, version: int) -> None:
        reject_import(company, staged_id, actor=actor, version=version, **given)

    return _one_by_one(pairs, send_back)


def _one_by_one(pairs: Pairs, decide: Callable[[int, int], StagedRecord | None]) -> Refusals:
    """Each in a savepoint: what one of them had written before it was refused does not stay."""
    refusals: Refusals = []
    for staged_id, version in pairs:
        try:
            with transaction.atomic():
                row = decide(staged_id, version)
            refusals.append(_rule_failed(row))
        except Refused as refusal:
            if refusal.follow_up is not None:
                refusal.follow_up()
            refusals.append(refusal)
    return refusals


def _rule_failed(row: StagedRecord | None) -> Refused | None:
    if row is None or row.status != StagedStatus.INVALID:
        return None
    return Invalid(row.messages[0], code="rule_failed", errors={"base": row.messages})


OF_EXPORTS = (View.READY_TO_EXPORT, View.READY_TO_UPDATE, View.ON_HOLD)
ACTS: Mapping[str, BulkAct] = {
    "accept": BulkAct(
        "export", OF_EXPORTS, EXPORTS_AT_ONCE, _refuse_pusher, _checked_accept, _accept, needs_metadata=True,
        tried=_would_accept,
    ),
    "reject": BulkAct(
        "export", (*OF_EXPORTS, View.FAILED), EXPORTS_AT_ONCE, _refuse_pusher, checked_rejection, _reject
    ),
    "retry": BulkAct("export", (View.FAILED,), EXPORTS_AT_ONCE, _refuse_pusher, _nothing, _retry),
    "import": BulkAct(
        "staged_record", (View.READY_TO_IMPORT,), IMPORTS_AT_ONCE, refuse_importer, _nothing, _import,
        needs_metadata=True,
    ),
    "reject_import": BulkAct(
        "staged_record", (View.READY_TO_IMPORT, View.NEEDS_FIXING), IMPORTS_AT_ONCE, refuse_importer, _checked_reason,
        _reject_import,
    ),
}  # fmt: skip
