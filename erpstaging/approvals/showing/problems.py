"""Problems as their page shows them."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from erpstaging.approvals.naming import local
from erpstaging.approvals.presenters import DecisionButton, Empty, Link, Money, Pager, QueueRow, Text, TypeTab
from erpstaging.approvals.showing.queue import queue_url
from erpstaging.approvals.statuses import Tone
from erpstaging.approvals.telling import told
from erpstaging.catalogue.registry import ENTITIES
from erpstaging.companies.actors import Actor
from erpstaging.companies.models import Company
from erpstaging.connections.erp_settings import ErpSettings
from erpstaging.staging.causes import NO_ANSWER, advice_on
from erpstaging.staging.export_chunks import MAY_NOT_PUSH
from erpstaging.staging.problems import MAY_NOT_MUTE, Group, Part, Shown
from erpstaging.staging.queue import Asked, View
from erpstaging.staging.queue_filters import Filters

ROWS_EACH = 4
LABELS: Mapping[Shown, Text] = {
    Shown.OPEN: gettext_lazy("Open"),
    Shown.MUTED: gettext_lazy("Muted"),
    Shown.CLOSED: gettext_lazy("Closed today"),
}
EMPTY: Mapping[Shown, tuple[Text, Text]] = {
    Shown.OPEN: (
        gettext_lazy("No problem is open."),
        gettext_lazy("Exports that fail for the same cause are gathered here, and leave when they are through."),
    ),
    Shown.MUTED: (gettext_lazy("No problem is muted."), gettext_lazy("A muted problem is quiet until its day.")),
    Shown.CLOSED: (
        gettext_lazy("No problem was closed today."),
        gettext_lazy("A problem closes by itself when its last row is through."),
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemShown:
    """One cause. `rows` are the first of its failed rows, `all_rows` leads to all of them; `first_day` and `last_day`
    are what it can be muted until.
    """

    id: int
    count: int
    tone: Tone
    title: Text
    explanation: Text
    next_step: Text
    code: str
    kinds: Text
    first_at: dt.datetime | None
    last_at: dt.datetime | None
    over: bool = False
    retrying: Text = ""
    muted: Text = ""
    muted_until: dt.datetime | None = None
    sums: Sequence[Money] = ()
    rows: Sequence[QueueRow] = ()
    all_rows: Link | None = None
    runbook: str = ""
    retry: DecisionButton | None = None
    mute: DecisionButton | None = None
    unmute: DecisionButton | None = None
    first_day: str = ""
    last_day: str = ""


@dataclass(frozen=True, slots=True)
class ProblemList:
    lead: Text
    tabs: Sequence[TypeTab]
    problems: Sequence[ProblemShown]
    empty: Empty
    pager: Pager | None = None


def problem_list(
    company: Company,
    actor: Actor,
    part: Part,
    *,
    shown: Shown,
    page: int,
    counts: Mapping[Shown, int],
    rows: Mapping[str, Sequence[QueueRow]],
    erp: ErpSettings,
) -> ProblemList:
    title, text = EMPTY[shown]
    problems = [_problem(company, actor, one, shown, rows.get(one.problem.cause, ()), erp) for one in part.groups]
    return ProblemList(
        lead=_lead(shown, counts[shown], part.groups) if problems and page == 1 and not part.more else "",
        tabs=[
            TypeTab(label=label, url=problems_url(company, word), count=counts[word], current=word is shown)
            for word, label in LABELS.items()
        ],
        problems=problems,
        empty=Empty(title, text, links=[Link(_("Failed to export"), queue_url(company, Asked(View.FAILED)))]),
        pager=_pager(company, shown, page, part) if page > 1 or part.more else None,
    )


def problems_url(company: Company, shown: Shown = Shown.OPEN, page: int = 1) -> str:
    query = [f"show={shown}"] if shown is not Shown.OPEN else []
    query += [f"page={page}"] if page > 1 else []
    return reverse("approvals:problems", args=[company.pk]) + (f"?{'&'.join(query)}" if query else "")


def _pager(company: Company, shown: Shown, page: int, part: Part) -> Pager:
    return Pager(
        text=_("Page %(page)d") % {"page": page},
        previous_url=problems_url(company, shown, page - 1) if page > 1 else "",
        next_url=problems_url(company, shown, page + 1) if part.more else "",
    )


def _lead(shown: Shown, count: int, groups: Sequence[Group]) -> str:
    if shown is Shown.CLOSED:
        return ""
    causes = ngettext("%(count)d cause", "%(count)d causes", count) % {"count": count}
    failed = sum(one.failed for one in groups)
    exports = ngettext("%(count)d export", "%(count)d exports", failed) % {"count": failed}
    return _("%(causes)s, %(exports)s") % {"causes": causes, "exports": exports}


def _problem(
    company: Company, actor: Actor, group: Group, shown: Shown, rows: Sequence[QueueRow], erp: ErpSettings
) -> ProblemShown:
    problem = group.problem
    advice = advice_on(problem.code)
    standing = shown is not Shown.CLOSED
    today = timezone.localdate(timezone=company.zone)
    muted = shown is Shown.MUTED
    return ProblemShown(
        id=problem.pk,
        count=group.failed,
        tone="grey" if not standing or muted else "amber" if problem.code == NO_ANSWER else "red",
        title=told(problem.text) or problem.code,
        explanation=advice.explanation,
        next_step=advice.next_step if standing else "",
        code=problem.code,
        kinds=", ".join(local(ENTITIES[one].plural) for one in group.item_types),
        first_at=group.first_at,
        last_at=group.last_at,
        over=not standing,
        retrying=_retrying(group),
        muted=_("Muted by %(name)s until") % {"name": problem.muted_by_name} if muted else "",
        muted_until=problem.muted_until if muted else None,
        sums=[Money(total, currency) for currency, total in sorted(group.sums.items())],
        rows=rows,
        all_rows=_all_rows(company, group, len(rows)) if standing else None,
        runbook=erp.runbook_of(problem.code) if standing else "",
        retry=_button(company, actor, group, "retry_problem") if standing and group.failed else None,
        mute=_button(company, actor, group, "mute_problem") if standing and not muted else None,
        unmute=_button(company, actor, group, "unmute_problem") if muted else None,
        first_day=(today + dt.timedelta(days=1)).isoformat(),
        last_day=(today + dt.timedelta(days=365)).isoformat(),
    )


def _retrying(group: Group) -> str:
    if not group.retrying:
        return ""
    text = ngettext("%(count)d is being tried again", "%(count)d are being tried again", group.retrying)
    return text % {"count": group.retrying}


def _all_rows(company: Company, group: Group, shown: int) -> Link | None:
    more = group.failed - shown
    if more <= 0:
        return None
    text = ngettext("%(count)d more row", "%(count)d more rows", more) % {"count": more}
    return Link(text, queue_url(company, Asked(View.FAILED, filters=Filters(problem_ids=(group.problem.pk,)))))


def _button(company: Company, actor: Actor, group: Group, name: str) -> DecisionButton:
    words = {
        "retry_problem": _("Retry all %(count)d") % {"count": group.failed},
        "mute_problem": _("Mute"),
        "unmute_problem": _("Unmute"),
    }
    right, why_not = ("push", MAY_NOT_PUSH) if name == "retry_problem" else ("erp", MAY_NOT_MUTE)
    return DecisionButton(
        act=name,
        label=words[name],
        url=reverse(f"approvals:{name}", args=[company.pk, group.problem.pk]),
        icon="refresh" if name == "retry_problem" else "",
        why_not="" if actor.may(right) else told(why_not),
    )
