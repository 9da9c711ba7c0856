"""What the REST for people answers with."""

from collections.abc import Mapping, Sequence
from typing import Any

from erpstaging.api.views.staged_records import staged_record_json
from erpstaging.catalogue.registry import ENTITIES
from erpstaging.connections.custom_fields import read_data
from erpstaging.connections.metadata import Metadata
from erpstaging.connections.rules import Input
from erpstaging.core.money import wire_amount
from erpstaging.records.models import OriginIdHistory, Record
from erpstaging.records.reuse import was_linked_to
from erpstaging.records.snapshots import timestamp
from erpstaging.staging.acts import OpenAct
from erpstaging.staging.checks import Check
from erpstaging.staging.comparing import Differences, FieldChange
from erpstaging.staging.models import StagedExport, StagedRecord, StagedStatus
from erpstaging.staging.queue import Row
from erpstaging.staging.reading import ExportSeen, RecordSeen, StagedSeen

LINE = ENTITIES["line_item"]


def acts_json(acts: Sequence[OpenAct]) -> list[dict[str, Any]]:
    return [
        {"act": act.act, "enabled": act.enabled, "code": act.code or None, "reason": act.reason or None} for act in acts
    ]


def checks_json(checks: Sequence[Check]) -> list[dict[str, Any]]:
    return [
        {
            "code": check.code,
            "label": check.label,
            "passed": check.passed,
            "remedy": check.remedy or None,
            "record_id": check.record_id,
        }
        for check in checks
    ]


def status_of_record(record: Record, export: StagedExport | None) -> str:
    """That of its newest export; without one it is synced with an origin ID, else not sent."""
    if export is not None and (export.is_open or record.synced is (export.state == "synced")):
        return export.status
    return "synced" if record.synced else "not_sent"


def record_json(record: Record, metadata: Metadata) -> dict[str, Any]:
    return {
        "id": record.pk,
        "item_type": record.item_type,
        "project_id": record.project_id,
        "parent_id": record.parent_id,
        "number": record.number,
        "title": record.title,
        "amount": wire_amount(record.amount),
        "currency": record.currency,
        "data": read_data(metadata.entity(ENTITIES[record.item_type]), record.data),
        "origin_id": record.origin_id,
        "origin_code": record.origin_code,
        "synced": record.synced,
        "lock": record.lock,
        "version": record.version,
        "created_at": timestamp(record.created_at),
        "updated_at": timestamp(record.updated_at),
    }


def seen_record_json(seen: RecordSeen, metadata: Metadata) -> dict[str, Any]:
    own = metadata.entity(LINE)
    lines = [
        {"id": line["id"], "position": line["position"], "amount": line["amount"], "data": read_data(own, line["data"]),
         "origin_id": line["origin_id"]}
        for line in seen.node.get("lines", ())
    ]  # fmt: skip
    return {
        **record_json(seen.record, metadata),
        "status": status_of_record(seen.record, seen.export),
        "export_id": seen.export.pk if seen.export else None,
        "lines": lines,
        "changed_since_sync": seen.changed,
        "checks": checks_json(seen.checks),
        "acts": acts_json(seen.acts),
        "rejection": _rejection(seen.export),
        "origin_id_history": [
            {"origin_id": was.origin_id, "until": timestamp(was.until), "reason": was.reason} for was in seen.origin_ids
        ],
        "was_linked_to": [was_linked_json(was) for was in seen.former],
        "confirmations": [one.pk for one in seen.pending],
    }


def was_linked_json(was: OriginIdHistory) -> dict[str, Any]:
    """Another record that an origin ID was on before."""
    return {
        "record_id": was.record_id,
        "origin_id": was.origin_id,
        "until": timestamp(was.until),
        "reason": was.reason,
        "message": was_linked_to(was),
    }


def _rejection(export: StagedExport | None) -> dict[str, Any] | None:
    """Reason, rejecter and time, while the newest export is a rejected one."""
    if export is None or export.state != "rejected":
        return None
    return {
        "reason": export.reason,
        "code": export.reason_code or None,
        "pins": export.pins,
        "rejected_by": export.decided_by_name,
        "rejected_at": timestamp(export.decided_at),
    }


