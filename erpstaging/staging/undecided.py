"""What waits for a decision, and for whom: gathered once for a company, then shared out among its people.

Rows are counted and summed by the database in groups that have the same type and authors, for nobody decides on his own
work. So what it costs grows neither with the people nor with the rows that wait.
"""

import datetime as dt
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, Min, Q, QuerySet, Sum, Window
from django.db.models.functions import RowNumber

from erpstaging.catalogue.registry import ENTITIES
from erpstaging.companies.actors import Actor, person
from erpstaging.companies.models import Company, ErpLevel, Membership
from erpstaging.connections.erp_settings import DECIDE_WITHIN
from erpstaging.connections.metadata import Metadata
from erpstaging.connections.services import metadata_of
from erpstaging.staging.models import StagedRecord
from erpstaging.staging.queue import View, may_decide, rows_of_view, tabs_of
from erpstaging.staging.queue_filters import SINCE

DECIDABLE = (View.READY_TO_EXPORT, View.READY_TO_UPDATE, View.READY_TO_IMPORT)
LISTED = 10
Author = tuple[str, int | None, int | None]
EXPORT_AUTHORS = (
    "record__created_by_kind", "record__created_by_id", "record__created_by_owner_id",
    "record__edited_by_kind", "record__edited_by_id", "record__edited_by_owner_id",
    "sent_by_id",
)  # fmt: skip
STAGED_AUTHORS = ("account_id", "account__owner_id")


@dataclass(slots=True)
class Group:
    """Rows of one type and the same authors. `rows` are the oldest ten, as `_row` makes them."""

    item_type: str
    authors: Collection[Author]
    count: int = 0
    oldest: dt.datetime | None = None
    sums: dict[str, Decimal] = field(default_factory=dict)
    rows: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Undecided:
    """All that waits in a company, by view."""

    company: Company
    metadata: Metadata
    groups: Mapping[View, Sequence[Group]]
    now: dt.datetime

    def views_of(self, actor: Actor | None) -> list[dict[str, Any]]:
        """What waits for a person, or with None for anybody, as the mails tell it (notices.summaries)."""
        shares = {view: self._share(view, actor) for view in DECIDABLE}
        return [self._view(view, share) for view, share in shares.items() if share]

    def _share(self, view: View, actor: Actor | None) -> list[Group]:
        return [group for group in self.groups[view] if actor is None or _may_decide(actor, view, group)]

    def _view(self, view: View, share: Sequence[Group]) -> dict[str, Any]:
        types = [self._type(label, key, groups) for label, key, groups in self._by_tab(share)]
        return {"view": str(view), **_counted(share), "types": types}

    def _by_tab(self, share: Sequence[Group]) -> Iterator[tuple[str, str, list[Group]]]:
        left = list(share)
        for tab in tabs_of(self.metadata):
            found = [group for group in left if group.item_type in tab.item_types]
            left = [group for group in left if group.item_type not in tab.item_types]
            if found:
                yield tab.label, tab.key, found
        for item_type in dict.fromkeys(group.item_type for group in left):
            entity = ENTITIES[item_type]
            yield entity.plural, item_type, [group for group in left if group.item_type == item_type]

    def _type(self, label: str, key: str, groups: Sequence[Group]) -> dict[str, Any]:
        rows = sorted((row for group in groups for row in group.rows), key=lambda row: (row["since"], row["place"]))
        told = [self._told(row) for row in rows[:LISTED]]
        late = any(self._is_late(group.item_type, group.oldest) for group in groups)
        return {"label": str(label), "key": key, **_counted(groups), "late": late, "rows": told}

    def _told(self, row: Mapping[str, Any]) -> dict[str, Any]:
        told = {name: value for name, value in row.items() if name not in {"item_type", "since"}}
        return {**told, "since": row["since"].isoformat(), "late": self._is_late(row["item_type"], row["since"])}

    def _is_late(self, item_type: str, since: dt.datetime | None) -> bool:
        return since is not None and since + self.metadata.erp.decision_limit(item_type) <= self.now


def _may_decide(actor: Actor, view: View, group: Group) -> bool:
    return may_decide(actor, view, group.item_type) and not any(actor.same_person_as(*one) for one in group.authors)


