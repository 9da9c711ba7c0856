"""The whole service in many processes, killed at named points and at random while people work.

    python -m tests.faults.rig --web 100 --worker 100 --beat 20 --postgres 20 --broker 20

Starts a durable PostgreSQL, a RabbitMQ node of its own, two web servers on one port, two workers, a scheduler, the
stand-in ERP and a receiver; kills so many of each kind with SIGKILL, every fourth broker together with its data; then
waits until nothing is under way and compares the journals with the database. Journals, logs and figures stay below
`--folder`. Exits with 1 when anything was lost, done twice or moved as it must not.
"""

import argparse
import itertools
import json
import random
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path

import psycopg
import requests

from erpstaging.core.roles import APP, OWNER
from erpstaging.demo.fake_erp.ledger import Ledger
from tests.faults import judge
from tests.faults.crash_points import WEB, WORKER
from tests.faults.judge import Verdict
from tests.faults.load import Desk, Heard, Journal, Writes
from tests.faults.servers import Postgres, RabbitMQ, Service, kill_all, open_folder_for
from tests.fixtures.demo import Demo
from tests.fixtures.receiver import Receiver
from tests.processes import MANAGE, ROOT, descendants, environment, free_port, wait_until

KINDS = ("web", "worker", "beat", "postgres", "broker")
DESKS, WEB_SERVERS, WORKERS = 2, 2, 2
HOOKS = {"/hook/durable", "/hook/procore"}
# Seconds between two kills. After so many of a kind everything overdue has to leave before the next.
GAP_S = {"web": (1, 4), "worker": (0.5, 2), "beat": (0.5, 3), "postgres": (1, 4), "broker": (2, 5)}
BURST = {"web": 5, "worker": 5, "beat": 1, "postgres": 1, "broker": 1}
REACHED_WITHIN_S, OVERDUE_WITHIN_S, QUIET_WITHIN_S = 10, 300, 300
WIPED_EVERY = 4
RESUMED_S, LEFT_S = 10, 30  # promised: spec P12


@dataclass
class OfKind:
    """Kills of one kind. Seconds are the longest, from the end of the fault."""

    kills: int = 0
    at_points: dict[str, int] = field(default_factory=dict)
    wiped: int = 0
    writes_resumed_s: float = 0
    overdue_left_s: float = 0


@dataclass
class Figures:
    seconds: float = 0
    writes: int = 0
    writes_repeated: int = 0
    kinds: dict[str, OfKind] = field(default_factory=dict)
    server_errors: list[str] = field(default_factory=list)
    ledger_doubles: int = 0
    verdict: Verdict = field(default_factory=Verdict)

    @property
    def sound(self) -> bool:
        return self.verdict.sound and not self.server_errors and not self.ledger_doubles

    @property
    def in_time(self) -> bool:
        kinds = self.kinds.values()
        return all(one.writes_resumed_s <= RESUMED_S and one.overdue_left_s <= LEFT_S for one in kinds)


