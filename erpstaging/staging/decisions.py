"""What every decision at the gate has in common: the version that was seen, who may not decide, and its record."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from erpstaging.audit import log as audit
from erpstaging.companies.actors import SYSTEM, Actor
from erpstaging.companies.models import ServiceAccount
from erpstaging.connections.metadata import Metadata
from erpstaging.core import sets
from erpstaging.core.errors import Invalid, NotPermitted, Refused, StaleVersion, VersionMissing
from erpstaging.erp_requests.services import open_erp_request
from erpstaging.staging.models import Decision, StagedExport, StagedRecord

MIN_REASON, MAX_REASON = 3, 4000


def refuse_unseen(row: StagedExport | StagedRecord, version: int | None) -> None:
    """Raises VersionMissing or StaleVersion, which tells who changed the row and when."""
    if version is None:
        raise VersionMissing(
            "Say which version you decide on.", errors={"version": ["is required"]}, version=row.version
        )
    if version != row.version:
        by, at = row.last_change
        raise StaleVersion(
            f"{by} changed it in the meantime; the version is now {row.version}.",
            version=row.version,
            decided_by=by,
            decided_at=at,
        )


def refuse_own(actor: Actor, *authors: tuple[str, int | None, int | None]) -> None:
    """Nobody decides on his own work, nor on that of an account he answers for. Raises NotPermitted.

    `authors` are (kind, id, owner id) of everybody who made the object what it is.
    """
    if any(actor.same_person_as(*author) for author in authors):
        text = "This is your own work, or that of an account you answer for; somebody else has to decide."
        raise NotPermitted(text, code="self_approval")


def own_exports(user_id: int) -> Q:
    """The condition on exports that `refuse_own` is for a person who would accept them."""
    own = Q(sent_by_id=user_id)
    for act in ("created_by", "edited_by"):
        own |= Q(**{f"record__{act}_kind": "person", f"record__{act}_id": user_id})
        own |= Q(**{f"record__{act}_kind": "service_account", f"record__{act}_owner_id": user_id})
    return own


def own_staged_records(company_id: int, user_id: int) -> Q:
    """The same on staged records, whose authors stand in the audit."""
    accounts = list(ServiceAccount.objects.filter(owner_id=user_id).values_list("pk", flat=True))
    by_him = Q(actor_kind="person", actor_id=user_id) | Q(actor_kind="service_account", actor_id__in=accounts)
    entries = audit.entries_about(company_id, "staged_record", OuterRef("pk"), STAGED_BY).filter(by_him)
    return Q(account_id__in=accounts) | Q(Exists(entries))


STAGED_BY = ("staged_record.staged", "staged_record.changed")
Author = tuple[str, int | None, int | None]


def staging_authors(company_id: int, staged_ids: Sequence[int]) -> list[Author]:
    """Everybody who staged these rows or changed them by staging, with the people who answer for accounts."""
    actors = audit.actors_of(company_id, "staged_record", staged_ids, STAGED_BY)
    return _with_owners({0: actors})[0]


def staging_authors_of_each(company_id: int, staged_ids: Sequence[int]) -> dict[int, list[Author]]:
    """The same for each row on its own."""
    return _with_owners(audit.actors_by_object(company_id, "staged_record", staged_ids, STAGED_BY))


def _with_owners(actors: Mapping[int, set[tuple[str, int | None]]]) -> dict[int, list[Author]]:
    accounts = {actor_id for group in actors.values() for kind, actor_id in group if kind == "service_account"}
    owners = dict(ServiceAccount.objects.filter(pk__in=accounts).values_list("pk", "owner_id"))
    return {
        key: [
            (kind, actor_id, owners.get(actor_id or 0) if kind == "service_account" else None)
            for kind, actor_id in sorted(group, key=str)
        ]
        for key, group in actors.items()
    }


def clean_reason(reason: Any, *, name: str = "reason") -> str:
    """A reason that says something. Raises Invalid, code `reason_required`."""
    text = reason.strip() if isinstance(reason, str) else ""
    if len(text) < MIN_REASON:
        raise Invalid.field(name, f"needs at least {MIN_REASON} characters", code="reason_required")
    if "\0" in text:
        raise Invalid.field(name, "must not contain NUL characters")
    if len(text) > MAX_REASON:
        raise Invalid.field(name, f"is too long (maximum {MAX_REASON} characters)")
    return text


def missing_metadata(company_id: int) -> Refused:
    """The refusal of an act that needs the company's document, which asks the integration for it once and again."""
    text = "The ERP has not sent its configuration yet. It was asked for it; try again later."
    refusal = Invalid.field("base", text, code="metadata_missing")
    refusal.follow_up = lambda: _ask_for_metadata(company_id)
    return refusal


def _ask_for_metadata(company_id: int) -> None:
    open_erp_request(company_id, SYSTEM, "sync_metadata")


def require_metadata(company_id: int, metadata: Metadata) -> None:
    if metadata.missing:
        raise missing_metadata(company_id)


def record_decisions(company_id: int, actor: Actor, decisions: Sequence[dict[str, Any]]) -> None:
    """Write who said what on which version, with one statement."""
    shared = {
        "company_id": company_id,
        "actor_kind": actor.kind,
        "actor_id": actor.id,
        "actor_name": actor.name,
        "address": actor.address or None,
        "step": 1,
        "decided_at": timezone.now(),
    }
    unless_given = {"content_hash": None, "sender_id": None, "reason": ""}
    sets.insert(Decision, [{**unless_given, **one} for one in decisions], shared=shared)