def gather(company: Company, now: dt.datetime, *, passed_since: dt.datetime | None = None, times: int = 1) -> Undecided:
    """All that waits; with `passed_since` only what went past its limit, `times` over, since that moment.

    A constant number of queries, whatever waits.
    """
    metadata, groups = metadata_of(company.pk), {}
    for view in DECIDABLE:
        rows = rows_of_view(company, view)
        if passed_since is not None:
            rows = rows.filter(_passed(metadata, SINCE[rows.model], passed_since, now, times))
        groups[view] = _groups(company, rows)
    return Undecided(company, metadata, groups, now)


def deciders(company: Company, ids: Collection[int] | None = None) -> list[Actor]:
    """The people who have a role on the ERP tool, all or those of these ids."""
    members = Membership.objects.filter(company=company, is_active=True, user__is_active=True)
    members = members.exclude(erp_level=ErpLevel.NONE)
    if ids is not None:
        members = members.filter(user_id__in=ids)
    return [person(one.user, one) for one in members.select_related("user").order_by("pk")]


def _passed(metadata: Metadata, since: str, after: dt.datetime, now: dt.datetime, times: int) -> Q:
    own = metadata.erp.decision_limits
    passed = ~Q(item_type__in=list(own)) & _window(since, after, now, DECIDE_WITHIN * times)
    for item_type, limit in own.items():
        passed |= Q(item_type=item_type) & _window(since, after, now, limit * times)
    return passed


def _window(since: str, after: dt.datetime, now: dt.datetime, limit: dt.timedelta) -> Q:
    return Q(**{f"{since}__gt": after - limit, f"{since}__lte": now - limit})


def _groups(company: Company, rows: "QuerySet[Any]") -> list[Group]:
    """One query for the counts and sums, one for the oldest rows of each group."""
    staged, since = rows.model is StagedRecord, SINCE[rows.model]
    authors = STAGED_AUTHORS if staged else EXPORT_AUTHORS
    keys, currency = ("item_type", *authors), () if staged else ("currency",)
    found: dict[tuple[Any, ...], Group] = {}
    counted = rows.order_by().values(*keys, *currency).annotate(n=Count("pk"), oldest=Min(since), total=Sum("amount"))
    for one in counted:
        group = found.setdefault(_key(one, keys), Group(one["item_type"], _authors(one, staged=staged)))
        group.count += one["n"]
        group.oldest = min(filter(None, [group.oldest, one["oldest"]]))
        money = company.currency if staged else one["currency"]
        if one["total"] is not None and money:
            group.sums[money] = group.sums.get(money, Decimal(0)) + one["total"]
    place = Window(RowNumber(), partition_by=[F(name) for name in keys], order_by=[F(since).asc(), F("pk").asc()])
    more = ("origin_id",) if staged else ("currency", "vendor__title")
    oldest = rows.order_by().annotate(place=place).filter(place__lte=LISTED)
    for one in oldest.values(*keys, "pk", "number", "title", "amount", since, *more):
        if _key(one, keys) in found:  # another came in between the two queries
            found[_key(one, keys)].rows.append(_row(company, one, since, staged=staged))
    return list(found.values())


def _key(one: Mapping[str, Any], keys: Sequence[str]) -> tuple[Any, ...]:
    return tuple(one[name] for name in keys)


def _authors(one: Mapping[str, Any], *, staged: bool) -> list[Author]:
    if staged:
        return [("service_account", one["account_id"], one["account__owner_id"])]
    created, edited = (
        (one[f"record__{did}_by_kind"], one[f"record__{did}_by_id"], one[f"record__{did}_by_owner_id"])
        for did in ("created", "edited")
    )
    return [created, edited, ("person", one["sent_by_id"], None)]


def _row(company: Company, one: Mapping[str, Any], since: str, *, staged: bool) -> dict[str, Any]:
    number = one["number"] or (one["origin_id"] if staged else "")
    return {
        "item_type": one["item_type"],
        "place": f"{'staged' if staged else 'exports'}/{one['pk']}/",
        "number": number,
        "title": one["title"] or ENTITIES[one["item_type"]].label,
        "company": "" if staged else one["vendor__title"] or "",
        "amount": None if one["amount"] is None else str(one["amount"]),
        "currency": company.currency if staged else one["currency"],
        "since": one[since],
    }


def _counted(groups: Sequence[Group]) -> dict[str, Any]:
    sums: dict[str, Decimal] = {}
    for group in groups:
        for currency, amount in group.sums.items():
            sums[currency] = sums.get(currency, Decimal(0)) + amount
    return {
        "count": sum(group.count for group in groups),
        "oldest": min(group.oldest for group in groups if group.oldest is not None).isoformat(),
        "sums": {currency: str(amount) for currency, amount in sorted(sums.items())},
    }
