"""The Sync buttons."""

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from erpstaging.api.views.base import PersonAPIView
from erpstaging.records.snapshots import timestamp
from erpstaging.staging.models import Refresh
from erpstaging.staging.refreshing import ask_for_refresh


class Refreshes(PersonAPIView):
    """The newest refresh of each list, and asking for one: `{"entity": "vendors"}`."""

    requires = frozenset({"member"})
    open_to = frozenset({"erp", "auditor"})
    needs_body = frozenset({"POST"})
    http_method_names = ["get", "post"]

    def get(self, request: Request) -> Response:
        newest = Refresh.objects.of(self.company).order_by("request_name", "-pk").distinct("request_name")
        return Response({"refreshes": [refresh_json(one) for one in newest]})

    def post(self, request: Request) -> Response:
        word = self.body.get("entity") if isinstance(self.body, dict) else None
        return Response(refresh_json(ask_for_refresh(self.company, word, actor=self.actor)), status=201)


def refresh_json(refresh: Refresh) -> dict[str, Any]:
    return {
        "id": refresh.pk,
        "entity": refresh.item_type,
        "request_name": refresh.request_name,
        "status": refresh.state,
        "messages": refresh.messages,
        "erp_request_id": refresh.erp_request_id,
        "request_detail_id": refresh.detail_id,
        "asked_by": refresh.asked_by_name,
        "asked_at": timestamp(refresh.asked_at),
        "closed_by": refresh.closed_by_name or None,
        "closed_at": timestamp(refresh.closed_at),
    }
