"""A worker that is killed with SIGKILL in the middle of a bulk decision: the next one goes on, each row once."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from erpstaging.core.scope import company_scope, in_company
from erpstaging.erp_requests.models import ErpRequestDetail
from erpstaging.records.editing import create_record
from erpstaging.staging.bulk import Selection, outcome_counts, start_bulk
from erpstaging.staging.bulk_models import BulkItem
from erpstaging.staging.models import Decision, StagedExport
from erpstaging.staging.queue import Asked, View
from erpstaging.staging.sending import send_record
from tests.faults.conftest import ROOT, worker_environment

pytestmark = pytest.mark.slow

ROWS, CHUNK = 240, 20
WORKER = f"""
import dataclasses, django
django.setup()
from erpstaging.staging import bulk_acts
from erpstaging.staging.tasks import carry_on_bulk
bulk_acts.ACTS["accept"] = dataclasses.replace(bulk_acts.ACTS["accept"], chunk={CHUNK})
print("ready", flush=True)
print(carry_on_bulk(), flush=True)
"""


@contextmanager
def worker() -> Iterator["subprocess.Popen[str]"]:
    command = [sys.executable, "-c", WORKER]
    with subprocess.Popen(command, cwd=ROOT, env=worker_environment(), stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.capability("AP-07")
@pytest.mark.django_db(transaction=True)
def test_a_job_whose_worker_is_killed_is_carried_on_and_decides_each_row_once(
    company, connection, project_user, approver
):
    def send_all() -> None:
        for n in range(ROWS):
            record = create_record(company, actor=project_user, item_type="vendor", data={"name": f"Vendor {n}"})
            send_record(company, record.pk, actor=project_user)

    in_company(company.pk, send_all)
    chosen = Selection(asked=Asked(View.READY_TO_EXPORT))
    job = in_company(company.pk, lambda: start_bulk(company, "accept", chosen, actor=approver))

    killed_at = []
    for _ in range(3):
        before = decided(company, job)
        with worker() as process:
            ends = time.monotonic() + 60
            while decided(company, job) == before:
                assert time.monotonic() < ends, "the job does not go on"
                time.sleep(0.005)
            os.kill(process.pid, signal.SIGKILL)
        killed_at.append(decided(company, job))
        assert killed_at[-1] % CHUNK == 0, "a chunk is there as a whole or not at all"
    with worker() as process:
        rest = int(process.communicate(timeout=60)[0])

    assert rest == ROWS - killed_at[-1] > 0, "nobody was killed in the middle"
    with company_scope(company.pk):
        assert outcome_counts(company.pk, job) == {"waiting": 0, "done": ROWS, "refused": 0, "skipped": 0}
        once = Counter(Decision.objects.of(company).filter(object_type="export").values_list("object_id", flat=True))
        assert (len(once), set(once.values())) == (ROWS, {1})
        asked = Counter(ErpRequestDetail.objects.of(company).values_list("item_id", flat=True))
        assert (len(asked), set(asked.values())) == (ROWS, {1})
        assert set(StagedExport.objects.of(company).values_list("state", "attempts")) == {("exporting", 1)}


def decided(company, job) -> int:
    with company_scope(company.pk):
        return BulkItem.objects.of(company).filter(job=job).exclude(outcome="waiting").count()
