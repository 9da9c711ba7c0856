"""Thousands of exports against an ERP that refuses, repeats, loses answers and is killed at random.

    python -m tests.faults.soak --exports 2000

Starts a demo of its own, makes objects of several kinds as a project person, accepts them as an approver, tries the
refused ones again, and lets `manage.py fake_erp` close them out while it is killed every few seconds. In the end the
ERP's ledger is compared with what the service holds, and `check_invariants` looks through the data.
"""

import argparse
import itertools
import json
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from typing import Any

from erpstaging.catalogue.registry import ENTITIES, EXPORTED
from erpstaging.demo.fake_erp.ledger import Ledger
from tests.fixtures.demo import Demo, PersonSession, running_demo
from tests.fixtures.documents import everything
from tests.processes import ROOT, environment, manage

NO_LIMITS = {"ERPSTAGING_RATE_LIMIT_HOURLY": "0", "ERPSTAGING_RATE_LIMIT_SPIKE": "0"}
FAULTS = ("--fail", "0.2", "--duplicate", "0.1", "--lose", "0.1")
# After it has begun to listen, or after it was given so long to begin.
KILLED_AFTER_S, BEGUN_WITHIN_S = (2.0, 8.0), 60.0
SENDERS = 3
# So long may pass in which no object comes to its end.
STUCK_AFTER_S = 240
OF_OURS = "Soak"


@dataclass
class Figures:
    """What was done, and what was found in the end."""

    exports: dict[str, int] = field(default_factory=dict)
    seconds_sending: float = 0
    seconds: float = 0
    requests: int = 0
    retries: int = 0
    kills: int = 0
    details: dict[str, int] = field(default_factory=dict)
    ledger: dict[str, int] = field(default_factory=dict)
    doubles: int = 0
    contradictions: list[str] = field(default_factory=list)
    invariants_exit: int = -1

    @property
    def sound(self) -> bool:
        return not self.doubles and not self.contradictions and self.invariants_exit == 0