def export_json(export: StagedExport) -> dict[str, Any]:
    return {
        "id": export.pk,
        "record_id": export.record_id,
        "item_type": export.item_type,
        "action": export.action,
        "status": export.status,
        "failure": export.failure or None,
        "failed_items": export.failed_items if export.state == "failed" else [],
        "resubmits_id": export.resubmits_id,
        "number": export.number,
        "title": export.title,
        "amount": wire_amount(export.amount),
        "currency": export.currency,
        "project_id": export.project_id,
        "vendor_id": export.vendor_id,
        "sent_by": export.sent_by_name,
        "sent_at": timestamp(export.sent_at),
        "decided_by": export.decided_by_name or None,
        "decided_at": timestamp(export.decided_at),
        "inputs": export.inputs,
        "reason": export.reason or None,
        "reason_code": export.reason_code or None,
        "pins": export.pins,
        "messages": export.messages,
        "release_at": timestamp(export.release_at),
        "held_reason": export.held_reason or None,
        "hold_until": timestamp(export.hold_until),
        "hold_note": export.hold_note or None,
        "held_by": export.held_by_name or None,
        "erp_request_id": export.erp_request_id,
        "attempts": export.attempts,
        "source": export.source or None,
        "version": export.version,
    }


def input_json(one: Input, node: Mapping[str, Any]) -> dict[str, Any]:
    """What Accept asks for; `offered` is taken where nothing is typed."""
    required = any(rule.name == "present" for rule in one.rules)
    offered = one.offered(node) or None
    return {"key": one.key, "label": one.label, "type": one.kind, "required": required, "offered": offered}


def changes_json(found: Differences) -> dict[str, Any]:
    """What is different from what the ERP knows: fields, lines, totals."""
    return {
        "fields": [_change_json(one) for one in found.fields],
        "lines": [
            {
                "id": line.line_id,
                "position": line.position,
                "change": "added" if line.before is None else "removed" if line.after is None else "changed",
                "fields": [_change_json(one) for one in line.fields],
                "difference": wire_amount(line.amount),
            }
            for line in found.lines
        ],
        "total_before": wire_amount(found.total_before),
        "total_after": wire_amount(found.total_after),
    }


def _change_json(change: FieldChange) -> dict[str, Any]:
    return {"name": change.name, "before": change.before, "after": change.after}


def seen_export_json(seen: ExportSeen) -> dict[str, Any]:
    return {
        **export_json(seen.export),
        "origin_id": seen.record.origin_id,
        "checks": checks_json(seen.checks),
        "changes": None if seen.changes is None else changes_json(seen.changes),
        "acts": acts_json(seen.acts),
        "inputs_wanted": [input_json(one, seen.node) for one in seen.inputs],
        "snapshot": seen.node,
    }


def seen_staged_json(seen: StagedSeen, metadata: Metadata) -> dict[str, Any]:
    return {
        **staged_record_json(seen.row, metadata, seen.children),
        "resubmitted": seen.resubmitted,
        "was_linked_to": [was_linked_json(was) for was in seen.former],
        "acts": acts_json(seen.acts),
    }


def queue_row_json(row: Row) -> dict[str, Any]:
    one = row.object
    answer = {
        "object": row.kind,
        "id": one.pk,
        "version": one.version,
        "item_type": one.item_type,
        "number": one.number,
        "title": one.title,
        "project": row.project or None,
        "company": row.vendor or None,
        "amount": wire_amount(one.amount),
        "waiting_since": timestamp(row.since),
    }
    if isinstance(one, StagedRecord):
        fixing = one.status == StagedStatus.INVALID or (one.status == StagedStatus.STAGED and bool(one.waiting_for))
        section = "needs_fixing" if fixing else None
        return answer | {
            "status": one.status,
            "origin_id": one.origin_id,
            "messages": one.messages,
            "waiting_for": one.waiting_for,
            "section": section,
            "resubmitted": row.resubmitted,
        }
    if isinstance(one, StagedExport):
        return answer | {
            "status": one.status,
            "resubmitted": row.resubmitted,
            "action": one.action,
            "currency": one.currency,
            "record_id": one.record_id,
            "sender": one.sent_by_name,
            "decided_by": one.decided_by_name or None,
            "decided_at": timestamp(one.decided_at),
            "messages": one.messages,
        }
    if isinstance(one, Record):
        status = "unlinking" if row.unlinking else "synced"
        answer |= {"status": status, "currency": one.currency, "origin_id": one.origin_id}
    return answer