class Rig:
    """Everything that runs, and how each kind of it is killed."""

    def __init__(self, folder: Path, *, beats: int = 1, seed: int = 1) -> None:
        self.folder, self.work = folder, open_folder_for("rig")
        self.chance = random.Random(seed)  # noqa: S311 - repeatable chance
        self.crashes, self.logs = self.work / "crashes", folder / "logs"
        for made in (self.crashes, self.logs, self.work / "var" / "mail"):
            made.mkdir(parents=True)
        self.postgres, self.broker, self.port = Postgres(self.work), RabbitMQ(self.work), free_port()
        self.desk_journal, self.heard = Journal(folder / "desks.jsonl"), Journal(folder / "receiver.jsonl")
        self.kills, self.writes, self.figures = Journal(folder / "kills.jsonl"), Writes(), Figures()
        self.environment = environment(
            DATABASE_URL=self.postgres.address(APP),
            ERPSTAGING_OWNER_DATABASE_URL=self.postgres.address(OWNER),
            CELERY_BROKER_URL=self.broker.address,
            ERPSTAGING_ENVIRONMENT="demo",
            ERPSTAGING_DATA_DIR=str(self.work / "var"),
            ERPSTAGING_BASE_URL=f"http://127.0.0.1:{self.port}",
            ERPSTAGING_SECRET_KEY="a-key-of-this-rig-alone-0123456789-abcdefghijklmnopqrstuvwxyz",
            ERPSTAGING_EGRESS_ALLOW="127.0.0.0/8",
            ERPSTAGING_EMAIL_BACKEND="django.core.mail.backends.filebased.EmailBackend",
            ERPSTAGING_RATE_LIMIT_HOURLY="0",
            ERPSTAGING_RATE_LIMIT_SPIKE="0",
            ERPSTAGING_JOB_SYNC_HOURS="0",
            ERPSTAGING_CRASH_FOLDER=str(self.crashes),
            DJANGO_SETTINGS_MODULE="config.settings",
            PYTHONUNBUFFERED="1",
        )
        self.webs = [self._service(f"web-{n}", self._web()) for n in range(1, WEB_SERVERS + 1)]
        self.workers = [self._service(f"worker-{n}", self._worker(n)) for n in range(1, WORKERS + 1)]
        self.beats = [self._service(f"beat-{n}", self._celery("beat")) for n in range(1, beats + 1)]
        self.erp = self._service("fake_erp", self._fake_erp())
        self.desks: list[Desk] = []

    # Start and stop

    def run(self, kills: dict[str, int], *, together: bool = False) -> Figures:
        """Start everything, kill so many of each kind, one kind after the other or all at once, and judge."""
        self.figures.kinds = {kind: OfKind() for kind in kills}
        with ExitStack() as stack:
            stack.callback(shutil.rmtree, self.work, ignore_errors=True)
            self._start(stack)
            began = time.monotonic()
            if together:
                self._all_together(kills)
            else:
                for kind, count in kills.items():
                    self._campaign(kind, count, settles=True)
            self._come_to_rest()
            self.figures.seconds = round(time.monotonic() - began, 1)
            self._judge()
            self._close_journals()
        return self.figures

    def _start(self, stack: ExitStack) -> None:
        stack.callback(self.postgres.stop)
        stack.callback(self.broker.stop)
        at_once = threading.Thread(target=self.broker.start)
        at_once.start()
        self.postgres.start()
        credentials_file = self.work / "credentials.json"
        self._run("tests.faults.company", str(credentials_file))
        at_once.join()
        services = (*self.webs, *self.workers, *self.beats, self.erp)
        for service in services[:-1]:
            service.start()
            stack.callback(service.stop)
        assert wait_until(self._is_ready, seconds=180), f"The service does not come up: {self.logs}"
        credentials = json.loads(credentials_file.read_text())
        demo = Demo(None, credentials, self.work)  # type: ignore[arg-type] - nobody's terminal
        receiver = stack.enter_context(Receiver())
        receiver.behave = Heard(self.heard)
        self._prepare_company(demo, receiver)
        self.erp.start()
        stack.callback(self.erp.stop)
        numbers = itertools.count(1)
        self.desks = [Desk(demo, numbers, self.desk_journal, self.writes) for _ in range(DESKS)]
        stack.callback(self._stop_desks)
        for desk in self.desks:
            desk.start()
        assert wait_until(lambda: len(self.writes) > 10, seconds=180), self._troubles()

    def _prepare_company(self, demo: Demo, receiver: Receiver) -> None:
        integrator = demo.integrator()
        for path in sorted(HOOKS):
            profile = path.rpartition("/")[2]
            url = receiver.url.removesuffix("/hook") + path
            hook = {"api_version": "v2", "namespace": f"rig-{profile}", "destination_url": url, "profile": profile}
            body = {"company_id": demo.company_id, "hook": hook}
            made = integrator.post(f"{demo.base_url}/rest/v1.0/webhooks/hooks", json=body, timeout=20)
            assert made.ok, made.text
            trigger = {"resource_name": "ERP Requests", "event_type": "create"}
            body = {"company_id": demo.company_id, "trigger": trigger}
            path = f"webhooks/hooks/{made.json()['id']}/triggers"
            made = integrator.post(f"{demo.base_url}/rest/v1.0/{path}", json=body, timeout=20)
            assert made.ok, made.text

    def _is_ready(self) -> bool:
        try:
            return requests.get(f"http://127.0.0.1:{self.port}/readyz", timeout=5).ok
        except requests.RequestException:
            return False

    def _stop_desks(self) -> None:
        for desk in self.desks:
            desk.stop()
        for desk in self.desks:
            desk.join()

    def _troubles(self) -> list[str]:
        return [desk.trouble for desk in self.desks if desk.trouble]

    # Kills

    def _all_together(self, kills: dict[str, int]) -> None:
        # PostgreSQL ends with the thread that started it, so this one does that.
        campaigns = {
            kind: threading.Thread(target=self._campaign, args=(kind, count), kwargs={"settles": False})
            for kind, count in kills.items()
            if kind != "postgres"
        }
        for campaign in campaigns.values():
            campaign.start()
        if "postgres" in kills:
            self._campaign("postgres", kills["postgres"], settles=False)
        for campaign in campaigns.values():
            campaign.join()

    def _campaign(self, kind: str, count: int, *, settles: bool) -> None:
        figures, act = self.figures.kinds[kind], self._acts()[kind]
        for number in range(count):
            time.sleep(self.chance.uniform(*GAP_S[kind]))
            point = act(number)
            ended, wall = time.monotonic(), time.time()
            self.kills.write(kind=kind, number=number + 1, point=point)
            figures.kills += 1
            if point in (*WEB, *WORKER):
                figures.at_points[point] = figures.at_points.get(point, 0) + 1
            figures.wiped += point == "wiped"
            resumed = self._resumed_after(ended)
            figures.writes_resumed_s = max(figures.writes_resumed_s, round(resumed - ended, 1))
            if settles and (number % BURST[kind] == BURST[kind] - 1 or number == count - 1):
                figures.overdue_left_s = max(figures.overdue_left_s, round(self._overdue_left_after(wall) - ended, 1))

    def _resumed_after(self, ended: float) -> float:
        found: list[float] = []

        def answered() -> bool:
            if (moment := self.writes.resumed_at(ended)) is not None:
                found.append(moment)
            return bool(found or self._troubles())

        assert wait_until(answered, seconds=OVERDUE_WITHIN_S), "Writes do not resume."
        assert found, self._troubles()
        return found[0]

    def _overdue_left_after(self, wall: float) -> float:
        gone = wait_until(lambda: self._count(judge.OPEN_SINCE, wall) == 0, seconds=OVERDUE_WITHIN_S)
        assert gone, "What is overdue does not leave."
        return time.monotonic()

    def _acts(self) -> dict[str, Callable[[int], str]]:
        """How to kill one of each kind; each returns when the fault is over, and says what it was."""
        return {
            "web": lambda number: self._kill_at_point_or_at_random(number, WEB, self.webs),
            "worker": lambda number: self._kill_at_point_or_at_random(number, WORKER, self.workers),
            "beat": lambda number: self._kill_beat(),
            "postgres": lambda number: self._kill_postgres(),
            "broker": self._kill_broker,
        }

    def _kill_at_point_or_at_random(self, number: int, points: tuple[str, ...], services: list[Service]) -> str:
        """By turns at the next named point, and at random: a service with all of its processes, or one child of it."""
        half, at_random = divmod(number, 2)
        if not at_random:
            point = points[half % len(points)]
            armed = self.crashes / point
            armed.touch()
            if wait_until(lambda: not armed.exists(), seconds=REACHED_WITHIN_S):
                return point
            armed.unlink(missing_ok=True)
        service = self.chance.choice(services)
        children = descendants(service.process)
        if children and half % 2:
            kill_all([self.chance.choice(children)])
            return f"a child of {service.name}"
        service.kill()
        return service.name

    def _kill_beat(self) -> str:
        beat = self.chance.choice(self.beats)
        beat.kill()
        return beat.name

    def _kill_postgres(self) -> str:
        self.postgres.kill()
        self.postgres.start()
        return "postgres"

    def _kill_broker(self, number: int) -> str:
        wipe = number % WIPED_EVERY == WIPED_EVERY - 1
        self.broker.kill(wipe=wipe)
        self.broker.start()
        return "wiped" if wipe else "broker"

    # The end

    def _come_to_rest(self) -> None:
        self._stop_desks()
        assert not self._troubles(), self._troubles()
        now = time.time()

        def quiet() -> bool:
            return not self._count(judge.UNANSWERED) and not self._count(judge.OPEN_SINCE, now)

        quiet_or_not = wait_until(quiet, seconds=QUIET_WITHIN_S)
        self.kills.write(kind="rest", quiet=quiet_or_not)

    def _judge(self) -> None:
        figures = self.figures
        figures.writes, figures.writes_repeated = len(self.writes), self.writes.retried
        figures.server_errors = self.writes.crashes
        figures.ledger_doubles = Ledger(self.folder / "ledger.sqlite3").doubles()
        with psycopg.connect(self.postgres.address("postgres")) as database:
            figures.verdict = judge.judge(database, self.desk_journal.lines(), self.heard.lines(), HOOKS)
        command = [*MANAGE, "check_invariants"]
        looked = subprocess.run(command, env=self.environment, cwd=ROOT, capture_output=True, text=True)
        if looked.returncode:
            figures.verdict.illegal.append(looked.stdout + looked.stderr)

    def _close_journals(self) -> None:
        for journal in (self.desk_journal, self.heard, self.kills):
            journal.close()

    def _count(self, query: str, *values: float) -> int | None:
        """None while the database is away."""
        try:
            with psycopg.connect(self.postgres.address("postgres"), connect_timeout=2) as database:
                row = database.execute(query, values or None).fetchone()
                return int(row[0]) if row else None
        except psycopg.OperationalError:
            return None

    # Commands

    def _service(self, name: str, command: list[str]) -> Service:
        return Service(name, command, self.environment, self.logs)

    def _run(self, module: str, *arguments: str) -> None:
        subprocess.run([sys.executable, "-m", module, *arguments], env=self.environment, cwd=ROOT, check=True)

    def _web(self) -> list[str]:
        return [
            *(sys.executable, "-m", "granian", "--interface", "wsgi", "--no-ws", "--port", str(self.port)),
            *("--workers", "1", "--blocking-threads", "4", "--respawn-failed-workers", "--respawn-interval", "0.5"),
            *("--workers-kill-timeout", "15", "tests.faults.crash_points:application"),
        ]

    def _celery(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "celery", "--app", "tests.faults.crash_points", *arguments]

    def _worker(self, number: int) -> list[str]:
        return self._celery(
            *("worker", "--pool", "threads", "--concurrency", "4", "--loglevel", "WARNING"),
            *("--without-gossip", "--without-mingle", "--hostname", f"worker{number}@rig"),
        )

    def _fake_erp(self) -> list[str]:
        return [
            *(sys.executable, "-m", "erpstaging.demo.fake_erp", "--only-new", "--look-every", "5"),
            *("--credentials", str(self.work / "credentials.json")),
            *("--ledger", str(self.folder / "ledger.sqlite3")),
        ]


