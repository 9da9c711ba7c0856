"""What a person keeps of the queue: filters by name, the one it opens with, and the columns he looks at."""

from typing import Any

from django.http import HttpRequest, HttpResponseBase, QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _

from erpstaging.approvals.htmx import is_partial
from erpstaging.approvals.presenters import Toast
from erpstaging.approvals.saved_filters import (
    change_filter,
    delete_filter,
    hide_columns,
    save_filter,
    set_default,
)
from erpstaging.approvals.showing.columns import columns_of
from erpstaging.approvals.showing.queue import queue_query
from erpstaging.approvals.showing.queue_columns import list_columns
from erpstaging.approvals.showing.queue_filters import filter_form, in_words
from erpstaging.approvals.showing.saved_filters import saved_menu
from erpstaging.approvals.views.base import status_of
from erpstaging.approvals.views.queue import AccountingView, tab_of
from erpstaging.catalogue.registry import entities
from erpstaging.connections.services import metadata_of
from erpstaging.core.errors import BadRequest, Invalid, NotFound, Refused
from erpstaging.staging.queue import tabs_of


class KeepingView(AccountingView):
    """For all who see the queue; who only reads keeps things for himself too."""

    object_type = "saved_filter"

    def fallback_path(self) -> str:
        return reverse("approvals:saved_filters", args=[self.company.pk])

    def done(self, text: str) -> HttpResponseBase:
        self.say(Toast(text=text))
        return self.back()


class FiltersPage(KeepingView):
    """`queue/filters/`: the form of all filters, over the list or as a page of its own."""

    def get(self, request: HttpRequest) -> HttpResponseBase:
        self.require_queue()
        asked = self.part_asked(request.GET)
        self.current_view = asked.view
        form = filter_form(self.company, asked)
        if is_partial(request):
            return self.part("approvals/filters_dialog.html", {"form": form})
        return self.page("approvals/filters.html", {"form": form})


class SavedFiltersPage(KeepingView):
    """`queue/saved/`: all that the reader sees; `POST` keeps one more."""

    def get(self, request: HttpRequest) -> HttpResponseBase:
        self.require_queue()
        return self._page()

    def post(self, request: HttpRequest) -> HttpResponseBase:
        self.require_queue()
        asked = self.part_asked(QueryDict(request.POST.get("query", "")[:8000]))
        shared = request.POST.get("shared") == "true"
        saved = save_filter(
            self.company, self.actor, name=request.POST.get("name"), query=queue_query(asked), shared=shared
        )
        if request.POST.get("default") == "true":
            set_default(self.company, self.actor, saved.pk)
        return self.done(_("Saved “%(name)s”.") % {"name": saved.name})

    def _page(self, refusal: Refused | None = None) -> HttpResponseBase:
        typed = QueryDict(self.request.POST.get("query", "")[:8000]) if refusal else self.request.GET
        asked = self.part_asked(typed)
        context: dict[str, Any] = {
            "saved": saved_menu(self.company, self.actor, asked, self.choice),
            "what": in_words(self.company, asked),
            "error": next(iter(refusal.errors.values()))[0] if refusal else "",
            "typed": self.request.POST if refusal else {},
        }
        return self.page("approvals/saved_filters.html", context, status=status_of(refusal) if refusal else 200)

    def refused(self, refusal: Refused) -> HttpResponseBase:
        return self._page(refusal) if isinstance(refusal, Invalid) else super().refused(refusal)


class ChangeFilter(KeepingView):
    """`queue/saved/<id>/`: another name, shared or not."""

    def post(self, request: HttpRequest, object_id: int) -> HttpResponseBase:
        self.require_queue()
        saved = change_filter(
            self.company,
            self.actor,
            object_id,
            name=request.POST.get("name"),
            shared="true" in request.POST.getlist("shared"),
        )
        return self.done(_("Changed “%(name)s”.") % {"name": saved.name})


class DeleteFilter(KeepingView):
    def post(self, request: HttpRequest, object_id: int) -> HttpResponseBase:
        self.require_queue()
        saved = delete_filter(self.company, self.actor, object_id)
        return self.done(_("Deleted “%(name)s”.") % {"name": saved.name})


class DefaultFilter(KeepingView):
    """`queue/saved/default/`: what the queue opens with; without `id` its plain first view."""

    def post(self, request: HttpRequest) -> HttpResponseBase:
        self.require_queue()
        text = request.POST.get("id", "")
        if text and not (text.isascii() and text.isdigit() and len(text) < 19):
            raise NotFound()
        saved = set_default(self.company, self.actor, int(text) if text else None)
        if saved is None:
            return self.done(_("The queue opens with its first view."))
        return self.done(_("The queue opens with “%(name)s”.") % {"name": saved.name})


class ChooseColumns(KeepingView):
    """`queue/columns/`: those that are ticked stay, the others are left out for this person."""

    def post(self, request: HttpRequest) -> HttpResponseBase:
        self.require_queue()
        metadata = metadata_of(self.company.pk)
        word = request.POST.get("tab", "")
        tab = tab_of(tabs_of(metadata), word)
        if word and tab is None:
            raise BadRequest(_("There is no such tab."))
        extras = columns_of(metadata, entities(tab.item_types)) if tab else []
        names = [column.name for column in list_columns(extras, frozenset())]
        ticked = set(request.POST.getlist("column"))
        every = "every" in request.POST
        hidden = [] if every else [name for name in names if name not in ticked]
        hide_columns(self.company, self.actor, tab.key if tab else "", hidden)
        return self.back()
