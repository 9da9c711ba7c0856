"""The approver's acts on staged records and exports."""

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from erpstaging.api.errors import error_response
from erpstaging.api.views.base import PersonAPIView
from erpstaging.api.views.people.answers import seen_export_json, seen_staged_json
from erpstaging.connections.services import metadata_of
from erpstaging.core.errors import Invalid
from erpstaging.records.reuse import CONFIRM
from erpstaging.staging.bulk_acts import checked_rejection, checked_undo
from erpstaging.staging.exports import accept_export, reject_export, retry_export, undo_accept
from erpstaging.staging.holding import hold_export, resume_export
from erpstaging.staging.imports import accept_import, archive_staged_record, reject_import, unarchive_staged_record
from erpstaging.staging.job_codes import retry_with_code
from erpstaging.staging.models import StagedStatus
from erpstaging.staging.reading import seen_decided, seen_export, seen_staged_record
from erpstaging.staging.staleness import cancel_export


class ActView(PersonAPIView):
    """An act: `POST`, with a body where it needs one."""

    requires = frozenset({"member"})
    needs_body = frozenset()

    @property
    def given(self) -> dict[str, Any]:
        return self.body if isinstance(self.body, dict) else {}


class StagedRecordOf(ActView):
    open_to = frozenset({"erp", "auditor"})
    object_type = "staged_record"

    def get(self, request: Request, staged_id: int) -> Response:
        return self.answer(staged_id)

    def answer(self, staged_id: int) -> Response:
        seen = seen_staged_record(self.company, staged_id, self.actor)
        return Response(seen_staged_json(seen, metadata_of(self.company.pk)))


class StagedRecordAct(StagedRecordOf):
    http_method_names = ["post"]


class Import(StagedRecordAct):
    def post(self, request: Request, staged_id: int) -> Response:
        row = accept_import(
            self.company,
            staged_id,
            actor=self.actor,
            version=self.seen_version(),
            confirm_reuse=self.given.get(CONFIRM) is True,
        )
        if row.status == StagedStatus.INVALID:
            # The row keeps its messages, so this refusal is committed and not raised.
            return error_response(Invalid.field("base", row.messages[0], code="rule_failed", messages=row.messages))
        return self.answer(staged_id)


class RejectImport(StagedRecordAct):
    def post(self, request: Request, staged_id: int) -> Response:
        reject_import(
            self.company,
            staged_id,
            actor=self.actor,
            version=self.seen_version(),
            reason=self.given.get("reason"),
            code=self.given.get("code"),
        )
        return self.answer(staged_id)


class Archive(StagedRecordAct):
    def post(self, request: Request, staged_id: int) -> Response:
        archive_staged_record(self.company, staged_id, actor=self.actor, version=self.seen_version())
        return self.answer(staged_id)


class Unarchive(StagedRecordAct):
    def post(self, request: Request, staged_id: int) -> Response:
        unarchive_staged_record(self.company, staged_id, actor=self.actor, version=self.seen_version())
        return self.answer(staged_id)


class ExportOf(ActView):
    open_to = frozenset({"project", "erp", "auditor"})
    object_type = "export"

    def get(self, request: Request, export_id: int) -> Response:
        return self.answer(export_id)

    def answer(self, export_id: int) -> Response:
        return Response(seen_export_json(seen_export(self.company, export_id, self.actor)))


class ExportAct(ExportOf):
    http_method_names = ["post"]


class Accept(ExportAct):
    def post(self, request: Request, export_id: int) -> Response:
        export = accept_export(
            self.company,
            export_id,
            actor=self.actor,
            version=self.seen_version(),
            inputs={name: self.given.get(name) for name in ("code", "custom_fields", "confirm")},
            undo=checked_undo(self.given.get("undo_seconds")),
        )
        return Response(seen_export_json(seen_decided(self.company, export, self.actor)))


class Reject(ExportAct):
    def post(self, request: Request, export_id: int) -> Response:
        reject_export(
            self.company,
            export_id,
            actor=self.actor,
            version=self.seen_version(),
            **checked_rejection(self.given),
        )
        return self.answer(export_id)


class Retry(ExportAct):
    """The same once more; a project whose code the ERP refused may come with another `code`."""

    def post(self, request: Request, export_id: int) -> Response:
        if self.given.get("code") is not None:
            seen, code = self.seen_version(), self.given["code"]
            retry_with_code(self.company, export_id, actor=self.actor, code=code, version=seen)
            return self.answer(export_id)
        retry_export(self.company, export_id, actor=self.actor, version=self.seen_version())
        return self.answer(export_id)


class Hold(ExportAct):
    """Aside until a day or moment; without `until` it comes back at once."""

    def post(self, request: Request, export_id: int) -> Response:
        version = self.seen_version()
        if self.given.get("until") is None:
            resume_export(self.company, export_id, actor=self.actor, version=version)
        else:
            note, until = self.given.get("note"), self.given["until"]
            hold_export(self.company, export_id, actor=self.actor, note=note, until=until, version=version)
        return self.answer(export_id)


class Cancel(ExportAct):
    def post(self, request: Request, export_id: int) -> Response:
        cancel_export(self.company, export_id, actor=self.actor, version=self.seen_version())
        return self.answer(export_id)


class Undo(ExportAct):
    def post(self, request: Request, export_id: int) -> Response:
        undo_accept(self.company, export_id, actor=self.actor, version=self.seen_version())
        return self.answer(export_id)