def told(figures: Figures) -> str:
    """The figures as a person reads them."""
    verdict = figures.verdict
    lines = [f"{'killed':10} {'times':>5} {'wiped':>5} {'writes resumed':>15} {'overdue left':>13}"]
    for kind, one in figures.kinds.items():
        lines.append(
            f"{kind:10} {one.kills:5} {one.wiped:5} {one.writes_resumed_s:13.1f} s {one.overdue_left_s:11.1f} s"
        )
        lines += [f"    at {point}: {count}" for point, count in one.at_points.items()]
    lines += [
        f"{figures.seconds:.0f} s, {figures.writes} writes answered, {figures.writes_repeated} repeated on the way",
        f"{verdict.accepted} accepted, {verdict.rejected} rejected; {verdict.notifications} notifications heard, "
        f"{verdict.repeats} of them again, the slowest after {verdict.slowest_notification_s} s",
        f"lost {len(verdict.lost)}, done twice {len(verdict.doubled)}, twice in the ERP's ledger "
        f"{figures.ledger_doubles}, promises broken {len(verdict.illegal)}, server errors {len(figures.server_errors)}",
    ]
    troubles = (*verdict.lost, *verdict.doubled, *verdict.illegal, *figures.server_errors)
    return "\n".join([*lines, *(f"  {trouble}" for trouble in troubles[:20])])


