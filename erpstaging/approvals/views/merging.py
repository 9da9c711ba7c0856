"""Merging companies: a directory administrator's decision, with everything it does named before."""

from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse

from erpstaging.approvals.presenters import Toast
from erpstaging.approvals.showing.merges import merge_shown
from erpstaging.approvals.showing.words import DONE
from erpstaging.approvals.views.linking import number_of
from erpstaging.approvals.views.queue import AccountingView
from erpstaging.core.errors import NotFound
from erpstaging.records.models import Record
from erpstaging.staging.merging import MergePlan, merge_plan, merge_vendors, refuse_merger

FOUND = 20


class MergePage(AccountingView):
    """`?q=` searches, `?with=` names companies, `?master=` who survives; `POST` merges what was shown."""

    object_type = "record"

    def get(self, request: HttpRequest, object_id: int) -> HttpResponseBase:
        refuse_merger(self.actor)
        record = Record.objects.of(self.company).filter(pk=object_id, item_type="vendor", deleted_at=None).first()
        if record is None:
            raise NotFound()
        search = request.GET.get("q", record.title.split(" ")[0]).strip().replace("\0", "")[:200]
        rows = Record.objects.of(self.company).filter(item_type="vendor", deleted_at=None, title__icontains=search)
        found = list(rows.exclude(pk=record.pk).order_by("title", "pk")[:FOUND])
        step = merge_shown(self.company, record, found, self._plan(record), search)
        return self.page("approvals/merge.html", {"step": step})

    def _plan(self, record: Record) -> MergePlan | None:
        """What is chosen in the address; the company whose page it is survives unless another is named."""
        chosen = [one for text in self.request.GET.getlist("with") if (one := number_of(text))]
        master = number_of(self.request.GET.get("master", "")) or record.pk
        sources = [one for one in dict.fromkeys([record.pk, *chosen]) if one != master]
        return merge_plan(self.company, master, sources, actor=self.actor) if sources else None

    def post(self, request: HttpRequest, object_id: int) -> HttpResponseBase:
        sources = [one for text in request.POST.getlist("with") if (one := number_of(text))]
        merged = merge_vendors(self.company, number_of(request.POST.get("master", "")) or 0, sources, actor=self.actor)
        self.say(Toast(text=str(DONE["merge"]) % {"name": merged.master.title}))
        return HttpResponseRedirect(reverse("approvals:record", args=[self.company.pk, merged.master.pk]))

    def fallback_path(self) -> str:
        return reverse("approvals:record", args=[self.company.pk, self.kwargs["object_id"]])
