"""`@procore/js-sdk`, unmodified, does the integrator's half against the running service."""

import json
import subprocess
from typing import Any

import pytest

from tests.fixtures.demo import Demo
from tests.processes import ROOT

pytestmark = [pytest.mark.client, pytest.mark.slow]


def run(step: str, demo: Demo, **values: Any) -> Any:
    """One step of journey.js; what it answered."""
    account = demo.credentials["service_account"]
    given = {
        "step": step,
        "baseUrl": demo.base_url,
        "company": demo.company_id,
        "clientId": account["client_id"],
        "clientSecret": account["client_secret"],
        **values,
    }
    done = subprocess.run(
        ["node", "journey.js"],
        input=json.dumps(given),
        capture_output=True,
        text=True,
        timeout=60,
        cwd=ROOT / "tests" / "clients",
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.capability("ID-01", "IN-01", "EX-02", "EX-03")
def test_the_procore_sdk_stages_fetches_links_and_closes(demo: Demo) -> None:
    token = run("token", demo)
    assert token["body"]["token_type"] == "bearer"
    assert token["body"]["expires_in"] == 5400
    assert token["info"]["application"]["uid"] == demo.credentials["service_account"]["client_id"]
    bearer = token["body"]["access_token"]

    vendor = {"item_type": "vendor", "origin_id": "V-3001", "data": {"name": "Summit Crane Hire"}}
    bad = {"item_type": "vendor", "origin_id": "V-3002", "data": {"name": 12.5, "is_active": "perhaps"}}
    staged = run("stage", demo, token=bearer, updates=[vendor, bad])
    assert [one["origin_id"] for one in staged["staged"]["entities"]] == ["V-3001"]
    assert staged["staged"]["errors"] == [{**bad, "errors": {"is_active": ["must be true or false"]}}]
    assert [one["origin_id"] for one in staged["listed"]] == ["V-3001"]
    assert (staged["total"], staged["perPage"]) == ("1", "1")
    assert staged["requestId"]

    _accept(demo, number="SC-1045")
    closed = run("close", demo, token=bearer)
    assert closed["request"]["request_name"] == "create_commitment"
    assert closed["links"]["errors"] == []
    assert closed["closed"]["status"] == closed["again"]["status"] == "success"
    record = closed["request"]["request_data"]["commitment"]["id"]
    shown = demo.person("project_user").call("GET", f"records/{record}").json()
    assert (shown["status"], shown["origin_id"]) == ("synced", "PO-SC-1045")

    revoked = run("revoke", demo, token=bearer)
    assert (revoked["revoked"], revoked["status"]) == ({}, 401)
    assert revoked["body"]["errors"] == "Unauthorized"


def _accept(demo: Demo, *, number: str) -> None:
    approver = demo.person("approver")
    rows = approver.call("GET", "queue?view=ready_to_export").json()["rows"]
    (row,) = [row for row in rows if row["number"] == number]
    inputs = {"code": number.removeprefix("SC-"), "custom_fields": {"accounting_date": "2026-11-20"}}
    answer = approver.call("POST", f"exports/{row['id']}/accept", {"version": row["version"], **inputs})
    assert answer.status_code == 200, answer.text
    assert answer.json()["status"] == "exporting"
