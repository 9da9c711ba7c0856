"""How fast decisions are: one approval by raw SQL, as a service call and over HTTP, and 10,000 by one job.

Imported after Django is set up on the demo's database. Everything happens in a company of its own that nobody listens
to, in the service's own tables with their walls, guards, references and indexes, for the raw side too.
"""

import gc
import http.client
import json
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import psycopg
from django.db import transaction

from erpstaging.companies import actors
from erpstaging.companies.actors import SYSTEM, Actor
from erpstaging.companies.models import Company, ServiceAccount
from erpstaging.companies.people import create_company, create_person, grant
from erpstaging.core.scope import company_scope, in_company
from erpstaging.demo.ledger import METADATA
from erpstaging.erp_requests.payloads import about, request_data
from erpstaging.records.editing import create_record
from erpstaging.staging.bulk import Selection, decide_chunk, seen_job, start_bulk
from erpstaging.staging.connecting import connect_company
from erpstaging.staging.exports import accept_export
from erpstaging.staging.models import StagedExport
from erpstaging.staging.sending import send_record
from tests.bench import raw_approvals as raw
from tests.bench.staging import updates
from tests.fixtures.demo import Demo, PersonSession

PASSWORD = "approve-what-you-saw-7731"
Export = tuple[int, int]  # id, record id


@dataclass
class Desk:
    """A connected company, its approver, and exports that wait for him: vendors of 1 KB with twelve fields."""

    company: Company
    approver: Actor
    sender: Actor
    template: StagedExport
    database: psycopg.Connection
    ready: list[Export] = field(default_factory=list)

    def fill(self, count: int) -> None:
        """Make so many exports more, by SQL, each like the one that was really sent."""
        with self.database.transaction():
            rows = self.database.execute(raw.MORE_EXPORTS, {"like": self.template.pk, "count": count}).fetchall()
        self.ready += [(export_id, record_id) for export_id, record_id in rows]

    def take(self, count: int = 1) -> list[Export]:
        taken, self.ready = self.ready[:count], self.ready[count:]
        assert len(taken) == count, "more exports are needed than were made"
        return taken

    @property
    def payload(self) -> str:
        """What the integrator gets of such an export, made before the clock runs: the raw side only writes it."""
        one = about(self.template.snapshot, company_id=self.company.pk, detail_id=1, inputs={})
        return json.dumps(request_data("create_vendor", [one], company_id=self.company.pk))


def open_desk(database: psycopg.Connection) -> Desk:
    company = create_company("Bench", actor=SYSTEM)
    people = {}
    for name, rights in {
        "bench_sender": {"project_level": "admin"},
        "bench_approver": {"erp_level": "standard", "project_level": "admin", "can_push_to_accounting": True},
    }.items():
        user = create_person(
            name, email=f"{name}@bench.example", name=name, password=PASSWORD, company=company, actor=SYSTEM
        )
        with transaction.atomic():
            membership = grant(user, company=company, actor=SYSTEM, **rights)
        people[name] = actors.person(user, membership)
    account = ServiceAccount.machine(name="Bench connector")
    account.save()
    account.companies.add(company)
    integration = actors.service_account(account, frozenset({"read", "write", "erp"}))
    sent = {"service_url": "https://ledger.bench.example/erp", "metadata": METADATA}
    in_company(company.pk, lambda: connect_company(company, sent, actor=integration))
    sender = people["bench_sender"]

    def send_one() -> StagedExport:
        data = updates(0)[0]["data"]
        record = create_record(company, actor=sender, item_type="vendor", data=data)
        return send_record(company, record.pk, actor=sender)

    template = in_company(company.pk, send_one)
    return Desk(company, people["bench_approver"], sender, template, database)


class LeanClient:
    """The approver's session on one connection, with as little of a client around it as there can be."""

    def __init__(self, demo: Demo, desk: Desk) -> None:
        people = {"bench": {"username": "bench_approver", "password": PASSWORD}}
        company = {"id": desk.company.pk}
        session = PersonSession(
            Demo(demo.terminal, {**demo.credentials, "people": people, "company": company}, demo.folder), "bench"
        )
        self.prefix = f"/api/v1/companies/{desk.company.pk}"
        self.headers = {
            "Cookie": "; ".join(f"{name}={value}" for name, value in session.cookies.items()),
            "X-CSRFToken": session.cookies["csrftoken"],
            "Content-Type": "application/json",
        }
        self.connection = http.client.HTTPConnection(urlsplit(demo.base_url).netloc, timeout=20)

    def post(self, path: str, body: Any) -> dict[str, Any]:
        self.connection.request("POST", f"{self.prefix}/{path}", json.dumps(body), self.headers)
        with self.connection.getresponse() as answer:
            said = answer.read()
        assert answer.status == 200, said[:500]
        found: dict[str, Any] = json.loads(said)
        return found


