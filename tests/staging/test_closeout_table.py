"""The life of a request detail and of its export, row by row as the lifecycles say it (sections 3 and 4)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from erpstaging.core.scope import in_company
from erpstaging.erp_requests.models import DetailState
from erpstaging.staging.models import Conflict, ExportState
from erpstaging.staging.staleness import cancel_export, expire_details
from tests.fixtures.gate import Gate

Step = Callable[[Gate], Any]


def link(gate: Gate) -> None:
    gate.link("ORD-9")


def nulled(gate: Gate) -> None:
    gate.link(None)


def closes(status: str, *messages: str, of: int = -1) -> Step:
    """The integrator's answer to the newest attempt, or to the one at this place."""
    return lambda gate: gate.close(status, *messages, detail=gate.details()[of])


def rejects(gate: Gate) -> None:
    gate.reject(gate.export())


def retries(gate: Gate) -> None:
    gate.retry(gate.export())


def cancels(gate: Gate) -> None:
    gate.run(lambda: cancel_export(gate.company, gate.export().pk, actor=gate.approver))


def expires(gate: Gate) -> None:
    """The time of the newest attempt is over."""
    detail = gate.details()[-1]
    gate.run(lambda: type(detail).objects.of(gate.company).filter(pk=detail.pk).update(due_at=detail.created_at))
    in_company(gate.company.pk, lambda: expire_details(gate.company, [detail.pk]))


@dataclass(frozen=True)
class Row:
    """What is done to an export that is out, and how its attempts, itself and its record stand then."""

    name: str
    steps: tuple[Step, ...]
    details: tuple[str, ...]
    export: str
    linked: bool = False
    lock: str = "none"
    conflicts: int = 0


NO = "Period closed."
OUT = {"lock": "exporting"}
ROWS = [
    # Section 3: request detail
    Row("1 created", (), ("in_progress",), "exporting", **OUT),
    Row("2 success with origin ID", (link, closes("success")), ("success",), "synced", linked=True),
    Row("2 success without", (closes("success"),), ("success",), "failed", **OUT),
    Row("3 failed", (closes("failed", NO),), ("failed",), "failed", **OUT),
    Row("4 rejected", (closes("rejected", NO),), ("rejected",), "rejected"),
    Row("5 approver rejects the failed", (closes("failed", NO), rejects), ("rejected",), "rejected"),
    Row("5a cancelled", (cancels,), ("stale",), "failed", **OUT),
    Row("6 unanswered", (expires,), ("stale",), "failed", **OUT),
    Row("6 late close", (expires, link, closes("success")), ("success",), "synced", linked=True),
    Row("7 newer request for the same object", (closes("failed", NO), closes("in_progress"), retries),
        ("stale", "in_progress"), "exporting", **OUT),
    Row("8 success after failed", (closes("failed", NO), link, closes("success")), ("success",), "synced", linked=True),
    Row("8 success after stale", (closes("stale"), link, closes("success")), ("success",), "synced", linked=True),
    Row("8 success after rejected, unlinked", (closes("rejected", NO), closes("success")), ("success",), "rejected"),
    Row("8 success after rejected, linked", (closes("rejected", NO), link, closes("success")), ("success",),
        "rejected", linked=True, conflicts=1),
    *(Row(f"8 {status} after success", (link, closes("success"), closes(status, NO)), (status,), "synced",
          linked=True, conflicts=1) for status in ("failed", "rejected", "stale", "in_progress")),
    Row("8 failed, then in progress, then success", (closes("failed", NO), closes("in_progress"), link,
        closes("success")), ("success",), "synced", linked=True),
    Row("10 unlinked after success", (link, closes("success"), nulled), ("success",), "unlinked"),
    # Section 4: object on export, where section 3 has not said it
    Row("5 linked at once", (link,), ("in_progress",), "exporting", linked=True, **OUT),
    Row("6a the missing origin ID arrives after a success", (closes("success"), link), ("success",), "synced",
        linked=True),
    Row("7a late success", (closes("failed", NO), link, closes("success")), ("success",), "synced", linked=True),
    Row("8 export again", (closes("failed", NO), retries), ("failed", "in_progress"), "exporting", **OUT),
    Row("8 export again, twice", (closes("failed", NO), retries, closes("failed", NO), retries),
        ("failed", "failed", "in_progress"), "exporting", **OUT),
    Row("8 and synced", (closes("failed", NO), retries, link, closes("success")), ("failed", "success"), "synced",
        linked=True),
    # Late answers to an attempt that a newer one replaced (design, section 7)
    *(Row(f"late {status} of an older attempt", (closes("failed", NO), retries, closes(status, of=0)),
          (status, "in_progress"), "exporting", **OUT) for status in ("rejected", "stale", "success")),
    Row("late success with an origin ID wins", (closes("failed", NO), retries, link, closes("success", of=0)),
        ("success", "stale"), "synced", linked=True, conflicts=1),
    Row("late success after a second failure", (closes("failed", NO), retries, closes("failed", NO), link,
        closes("success", of=0)), ("success", "failed"), "synced", linked=True, conflicts=1),
    Row("late success when the newer one is synced", (closes("failed", NO), retries, link, closes("success"),
        closes("success", of=0)), ("success", "success"), "synced", linked=True, conflicts=1),
    Row("late failure when the newer one is synced", (closes("failed", NO), retries, link, closes("success"),
        closes("rejected", NO, of=0)), ("rejected", "success"), "synced", linked=True),
]  # fmt: skip


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
@pytest.mark.capability("EX-03")
def test_a_row_of_the_life_cycle(gate, row):
    gate.bring_to("exporting")

    for step in row.steps:
        step(gate)

    record = gate.record()
    assert tuple(one.state for one in gate.details()) == row.details
    assert gate.export().state == row.export
    assert (record.synced, record.lock) == (row.linked, row.lock)
    assert Conflict.objects.of(gate.company).count() == row.conflicts
    assert len(gate.requests()) == len(row.details)
    assert sum(one.current for one in gate.details()) <= 1


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
@pytest.mark.capability("EX-03")
def test_the_same_answer_once_more_changes_nothing(gate, row):
    gate.bring_to("exporting")
    for step in row.steps:
        step(gate)
    before = (gate.export().state, gate.export().version, gate.record().lock, Conflict.objects.of(gate.company).count())
    states = [one.state for one in gate.details()]

    for place, state in enumerate(states):
        gate.close(state, "Once more.", detail=gate.details()[place])

    export = gate.export()
    after = (export.state, export.version, gate.record().lock, Conflict.objects.of(gate.company).count())
    assert after == before
    assert [one.state for one in gate.details()] == states


def test_the_table_knows_every_state():
    assert {state for row in ROWS for state in row.details} == set(DetailState.values)
    reached = {row.export for row in ROWS}
    assert reached == {"exporting", "synced", "failed", "rejected", "unlinked"} <= set(ExportState.values)
