"""An acceptance whose process is killed with SIGKILL half-way."""

import signal
import subprocess
import sys

import pytest

from erpstaging.core.scope import company_scope
from erpstaging.outbox.models import Event
from erpstaging.staging.models import ExportState
from tests.faults.conftest import ROOT, worker_environment
from tests.fixtures.gate import Gate

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

DETAILS = "erpstaging.erp_requests.models.ErpRequestDetail.objects.bulk_create"
EVENTS = "erpstaging.outbox.events.record"
COMMIT = "django.db.backends.postgresql.base.DatabaseWrapper._commit"


@pytest.mark.capability("EX-01")
@pytest.mark.parametrize("before", [DETAILS, EVENTS, COMMIT])
def test_nothing_is_left_of_a_killed_acceptance_and_the_next_one_opens_one_request(gate: Gate, before: str) -> None:
    export = gate.send()
    events = event_count(gate)

    killed = subprocess.run(
        [
            sys.executable,
            "-m",
            "tests.faults.accepter",
            *(str(number) for number in (gate.company.pk, gate.approver.id, export.pk, export.version)),
            before,
        ],
        cwd=ROOT,
        env=worker_environment(),
        capture_output=True,
        text=True,
    )

    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert (gate.requests(), gate.details()) == ([], [])
    assert gate.export().state == ExportState.READY_TO_EXPORT
    assert gate.export().version == export.version
    assert event_count(gate) == events

    gate.accept(export)

    (erp_request,) = gate.requests()
    (detail,) = gate.details()
    assert detail.erp_request_id == erp_request.pk != detail.pk
    assert gate.export().state == ExportState.EXPORTING


def event_count(gate: Gate) -> int:
    with company_scope(gate.company.pk):
        return Event.objects.of(gate.company).count()
