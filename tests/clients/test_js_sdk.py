"""`@procore/js-sdk`, unmodified, does the integrator's half against the running service."""

import json
import subprocess
from typing import Any

import pytest
import requests
import standardwebhooks

from tests.fixtures.demo import Demo
from tests.fixtures.receiver import Receiver
from tests.processes import ROOT, wait_until

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


@pytest.mark.capability("WH-01", "WH-12", "WH-13")
@pytest.mark.parametrize("version", ["v2", "v3", "v4"])
def test_the_procore_sdk_listens_and_hears(demo: Demo, version: str) -> None:
    bearer = run("token", demo)["body"]["access_token"]
    with Receiver() as receiver:
        made = run("listen", demo, token=bearer, url=receiver.url, version=version)
        receiver.wait_for(1, timeout=60)
        hook = made["hook"]["id"]
        assert wait_until(lambda: bool(_heard(demo, bearer, hook)), seconds=30)
        heard = run("heard", demo, token=bearer, hook=hook, version=version)

    assert made["hook"]["signing_secret"].startswith("whsec_")
    assert (made["hook"]["api_version"], made["hook"]["owned_by_company_id"]) == (version, demo.company_id)
    assert made["trigger"]["event_type"] == "CREATE"
    assert (made["bulk"]["status"], len(made["bulk"]["success"]), len(made["bulk"]["failed"])) == (207, 3, 1)
    assert [one["id"] for one in made["listed"]] == [hook]
    assert sorted(one["event_type"] for one in made["triggers"]) == ["CREATE", "CREATE", "DELETE", "UPDATE"]
    assert {"ERP Requests", "Company Vendors"} <= {one["name"] for one in made["resources"]}
    (request,) = receiver.received
    assert standardwebhooks.Webhook(made["hook"]["signing_secret"]).verify(request.body, request.headers)
    assert str(request.event["resource_id"]) == str(made["vendor"])
    assert [one["outcome"] for one in heard["deliveries"]] == ["ok"]
    assert heard["deliveries"][0]["event"]["ulid"] == request.headers["webhook-id"]
    assert request.event in heard["events"]
    assert heard["changed"]["destination_headers"] == {"Authorization": "**********12345"}
    assert hook not in heard["left"]


def _heard(demo: Demo, bearer: str, hook: int) -> list[dict[str, Any]]:
    """The deliveries of a hook that were taken, as any client reads them."""
    answer = requests.get(
        f"{demo.base_url}/rest/v1.0/webhooks/hooks/{hook}/deliveries",
        params={"company_id": demo.company_id, "filters[status]": "successful"},
        headers={"Authorization": f"Bearer {bearer}"},
        timeout=20,
    )
    found: list[dict[str, Any]] = answer.json()
    return found


def _accept(demo: Demo, *, number: str) -> None:
    approver = demo.person("approver")
    rows = approver.call("GET", "queue?view=ready_to_export").json()["rows"]
    (row,) = [row for row in rows if row["number"] == number]
    inputs = {"code": number.removeprefix("SC-"), "custom_fields": {"accounting_date": "2026-11-20"}}
    answer = approver.call("POST", f"exports/{row['id']}/accept", {"version": row["version"], **inputs})
    assert answer.status_code == 200, answer.text
    assert answer.json()["status"] == "exporting"