def run_rig(folder: Path, kills: dict[str, int], *, together: bool = False, beats: int = 1, seed: int = 1) -> Figures:
    """Journals, logs and figures are in the folder afterwards; what lay there is removed."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    figures = Rig(folder, beats=beats, seed=seed).run(kills, together=together)
    (folder / "figures.json").write_text(json.dumps(asdict(figures), indent=2) + "\n")
    return figures


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    for kind in KINDS:
        parser.add_argument(f"--{kind}", type=int, default=0, metavar="N", help=f"kill so many of kind {kind}")
    parser.add_argument("--together", action="store_true", help="all kinds at once instead of one after the other")
    parser.add_argument("--beats", type=int, default=1, help="schedulers that run at once (1)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=Path, default=ROOT / "var" / "faults", help="for journals, logs and figures")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of text")
    options = parser.parse_args()
    kills = {kind: count for kind in KINDS if (count := getattr(options, kind))}
    how = {name: getattr(options, name) for name in ("together", "beats", "seed")}
    figures = run_rig(options.folder, kills, **how)
    sys.stdout.write((json.dumps(asdict(figures), indent=2) if options.json else told(figures)) + "\n")
    return 0 if figures.sound and figures.in_time else 1


if __name__ == "__main__":
    raise SystemExit(main())
