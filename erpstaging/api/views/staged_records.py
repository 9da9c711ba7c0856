"""Staged records (wire specification, 9.4)."""

from collections.abc import Sequence
from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from erpstaging.api.filters import ChoiceFilter, IntegerFilter, TextFilter, TimeFilter
from erpstaging.api.views.base import CompanyAPIView
from erpstaging.api.views.sync import read_updates, wants_atomic
from erpstaging.catalogue.registry import STAGED
from erpstaging.connections.custom_fields import read_data
from erpstaging.connections.metadata import Metadata
from erpstaging.connections.services import metadata_of
from erpstaging.core.errors import NotFound
from erpstaging.records.snapshots import timestamp
from erpstaging.staging.call import Received, standing
from erpstaging.staging.intake import (
    children_of,
    create_staged_record,
    delete_staged_record,
    stage_records,
    update_staged_record,
)
from erpstaging.staging.models import StagedRecord, StagedStatus


def staged_record_json(
    row: StagedRecord, metadata: Metadata, children: Sequence[StagedRecord] | None = None
) -> dict[str, Any]:
    """`children` stand in the answers of show and sync, for types that have them."""
    answer = {
        "id": row.pk,
        "company_id": row.company_id,
        "item_type": row.item_type,
        "origin_id": row.origin_id,
        "origin_code": row.origin_code,
        "origin_data": row.origin_data,
        "parent_id": row.parent_id,
        "status": row.status,
        "data": read_data(metadata.entity(STAGED[row.item_type]), row.data),
        "messages": row.messages,
        "waiting_for": row.waiting_for,
        "item_id": row.record_id,
        "origin_version": row.origin_version,
        "version": row.version,
        "created_at": timestamp(row.created_at),
        "updated_at": timestamp(row.updated_at),
    }
    if children is not None:
        answer["children"] = [staged_record_json(child, metadata) for child in children]
    return answer


class StagedRecordView(CompanyAPIView):
    """What the views of staged records share."""

    requires = frozenset({"erp_admin"})
    direction = "stage"
    object_type = "staged_record"

    def received(self) -> Received:
        return Received(self.request.path, self.request.content_type, getattr(self.request, "received_body", b""))

    @property
    def metadata(self) -> Metadata:
        return metadata_of(self.company.pk)

    def whole(self, row: StagedRecord) -> dict[str, Any]:
        children = children_of(self.company.pk, [row]).get(row.pk)
        return staged_record_json(row, self.metadata, children)


class StagedRecords(StagedRecordView):
    """The list, and staging one."""

    filters = {
        "id": IntegerFilter("pk"),
        "item_type": ChoiceFilter("item_type", frozenset(STAGED)),
        "status": ChoiceFilter("status", frozenset(StagedStatus.values)),
        "origin_id": TextFilter("origin_id"),
        "parent_id": IntegerFilter("parent_id"),
        "updated_at": TimeFilter("updated_at"),
        "created_at": TimeFilter("created_at"),
    }
    sorts = {"id": "pk", "created_at": "created_at", "updated_at": "updated_at"}

    def get(self, request: Request) -> Response:
        rows = standing(self.company.pk).filter(**self.lookups)
        ids = rows.order_by(*self.sort_columns, "pk").values_list("pk", flat=True)
        page = self.page
        wanted = list(ids[page.offset : page.offset + page.per_page])
        found, metadata = standing(self.company.pk).in_bulk(wanted), self.metadata
        return self.paged([staged_record_json(found[one], metadata) for one in wanted if one in found], rows.count())

    def post(self, request: Request) -> Response:
        body = self.body if isinstance(self.body, dict) else {}
        sent = body.get("staged_record", body)
        row = create_staged_record(self.company.pk, sent, actor=self.actor, received=self.received())
        return Response(self.whole(row), status=201)


class StagedRecordDetail(StagedRecordView):
    """One staged record."""

    needs_body = frozenset({"PATCH", "PUT"})

    def get(self, request: Request, staged_id: int) -> Response:
        row = standing(self.company.pk).filter(pk=staged_id).first()
        if row is None:
            raise NotFound()
        return Response(self.whole(row))

    def patch(self, request: Request, staged_id: int) -> Response:
        body = self.body if isinstance(self.body, dict) else {}
        sent = body.get("staged_record", body)
        row = update_staged_record(self.company.pk, staged_id, sent, actor=self.actor, received=self.received())
        return Response(self.whole(row))

    put = patch

    def delete(self, request: Request, staged_id: int) -> Response:
        row = delete_staged_record(self.company.pk, staged_id, actor=self.actor)
        return Response(staged_record_json(row, self.metadata))


class StagedRecordSync(StagedRecordView):
    """Staging up to 1,000 at once, each on its own."""

    def patch(self, request: Request) -> Response:
        staged = stage_records(
            self.company.pk,
            read_updates(self.body),
            actor=self.actor,
            received=self.received(),
            atomic=wants_atomic(self.body, request.query_params),
        )
        entities = [staged_record_json(row, staged.metadata, staged.children.get(row.pk)) for row in staged.entities]
        return Response({"entities": entities, "errors": staged.errors})
