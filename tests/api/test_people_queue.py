"""The filters and sorting of `GET queue`."""

from typing import Any

import pytest

from erpstaging.api.views.docs import description
from erpstaging.core.scope import in_company
from erpstaging.records.editing import create_record
from erpstaging.staging.models import StagedExport
from erpstaging.staging.queue_reading import DECLARED
from erpstaging.staging.sending import send_record
from tests.staging.conftest import vendor_sent

READY = "queue?view=ready_to_export"


@pytest.fixture
def desk(sign_in, approver):
    return sign_in(approver)


@pytest.fixture
def vendors(company, connection, project_user) -> list[StagedExport]:
    def command() -> list[StagedExport]:
        made = [
            create_record(company, actor=project_user, item_type="vendor", data={"name": name})
            for name in ("Roofs", "Anchors", "Steel")
        ]
        return [send_record(company, record.pk, actor=project_user) for record in made]

    return in_company(company.pk, command)


def titles(answer: Any) -> list[str]:
    assert answer.status == 200
    return [row["title"] for row in answer.body["rows"]]


@pytest.mark.capability("UI-03")
def test_the_queue_is_narrowed_and_sorted(desk, vendors, project_user, approver):
    assert titles(desk.get(f"{READY}&sort=-title")) == ["Steel", "Roofs", "Anchors"]
    assert titles(desk.get(f"{READY}&sender=person-{approver.id}")) == []
    assert titles(desk.get(f"{READY}&sender=person-{approver.id}&sender=person-{project_user.id}")) == [
        "Roofs",
        "Anchors",
        "Steel",
    ]
    assert titles(desk.get(f"{READY}&waiting=1h")) == []
    assert titles(desk.get(f"{READY}&received_from=2020-01-01&decidable=true&sort=title&limit=2")) == [
        "Anchors",
        "Roofs",
    ]


def test_a_sorted_page_goes_on_at_its_cursor(desk, vendors):
    first = desk.get(f"{READY}&sort=title&limit=2")
    second = desk.get(f"{READY}&sort=title&limit=2&cursor={first.body['next_cursor']}")

    assert (titles(first), titles(second), second.body["next_cursor"]) == (["Anchors", "Roofs"], ["Steel"], None)
    answer = desk.get(f"{READY}&sort=-title&cursor={first.body['next_cursor']}")
    assert (answer.status, answer.body["errors"]) == (400, {"cursor": ["is invalid"]})


@pytest.mark.parametrize(
    ("query", "name", "text"),
    [
        ("amount_from=lots", "amount_from", "has to be an amount such as 1250.50"),
        ("project_id=x", "project_id", "has to be a whole number from 1"),
        ("status=failed", "status", "is not a filter of this view"),
        ("flag=shiny", "flag", "is not one of the words that this view knows"),
        ("received_to=31.12.2026", "received_to", "has to be a day such as 2026-01-31"),
        ("sort=colour", "sort", "is not one of the words that this view knows"),
    ],
)
def test_what_cannot_be_meant_is_refused_by_its_name(desk, connection, query, name, text):
    answer = desk.get(f"{READY}&{query}")

    assert (answer.status, answer.body["code"]) == (400, "bad_query")
    assert answer.body["errors"] == {name: [text]}


def test_more_rows_than_are_counted_are_not_sorted(desk, vendors, monkeypatch):
    monkeypatch.setattr("erpstaging.staging.queue.COUNTED_TO", 2)
    answer = desk.get(f"{READY}&sort=title")

    assert (answer.status, list(answer.body["errors"])) == (400, ["sort"])
    assert desk.get(f"{READY}&sort=-since").body["sums"] == {}


def test_what_needs_fixing_comes_along_unless_a_filter_means_nothing_there(desk, integrator, connection):
    integrator.post("staged_records", vendor_sent("V-1", "Steel"))

    assert "needs_fixing" in desk.get("queue?view=ready_to_import&sort=title").body
    assert "needs_fixing" not in desk.get("queue?view=ready_to_import&decidable=true").body


def test_a_bulk_decision_takes_the_same_filters(desk, vendors, project_user):
    sender = f"person-{project_user.id}"
    asked = {"sender": [sender], "decidable": True, "received_from": "2020-01-01", "q": "Steel"}
    answer = desk.post("decisions/bulk", {"act": "accept", "filter": asked})

    assert (answer.status, answer.body["total"]) == (200, 1)
    for given, name in (({"waiting": "soon"}, "waiting"), ({"sender": [{}]}, "sender"), ({"sort": "title"}, "sort")):
        refused = desk.post("decisions/bulk", {"act": "accept", "filter": given})
        assert (refused.status, list(refused.body["errors"])) == (422, [f"filter.{name}"])


def test_every_filter_is_described():
    (path,) = [one for one in description()["paths"] if one.endswith("/queue")]
    described = {one["name"]: one for one in description()["paths"][path]["get"]["parameters"]}

    assert described.keys() >= {*DECLARED, "view", "item_type", "q", "sort", "cursor", "limit"}
    assert described["status"]["schema"]["items"]["enum"] == sorted(
        ["invalid", "waiting_for_parent", "accepted", "exporting", "failed", "stale", "partially_failed", "synced",
         "unlinking"]
    )  # fmt: skip
