"""Project people's objects."""

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from erpstaging.api.filters import ChoiceFilter, IntegerFilter
from erpstaging.api.views.base import PersonAPIView
from erpstaging.api.views.people.answers import record_json, seen_record_json
from erpstaging.catalogue.fields import INT64
from erpstaging.catalogue.registry import ENTITIES
from erpstaging.connections.services import metadata_of
from erpstaging.core.errors import Invalid
from erpstaging.records.editing import create_record, delete_record, edit_record
from erpstaging.records.lines import LineEdit
from erpstaging.records.models import Record
from erpstaging.staging.budget_import import import_budget
from erpstaging.staging.direct_exports import send_to_erp
from erpstaging.staging.reading import seen_record
from erpstaging.staging.sending import retrieve_record


class RecordView(PersonAPIView):
    requires = frozenset({"member"})
    open_to = frozenset({"project", "erp", "auditor"})
    object_type = "record"

    @property
    def given(self) -> dict[str, Any]:
        return self.body if isinstance(self.body, dict) else {}

    def data(self) -> dict[str, Any]:
        data = self.given.get("data", {})
        if not isinstance(data, dict):
            raise Invalid.field("data", "must be an object")
        return data

    def id_of(self, name: str) -> int | None:
        value = self.given.get(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < INT64:
            raise Invalid.field(name, "must be an id")
        return value

    def lines(self) -> list[LineEdit]:
        """`line_items`: [{"id", "data", "_destroy"}], or a line's values without the `data` around them."""
        lines = self.given.get("line_items", [])
        if not isinstance(lines, list) or not all(isinstance(line, dict) for line in lines):
            raise Invalid.field("line_items", "must be a list of objects")
        return [self._line(place, line) for place, line in enumerate(lines)]

    def _line(self, place: int, line: dict[str, Any]) -> LineEdit:
        line_id, data = line.get("id"), line.get("data", line)
        if line_id is not None and (isinstance(line_id, bool) or not isinstance(line_id, int)):
            raise Invalid.field(f"line_items.{place}.id", "must be an id")
        if not isinstance(data, dict):
            raise Invalid.field(f"line_items.{place}.data", "must be an object")
        return LineEdit(line_id, data, delete=line.get("_destroy") is True)

    def answer(self, record_id: int, status: int = 200) -> Response:
        seen = seen_record(self.company, record_id, self.actor)
        return Response(seen_record_json(seen, metadata_of(self.company.pk)), status=status)


class Records(RecordView):
    """The company's objects, newest first, and making one."""

    filters = {
        "item_type": ChoiceFilter("item_type", frozenset(ENTITIES)),
        "project_id": IntegerFilter("project_id"),
        "parent_id": IntegerFilter("parent_id"),
        "id": IntegerFilter("pk"),
    }

    def get(self, request: Request) -> Response:
        rows = Record.objects.of(self.company).filter(deleted_at=None, **self.lookups)
        if request.query_params.get("item_type") in ENTITIES:
            rows = rows.filter(item_type=request.query_params["item_type"])
        page = self.page
        found = rows.order_by("-pk")[page.offset : page.offset + page.per_page]
        metadata = metadata_of(self.company.pk)
        return self.paged([record_json(record, metadata) for record in found], rows.count())

    def post(self, request: Request) -> Response:
        item_type = self.given.get("item_type")
        record = create_record(
            self.company,
            actor=self.actor,
            item_type=item_type if isinstance(item_type, str) else "",
            project_id=self.id_of("project_id"),
            parent_id=self.id_of("parent_id"),
            data=self.data(),
            lines=self.lines(),
        )
        return self.answer(record.pk, status=201)


class RecordOf(RecordView):
    needs_body = frozenset({"PATCH"})

    def get(self, request: Request, record_id: int) -> Response:
        return self.answer(record_id)

    def patch(self, request: Request, record_id: int) -> Response:
        edit_record(
            self.company,
            record_id,
            actor=self.actor,
            data=self.data(),
            lines=self.lines(),
            version=self.seen_version(),
        )
        return self.answer(record_id)

    def delete(self, request: Request, record_id: int) -> Response:
        delete_record(self.company, record_id, actor=self.actor)
        return Response({"id": record_id})


class RecordAct(RecordView):
    http_method_names = ["post"]
    needs_body = frozenset()


class SendToErp(RecordAct):
    def post(self, request: Request, record_id: int) -> Response:
        export = send_to_erp(self.company, record_id, actor=self.actor)
        return Response({"export_id": export.pk, "version": export.version, "status": export.state}, status=201)


class Retrieve(RecordAct):
    def post(self, request: Request, record_id: int) -> Response:
        export = retrieve_record(self.company, record_id, actor=self.actor)
        return Response({"export_id": export.pk, "version": export.version, "status": export.state})


class ImportBudget(RecordAct):
    """The budget of a project, from the job costs of the ERP."""

    def post(self, request: Request, record_id: int) -> Response:
        budget = import_budget(self.company, record_id, actor=self.actor)
        return self.answer(budget.pk)
