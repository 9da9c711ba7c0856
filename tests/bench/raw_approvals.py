"""The limit that approvals are measured against: the same rows in the same tables, written by plain SQL.

It writes what an approval cannot do without, with the same bytes: the export as it is when it has left, the decision,
the record's lock, the request with its payload of 1 KB, its detail, the event, and two audit entries. The tables are
the service's own with their indexes, references, guards and walls; the connection is the owner's, for whom the walls
stand too. Nothing is checked but the state, payloads are filled into one that was made before, digests are constants
and ULIDs are counted. A job's own rows, one for each decision, are not written.
"""

import json
from collections.abc import Sequence
from typing import Any

import psycopg

from erpstaging.companies.actors import Actor

DIGEST = bytes(32)
INPUTS = json.dumps({"code": "", "custom_fields": {}})
ACCEPTED = json.dumps({"version": 2, "state": "accepted", "inputs": {"code": "", "custom_fields": {}}})
RELEASED = json.dumps({"version": 3, "state": "exporting", "erp_request_id": 1234567})

MORE_EXPORTS = """
    WITH made AS (
        INSERT INTO records_record (
            company_id, item_type, number, title, status, currency, data, lock, created_by_kind, created_by_id,
            created_by_name, edited_by_kind, edited_by_id, edited_by_name, created_at, updated_at, version
        )
        SELECT r.company_id, r.item_type, r.number, r.title, r.status, r.currency, r.data, r.lock, r.created_by_kind,
            r.created_by_id, r.created_by_name, r.edited_by_kind, r.edited_by_id, r.edited_by_name, now(), now(),
            r.version
        FROM generate_series(1, %(count)s), staging_stagedexport e JOIN records_record r ON r.id = e.record_id
        WHERE e.id = %(like)s
        RETURNING id
    )
    INSERT INTO staging_stagedexport (
        company_id, record_id, item_type, action, state, snapshot, content_hash, record_version, number, title,
        currency, sent_by_id, sent_by_name, sent_at, decided_by_name, inputs, reason, reason_code, pins, messages,
        held_reason, hold_note, held_by_name, attempts, changed_at, version
    )
    SELECT e.company_id, made.id, e.item_type, e.action, 'ready_to_export',
        e.snapshot || jsonb_build_object('id', made.id), e.content_hash, e.record_version, e.number, e.title,
        e.currency, e.sent_by_id, e.sent_by_name, now(), '', '{}', '', '', '[]', '[]', '', '', '', 0, now(), 1
    FROM made, staging_stagedexport e WHERE e.id = %(like)s
    RETURNING id, record_id
"""

LOCK = "SELECT state, version FROM staging_stagedexport WHERE company_id = %s AND id = %s FOR NO KEY UPDATE"
ACCEPT = """
    UPDATE staging_stagedexport SET state = 'accepted', decided_by_id = %s, decided_by_name = %s, decided_at = now(),
        inputs = '{}', release_at = now(), changed_at = now(), version = version + 1
    WHERE company_id = %s AND id = %s AND state = 'ready_to_export' AND version = 1
"""
REQUEST = """
    INSERT INTO erp_requests_erprequest (company_id, request_name, request_data, created_at, updated_at)
    VALUES (%s, 'create_vendor', %s, now(), now()) RETURNING id
"""
DETAIL = """
    INSERT INTO erp_requests_erprequestdetail (
        company_id, erp_request_id, state, messages, item_type, item_id, item_version, attempt, current, due_at,
        created_at, updated_at
    )
    VALUES (%s, %s, 'in_progress', '[]', 'vendor', %s, 1, 1, true, now() + interval '1 day', now(), now())
"""
EVENT = """
    INSERT INTO outbox_event (
        company_id, ulid, resource_name, resource_id, event_type, user_id, occurred_at, correlation_id, transaction
    )
    VALUES (
        %s, lpad(%s::text, 26, '0'), 'ERP Requests', %s, 'create', %s, now(), '', pg_current_xact_id()::text::bigint
    )
"""
AUDIT = """
    INSERT INTO audit_entry (
        company_id, occurred_at, actor_kind, actor_id, actor_name, credential, user_agent, action, object_type,
        object_id, record_id, after, correlation_id, digest
    )
    VALUES """
AUDIT_VALUES = "(%s, now(), 'person', %s, %s, '', '', %s, 'export', %s, %s, %s, '', %s)"
AUDIT += AUDIT_VALUES
DECISION = """
    INSERT INTO staging_decision (
        company_id, object_type, object_id, version, step, verdict, actor_kind, actor_id, actor_name, content_hash,
        sender_id, reason, decided_at
    )
    VALUES (%s, 'export', %s, 1, 1, 'accept', 'person', %s, %s, %s, 1, '', now())
"""
CLOSE_FOR_PEOPLE = "UPDATE records_record SET lock = 'exporting' WHERE company_id = %s AND id = %s"
ACCEPT_AND_RELEASE = """
    UPDATE staging_stagedexport SET state = 'exporting', decided_by_id = %s, decided_by_name = %s, decided_at = now(),
        inputs = %s, erp_request_id = %s, attempts = 1, changed_at = now(), version = version + 2
    WHERE company_id = %s AND id = %s AND state = 'ready_to_export' AND version = 1
"""


