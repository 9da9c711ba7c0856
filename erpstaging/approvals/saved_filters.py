"""Filters that people keep by name, for themselves or for all who see the queue, and the columns they look at."""

from collections.abc import Collection
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet

from erpstaging.approvals.models import QueueChoice, SavedFilter
from erpstaging.audit import log as audit
from erpstaging.companies.actors import Actor
from erpstaging.companies.models import Company
from erpstaging.core.errors import Invalid, NotFound, NotPermitted

MAX_NAME, MAX_QUERY, MAX_OWN, MAX_SHARED = 60, 4000, 50, 100
MAX_TABS, MAX_COLUMNS = 60, 200


def saved_filters(company: Company, user_id: int) -> list[SavedFilter]:
    """A person's own and the company's shared ones, by name."""
    rows = _seen_by(company, user_id).order_by("name", "pk")
    return list(rows[: MAX_OWN + MAX_SHARED])


def seen_filter(company: Company, user_id: int, filter_id: int) -> SavedFilter:
    """Raises NotFound, for the own filters of others too."""
    found = _seen_by(company, user_id).filter(pk=filter_id).first()
    if found is None:
        raise NotFound()
    return found


def may_change(saved: SavedFilter, actor: Actor) -> bool:
    """Who made it, and of shared ones an ERP administrator too."""
    return saved.owner_id == actor.user_id or (saved.shared and actor.may("erp_admin"))


def may_share(actor: Actor) -> bool:
    """Who only reads keeps filters for himself."""
    return actor.may("erp")


def save_filter(company: Company, actor: Actor, *, name: Any, query: str, shared: bool) -> SavedFilter:
    """Raises Invalid for a name that is taken, and where there are too many; NotPermitted for who may not share."""
    owner_id = _person(actor)
    _refuse_sharing(actor, shared=shared)
    if len(query) > MAX_QUERY:
        raise Invalid.field("query", f"is too long (maximum {MAX_QUERY} characters)")
    _refuse_more(company, owner_id, shared=shared)
    saved = SavedFilter(
        company=company,
        owner_id=owner_id,
        owner_name=actor.name,
        name=_clean_name(name),
        query=query,
        shared=shared,
    )
    _write(saved)
    _leave_trace(company, actor, "saved", saved)
    return saved


def change_filter(company: Company, actor: Actor, filter_id: int, *, name: Any, shared: bool) -> SavedFilter:
    """Give it another name, share it, or keep it to oneself again. Raises NotFound, NotPermitted, Invalid."""
    saved = _own(company, actor, filter_id)
    before = _said(saved)
    if shared and not saved.shared:
        _refuse_sharing(actor, shared=True)
    if shared is not saved.shared:
        _refuse_more(company, saved.owner_id, shared=shared)
        if not shared:
            _end_defaults(company, saved, but_of=saved.owner_id)
    saved.name, saved.shared = _clean_name(name), shared
    _write(saved, update_fields=["name", "shared"])
    _leave_trace(company, actor, "changed", saved, before=before)
    return saved


def delete_filter(company: Company, actor: Actor, filter_id: int) -> SavedFilter:
    """Raises NotFound and NotPermitted."""
    saved = _own(company, actor, filter_id)
    _end_defaults(company, saved)
    _leave_trace(company, actor, "deleted", saved)
    _seen_by(company, saved.owner_id).filter(pk=saved.pk).delete()
    return saved


def choice_of(company: Company, user_id: int) -> QueueChoice:
    """How a person looks at the queue; one that was never stored for who chose nothing yet."""
    rows: QuerySet[QueueChoice] = QueueChoice.objects.of(company).select_related("default_filter")
    return rows.filter(user_id=user_id).first() or QueueChoice(company=company, user_id=user_id)


def set_default(company: Company, actor: Actor, filter_id: int | None) -> SavedFilter | None:
    """What the queue opens with for this person; None for its plain first view. Raises NotFound."""
    user_id = _person(actor)
    saved = None if filter_id is None else seen_filter(company, user_id, filter_id)
    _choose(company, user_id, default_filter=saved)
    return saved


