"""One command for one key: a call that is repeated is answered as the first time, and done once.

The key's row is inserted first in the command's own transaction. A parallel call with the same key waits for that
transaction and then finds its answer; an answer can only be kept with what it speaks of, so a refusal, which is rolled
back, is not kept and the call simply runs again (docs/decisions/idempotency-keys.md).
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import msgspec
from django.conf import settings
from django.db import OperationalError, connection
from django.utils import timezone
from rest_framework.response import Response

from erpstaging.api.errors import StillRunning
from erpstaging.api.models import IdempotencyKey
from erpstaging.api.renderers import to_json
from erpstaging.core.errors import BadRequest, Invalid
from erpstaging.core.scope import Again

HEADERS = ("Idempotency-Key", "Idempotency-Token")
REPLAYED = "Idempotent-Replayed"
KEYED = frozenset({"POST", "PUT", "PATCH"})
MAX_KEY = 255
LOCK_TIMEOUT = "55P03"
# So many keys that nobody needs any more go with each new one.
FORGOTTEN_AT_ONCE = 20


@dataclass(frozen=True, slots=True)
class KeyedCall:
    """A call and the key it came with; `path` includes the query."""

    company_id: int
    caller: str
    key: str
    method: str
    path: str
    body: bytes

    @property
    def digest(self) -> bytes:
        return hashlib.sha256(self.body).digest()

    @property
    def row(self) -> list[Any]:
        return [self.company_id, self.caller, self.key, self.method, self.path, self.digest]


def key_in(headers: Mapping[str, str]) -> str | None:
    """The key of a call, under either name. Raises BadRequest for one that is no key, or for two that differ."""
    given = {name: headers[name].strip() for name in HEADERS if name in headers}
    for name, key in given.items():
        if not 0 < len(key) <= MAX_KEY or not all("!" <= character <= "~" for character in key):
            text = f"must be 1 to {MAX_KEY} visible ASCII characters"
            raise BadRequest(f"The header {name} {text}.", code="bad_header", errors={name: [text]})
    if len(set(given.values())) > 1:
        text = f"differs from {HEADERS[1]}"
        raise BadRequest(f"The header {HEADERS[0]} {text}.", code="bad_header", errors={HEADERS[0]: [text]})
    return next(iter(given.values()), None)


def once(call: KeyedCall, command: Callable[[], Response]) -> Response:
    """The command's answer, or the one that it had when the key came first. In the command's transaction.

    Raises StillRunning when the first call has not ended after ERPSTAGING_IDEMPOTENCY_WAIT_SECONDS, Invalid, code
    `idempotency_key_reused`, when the key came with another call.
    """
    row_id = _insert(call)
    if row_id is None:
        return _answer_of(call)
    _forget(call.company_id)
    answer = command()
    body = to_json(answer.data)
    answer.data = msgspec.Raw(body)  # written once, and in the same bytes ever after
    headers = {name: value for name, value in answer.headers.items() if name != "Content-Type"}
    IdempotencyKey.objects.of(call.company_id).filter(pk=row_id).update(
        status=answer.status_code, headers=headers, body=body
    )
    return answer


def _insert(call: KeyedCall) -> int | None:
    """The id of the new row; None when the key stands already. One that is older than it need be is taken over."""
    wait_ms = int(settings.IDEMPOTENCY_WAIT_SECONDS * 1000)
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('lock_timeout', %s, true)", [f"{wait_ms}ms"])
        try:
            cursor.execute(
                "INSERT INTO api_idempotencykey AS old (company_id, caller, key, method, path, digest, created_at) "
                "VALUES (%s, %s, %s, %s, %s, %s, %s) ON CONFLICT (company_id, caller, key) DO UPDATE SET "
                "method = EXCLUDED.method, path = EXCLUDED.path, digest = EXCLUDED.digest, "
                "created_at = EXCLUDED.created_at WHERE old.created_at < %s RETURNING id",
                [*call.row, timezone.now(), _oldest()],
            )
        except OperationalError as exc:
            if getattr(exc.__cause__, "sqlstate", None) == LOCK_TIMEOUT:
                raise StillRunning from exc
            raise
        found = cursor.fetchone()
        cursor.execute("SET LOCAL lock_timeout TO DEFAULT")
    return found[0] if found else None


def _answer_of(call: KeyedCall) -> Response:
    row: IdempotencyKey | None = (
        IdempotencyKey.objects.of(call.company_id).filter(caller=call.caller, key=call.key).first()
    )
    if row is None:
        raise Again("The key was forgotten in the meantime.")
    if (row.method, row.path, bytes(row.digest)) != (call.method, call.path, call.digest):
        text = f"came with another call, {row.method} {row.path.partition('?')[0]}"
        raise Invalid.field(HEADERS[0], f"{text}, or another body", code="idempotency_key_reused")
    headers: dict[str, Any] = {**(row.headers or {}), REPLAYED: "true"}
    return Response(msgspec.Raw(bytes(row.body or b"{}")), status=row.status, headers=headers)


def _oldest() -> Any:
    return timezone.now() - timedelta(days=settings.IDEMPOTENCY_DAYS)


def _forget(company_id: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM api_idempotencykey WHERE id IN (SELECT id FROM api_idempotencykey "
            "WHERE company_id = %s AND created_at < %s ORDER BY created_at LIMIT %s FOR UPDATE SKIP LOCKED)",
            [company_id, _oldest(), FORGOTTEN_AT_ONCE],
        )
