"""The work queue as a file."""

from django.http import HttpRequest, HttpResponseBase

from erpstaging.approvals.showing.queue_file import queue_file
from erpstaging.approvals.views.saved_filters import KeepingView
from erpstaging.staging.queue import order_in_effect


class QueueFile(KeepingView):
    """`queue/rows.csv`: what the list shows, all of it: the rows that the address asks for and the visible columns."""

    def get(self, request: HttpRequest) -> HttpResponseBase:
        self.require_queue()
        asked = self.part_asked(request.GET)
        return queue_file(self.shown([]), asked, order_in_effect(self.company, asked))
