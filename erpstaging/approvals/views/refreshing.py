"""The Sync button of a list."""

from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext as _

from erpstaging.approvals.naming import within
from erpstaging.approvals.presenters import Toast
from erpstaging.approvals.showing.queue import queue_url
from erpstaging.approvals.views.queue import AccountingView
from erpstaging.staging.queue import Asked, View
from erpstaging.staging.refreshing import ask_for_refresh, list_of


class AskForRefresh(AccountingView):
    def post(self, request: HttpRequest, item_type: str) -> HttpResponseBase:
        entity = list_of(item_type)
        ask_for_refresh(self.company, item_type, actor=self.actor)
        self.say(Toast(text=_("Asked the integration for %(list)s") % {"list": within(entity.plural)}))
        return self.back()

    def fallback_path(self) -> str:
        return queue_url(self.company, Asked(View.READY_TO_IMPORT), type=self.kwargs["item_type"])
