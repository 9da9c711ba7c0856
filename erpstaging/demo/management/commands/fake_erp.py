"""A stand-in integrator, for the demo and for tests of whole flows."""

import json
import threading
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from erpstaging.demo import credentials
from erpstaging.demo.fake_erp.client import CallFailed, Client
from erpstaging.demo.fake_erp.faults import Faults
from erpstaging.demo.fake_erp.ledger import Ledger
from erpstaging.demo.fake_erp.program import FakeErp, Tally
from erpstaging.demo.fake_erp.receiver import Receiver
from erpstaging.demo.process_tree import StopSignals

NAMESPACE = "fake-erp"


class Command(BaseCommand):
    help = (
        "Play the integrator and the ERP behind it against a running server, over HTTP only: take hooks, fetch "
        "requests, book them in a ledger file, send origin IDs back, close details. Exits with 1 after trouble."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--credentials", type=Path, help="JSON as of demo_credentials (those of the demo)")
        parser.add_argument("--ledger", type=Path, help="the ledger's file (fake_erp.sqlite3 in the data folder)")
        parser.add_argument("--metadata", type=Path, help="a metadata document to answer sync_metadata with")
        parser.add_argument("--listen", default="127.0.0.1:0", help="where hooks are taken (a free port of loopback)")
        parser.add_argument("--look-every", type=float, default=5.0, help="seconds between looks for missed requests")
        parser.add_argument("--delay", type=float, default=0.0, help="seconds before each request is worked off")
        parser.add_argument("--fail", type=float, default=0.0, help="share of details that are refused")
        parser.add_argument("--duplicate", type=float, default=0.0, help="share of writing calls that are sent twice")
        parser.add_argument("--lose", type=float, default=0.0, help="share of answers that are lost")
        parser.add_argument("--seed", type=int, help="repeat the same faults")
        parser.add_argument("--once", action="store_true", help="work off what is open, and end")
        parser.add_argument("--json", action="store_true", help="print one JSON object at the end")

    def handle(self, *args: Any, **options: Any) -> None:
        faults = Faults(options["fail"], options["duplicate"], options["lose"], options["delay"], options["seed"])
        ledger = Ledger(options["ledger"] or settings.DATA_DIR / "fake_erp.sqlite3")
        metadata = json.loads(options["metadata"].read_text()) if options["metadata"] else None
        erp = FakeErp(_client(options["credentials"], faults), ledger, faults, metadata=metadata)
        try:
            tally = erp.run_once() if options["once"] else self._listen(erp, options)
        except CallFailed as exc:
            raise CommandError(str(exc)) from exc
        self._say(tally, as_json=options["json"])
        if tally.troubles:
            raise CommandError(f"{len(tally.troubles)} requests could not be worked off: {tally.troubles[0]}")

    def _listen(self, erp: FakeErp, options: dict[str, Any]) -> Tally:
        host, _, port = options["listen"].rpartition(":")
        signals, receiver = StopSignals(), Receiver(host or "127.0.0.1", int(port))
        with signals.caught():
            try:
                erp.client.point_hook_at(receiver.address, NAMESPACE)
                return erp.run(receiver.ids, look_every=options["look_every"], until=lambda: signals.count > 0)
            finally:
                threading.Thread(target=receiver.close, daemon=True).start()

    def _say(self, tally: Tally, *, as_json: bool) -> None:
        if as_json:
            self.stdout.write(json.dumps(tally.as_json()))
            return
        self.stdout.write(f"{tally.requests} requests: {tally.succeeded} details succeeded, {tally.failed} failed.")
        for item_type, count in sorted(tally.ledger.items()):
            self.stdout.write(f"  {count:>7} {item_type}")


def _client(file: Path | None, faults: Faults) -> Client:
    found = credentials.read(file or settings.DATA_DIR / "demo_credentials.json")
    if found is None:
        raise CommandError("There are no credentials yet: start the demo first, or name a file with --credentials.")
    account = found["service_account"]
    return Client(found["base_url"], found["company"]["id"], account["client_id"], account["client_secret"], faults)