class Soak:
    """One demo, the objects that were sent there, and the ERP that is killed again and again."""

    def __init__(self, demo: Demo, exports: int, seed: int) -> None:
        self.demo, self.exports, self.chance = demo, exports, random.Random(seed)  # noqa: S311 - repeatable chance
        self.figures, self.records = Figures(), dict[int, str]()
        self.var = demo.folder / "var"
        self.done = threading.Event()

    def run(self) -> Figures:
        document = {"metadata": everything()}
        said(self.demo.integrator().call("PATCH", "erp_connections/metadata_configuration", document))
        # What the demo's seeding left under way is not ours.
        subprocess.run(self._command("--once"), env=environment(), cwd=ROOT, check=True)
        began = time.monotonic()
        killer = threading.Thread(target=self._kill_and_start_again)
        killer.start()
        try:
            self._send_all()
            self.figures.seconds_sending = round(time.monotonic() - began, 1)
            self._see_all_through()
        finally:
            self.done.set()
            killer.join()
        self.figures.seconds = round(time.monotonic() - began, 1)
        self._compare()
        return self.figures

    # People

    def _send_all(self) -> None:
        kinds = self._kinds()
        wanted = list(zip(itertools.cycle(kinds), range(self.exports), strict=False))
        with ThreadPoolExecutor(SENDERS) as pool:
            list(pool.map(self._send_part, [wanted[place::SENDERS] for place in range(SENDERS)]))

    def _send_part(self, wanted: list[tuple["Kind", int]]) -> None:
        sender, approver = self.demo.person("project_user"), self.demo.person("approver")
        for kind, number in wanted:
            body = kind(number)
            made = said(sender.call("POST", "records", body))
            sent = said(sender.call("POST", f"records/{made['id']}/send_to_erp"))
            inputs = {"code": f"{OF_OURS}-{number}", "custom_fields": {"accounting_date": "2026-11-20"}}
            body = {**inputs, "version": sent["version"], "confirm": True}
            said(approver.call("POST", f"exports/{sent['export_id']}/accept", body))
            self.records[made["id"]] = made["item_type"]

    def _kinds(self) -> list["Kind"]:
        """Bodies of new objects of every kind that is exported, each of which can be sent right away."""
        person = self.demo.person("project_user")
        contract, owner, code = (
            a_synced(person, item_type) for item_type in ("work_order_contract", "prime_contract", "standard_cost_code")
        )
        places = self._places_of_budgets(-(-self.exports // len(EXPORTED)), codes_of(contract))
        return list(kinds_of(contract, owner, code, places).values())

    def _places_of_budgets(self, count: int, codes: dict[str, int]) -> list["Place"]:
        """Cost codes of new projects of the ERP, one each: a project has but one budget."""
        erp, approver = self.demo.integrator(), self.demo.person("approver")
        sent = [
            {"item_type": "project", "origin_id": f"{OF_OURS}-{number}", "data": {"name": f"Site {number}"}}
            for number in range(count)
        ]
        for row in said(erp.call("PATCH", "staged_records/sync", {"updates": sent}))["entities"]:
            seen = {"version": said(approver.call("GET", f"staged_records/{row['id']}"))["version"]}
            said(approver.call("POST", f"staged_records/{row['id']}/import", seen))
        found: list[Place] = []
        for project in records(approver, "project"):
            if (project["origin_id"] or "").startswith(OF_OURS):
                steel = {"name": "Steel", "code": "05", "origin_id": f"{project['origin_id']}|05"}
                path = f"cost_codes/sync?project_id={project['id']}"
                (code,) = said(erp.flat("PATCH", path, {"updates": [steel]}))["entities"]
                found.append((project["id"], {**codes, "cost_code_id": code["id"]}))
        return found

    def _see_all_through(self) -> None:
        """Whatever the ERP refuses is tried again, until everything is synced."""
        approver = self.demo.person("approver")
        left, moved = len(self.records) + 1, time.monotonic()
        while time.monotonic() < moved + STUCK_AFTER_S:
            # First: what fails between the two looks is seen by one of them at least.
            under_way = [one for one in queue(approver, "exporting") if one["record_id"] in self.records]
            failed = [one for one in queue(approver, "failed") if one["record_id"] in self.records]
            for one in failed:
                answer = approver.call("POST", f"exports/{one['id']}/retry")
                # An answer that was on its way may have made it synced in the meantime.
                assert answer.status_code in {200, 409}, answer.text
                self.figures.retries += answer.status_code == 200
            if not failed and not under_way:
                return
            if len(failed) + len(under_way) < left:
                left, moved = len(failed) + len(under_way), time.monotonic()
            time.sleep(0.5)
        raise AssertionError(f"{left} exports do not come to their end.")

    # The ERP

    def _kill_and_start_again(self) -> None:
        ready = self.var / "soak.ready"
        for seed in itertools.count(1):
            ready.unlink(missing_ok=True)
            process = subprocess.Popen(self._command("--seed", str(seed), "--ready-file", str(ready)),
                                       env=environment(), cwd=ROOT,
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # fmt: skip
            begun = time.monotonic()
            while not ready.exists() and time.monotonic() < begun + BEGUN_WITHIN_S and not self.done.wait(0.1):
                pass
            if self.done.wait(self.chance.uniform(*KILLED_AFTER_S)):
                process.send_signal(signal.SIGTERM)
                process.wait()
                return
            process.send_signal(signal.SIGKILL)
            process.wait()
            self.figures.kills += 1

    def _command(self, *options: str) -> list[str]:
        files = ("--credentials", str(self.var / "demo_credentials.json"), "--ledger", str(self.var / "soak.sqlite3"))
        return [sys.executable, "-m", "erpstaging.demo.fake_erp", *files, "--only-new", *FAULTS, *options]

    # The end

    def _compare(self) -> None:
        """Every object once in the ledger, under the origin ID that it carries here; one success for each."""
        figures, reader, erp = self.figures, self.demo.person("auditor"), self.demo.integrator()
        ledger = Ledger(self.var / "soak.sqlite3")
        figures.ledger, figures.doubles, booked = ledger.standing(), ledger.doubles(), ledger.origin_ids()
        for item_type in sorted(set(self.records.values())):
            wire_type = ENTITIES[item_type].external_item_type or item_type
            ours = [one for one in records(reader, item_type) if one["id"] in self.records]
            figures.exports[item_type] = len(ours)
            for one in ours:
                if one["origin_id"] is None or one["origin_id"] != booked.get((wire_type, one["id"])):
                    figures.contradictions.append(f"{item_type} {one['id']}: {one['origin_id']}")
        if sum(figures.exports.values()) != self.exports:
            figures.contradictions.append(f"{self.exports} were sent")
        details = [one for one in pages(erp.call, "erp_request_details") if one["item_id"] in self.records]
        for one in details:
            figures.details[one["status"]] = figures.details.get(one["status"], 0) + 1
        succeeded = [one["item_id"] for one in details if one["status"] == "success"]
        if len(succeeded) != len(set(succeeded)) or set(succeeded) != set(self.records):
            figures.contradictions.append("not every object has one success")
        figures.requests = len({one["erp_request_id"] for one in details})
        looked = manage("check_invariants", ERPSTAGING_DATA_DIR=str(self.var), ERPSTAGING_ENVIRONMENT="demo")
        figures.invariants_exit = looked.returncode
        if looked.returncode:
            figures.contradictions.append(looked.stdout + looked.stderr)


Kind = Callable[[int], dict[str, Any]]
# A project, and the cost code and cost type of a line there.
Place = tuple[int, dict[str, int]]


def a_synced(person: PersonSession, item_type: str) -> dict[str, Any]:
    """One with lines, where its kind has lines."""
    found = (said(person.call("GET", f"records/{one['id']}")) for one in records(person, item_type) if one["synced"])
    return next(one for one in found if one["lines"] or ENTITIES[item_type].line_type is None)


def codes_of(contract: dict[str, Any]) -> dict[str, int]:
    return {name: contract["lines"][0]["data"][name] for name in ("cost_code_id", "line_item_type_id")}


def kinds_of(
    contract: dict[str, Any], owner: dict[str, Any], code: dict[str, Any], places: Sequence[Place]
) -> dict[str, Kind]:
    """By item type. The new objects stand under objects of the ERP: a contract with a vendor and one with the `owner`;
    `code` names the list of standard cost codes, and each of `places` is for one budget.
    """
    vendor, project = {"vendor_id": contract["data"]["vendor_id"]}, {"project_id": contract["project_id"]}

    def order(item_type: str) -> Kind:
        def body(number: int) -> dict[str, Any]:
            data = {**vendor, "number": f"{OF_OURS}-{number}", "title": f"Work {number}", "status": "Approved"}
            lines = [{"data": {**codes_of(contract), "amount": f"{number + 1}.25"}} for _ in range(1 + number % 3)]
            return {"item_type": item_type, **project, "data": data, "line_items": lines}

        return body

    def change(item_type: str, changed: dict[str, Any], changed_id: str, line_id: str) -> Kind:
        def body(number: int) -> dict[str, Any]:
            data = {"number": f"{OF_OURS}-{number}", "title": "Bolts", "status": "approved", changed_id: changed["id"]}
            lines = [{"data": {**codes_of(changed), "amount": "80.5", line_id: changed["lines"][0]["id"]}}]
            return {"item_type": item_type, "project_id": changed["project_id"], "data": data, "line_items": lines}

        return body

    def invoice(item_type: str, billed: dict[str, Any], billed_id: str, period: str) -> Kind:
        def body(number: int) -> dict[str, Any]:
            data = {
                "invoice_number": f"{OF_OURS}-{number}", "status": "approved", billed_id: billed["id"],
                "billing_date": "2026-03-31", f"{period}_start": "2026-03-01", f"{period}_end": "2026-03-31",
            }  # fmt: skip
            lines = [{"data": {"line_item_id": billed["lines"][0]["id"], "work_completed_this_period": "250"}}]
            return {"item_type": item_type, "project_id": billed["project_id"], "data": data, "line_items": lines}

        return body

    def payment(number: int) -> dict[str, Any]:
        data = {"contract_id": contract["id"], "invoice_number": f"{OF_OURS}-{number}", "amount": f"{number + 1}.5"}
        return {"item_type": "contract_payment", **project, "data": {**data, "date": "2026-04-15"}}

    def cost(number: int) -> dict[str, Any]:
        data = {
            **vendor, "invoice_number": f"{OF_OURS}-{number}", "direct_cost_type": "invoice", "status": "approved",
            "direct_cost_date": "2026-03-02", "accounting_date": "2026-03-05",
        }  # fmt: skip
        lines = [{"data": {**codes_of(contract), **project, "quantity": "100", "unit_cost": "3.5"}}]
        return {"item_type": "company_level_direct_cost", "data": data, "line_items": lines}

    def named(item_type: str) -> Kind:
        return lambda number: {"item_type": item_type, "data": {"name": f"{OF_OURS} {item_type} {number}"}}

    def sub_job(number: int) -> dict[str, Any]:
        return {"item_type": "sub_job", **project, "data": {"name": f"Wing {number}", "code": f"{OF_OURS}-{number}"}}

    def standard_code(number: int) -> dict[str, Any]:
        data = {"name": f"Division {number}", "code": f"{OF_OURS}-{number}"}
        data["standard_cost_code_list_id"] = code["data"]["standard_cost_code_list_id"]
        return {"item_type": "standard_cost_code", "data": data}

    def budget(number: int) -> dict[str, Any]:
        project_id, codes = places[number // len(EXPORTED)]
        lines = [{"data": {**codes, "description": "Steel", "original_budget_amount": f"{number + 1}000"}}]
        return {"item_type": "budget", "project_id": project_id, "data": {"name": "Site"}, "line_items": lines}

    return {
        "work_order_contract": order("work_order_contract"),
        "vendor": named("vendor"),
        "purchase_order_contract": order("purchase_order_contract"),
        "project": named("project"),
        "commitment_change_order": change(
            "commitment_change_order", contract, "commitment_id", "commitment_line_item_id"
        ),
        "requisition": invoice("requisition", contract, "commitment_id", "requisition"),
        "contract_payment": payment,
        "company_level_direct_cost": cost,
        "sub_job": sub_job,
        "standard_cost_code": standard_code,
        "budget": budget,
        "prime_contract_change_order": change(
            "prime_contract_change_order", owner, "contract_id", "prime_line_item_id"
        ),
        "payment_application": invoice("payment_application", owner, "prime_contract_id", "period"),
    }


def said(answer: Any) -> Any:
    assert answer.status_code < 300, answer.text
    return answer.json()


def pages(call: Callable[..., Any], path: str, query: str = "") -> Iterator[dict[str, Any]]:
    for page in itertools.count(1):
        rows = said(call("GET", f"{path}?per_page=500&page={page}{query}"))
        yield from rows
        if len(rows) < 500:
            return


def records(person: PersonSession, item_type: str) -> Iterator[dict[str, Any]]:
    return pages(person.call, "records", f"&item_type={item_type}")


def queue(person: PersonSession, view: str) -> Iterator[dict[str, Any]]:
    cursor = ""
    while True:
        page = said(person.call("GET", f"queue?view={view}&limit=100&cursor={cursor}"))
        yield from page["rows"]
        cursor = page["next_cursor"]
        if not cursor:
            return


def soak(exports: int, seed: int = 1) -> Figures:
    with running_demo("--no-fake-erp", **NO_LIMITS) as demo:
        return Soak(demo, exports, seed).run()


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--exports", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    figures = soak(**vars(parser.parse_args()))
    sys.stdout.write(json.dumps(asdict(figures), indent=2) + "\n")
    return 0 if figures.sound else 1


if __name__ == "__main__":
    raise SystemExit(main())
