"""Two hundred receivers that hang, and one that does not: the worker is a process of its own."""

import statistics
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from erpstaging.hooks.models import Profile
from tests.faults.conftest import Workers, worker_environment
from tests.fixtures.hooks import Tenant
from tests.fixtures.receiver import OK, Receiver, Reply

pytestmark = [pytest.mark.slow, pytest.mark.capability("WH-06", "WH-07")]
HANGING, ROUNDS = 200, 12


@pytest.fixture
def patient_workers(tenant: Tenant) -> Iterator[Workers]:
    """With leases and time-outs as an installation has them."""
    running = Workers(worker_environment())
    yield running
    running.stop()


def kilobytes(worker: int) -> int:
    """What a process holds in memory."""
    status = Path(f"/proc/{worker}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0])


def arrival_of(receiver: Receiver, resource_id: int, timeout_s: float) -> float:
    """When the healthy receiver got it; raises when it did not."""
    ends = time.monotonic() + timeout_s
    while time.monotonic() < ends:
        for request in reversed(receiver.received):
            if "/healthy" in request.path and request.event["resource_id"] == resource_id:
                return request.at
        time.sleep(0.01)
    raise AssertionError(f"Event {resource_id} did not arrive in {timeout_s} s.")


def waits(tenant: Tenant, receiver: Receiver, first: int) -> list[float]:
    found = []
    for resource_id in range(first, first + ROUNDS):
        told = time.monotonic()
        tenant.tell(resource_id)
        found.append(arrival_of(receiver, resource_id, 60) - told)
    return found


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read where Linux tells it")
def test_two_hundred_hanging_receivers_do_not_slow_a_healthy_one_nor_fill_the_worker(
    tenant: Tenant, other_tenant: Tenant, receiver: Receiver, patient_workers: Workers
) -> None:
    """Every event of the other company goes to all two hundred; each of them is asked and never answers in time."""
    receiver.behave = lambda request: Reply(delay=60) if "/hanging" in request.path else OK
    tenant.hook(receiver.url + "/healthy", profile=Profile.DURABLE)
    for number in range(HANGING):
        other_tenant.hook(f"{receiver.url}/hanging/{number}", profile=Profile.values[number % 2])
    worker = patient_workers.start()
    alone = waits(tenant, receiver, 1)
    before = kilobytes(worker)

    other_tenant.tell(1)
    beside: list[float] = []
    hanging: set[str] = set()
    while len(hanging) < HANGING // 4:
        beside += waits(tenant, receiver, 1000 + len(beside))
        hanging = {request.path for request in receiver.received if "/hanging" in request.path}

    grown = kilobytes(worker) - before
    assert statistics.median(beside) < max(3 * statistics.median(alone), 1.0)
    assert max(beside) < max(5 * max(alone), 5.0)
    assert grown < 64 * 1024, f"{grown} KiB more"
