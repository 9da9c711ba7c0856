"""How fast notifications leave: the demo's own worker beside a bare loop of `requests` and beside django-webhook.

Imported after Django is set up on the demo's database. All three post to one sink, with the same number of threads, by
turns. Ours is measured from the commit of the events to the last arrival: dispatch, leases, signatures and the log of
attempts are in it. The peer is measured from its first message to its last arrival.
"""

import json
import os
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import closing
from importlib.util import find_spec

import psycopg
import requests
from celery import Celery

from erpstaging.companies import actors
from erpstaging.companies.actors import SYSTEM, Actor
from erpstaging.companies.models import Company, ServiceAccount
from erpstaging.companies.people import create_company
from erpstaging.core.scope import company_scope
from erpstaging.demo.supervisor import TASK_THREADS
from erpstaging.hooks.destinations import destination
from erpstaging.hooks.subscriptions import create_hook, create_trigger
from erpstaging.outbox.events import Fact, record
from erpstaging.outbox.models import EventType
from tests.processes import ROOT, wait_until

HOOKS, RATE, LATE_S = 8, 50, 120
RESOURCE = "ERP Requests"


class Sink:
    """The receiver's process."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.bench.sink"], stdout=subprocess.PIPE, text=True, cwd=ROOT
        )
        assert self._process.stdout is not None
        self.url = f"http://127.0.0.1:{int(self._process.stdout.readline())}"
        self._session = requests.Session()
        self._session.trust_env = False

    def ask(self, what: str) -> object:
        return self._session.get(f"{self.url}/{what}", timeout=20).json()

    def arrivals(self) -> list[tuple[float, int | None]]:
        found = self.ask("arrivals")
        assert isinstance(found, list)
        return [(at, resource_id) for at, resource_id in found]

    def time_for(self, count: int, act: Callable[[], None]) -> float:
        """Seconds from the beginning of the act to the arrival of so many posts."""
        self.ask("reset")
        began = time.monotonic()
        act()
        assert wait_until(lambda: self.ask("count") == count, seconds=LATE_S), f"{self.ask('count')} of {count} came"
        return max(at for at, _ in self.arrivals()) - began

    def close(self) -> None:
        self._process.kill()
        self._process.wait()


class Service:
    """A company whose hooks all lead to the sink, and the demo's worker that serves them."""

    def __init__(self, sink: Sink, hooks: int) -> None:
        self.company: Company = create_company("Bench hooks", actor=SYSTEM)
        account = ServiceAccount.machine(name="Bench integration")
        account.save()
        account.companies.add(self.company)
        self.actor: Actor = actors.service_account(account, frozenset({"read", "write", "erp"}))
        for number in range(hooks):
            self._listen(f"{sink.url}/hook/{number}")

    def _listen(self, url: str) -> None:
        reached = destination(url)
        with company_scope(self.company.pk):
            hook, _ = create_hook(self.company, self.actor, destination=reached, api_version="v2", profile="durable")
            create_trigger(self.company, self.actor, hook.pk, resource_name=RESOURCE, event_type="create")

    def hang_one(self, sink: Sink) -> None:
        """One more hook, whose receiver takes everything and never answers."""
        self._listen(f"{sink.url}/hang")

    def tell(self, first: int, count: int) -> None:
        """Commit events, a hundred in a transaction."""
        for start in range(first, first + count, 100):
            ids = range(start, min(start + 100, first + count))
            with company_scope(self.company.pk):
                record(self.company.pk, self.actor, [Fact(RESOURCE, one, EventType.CREATE) for one in ids])