def approve(
    database: psycopg.Connection, company_id: int, by: Actor, export_id: int, record_id: int, payload: str
) -> None:
    """Six statements and a commit: lock, state, request, detail, outbox, audit. Less than an approval is."""
    with database.transaction(), database.cursor() as cursor:
        cursor.execute(LOCK, [company_id, export_id])
        assert cursor.fetchone() == ("ready_to_export", 1)
        cursor.execute(ACCEPT, [by.id, by.name, company_id, export_id])
        cursor.execute(REQUEST, [company_id, payload])
        (request_id,) = _one(cursor)
        cursor.execute(DETAIL, [company_id, request_id, record_id])
        cursor.execute(EVENT, [company_id, request_id, request_id, by.id])
        cursor.execute(AUDIT, [company_id, by.id, by.name, "export.accepted", export_id, record_id, ACCEPTED, DIGEST])


def approve_fully(
    database: psycopg.Connection, company_id: int, by: Actor, export_id: int, record_id: int, payload: str
) -> None:
    """Eight statements and a commit: besides those the decision and the record's lock, and a second audit entry."""
    with database.transaction(), database.cursor() as cursor:
        cursor.execute(LOCK, [company_id, export_id])
        assert cursor.fetchone() == ("ready_to_export", 1)
        cursor.execute(DECISION, [company_id, export_id, by.id, by.name, DIGEST])
        cursor.execute(CLOSE_FOR_PEOPLE, [company_id, record_id])
        cursor.execute(REQUEST, [company_id, payload])
        (request_id,) = _one(cursor)
        cursor.execute(DETAIL, [company_id, request_id, record_id])
        cursor.execute(EVENT, [company_id, request_id, request_id, by.id])
        cursor.execute(ACCEPT_AND_RELEASE, [by.id, by.name, INPUTS, request_id, company_id, export_id])
        said = (("export.accepted", ACCEPTED), ("export.released", RELEASED))
        entries = [
            value
            for action, after in said
            for value in (company_id, by.id, by.name, action, export_id, record_id, after, DIGEST)
        ]
        cursor.execute(f"{AUDIT}, {AUDIT_VALUES}", entries)


def _one(cursor: "psycopg.Cursor[Any]") -> Any:
    row = cursor.fetchone()
    assert row is not None
    return row


ALL = """
    WITH locked AS (
        SELECT id, record_id, snapshot, content_hash, sent_by_id FROM staging_stagedexport
        WHERE company_id = %(company)s AND id = ANY(%(ids)s) AND state = 'ready_to_export' AND version = 1
        ORDER BY id FOR NO KEY UPDATE
    ), drawn AS (
        SELECT locked.*, nextval('erp_requests_id_seq') AS request_id FROM locked
    ), moved AS (
        UPDATE staging_stagedexport e SET state = 'exporting', decided_by_id = %(by)s, decided_by_name = %(name)s,
            decided_at = now(), inputs = %(inputs)s, erp_request_id = request_id, attempts = 1, changed_at = now(),
            version = version + 2
        FROM drawn WHERE e.id = drawn.id
    ), agreed AS (
        INSERT INTO staging_decision (
            company_id, object_type, object_id, version, step, verdict, actor_kind, actor_id, actor_name, content_hash,
            sender_id, reason, decided_at
        )
        SELECT %(company)s, 'export', id, 1, 1, 'accept', 'person', %(by)s, %(name)s, content_hash, sent_by_id, '',
            now()
        FROM drawn
    ), closed AS (
        UPDATE records_record r SET lock = 'exporting' FROM drawn WHERE r.id = drawn.record_id
    ), asked AS (
        INSERT INTO erp_requests_erprequest (id, company_id, request_name, request_data, created_at, updated_at)
        SELECT request_id, %(company)s, 'create_vendor',
            %(payload)s::jsonb || jsonb_build_object('request_detail_id', request_id, 'vendor',
                (%(payload)s::jsonb -> 'vendor') || (snapshot -> 'data') || jsonb_build_object('id', record_id)
            ), now(), now()
        FROM drawn
    ), followed AS (
        INSERT INTO erp_requests_erprequestdetail (
            company_id, erp_request_id, state, messages, item_type, item_id, item_version, attempt, current, due_at,
            created_at, updated_at
        )
        SELECT %(company)s, request_id, 'in_progress', '[]', 'vendor', record_id, 1, 1, true,
            now() + interval '1 day', now(), now()
        FROM drawn
    ), told AS (
        INSERT INTO outbox_event (
            company_id, ulid, resource_name, resource_id, event_type, user_id, occurred_at, correlation_id, transaction
        )
        SELECT %(company)s, lpad(request_id::text, 26, '0'), 'ERP Requests', request_id, 'create', %(by)s, now(), '',
            pg_current_xact_id()::text::bigint
        FROM drawn
    )
    INSERT INTO audit_entry (
        company_id, occurred_at, actor_kind, actor_id, actor_name, credential, user_agent, action, object_type,
        object_id, record_id, after, correlation_id, digest
    )
    SELECT %(company)s, now(), 'person', %(by)s, %(name)s, '', '', said.action, 'export', id, record_id, said.after, '',
        %(digest)s
    FROM drawn, (VALUES
        ('export.accepted', %(accepted)s::jsonb), ('export.released', %(released)s::jsonb)
    ) AS said(action, after)
"""


def approve_all(
    database: psycopg.Connection, company_id: int, by: Actor, exports: Sequence[tuple[int, int]], payload: str
) -> None:
    """One statement and a commit for all of them, each with its snapshot in its payload."""
    values = {
        "company": company_id, "ids": [export_id for export_id, _ in exports], "by": by.id, "name": by.name,
        "inputs": INPUTS, "payload": payload,
        "accepted": ACCEPTED, "released": RELEASED, "digest": DIGEST,
    }  # fmt: skip
    with database.transaction(), database.cursor() as cursor:
        cursor.execute(ALL, values)
        assert cursor.rowcount == 2 * len(exports)
