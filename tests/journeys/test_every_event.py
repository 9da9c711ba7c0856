"""Every event of the catalogue: the act that raises it, its payload, its details, the integrator's steps, the end."""

from typing import Any

import pytest

from erpstaging.catalogue.events import EVENTS
from erpstaging.erp_requests.models import ErpRequest
from erpstaging.outbox.models import Event
from tests.journeys.acts import ACTS
from tests.journeys.facts import FACTS, EventFacts, at, deviations
from tests.journeys.steps import STEPS
from tests.journeys.world import World, done

ENVELOPE = {"id", "company_id", "request_name", "request_data", "created_at", "updated_at", "integration_app_name"}
BESIDE = {"create_or_update_job": {"request_detail_id", "company_id"}}


def test_the_catalogue_has_every_event_of_the_dictionary_and_no_other() -> None:
    assert len(FACTS) == 51
    assert EVENTS.keys() == FACTS.keys()


def test_every_event_of_the_catalogue_has_an_act() -> None:
    assert EVENTS.keys() == ACTS.keys()


def test_every_step_of_an_integrator_is_known() -> None:
    assert {action.op for facts in FACTS.values() for action in facts.actions} == set(STEPS)


@pytest.mark.parametrize("name", sorted(FACTS))
def test_the_catalogue_says_the_same_of_an_event(name: str) -> None:
    facts, event = FACTS[name], EVENTS[name]

    assert (event.kind, event.has_detail) == (facts.kind, facts.detail is not None)


@pytest.mark.parametrize("name", sorted(EVENTS))
@pytest.mark.django_db
@pytest.mark.capability("EX-01", "EX-02")
def test_event(name: str, request: pytest.FixtureRequest) -> None:
    registered, facts = ACTS[name], FACTS[name]
    world: World = request.getfixturevalue("world" if registered.connected else "bare_world")
    requests = ErpRequest.objects.of(world.company).filter(request_name=name)
    before = set(requests.values_list("pk", flat=True))

    check = registered.act(world)

    (raised,) = requests.exclude(pk__in=before)
    assert told_of(world, raised.pk) == ["create"]
    data = fetched(world, raised.pk, facts)
    assert deviations(data, facts.payload) == []
    details = world.details(raised.pk)
    named = at(data, facts.detail) if facts.detail else []
    assert sorted(one["id"] for one in details) == sorted(named)
    assert facts.detail is None or named
    assert {one["status"] for one in details} <= {"in_progress"}

    for action in facts.actions:
        STEPS[action.op](world, action, data)

    assert {one["status"] for one in world.details(raised.pk)} <= {"success"}
    assert fetched(world, raised.pk, facts) == data
    check()


def told_of(world: World, erp_request_id: int) -> list[str]:
    """What the integrator's hook is told of a request."""
    facts = Event.objects.of(world.company).filter(resource_name="ERP Requests", resource_id=erp_request_id)
    return list(facts.values_list("event_type", flat=True))


def fetched(world: World, erp_request_id: int, facts: EventFacts) -> Any:
    """The request data as the integrator gets it, in its envelope."""
    answer = done(world.erp.get(f"erp_requests/{erp_request_id}"))
    assert answer.keys() == ENVELOPE | BESIDE.get(facts.request_name, set())
    assert (answer["id"], answer["company_id"]) == (erp_request_id, world.company.pk)
    assert answer["request_name"] == facts.request_name
    return answer["request_data"]
