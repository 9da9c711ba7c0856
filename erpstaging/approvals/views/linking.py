"""Linking staged companies to companies that stand already, one by one or all that leave no doubt."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from erpstaging.approvals.htmx import is_partial
from erpstaging.approvals.messages import undo_button
from erpstaging.approvals.presenters import Ask, DecisionButton, Toast
from erpstaging.approvals.showing.acts import Colleagues
from erpstaging.approvals.showing.matches import exact_pairs, linked_pick, linking_shown, pick_of
from erpstaging.approvals.showing.queue import queue_url, type_tabs
from erpstaging.approvals.showing.words import DONE
from erpstaging.approvals.views.decisions import ActView, SimpleAct
from erpstaging.approvals.views.queue import AccountingView
from erpstaging.catalogue.entity import Entity
from erpstaging.catalogue.fields import INT64
from erpstaging.catalogue.registry import ENTITIES
from erpstaging.core.errors import BadRequest, NotFound
from erpstaging.records.models import Record
from erpstaging.staging.linking import Pair, link_all, link_staged_record, undo_link
from erpstaging.staging.matching import (
    Candidate,
    can_be_linked,
    candidate_of,
    candidates,
    candidates_of,
    search_vendors,
)
from erpstaging.staging.models import LinkState, StagedExport, StagedLink, StagedRecord
from erpstaging.staging.queue import Asked, View, queue_part, tabs, type_counts
from erpstaging.staging.reading import seen_staged_record
from erpstaging.staging.unlinking import unlink

LISTED = 50


def number_of(text: str) -> int | None:
    """An id from an address or a form; None for anything else."""
    is_number = text.isascii() and text.isdigit() and len(text) < 20
    return int(text) if is_number and 0 < int(text) < INT64 else None


class LinkPage(ActView):
    """`GET` shows what a staged company may be, `?record=` one of them and `?q=` others; `POST` links it."""

    act, place = "link", "staged"
    object_type = "staged_record"
    current_view = View.READY_TO_IMPORT

    def get(self, request: HttpRequest, object_id: int) -> HttpResponseBase:
        if not self.sees_queue:
            raise NotFound()
        seen = seen_staged_record(self.company, object_id, self.actor)
        row = seen.row
        if not can_be_linked(row):
            return HttpResponseRedirect(reverse("approvals:staged", args=[self.company.pk, row.pk]))
        search = request.GET.get("q", "").strip().replace("\0", "")[:200]
        likely = search_vendors(self.company, row, search) if search else candidates(self.company, row)
        chosen, matches = self._chosen(row, likely)
        waiting = waiting_vendors(self.company, row)
        found = candidates_of(self.company, waiting)
        following = _after(waiting, row)
        counts = type_counts(self.company, View.READY_TO_IMPORT)
        linking = linking_shown(
            self.company,
            seen,
            matches,
            chosen=chosen,
            among=Record.objects.of(self.company).filter(item_type=row.item_type, deleted_at=None).count(),
            search=search,
            found_by_search=bool(search),
            picks=[
                *self._linked_lately(),
                *(pick_of(self.company, one, found[one.pk], current=one.pk == row.pk) for one in waiting),
            ],
            exact=len(exact_pairs(waiting, found)),
            tabs=type_tabs(self.company, Asked(View.READY_TO_IMPORT, (row.item_type,)), tabs(self.company), counts),
            next_url=self._url(following) if following else queue_url(self.company, Asked(View.READY_TO_IMPORT)),
            next_title=following.title if following else "",
            colleagues=Colleagues(self.company, self.actor.user_id),
        )
        return self.page("approvals/link.html", {"linking": linking})

    def _chosen(self, row: StagedRecord, matches: Sequence[Candidate]) -> tuple[Candidate | None, Sequence[Candidate]]:
        """The company that is asked for, else the best that can be linked; one that is not listed is added."""
        wanted = number_of(self.request.GET.get("record", ""))
        if wanted is None:
            return next((one for one in matches if not one.closed), None), matches
        listed = next((one for one in matches if one.record_id == wanted), None)
        if listed is None and (listed := candidate_of(self.company, row, wanted)) is not None:
            matches = [*matches, listed]
        return (listed if listed is not None and not listed.closed else None), matches

    def _linked_lately(self) -> list[Any]:
        """What this person linked and could still take back."""
        links = StagedLink.objects.of(self.company).filter(state=LinkState.LINKED, linked_by_id=self.actor.user_id)
        recent = links.select_related("staged_record", "record").order_by("-pk")[:5]
        return [linked_pick(self.company, link.staged_record, link.record) for link in recent]

    def _url(self, row: StagedRecord) -> str:
        return reverse("approvals:link", args=[self.company.pk, row.pk])

    def refreshed_list(self) -> Entity | None:
        return ENTITIES["vendor"]

    def do(self, object_id: int) -> StagedRecord:
        record_id = number_of(self.request.POST.get("record", ""))
        if record_id is None:
            raise BadRequest(_("Choose a company first."))
        undo = timedelta(seconds=settings.UNDO_SECONDS)
        return link_staged_record(self.company, object_id, record_id, actor=self.actor, version=self.version, undo=undo)

    def toast(self, one: StagedExport | StagedRecord, text: str) -> Toast:
        link = StagedLink.objects.of(self.company).filter(staged_record=one, state=LinkState.LINKED).first()
        if link is None:
            return Toast(text=text)
        url = reverse("approvals:undo_link", args=[self.company.pk, one.pk])
        return Toast(text=text, undo=undo_button(url, one.version), undo_until=link.release_at)


class UndoLink(SimpleAct):
    act, place = "undo_link", "staged"
    service = staticmethod(undo_link)


class LinkExact(AccountingView):
    """All rows whose match leaves no doubt: `GET` names the pairs, `POST` links those that were named."""

    def get(self, request: HttpRequest) -> HttpResponseBase:
        if not self.sees_queue:
            raise NotFound()
        waiting = waiting_vendors(self.company, None)
        pairs = exact_pairs(waiting, candidates_of(self.company, waiting))
        rows = {row.pk: row for row in waiting}
        count = len(pairs)
        title = ngettext("Link %(count)d company?", "Link %(count)d companies?", count) % {"count": count}
        path = reverse("approvals:link_exact", args=[self.company.pk])
        ask = Ask(
            title=title,
            button=DecisionButton(act="link_exact", label=_("Link"), url=path, weight="primary"),
            say=_("Each has one match with the same tax ID or the same name. The integrator is told at once."),
            items=[f"{rows[row_id].origin_id} {rows[row_id].title} → {one.title}" for row_id, one in pairs.items()],
            cancel_url=self.fallback_path(),
            hidden=[("pair", f"{row_id}-{rows[row_id].version}-{one.record_id}") for row_id, one in pairs.items()],
        )
        if is_partial(request):
            return self.part("approvals/ask_dialog.html", {"ask": ask})
        return self.page("approvals/ask.html", {"ask": ask})

    def post(self, request: HttpRequest) -> HttpResponseBase:
        pairs = [self._pair(text) for text in request.POST.getlist("pair")[:LISTED]]
        outcomes = link_all(self.company, pairs, actor=self.actor)
        linked = sum(outcome.refusal is None for outcome in outcomes)
        text = ngettext("Linked %(count)d company", "Linked %(count)d companies", linked) % {"count": linked}
        left = len(outcomes) - linked
        if left:
            text = _("%(linked)s; %(left)d changed meanwhile and wait still") % {"linked": text, "left": left}
        self.say(Toast(text=text))
        return self.back()

    def _pair(self, text: str) -> Pair:
        ids = [number_of(part) for part in text.split("-")]
        if len(ids) != 3 or None in ids:
            raise BadRequest(_("The pair cannot be read."))
        staged_id, version, record_id = (one or 0 for one in ids)
        return Pair(staged_id, record_id, version)

    def fallback_path(self) -> str:
        return queue_url(self.company, Asked(View.READY_TO_IMPORT), type="vendor")


class Unlink(AccountingView):
    object_type = "record"

    def post(self, request: HttpRequest, object_id: int) -> HttpResponseBase:
        version = number_of(request.POST.get("version", ""))
        record = unlink(self.company, object_id, actor=self.actor, version=version)
        done = "ask_to_unlink" if record.synced else "unlink"
        self.say(Toast(text=str(DONE[done]) % {"name": record.number or record.title}))
        return self.back()

    def fallback_path(self) -> str:
        return reverse("approvals:record", args=[self.company.pk, self.kwargs["object_id"]])


def waiting_vendors(company: Any, current: StagedRecord | None) -> list[StagedRecord]:
    """The oldest companies that wait for a decision; the one that is open is among them."""
    part = queue_part(company, Asked(View.READY_TO_IMPORT, ("vendor",), limit=LISTED))
    rows = [row.object for row in part.rows if isinstance(row.object, StagedRecord)]
    if current is not None and current.pk not in {row.pk for row in rows}:
        rows.insert(0, current)
    return rows


def _after(rows: Sequence[StagedRecord], current: StagedRecord) -> StagedRecord | None:
    """The row that comes next, the first one after the last."""
    others = [row for row in rows if row.pk != current.pk]
    later = [row for row in others if (row.created_at, row.pk) > (current.created_at, current.pk)]
    return next(iter(later or others), None)