def clocked(act: Callable[[], Any]) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


def measure(demo: Demo, database: psycopg.Connection, *, rounds: int, singles: int, rows: int) -> None:
    """Print medians: `singles` approvals of each kind by turns in each round, and one job of `rows` rows."""
    gc.freeze()  # as every worker of the service does once it is loaded
    desk = open_desk(database)
    database.execute("SELECT set_config('erpstaging.company', %s, false)", [str(desk.company.pk)])
    _measure_singles(demo, desk, rounds * singles)
    _measure_bulk(desk, rounds, rows)


def _measure_singles(demo: Demo, desk: Desk, count: int) -> None:
    client, payload = LeanClient(demo, desk), desk.payload
    warm = max(count // 10, 20)
    desk.fill(4 * (count + warm))
    approver, company = desk.approver, desk.company

    def by_service() -> None:
        ((export_id, _),) = desk.take()
        done = in_company(company.pk, lambda: accept_export(company, export_id, actor=approver, version=1))
        assert done.state == "exporting"

    def by_http() -> None:
        ((export_id, _),) = desk.take()
        assert client.post(f"exports/{export_id}/accept", {"version": 1})["status"] == "exporting"

    ways: dict[str, Callable[[], None]] = {
        "raw SQL, every row of ours": lambda: raw.approve_fully(
            desk.database, company.pk, approver, *desk.take()[0], payload
        ),
        "raw SQL, six statements": lambda: raw.approve(desk.database, company.pk, approver, *desk.take()[0], payload),
        "service call in process": by_service,
        "over HTTP, one client": by_http,
    }
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for turn in range(warm + count):
        if turn == warm:  # the statistics that autovacuum gives a table within its first minute
            desk.database.execute("ANALYZE")
        order = list(ways.items())  # what follows a call over HTTP shares the machine with what that call set off
        for name, act in order[turn % len(order) :] + order[: turn % len(order)]:
            took = clocked(act)
            if turn >= warm:
                taken[name].append(took)
    _show("one approval", taken, 1)


def _measure_bulk(desk: Desk, rounds: int, rows: int) -> None:
    company, payload = desk.company, desk.payload
    taken: dict[str, list[float]] = {"raw SQL, one statement": [], "one job, chunks of 500": []}
    for _ in range(rounds):
        desk.fill(2 * rows)
        desk.database.execute("VACUUM (ANALYZE) staging_stagedexport, records_record")
        by_raw, by_job = desk.take(rows), desk.take(rows)
        taken["raw SQL, one statement"].append(
            clocked(lambda by_raw=by_raw: raw.approve_all(desk.database, company.pk, desk.approver, by_raw, payload))
        )
        taken["one job, chunks of 500"].append(clocked(lambda by_job=by_job: _run_job(desk, by_job)))
    _show(f"approval of {rows:,}", taken, rows)


def _run_job(desk: Desk, exports: Sequence[Export]) -> None:
    """The job from its call to its end, by this process as by a worker, or by the demo's if that is faster."""
    company = desk.company
    chosen = Selection(pairs=[(export_id, 1) for export_id, _ in exports])
    job = in_company(company.pk, lambda: start_bulk(company, "accept", chosen, actor=desk.approver))
    finished = None
    while finished is None:
        in_company(company.pk, lambda: decide_chunk(company, job.pk))
        with company_scope(company.pk):
            seen = seen_job(company, job.pk, limit=1)
        finished = seen.job.finished_at
    assert seen.counts["done"] == len(exports)


def _show(title: str, taken: dict[str, list[float]], rows: int) -> None:
    limit = statistics.median(next(iter(taken.values())))
    sys.stdout.write(f"{title:28} {'p50':>10} {'decisions/s':>12} {'x raw':>7}\n")
    for name, times in taken.items():
        median = statistics.median(times)
        sys.stdout.write(f"{name:28} {median * 1000:7.2f} ms {rows / median:12,.0f} {median / limit:7.2f}\n")
