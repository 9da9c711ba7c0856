"""`@procore/js-sdk`, unmodified, brings over a whole company: staged by the integrator, imported by an approver."""

import time
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from tests.clients.test_js_sdk import run
from tests.fixtures.demo import Demo, PersonSession

pytestmark = [pytest.mark.client, pytest.mark.slow]

VENDORS, PROJECTS, SUB_JOBS, CODES, COMMITMENTS, LINES, CHANGE_ORDERS = 40, 12, 30, 300, 60, 600, 40
Key = tuple[str, str]


def vendor(n: int) -> dict[str, Any]:
    data = {"name": f"Vendor {n}", "city": "Denver", "zip": f"80{n:03}", "is_active": n % 2 == 0}
    return {"item_type": "vendor", "origin_id": f"JS-V{n}", "origin_code": str(n), "data": data}


def project(n: int) -> dict[str, Any]:
    data = {"name": f"Project {n}", "project_number": f"P-{n}", "estimated_start_date": f"2027-{n % 12 + 1:02}-01"}
    return {"item_type": "project", "origin_id": f"JS-P{n}", "data": data}


def sub_job(n: int) -> dict[str, Any]:
    data = {"name": f"Wing {n}", "code": f"W{n:02}", "project_origin_id": f"JS-P{n % PROJECTS}"}
    return {"item_type": "sub_job", "origin_id": f"JS-S{n}", "data": data}


