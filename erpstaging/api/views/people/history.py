"""What became of a staged record: its changes, and the bodies as they were received."""

from typing import Any

from django.http import HttpResponse, HttpResponseBase
from rest_framework.request import Request
from rest_framework.response import Response

from erpstaging.api.paging import read_count
from erpstaging.api.views.people.answers import changes_json
from erpstaging.api.views.people.decisions import ExportOf, StagedRecordOf
from erpstaging.connections.services import metadata_of
from erpstaging.core.money import wire_amount
from erpstaging.records.snapshots import timestamp
from erpstaging.staging.comparing import Differences, FieldChange, compare_snapshots
from erpstaging.staging.history import History, Received, history_of, received_of
from erpstaging.staging.reading import seen_export, seen_staged_record
from erpstaging.staging.resubmitting import earlier_than


class Changes(StagedRecordOf):
    """What changed since the last decision, else with the last call; `?since=` names another change."""

    def get(self, request: Request, staged_id: int) -> Response:
        row = seen_staged_record(self.company, staged_id, self.actor).row
        since = read_count(request.query_params, "since", default=0) or None
        return Response(history_json(history_of(self.company, row, since=since)))


class ExportChanges(ExportOf):
    """What is different from the rejected export that this one comes back from, else from the one before it."""

    http_method_names = ["get"]

    def get(self, request: Request, export_id: int) -> Response:
        export = seen_export(self.company, export_id, self.actor).export
        earlier = earlier_than(self.company, export)
        if earlier is None:
            return Response({"since": None, "fields": [], "equal": [], "lines": [], "equal_lines": [], "total": None})
        found = compare_snapshots(self.company, earlier.snapshot, export.snapshot, metadata_of(self.company.pk))
        return Response({"since": earlier.pk, "since_status": earlier.status, **differences_json(found)})


def differences_json(found: Differences) -> dict[str, Any]:
    """What changed, and by name what did not."""
    return {
        **changes_json(found),
        "equal": list(found.equal),
        "equal_lines": list(found.equal_lines),
        "total": {
            "before": wire_amount(found.total_before),
            "after": wire_amount(found.total_after),
            "difference": wire_amount(found.total_difference),
            "currency": found.currency_after,
        },
    }


class Source(StagedRecordOf):
    """The newest body that spoke of the row; `?change=` names another one."""

    def get(self, request: Request, staged_id: int) -> Response:
        return Response(received_json(self.received(staged_id)))

    def received(self, staged_id: int) -> Received:
        row = seen_staged_record(self.company, staged_id, self.actor).row
        change_id = read_count(self.request.query_params, "change", default=0) or None
        return received_of(self.company, row, actor=self.actor, change_id=change_id)


class SourceBody(Source):
    """The same body as the bytes that were received."""

    def get(self, request: Request, staged_id: int) -> HttpResponseBase:  # type: ignore[override]
        return body_response(self.received(staged_id))


def body_response(received: Received) -> HttpResponse:
    """A download, so that no browser ever takes a foreign body for a page of ours."""
    response = HttpResponse(received.fetched, content_type="application/octet-stream")
    response["Content-Disposition"] = f'attachment; filename="received-{received.intake.pk}.json"'
    response["X-Content-Type-Options"] = "nosniff"
    return response


def history_json(history: History) -> dict[str, Any]:
    compared = history.comparison
    return {
        "changes": [
            {"id": one.change_id, "at": timestamp(one.at), "by": one.by or None, "version": one.version}
            for one in history.moments
        ],
        "since": compared.since.change_id if compared else None,
        "fields": [_field_json(one) for one in compared.fields] if compared else [],
        "equal": compared.equal if compared else [],
        "lines": [{"origin_id": line.origin_id, "before": line.before, "after": line.after} for line in compared.lines]
        if compared
        else [],
        "equal_lines": compared.equal_lines if compared else [],
        "superseded": [
            {
                "at": timestamp(one.at),
                "by": one.by or None,
                "origin_version": one.origin_version,
                "fields": [_field_json(field) for field in one.fields],
            }
            for one in history.older
        ],
    }


def _field_json(one: FieldChange) -> dict[str, Any]:
    return {"name": one.name, "before": one.before, "after": one.after}


def received_json(received: Received) -> dict[str, Any]:
    account = received.intake.account
    return {
        "change_id": received.change.pk,
        "received_at": timestamp(received.intake.received_at),
        "sender": account.name if account is not None else None,
        "path": received.intake.path,
        "content_type": received.intake.content_type,
        "size": len(received.body),
        "sha256": received.sha256,
        "correlation_id": received.intake.correlation_id or None,
        "element": received.place,
        "masked": received.has_sensitive and not received.may_unmask,
        "body": received.seen,
    }