def hide_columns(company: Company, actor: Actor, tab: str, names: Collection[str]) -> None:
    """Leave these columns of a tab out for this person. The caller passes columns and tabs that there are."""
    user_id = _person(actor)
    hidden = {**_stored_choice(company, user_id).hidden, tab: sorted(names)[:MAX_COLUMNS]}
    kept = [(key, value) for key, value in hidden.items() if value]
    _choose(company, user_id, hidden=dict(kept[-MAX_TABS:]))


def _stored_choice(company: Company, user_id: int) -> QueueChoice:
    """Locked, so that two windows of one person do not forget each other's columns."""
    QueueChoice.objects.bulk_create([QueueChoice(company=company, user_id=user_id)], ignore_conflicts=True)
    row: QueueChoice = QueueChoice.objects.of(company).select_for_update().get(user_id=user_id)
    return row


def _choose(company: Company, user_id: int, **values: Any) -> None:
    row = _stored_choice(company, user_id)
    for name, value in values.items():
        setattr(row, name, value)
    row.save(update_fields=list(values))


def _person(actor: Actor) -> int:
    if actor.user_id is None:
        raise NotPermitted("Only people keep filters.")
    return actor.user_id


def _seen_by(company: Company, user_id: int) -> "QuerySet[SavedFilter]":
    rows: QuerySet[SavedFilter] = SavedFilter.objects.of(company)
    return rows.filter(Q(owner_id=user_id) | Q(shared=True))


def _own(company: Company, actor: Actor, filter_id: int) -> SavedFilter:
    saved = seen_filter(company, _person(actor), filter_id)
    if not may_change(saved, actor):
        raise NotPermitted(f"{saved.owner_name} shares this filter; only he or an ERP administrator can change it.")
    return saved


def _refuse_sharing(actor: Actor, *, shared: bool) -> None:
    if shared and not may_share(actor):
        raise NotPermitted("Filters are shared by people with a role on the ERP tool.")


def _refuse_more(company: Company, owner_id: int, *, shared: bool) -> None:
    rows: QuerySet[SavedFilter] = SavedFilter.objects.of(company).filter(shared=shared)
    if not shared:
        rows = rows.filter(owner_id=owner_id)
    most = MAX_SHARED if shared else MAX_OWN
    if rows.count() >= most:
        raise Invalid.field("name", f"cannot be added: there are {most} filters already; delete one first")


def _clean_name(name: Any) -> str:
    text = " ".join(name.split()) if isinstance(name, str) else ""
    if not text:
        raise Invalid.field("name", "is required")
    if len(text) > MAX_NAME:
        raise Invalid.field("name", f"is too long (maximum {MAX_NAME} characters)")
    if "\0" in text:
        raise Invalid.field("name", "must not contain NUL characters")
    return text


def _write(saved: SavedFilter, **how: Any) -> None:
    try:
        with transaction.atomic():
            saved.save(**how)
    except IntegrityError:
        raise Invalid.field("name", "is taken by another filter") from None


def _end_defaults(company: Company, saved: SavedFilter, *, but_of: int | None = None) -> None:
    """Nobody's queue opens with a filter that he does not see any more."""
    QueueChoice.objects.of(company).filter(default_filter=saved).exclude(user_id=but_of).update(default_filter=None)


def _said(saved: SavedFilter) -> dict[str, Any]:
    return {"name": saved.name, "query": saved.query, "shared": saved.shared}


def _leave_trace(
    company: Company, actor: Actor, word: str, saved: SavedFilter, *, before: dict[str, Any] | None = None
) -> None:
    """What concerns others stands in the audit; what a person keeps for himself does not."""
    if not (saved.shared or (before or {}).get("shared")):
        return
    after = None if word == "deleted" else _said(saved)
    before = _said(saved) if word == "deleted" else before
    act = audit.Act(f"saved_filter.{word}", "saved_filter", saved.pk, before=before, after=after)
    audit.record(company.pk, actor, [act])
