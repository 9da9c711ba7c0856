"""Merging companies, step by step: which, who survives, and what that does."""

from collections.abc import Sequence

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from erpstaging.approvals.naming import local
from erpstaging.approvals.presenters import (
    Banner,
    Decision,
    DecisionButton,
    FieldRow,
    Link,
    Match,
    MergeStep,
    Place,
)
from erpstaging.catalogue.registry import ENTITIES
from erpstaging.companies.models import Company
from erpstaging.records.models import Record
from erpstaging.staging.merging import MergePlan


def merge_shown(
    company: Company, record: Record, found: Sequence[Record], plan: MergePlan | None, search: str
) -> MergeStep:
    """`record` is the company whose page the merge was opened from."""
    url = reverse("approvals:merge", args=[company.pk, record.pk])
    place = Place(back=Link(record.title, _page(company, record)), name=_("Merge"))
    named = [] if plan is None else [one for one in (plan.master, *plan.sources) if one.pk != record.pk]
    listed = {one.pk: one for one in (*named, *found)}
    matches = [_match(one, chosen=one in named) for one in listed.values()]
    if plan is None:
        return MergeStep(place=place, search=search, matches=matches, url=url)
    return MergeStep(
        place=place,
        search=search,
        matches=matches,
        url=url,
        master=_link(company, plan.master),
        sources=[_link(company, one) for one in plan.sources],
        moving=_moving(plan),
        blocked=[(_link(company, one.record), one.reason) for one in plan.blocked],
        decision=_decision(plan, url),
        chosen=[(str(one.pk), one.title) for one in (plan.master, *plan.sources)],
        banners=[Banner(tone="amber", icon="lock", title=_("It cannot be merged yet."))] if plan.blocked else [],
    )


def _match(record: Record, *, chosen: bool) -> Match:
    linked = _("origin ID %(id)s") % {"id": record.origin_id} if record.origin_id else _("not linked")
    city = str(record.data.get("city") or "")
    return Match(value=str(record.pk), title=record.title, text=", ".join(filter(None, [city, linked])), chosen=chosen)


def _moving(plan: MergePlan) -> list[FieldRow]:
    rows = [
        FieldRow(label=local(ENTITIES[item_type].plural), value=_("%(count)d move") % {"count": count})
        for item_type, count in plan.moving.items()
    ]
    if not rows:
        rows = [FieldRow(label=_("Records that name them"), value=_("none"))]
    kept = plan.donor.origin_id if plan.donor is not None else plan.master.origin_id
    rows.append(FieldRow(label=_("Origin ID afterwards"), value=kept, empty=_("none"), copy=kept is not None))
    rows += [
        FieldRow(label=_("Goes to the history"), value=one.origin_id, note=_("of %(name)s") % {"name": one.title})
        for one in plan.retired
    ]
    return rows


def _decision(plan: MergePlan, url: str) -> Decision:
    label = ngettext("Merge %(count)d company", "Merge %(count)d companies", len(plan.sources)) % {
        "count": len(plan.sources)
    }
    why = _("Something is at the gate; see the list.") if plan.blocked else ""
    return Decision(
        say=_("%(name)s survives; the others are taken away.") % {"name": plan.master.title},
        note=_("The integrator is told. It cannot be undone."),
        buttons=[DecisionButton(act="merge", label=label, url=url, weight="danger", why_not=why)],
        hidden=[("master", str(plan.master.pk)), *(("with", str(one.pk)) for one in plan.sources)],
    )


def _link(company: Company, record: Record) -> Link:
    return Link(record.number or record.title, _page(company, record))


def _page(company: Company, record: Record) -> str:
    return reverse("approvals:record", args=[company.pk, record.pk])