def bare_loop(sink: Sink, count: int) -> None:
    """What the worker's threads would do if there were nothing but posting."""
    body = json.dumps({"id": 1, "resource_name": RESOURCE, "resource_id": 1, "event_type": "create", "pad": "x" * 300})

    def post(share: int) -> None:
        with requests.Session() as session:
            for _ in range(share):
                session.post(f"{sink.url}/bare", data=body, headers={"Content-Type": "application/json"}, timeout=20)

    threads = [threading.Thread(target=post, args=(count // TASK_THREADS,)) for _ in range(TASK_THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


class Rival:
    """django-webhook's worker on the same database server and broker, with as many threads."""

    def __init__(self, owner_address: str, broker_url: str, sink: Sink) -> None:
        environment = {**os.environ, "DATABASE_URL": owner_address, "CELERY_BROKER_URL": broker_url}
        environment.pop("DJANGO_SETTINGS_MODULE", None)
        python = [sys.executable, "-m"]
        subprocess.run([*python, "tests.bench.rival", "migrate"], env=environment, cwd=ROOT, check=True)
        with psycopg.connect(owner_address, autocommit=True) as database:
            row = database.execute(
                "INSERT INTO django_webhook_webhook (url, active, uuid, created, modified) "
                "VALUES (%s, true, gen_random_uuid(), now(), now()) RETURNING id",
                [f"{sink.url}/rival"],
            ).fetchone()
            assert row is not None
            (self._hook,) = row
            database.execute(
                "INSERT INTO django_webhook_webhooksecret (webhook_id, token, created) VALUES (%s, %s, now())",
                [self._hook, "bench-secret-of-32-characters-xx"],
            )
        self._worker = subprocess.Popen(
            [*python, "celery", "--app", "tests.bench.rival:app", "worker", "--pool", "threads", "--concurrency",
             str(TASK_THREADS), "--without-gossip", "--without-mingle", "--loglevel", "ERROR"],
            env=environment, cwd=ROOT, stdout=subprocess.DEVNULL,
        )  # fmt: skip
        self._app = Celery("bench", broker=broker_url, set_as_current=False)

    def fire(self, count: int) -> None:
        payload = json.dumps({"object": {"id": 1, "pad": "x" * 300}, "topic": "bench.Row/create"})
        for _ in range(count):
            self._app.send_task(
                "django_webhook.tasks.fire_webhook",
                args=[self._hook, payload],
                kwargs={"topic": "bench.Row/create", "object_type": "bench.Row"},
                queue="rival",
            )

    def close(self) -> None:
        self._worker.terminate()
        self._worker.wait()


def measure(owner_address: str, broker_url: str, *, rounds: int, count: int, seconds: int) -> None:
    """Print medians of `rounds`, `count` deliveries each, and the latency at 50 events a second."""
    with closing(Sink()) as sink:
        service = Service(sink, HOOKS)
        rival = _rival(owner_address, broker_url, sink)
        try:
            healthy = _measure_rates(service, rival, sink, rounds, count)
            _measure_one_hanging(service, sink, rounds, count, healthy)
        finally:
            if rival is not None:
                rival.close()
    with closing(Sink()) as sink:
        _measure_latency(Service(sink, 1), sink, seconds)


def _rival(owner_address: str, broker_url: str, sink: Sink) -> Rival | None:
    if not broker_url or find_spec("django_webhook") is None:
        sys.stdout.write("django-webhook is left out: it needs redis-server and the extra `bench`\n")
        return None
    return Rival(owner_address, broker_url, sink)


def _measure_rates(service: Service, rival: Rival | None, sink: Sink, rounds: int, count: int) -> float:
    """Prints medians; answers with the service's."""
    events, few = count // HOOKS, max(count // 10, 20)

    def ours() -> None:
        service.tell(0, events)

    ways: dict[str, tuple[int, Callable[[], None]]] = {
        "bare requests session loop": (count, lambda: bare_loop(sink, count)),
        "erpstaging, commit to arrival": (events * HOOKS, ours),
    }
    if rival is not None:
        ways["django-webhook"] = (few, lambda: rival.fire(few))
    rates: dict[str, list[float]] = {name: [] for name in ways}
    for turn in range(rounds + 1):
        for name, (posts, act) in ways.items():
            rate = posts / sink.time_for(posts, act)
            if turn:  # the first round warms up
                rates[name].append(rate)
    bare = statistics.median(rates["bare requests session loop"])
    sys.stdout.write(f"{f'deliveries, {TASK_THREADS} threads':30} {'a second':>9} {'x bare':>7}\n")
    for name, found in rates.items():
        sys.stdout.write(f"{name:30} {statistics.median(found):9,.0f} {statistics.median(found) / bare:7.2f}\n")
    if rival is not None:
        ratio = statistics.median(rates["erpstaging, commit to arrival"]) / statistics.median(rates["django-webhook"])
        sys.stdout.write(f"{'erpstaging x django-webhook':30} {ratio:9.1f}\n")
    return statistics.median(rates["erpstaging, commit to arrival"])


def _measure_one_hanging(service: Service, sink: Sink, rounds: int, count: int, healthy: float) -> None:
    """The same with one receiver more, which hangs to its time-out: what the others keep of their rate."""
    service.hang_one(sink)
    events = count // HOOKS
    rates = [events * HOOKS / sink.time_for(events * HOOKS, lambda: service.tell(0, events)) for _ in range(rounds)]
    kept = statistics.median(rates)
    sys.stdout.write(f"{'the same while one hangs':30} {kept:9,.0f} {kept / healthy:7.2f} of before\n")


def _measure_latency(service: Service, sink: Sink, seconds: int) -> None:
    committed: dict[int, float] = {}
    began = time.monotonic()
    for number in range(seconds * RATE):
        time.sleep(max(0.0, began + number / RATE - time.monotonic()))
        service.tell(number, 1)
        committed[number] = time.monotonic()
    assert wait_until(lambda: sink.ask("count") == len(committed), seconds=LATE_S)
    waited = sorted(
        max(0.0, at - committed[resource_id]) for at, resource_id in sink.arrivals() if resource_id is not None
    )
    p50, p99 = (waited[int(len(waited) * share)] * 1000 for share in (0.5, 0.99))
    line = f"commit to arrival, {RATE} events/s"
    sys.stdout.write(f"{line:30} {p50:6.0f} ms p50 {p99:6.0f} ms p99 of {len(waited):,}\n")
