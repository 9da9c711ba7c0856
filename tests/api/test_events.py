"""The event feed on the wire."""

import msgspec
import pytest
from django.db.models import F
from django.utils import timezone

from erpstaging.hooks.payloads import body
from erpstaging.outbox.models import Event

pytestmark = pytest.mark.capability("WH-12")


@pytest.fixture
def erp(integrator):
    return integrator


@pytest.fixture
def told(erp, connection, company):
    """A vendor that was made and changed by the integration; returns its events, dispatched."""
    made = erp.post("vendors", {"vendor": {"name": "Kestrel"}}).body
    erp.patch(f"vendors/{made['id']}", {"vendor": {"name": "Kestrel Ltd"}})
    # As the dispatcher does; it would wait for the end of the transaction that this test runs in.
    Event.objects.of(company).update(position=F("pk"), dispatched_at=timezone.now())
    return list(Event.objects.of(company).filter(resource_id=made["id"]).order_by("position"))


def test_an_integrator_reads_what_deliveries_would_have_carried(erp, company, told):
    answer = erp.get(f"webhooks/events?cursor={told[0].ulid}&resource_name=Company Vendors")

    assert answer.status == 200
    assert answer.body == {
        "events": [msgspec.json.decode(body(told[1], "v2"))],
        "next_cursor": Event.objects.of(company).order_by("-position").first().ulid,
        "more": False,
    }
    assert answer.body["events"][0]["event_type"] == "update"


@pytest.mark.capability("WH-13")
@pytest.mark.parametrize("version", ["v2", "v2.0", "v3", "v4"])
def test_an_event_names_the_integration_that_made_the_change_in_every_shape(erp, told, version):
    me = str(erp.get("/rest/v1.0/me").body["id"])

    events = erp.get(f"webhooks/events?resource_name=Company Vendors&api_version={version}").body["events"]

    named = {(one.get("metadata") or one["data"])["source_application_id"] for one in events}
    assert (len(events), named) == (2, {me})


@pytest.mark.parametrize("person", ["admin", "auditor"])
def test_people_read_the_same(erp, sign_in, request, told, person):
    seen = sign_in(request.getfixturevalue(person)).get(f"events?cursor={told[0].ulid}")

    assert (seen.status, seen.body) == (200, erp.get(f"webhooks/events?cursor={told[0].ulid}").body)


def test_people_without_the_tool_are_refused(sign_in, project_user, told):
    assert sign_in(project_user).get("events").status == 403


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("cursor=12", "cursor"),
        ("cursor=01K0ABCDEFGHJKMNPQRSTVWXYZZZ", "cursor"),
        ("since=yesterday", "since"),
        ("since=2026-01-01T00:00:00", "since"),
        ("limit=0", "limit"),
        ("limit=x", "limit"),
        ("resource_name=Weather", "resource_name"),
        ("event_type=explode", "event_type"),
        ("project_id=x", "project_id"),
        ("api_version=v9", "api_version"),
    ],
)
def test_a_bad_question_is_400_and_names_it(erp, query, name):
    answer = erp.get(f"webhooks/events?{query}")

    assert (answer.status, list(answer.body["errors"])) == (400, [name])


def test_an_offset_need_not_be_escaped_and_types_take_any_case(erp, told):
    answer = erp.get("webhooks/events?since=2026-01-01T00:00:00+01:00&event_type=CREATE&resource_name=Company Vendors")

    assert [one["event_type"] for one in answer.body["events"]] == ["create"]


def test_a_cursor_that_is_too_old_is_410_with_the_reason(erp, settings):
    settings.EVENT_DAYS = 7

    answer = erp.get("webhooks/events?cursor=01H0000000QQQQQQQQQQQQQQQQ")

    assert answer.status == 410
    assert (answer.body["code"], answer.body["kept_days"]) == ("cursor_expired", 7)
    assert "start the feed anew" in answer.body["message"]
