"""The stand-in integrator closes out what approvers accept, whatever goes wrong on the way."""

import json
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from erpstaging.demo.fake_erp.flows import at, flow_of
from erpstaging.demo.fake_erp.ledger import Ledger
from tests.fixtures.demo import Demo, PersonSession, running_demo
from tests.processes import MANAGE, ROOT, environment, open_folder

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def own_demo() -> Iterator[Demo]:
    """The stand-in works off everything that is open, so nobody else may look at this demo."""
    with running_demo() as running:
        yield running


def command(demo: Demo, *options: str) -> list[str]:
    var = demo.folder / "var"
    return [
        *MANAGE, "fake_erp", "--credentials", str(var / "demo_credentials.json"), "--ledger", str(var / "ledger"),
        *options,
    ]  # fmt: skip


def fake_erp(demo: Demo, *options: str) -> dict[str, Any]:
    """Run it once; what it says it did."""
    done = subprocess.run(
        command(demo, "--once", "--json", *options),
        env=environment(), capture_output=True, text=True, timeout=120, cwd=ROOT,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def contracts_accepted(demo: Demo, numbers: list[str]) -> list[int]:
    """Contracts of two lines each, sent by a project person and accepted: the ids of the records."""
    sender, approver = demo.person("project_user"), demo.person("approver")
    like = rows(sender, "records?item_type=work_order_contract&per_page=50")
    model = sender.call("GET", f"records/{next(one['id'] for one in like if one['number'] == 'SC-1045')}").json()
    line = {name: model["lines"][0]["data"][name] for name in ("cost_code_id", "line_item_type_id")}
    records = []
    for number in numbers:
        data = {**{name: model["data"][name] for name in ("vendor_id",)}, "number": number, "title": f"Work {number}"}
        made = sender.call(
            "POST",
            "records",
            {
                "item_type": "work_order_contract",
                "project_id": model["data"]["project_id"],
                "data": {**data, "status": "Approved"},
                "line_items": [{"data": {**line, "amount": "10.50"}}, {"data": {**line, "amount": "20.25"}}],
            },
        )
        assert made.status_code == 201, made.text
        records.append(made.json()["id"])
        sent = sender.call("POST", f"records/{records[-1]}/send_to_erp").json()
        inputs = {"code": number, "custom_fields": {"accounting_date": "2026-11-20"}, "version": sent["version"]}
        accepted = approver.call("POST", f"exports/{sent['export_id']}/accept", inputs)
        assert accepted.status_code == 200, accepted.text
    return records


def rows(person: PersonSession, path: str) -> list[dict[str, Any]]:
    answer = person.call("GET", path)
    assert answer.status_code == 200, answer.text
    found = answer.json()
    return list(found["rows"] if isinstance(found, dict) else found)


def states(demo: Demo, records: list[int]) -> list[str]:
    person = demo.person("auditor")
    return [person.call("GET", f"records/{record}").json()["status"] for record in records]


@pytest.mark.capability("DX-04")
def test_refused_repeated_and_lost_calls_end_in_a_ledger_without_a_double(own_demo: Demo) -> None:
    records = contracts_accepted(own_demo, [f"F-{n}" for n in range(8)])
    approver = own_demo.person("approver")
    trouble = ("--fail", "0.3", "--duplicate", "0.3", "--lose", "0.15", "--restart", "0.15")

    for seed in range(12):
        fake_erp(own_demo, *trouble, "--seed", str(seed))
        failed = [one for one in rows(approver, "queue?view=failed") if one["record_id"] in records]
        if not failed:
            break
        for one in failed:
            assert approver.call("POST", f"exports/{one['id']}/retry").status_code == 200

    assert set(states(own_demo, records)) == {"synced"}
    told = fake_erp(own_demo)
    assert told["ledger"]["work_order_contract"] == len(records) + 1  # and the one that the demo left on its way
    assert told["ledger"]["line_item"] == 2 * len(records) + 1
    assert told["doubles"] == 0


@pytest.mark.capability("DX-04")
def test_what_is_accepted_in_the_demo_becomes_synced_by_itself() -> None:
    with running_demo("--reset") as demo:
        left = rows(demo.person("approver"), "queue?view=exporting")
        records = contracts_accepted(demo, ["S-1", "S-2"])

        wait_for(lambda: set(states(demo, records)) == {"synced"})

        # What the seeding left under way stays to be looked at.
        still = rows(demo.person("approver"), "queue?view=exporting")
        assert [one["id"] for one in still] == [one["id"] for one in left] != []
        assert demo.terminal.end() == 0
        assert demo.terminal.left_behind() == []


@pytest.mark.capability("DX-04")
def test_a_restart_in_the_middle_is_lived_through(own_demo: Demo) -> None:
    records = contracts_accepted(own_demo, ["R-1", "R-2", "R-3"])

    told = fake_erp(own_demo, "--restart", "0.4", "--seed", "3")

    assert told["restarts"] > 0
    assert told["doubles"] == 0
    assert set(states(own_demo, records)) == {"synced"}


@pytest.mark.capability("DX-04")
def test_a_delay_is_kept(own_demo: Demo) -> None:
    contracts_accepted(own_demo, ["D-1", "D-2"])
    began = time.monotonic()

    assert fake_erp(own_demo, "--delay", "0.7")["succeeded"] == 2
    assert time.monotonic() - began > 1.4


@pytest.mark.capability("DX-04")
def test_it_ends_when_asked_to_even_in_a_pause(own_demo: Demo) -> None:
    (waiting,) = contracts_accepted(own_demo, ["P-1"])
    with open_folder() as folder:
        options = ("--delay", "60", "--ready-file", str(folder / "ready"))
        erp = subprocess.Popen(command(own_demo, *options), env=environment(), cwd=ROOT)
        wait_for((folder / "ready").exists)
        time.sleep(1)  # it pauses before the first request by now

        erp.send_signal(signal.SIGTERM)

        assert erp.wait(5) == 0
    assert states(own_demo, [waiting]) == ["exporting"]


@pytest.mark.capability("DX-04")
def test_hooks_wake_it_and_a_killed_one_goes_on_where_it_stood(own_demo: Demo) -> None:
    options = ("--look-every", "60")
    first = subprocess.Popen(command(own_demo, *options), env=environment(), cwd=ROOT)
    try:
        (hooked,) = contracts_accepted(own_demo, ["K-1"])
        wait_for(lambda: states(own_demo, [hooked]) == ["synced"])
    finally:
        first.send_signal(signal.SIGKILL)
        first.wait()
    (missed,) = contracts_accepted(own_demo, ["K-2"])

    second = subprocess.Popen(command(own_demo, *options), env=environment(), cwd=ROOT)
    try:
        wait_for(lambda: states(own_demo, [missed]) == ["synced"])
        (hooked_again,) = contracts_accepted(own_demo, ["K-3"])
        wait_for(lambda: states(own_demo, [hooked_again]) == ["synced"])
    finally:
        second.send_signal(signal.SIGTERM)
        ended = second.wait(20)
    assert ended == 0


@pytest.mark.capability("DX-04", "EX-02")
def test_all_that_waits_in_the_demo_is_accepted_and_becomes_synced(own_demo: Demo) -> None:
    approver = own_demo.person("approver")
    waiting = rows(approver, "queue?view=ready_to_export&limit=100")
    kinds = {one["item_type"] for one in waiting}
    assert kinds >= {
        "vendor", "work_order_contract", "purchase_order_contract", "commitment_change_order", "requisition",
        "contract_payment", "prime_contract_change_order", "payment_application", "company_level_direct_cost",
    }  # fmt: skip

    for one in waiting:
        typed = {"code": f"A-{one['id']}", "custom_fields": {"accounting_date": "2026-11-20"}, "confirm": True}
        accepted = approver.call("POST", f"exports/{one['id']}/accept", {"version": one["version"], **typed})
        assert accepted.status_code == 200, accepted.text

    told = fake_erp(own_demo)

    assert (told["failed"], told["troubles"]) == (0, [])
    assert set(states(own_demo, [one["record_id"] for one in waiting])) == {"synced"}


def wait_for(done: Any, seconds: float = 40) -> None:
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end, "it did not come about in time"
        time.sleep(0.3)


def test_without_credentials_it_says_what_is_missing(tmp_path: Path) -> None:
    done = subprocess.run(
        [*MANAGE, "fake_erp", "--credentials", str(tmp_path / "none.json"), "--ledger", str(tmp_path / "ledger")],
        env=environment(), capture_output=True, text=True, timeout=60, cwd=ROOT,
    )  # fmt: skip

    assert done.returncode == 1
    assert "start the demo first" in done.stderr


def test_a_share_of_one_or_more_is_refused(tmp_path: Path) -> None:
    done = subprocess.run(
        [*MANAGE, "fake_erp", "--once", "--fail", "20"],
        env=environment(), capture_output=True, text=True, timeout=60, cwd=ROOT,
    )  # fmt: skip

    assert done.returncode == 2
    assert "20 is no share" in done.stderr


def test_a_path_leads_to_every_place_it_names() -> None:
    data = {"requisitions": [{"id": 1, "items": [{"id": 2}, {"id": 3}]}, {"id": 4}]}

    assert [one["id"] for one in at(data, "requisitions[]")] == [1, 4]
    assert [one["id"] for one in at(data, "requisitions[].items[]")] == [2, 3]
    assert at([{"id": 7}], "[].id") == [7]
    assert at(data, "nothing.here") == []
    assert list(flow_of("sync_vendors").books) == []


def test_a_booking_is_found_again_and_a_removed_one_is_not(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "books")
    first = ledger.book([("vendor", 1), ("line_item", 1)], erp_request_id=5)

    assert Ledger(tmp_path / "books").book([("vendor", 1)], erp_request_id=6) == {("vendor", 1): first["vendor", 1]}
    assert ledger.doubles() == 1  # a ledger without such care would hold it twice
    ledger.remove([("vendor", 1)])
    assert ledger.standing() == {"line_item": 1}
    assert ledger.book([("vendor", 1)], erp_request_id=7) != {("vendor", 1): first["vendor", 1]}
