"""The command line of the stand-in. The demo runs it without Django, which it does not need."""

import json
import signal
import threading
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from erpstaging.demo import credentials
from erpstaging.demo.fake_erp.client import Client
from erpstaging.demo.fake_erp.faults import Faults
from erpstaging.demo.fake_erp.ledger import Ledger
from erpstaging.demo.fake_erp.program import FakeErp, Tally
from erpstaging.demo.fake_erp.receiver import Receiver

HELP = (
    "Play the integrator and the ERP behind it against a running server, over HTTP only: take hooks, fetch "
    "requests, book them in a ledger file, send origin IDs back, close details. Exits with 1 after trouble."
)
NAMESPACE = "fake-erp"
CREDENTIALS, LEDGER = "demo_credentials.json", "fake_erp.sqlite3"
SERVER_WITHIN_S = 120


class FakeErpTrouble(Exception):
    """It cannot begin; the message is for the person at the terminal."""


def share(text: str) -> float:
    value = float(text)
    if not 0 <= value < 1:
        raise ArgumentTypeError(f"{text} is no share: at least 0, less than 1")
    return value


def add_arguments(parser: ArgumentParser, data_folder: Path) -> None:
    """`data_folder` is where the demo keeps its state."""
    add, default = parser.add_argument, data_folder / CREDENTIALS
    add("--credentials", type=Path, default=default, help="JSON as of demo_credentials (those of the demo)")
    add("--ledger", type=Path, default=data_folder / LEDGER, help=f"the ledger's file ({LEDGER} in the data folder)")
    add("--metadata", type=Path, help="a metadata document to answer sync_metadata with")
    add("--listen", default="127.0.0.1:0", help="where hooks are taken (a free port of loopback)")
    add("--look-every", type=float, default=5.0, help="seconds between looks for missed requests")
    add("--delay", type=float, default=0.0, help="seconds before each request is worked off")
    add("--fail", type=share, default=0.0, help="share of details that are refused")
    add("--duplicate", type=share, default=0.0, help="share of writing calls that are sent twice")
    add("--lose", type=share, default=0.0, help="share of answers that are lost")
    add("--restart", type=share, default=0.0, help="share of steps at which it goes down and starts again")
    add("--seed", type=int, help="repeat the same faults")
    add("--only-new", action="store_true", help="leave alone what was open before the ledger's first day")
    add("--once", action="store_true", help="work off what is open, and end")
    add("--json", action="store_true", help="print one JSON object at the end")
    add("--ready-file", type=Path, help="a file to make when hooks are taken")


def execute(options: dict[str, Any], write: Callable[[str], object]) -> None:
    """Raises FakeErpTrouble and CallFailed; trouble with single requests too, when everything else is done."""
    faults = Faults(
        fail=options["fail"],
        duplicate=options["duplicate"],
        lose=options["lose"],
        restart=options["restart"],
        delay=options["delay"],
        seed=options["seed"],
    )
    metadata = json.loads(options["metadata"].read_text()) if options["metadata"] else None
    found = _credentials(options["credentials"])
    erp = FakeErp(
        lambda: _client(found, faults),
        lambda: Ledger(options["ledger"]),
        faults,
        metadata=metadata,
        only_new=options["only_new"],
    )
    with _stopped_at_once():
        if options["once"]:
            erp.run_once()
        else:
            _listen(erp, options)
    tally = erp.told()
    _say(tally, write, as_json=options["json"])
    if tally.troubles:
        raise FakeErpTrouble(f"{len(tally.troubles)} requests could not be worked off: {tally.troubles[0]}")


@contextmanager
def _stopped_at_once() -> Iterator[None]:
    """SIGINT and SIGTERM end the body, even in a pause between two tries: every step may be repeated later."""
    before = {number: signal.signal(number, signal.default_int_handler) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    except KeyboardInterrupt:
        pass
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _listen(erp: FakeErp, options: dict[str, Any]) -> None:
    host, _, port = options["listen"].rpartition(":")
    receiver = Receiver(host or "127.0.0.1", int(port))
    try:
        erp.client.wait_for_server(SERVER_WITHIN_S)
        erp.begin()
        erp.client.point_hook_at(receiver.address, NAMESPACE)
        if options["ready_file"]:
            options["ready_file"].touch()
        erp.run(receiver.ids, look_every=options["look_every"])
    finally:
        threading.Thread(target=receiver.close, daemon=True).start()


def _say(tally: Tally, write: Callable[[str], object], *, as_json: bool) -> None:
    if as_json:
        write(json.dumps(tally.as_json()))
        return
    write(f"{tally.requests} requests: {tally.succeeded} details succeeded, {tally.failed} failed.")
    for item_type, count in sorted(tally.ledger.items()):
        write(f"  {count:>7} {item_type}")


def _credentials(file: Path) -> dict[str, Any]:
    found = credentials.read(file)
    if found is None:
        raise FakeErpTrouble("There are no credentials yet: start the demo first, or name a file with --credentials.")
    return found


def _client(found: dict[str, Any], faults: Faults) -> Client:
    account = found["service_account"]
    return Client(found["base_url"], found["company"]["id"], account["client_id"], account["client_secret"], faults)