def codes_of(place: int) -> list[str]:
    """The cost codes of one project."""
    return [f"JS-P{place}|{n:03}" for n in range(CODES // PROJECTS)]


def line(origin_id: str, place: int, n: int, **more: str) -> dict[str, Any]:
    codes = codes_of(place)
    data = {"description": f"Line {n}", "position": n + 1, "line_item_type_origin_id": "JS-SUB"}
    data |= {"amount": f"{n + 1}00.25", "cost_code_origin_id": codes[n % len(codes)], **more}
    return {"item_type": "line_item", "origin_id": origin_id, "data": data}


def commitment(n: int) -> dict[str, Any]:
    place = n % PROJECTS
    kind = ("work_order_contract", "purchase_order_contract")[n % 2]
    data = {"title": f"Order {n}", "number": f"JS-{n}", "status": "Approved", "retainage_percent": "5.0"}
    data |= {"project_origin_id": f"JS-P{place}", "vendor_origin_id": f"JS-V{n % VENDORS}"}
    lines = [line(f"JS-C{n}-{one}", place, one) for one in range(LINES // COMMITMENTS)]
    return {"item_type": kind, "origin_id": f"JS-C{n}", "data": data, "children": lines}


def change_order(n: int) -> dict[str, Any]:
    place = n % PROJECTS
    data = {"title": f"Change {n}", "number": f"JS-{n}", "project_origin_id": f"JS-P{place}"}
    data["commitment_origin_id"] = f"JS-C{n}"
    own = line(f"JS-O{n}-0", place, 0, commitment_line_item_origin_id=f"JS-C{n}-0")
    return {"item_type": "commitment_change_order", "origin_id": f"JS-O{n}", "data": data, "children": [own]}


def parts(sequence: Sequence[Any], size: int = 500) -> Iterator[Sequence[Any]]:
    for start in range(0, len(sequence), size):
        yield sequence[start : start + size]


class Office:
    """The approver at work."""

    def __init__(self, session: PersonSession) -> None:
        self.session = session

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """As a person would: who is told to come back later comes back later."""
        while (answer := self.session.call(method, path, body)).status_code == 429:
            time.sleep(int(answer.headers["Retry-After"]))
        assert answer.status_code == 200, answer.text
        return answer

    def import_all(self, item_types: str, *, expected: int) -> None:
        """Everything of ours in Ready to import, page by page."""
        rows = self.queue(item_types)
        assert len(rows) == expected
        for row in rows:
            self.call("POST", f"staged_records/{row['id']}/import", {"version": row["version"]})

    def queue(self, item_types: str) -> list[Any]:
        rows, cursor = [], ""
        while True:
            page = self.call("GET", f"queue?view=ready_to_import&item_type={item_types}&limit=100&cursor={cursor}")
            rows += page.json()["rows"]
            cursor = page.json()["next_cursor"]
            if not cursor:
                return [row for row in rows if row["origin_id"].startswith("JS-")]

    def records(self, item_type: str) -> dict[Key, Any]:
        page, found = 1, {}
        while rows := self.call("GET", f"records?item_type={item_type}&per_page=500&page={page}").json():
            page += 1
            found |= {(item_type, row["origin_id"]): row for row in rows if row["origin_id"]}
        return found


@pytest.mark.capability("IN-02", "IN-06", "IN-07")
def test_the_procore_sdk_brings_over_a_whole_company(demo: Demo) -> None:
    token = run("token", demo)["body"]["access_token"]
    office = Office(demo.person("approver"))

    def bring(base: str, updates: Sequence[Any], **scope: int) -> None:
        calls = [{"base": base, "updates": part, **scope} for part in parts(updates)]
        answers = run("bring", demo, token=token, calls=calls)
        assert [one for answer in answers for one in answer["errors"]] == []
        assert sum(len(answer["entities"]) for answer in answers) == len(updates)

    masters = [*map(vendor, range(VENDORS)), *map(project, range(PROJECTS))]
    inside = [*map(sub_job, range(SUB_JOBS)), *map(commitment, range(COMMITMENTS))]
    orders = [*map(change_order, range(CHANGE_ORDERS))]
    bring("staged_records", [*inside, *masters])  # nothing of it need be linked to be staged
    assert office.queue("sub_job,work_order_contract,purchase_order_contract") == []
    office.import_all("vendor,project", expected=VENDORS + PROJECTS)

    bring("line_item_types", [{"origin_id": "JS-SUB", "name": "Subcontract of the SDK", "code": "JS"}])
    projects = office.records("project")
    calls = [
        {
            "base": "cost_codes",
            "project_id": projects["project", f"JS-P{place}"]["id"],
            "updates": [{"origin_id": one, "name": one, "code": one.rpartition("|")[2]} for one in codes_of(place)],
        }
        for place in range(PROJECTS)
    ]
    answers = run("bring", demo, token=token, calls=calls)
    assert [len(answer["entities"]) for answer in answers] == [CODES // PROJECTS] * PROJECTS

    office.import_all("sub_job,work_order_contract,purchase_order_contract", expected=SUB_JOBS + COMMITMENTS)
    bring("staged_records", orders)
    office.import_all("commitment_change_order", expected=CHANGE_ORDERS)

    kinds = ["vendor", "project", "sub_job", "cost_code", "line_item_type", "line_item", "work_order_contract"]
    kinds += ["purchase_order_contract", "commitment_change_order"]
    found = {key: row for kind in kinds for key, row in office.records(kind).items()}
    sent = [*masters, *inside, *orders]
    whole = [one for top in sent for one in (top, *top.get("children", ()))]
    assert len(whole) == VENDORS + PROJECTS + SUB_JOBS + COMMITMENTS + LINES + CHANGE_ORDERS + CHANGE_ORDERS
    for one in whole:
        record = found[one["item_type"], one["origin_id"]]
        # The demo's company has fields of its own, which nobody filled.
        data = {name: value for name, value in record["data"].items() if name != "custom_fields"}
        assert data == as_imported(one["data"], found), one["origin_id"]
        assert (record["synced"], record["origin_code"]) == (True, one.get("origin_code"))
    for top in [*inside, *orders]:
        lines = top.get("children", ())
        record = found[top["item_type"], top["origin_id"]]
        assert [found["line_item", one["origin_id"]]["parent_id"] for one in lines] == [record["id"]] * len(lines)
        worth = sum(int(one["data"]["amount"][:-3]) + 0.25 for one in lines)
        assert not lines or float(record["amount"]) == worth


TARGETS = {
    "project_origin_id": ("project",),
    "vendor_origin_id": ("vendor",),
    "commitment_origin_id": ("work_order_contract", "purchase_order_contract"),
    "cost_code_origin_id": ("cost_code",),
    "line_item_type_origin_id": ("line_item_type",),
    "commitment_line_item_origin_id": ("line_item",),
}


def as_imported(data: dict[str, Any], found: dict[Key, Any]) -> dict[str, Any]:
    """What was staged, with our ids in place of origin IDs."""
    imported = {name: value for name, value in data.items() if name not in TARGETS}
    for name in TARGETS.keys() & data.keys():
        (target,) = [found[kind, data[name]] for kind in TARGETS[name] if (kind, data[name]) in found]
        imported[name.replace("_origin_id", "_id")] = target["id"]
    return imported
