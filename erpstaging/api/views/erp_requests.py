"""ERP requests and their details (wire specification, 9.2 and 9.3)."""

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from erpstaging.api.filters import ChoiceFilter, IntegerFilter, ItemTypeFilter, TextFilter, TimeFilter
from erpstaging.api.views.base import CompanyAPIView
from erpstaging.api.views.sync import read_updates
from erpstaging.core.errors import NotFound
from erpstaging.erp_requests.models import DetailState, ErpRequest, ErpRequestDetail
from erpstaging.erp_requests.services import take
from erpstaging.records.external_data import wire_item_type
from erpstaging.records.snapshots import timestamp
from erpstaging.staging.closeout import close_detail, close_details


def erp_request_json(erp_request: ErpRequest) -> dict[str, Any]:
    answer = {
        "id": erp_request.pk,
        "company_id": erp_request.company_id,
        "request_name": erp_request.request_name,
        "request_data": erp_request.request_data,
        "created_at": timestamp(erp_request.created_at),
        "updated_at": timestamp(erp_request.updated_at),
        "integration_app_name": None,
    }
    if erp_request.request_name == "create_or_update_job":
        # The published example has these two beside the data; every other event has them inside. Both are served.
        data = erp_request.request_data
        answer |= {"request_detail_id": data["request_detail_id"]}
    return answer


def detail_json(detail: ErpRequestDetail) -> dict[str, Any]:
    return {
        "id": detail.pk,
        "erp_request_id": detail.erp_request_id,
        "status": detail.state,
        "messages": detail.messages,
        "item_type": wire_item_type(detail.item_type),
        "item_id": detail.item_id,
        "company_id": detail.company_id,
        "attempt": detail.attempt,
        "first_attempt_id": detail.first_id or detail.pk,
        "created_at": timestamp(detail.created_at),
        "updated_at": timestamp(detail.updated_at),
    }


class ErpRequestView(CompanyAPIView):
    requires = frozenset({"erp_admin"})
    object_type = "erp_request"


class ErpRequests(ErpRequestView):
    """The company's requests, newest first."""

    filters = {
        "id": IntegerFilter("pk"),
        "request_name": TextFilter("request_name"),
        "created_at": TimeFilter("created_at"),
    }

    def get(self, request: Request) -> Response:
        rows = ErpRequest.objects.of(self.company).filter(**self.lookups)
        page = self.page
        found = rows.order_by("-pk")[page.offset : page.offset + page.per_page]
        return self.paged([erp_request_json(one) for one in found], rows.count())


class ErpRequestDetailOf(ErpRequestView):
    """One request; fetching it for the first time is noted, for then it can be cancelled no more."""

    def get(self, request: Request, erp_request_id: int) -> Response:
        return Response(erp_request_json(take(self.company.pk, erp_request_id)))


class DetailView(CompanyAPIView):
    requires = frozenset({"erp_admin"})
    direction = "export"
    object_type = "detail"


class Details(DetailView):
    """The details of requests, newest first."""

    filters = {
        "id": IntegerFilter("pk"),
        "item_id": IntegerFilter("item_id"),
        "item_type": ItemTypeFilter("item_type"),
        "status": ChoiceFilter("state", frozenset(DetailState.values)),
        "erp_request_id": IntegerFilter("erp_request_id"),
    }

    def get(self, request: Request) -> Response:
        rows = ErpRequestDetail.objects.of(self.company).filter(**self.lookups)
        page = self.page
        found = rows.order_by("-pk")[page.offset : page.offset + page.per_page]
        return self.paged([detail_json(one) for one in found], rows.count())


class Detail(DetailView):
    """One detail, and ending it."""

    needs_body = frozenset({"PATCH", "PUT"})

    def get(self, request: Request, detail_id: int) -> Response:
        found = ErpRequestDetail.objects.of(self.company).filter(pk=detail_id).first()
        if found is None:
            raise NotFound()
        return Response(detail_json(found))

    def patch(self, request: Request, detail_id: int) -> Response:
        body = self.body if isinstance(self.body, dict) else {}
        detail = close_detail(self.company, detail_id, body.get("request_detail", body), actor=self.actor)
        return Response(detail_json(detail))

    put = patch


class DetailSync(DetailView):
    """Ending many details, each on its own."""

    takes_list = True

    def patch(self, request: Request) -> Response:
        elements = close_details(self.company, read_updates(self.body), actor=self.actor)
        return Response(
            {
                "entities": [detail_json(one.detail) for one in elements if one.detail and not one.errors],
                "errors": [one.answer() for one in elements if one.errors],
            }
        )
