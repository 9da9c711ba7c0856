"""Which moves hooks and deliveries have, in the model and in the database."""

import uuid
from datetime import UTC, datetime
from itertools import product

import pytest
from django.db import IntegrityError, transaction
from django_fsm import TransitionNotAllowed

from erpstaging.catalogue.mirrored import RESOURCES as MIRRORED
from erpstaging.catalogue.registry import ENTITIES
from erpstaging.companies.models import Company
from erpstaging.erp_requests.services import RESOURCE as ERP_REQUESTS
from erpstaging.hooks.destinations import Destination
from erpstaging.hooks.models import Delivery, DeliveryState, Hook, HookState
from erpstaging.hooks.resources import RESOURCES
from erpstaging.hooks.subscriptions import create_hook
from erpstaging.outbox.events import Fact
from erpstaging.outbox.models import EventType
from erpstaging.staging.call import RESOURCE as STAGED_RECORDS
from tests.fixtures.hooks import ADMIN, INTEGRATION
from tests.fixtures.outbox import recorded

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
FINAL = {DeliveryState.OK, DeliveryState.FAILED, DeliveryState.DISCARDED}

MOVES = {
    "lease": lambda delivery: delivery.lease(token=uuid.uuid4(), until=NOW),
    "release_untried": lambda delivery: delivery.release_untried(),
    "release_tried": lambda delivery: delivery.release_tried(),
    "succeed": lambda delivery: delivery.succeed(now=NOW),
    "fail": lambda delivery: delivery.fail(now=NOW, next_attempt_at=NOW),
    "be_refused": lambda delivery: delivery.be_refused(now=NOW),
    "discard": lambda delivery: delivery.discard(now=NOW),
    "start_afresh": lambda delivery: delivery.start_afresh(now=NOW),
    "reopen": lambda delivery: delivery.reopen(now=NOW),
}
ALLOWED = {
    ("pending", "lease"): "leased",
    ("failing", "lease"): "leased",
    ("leased", "lease"): "leased",
    ("leased", "release_untried"): "pending",
    ("leased", "release_tried"): "failing",
    ("leased", "succeed"): "ok",
    ("leased", "fail"): "failing",
    ("leased", "be_refused"): "failed",
    ("pending", "discard"): "discarded",
    ("leased", "discard"): "discarded",
    ("failing", "discard"): "discarded",
    ("failing", "start_afresh"): "pending",
    ("ok", "reopen"): "pending",
    ("failed", "reopen"): "pending",
    ("discarded", "reopen"): "pending",
}
HOOK_MOVES = {
    "start_afresh": lambda hook: hook.start_afresh(),
    "back_off": lambda hook: hook.back_off(now=NOW, until=NOW),
    "give_up": lambda hook: hook.give_up(),
    "wait_for_resume": lambda hook: hook.wait_for_resume(now=NOW, reason="Ledger closed"),
}
HOOK_ALLOWED = {
    ("active", "start_afresh"): "active",
    ("paused", "start_afresh"): "active",
    ("idle", "start_afresh"): "active",
    ("active", "back_off"): "paused",
    ("paused", "back_off"): "paused",
    ("active", "give_up"): "idle",
    ("paused", "give_up"): "idle",
    ("active", "wait_for_resume"): "paused",
    ("paused", "wait_for_resume"): "paused",
    ("idle", "wait_for_resume"): "paused",
}


@pytest.mark.parametrize(("state", "move"), list(product(DeliveryState.values, MOVES)))
def test_a_delivery_moves_as_documented_and_no_other_way(state, move):
    delivery = Delivery(state=state)
    expected = ALLOWED.get((state, move))

    if expected is None:
        with pytest.raises(TransitionNotAllowed):
            MOVES[move](delivery)
        return
    MOVES[move](delivery)

    assert delivery.state == expected
    assert (delivery.completed_at is not None) == (expected in FINAL)
    assert (delivery.lease_token is not None) == (expected == "leased")


@pytest.mark.parametrize(("state", "move"), list(product(HookState.values, HOOK_MOVES)))
def test_a_hook_moves_as_documented_and_no_other_way(state, move):
    hook = Hook(state=state)
    expected = HOOK_ALLOWED.get((state, move))

    if expected is None:
        with pytest.raises(TransitionNotAllowed):
            HOOK_MOVES[move](hook)
        return
    HOOK_MOVES[move](hook)

    assert hook.state == expected


def pairs(allowed):
    return {(source, target) for (source, _), target in allowed.items() if source != target}


def refused_by_the_database(rows, **columns) -> bool:
    try:
        with transaction.atomic():
            rows.update(**columns)
    except IntegrityError as refused:
        return "cannot go from" in str(refused)
    return False


@pytest.fixture
def hook(company: Company) -> Hook:
    return create_hook(company, ADMIN, destination=Destination("https://erp.example/"), api_version="v2")[0]


def test_the_database_refuses_the_same_moves_of_a_hook(company, hook):
    refused = set()
    for source, target in product(HookState.values, repeat=2):
        hook = create_hook(company, ADMIN, destination=Destination("https://erp.example/"), api_version="v2")[0]
        rows = Hook.objects.of(company).filter(pk=hook.pk)
        if source != "active":
            rows.update(state=source)
        if refused_by_the_database(rows, state=target):
            refused.add((source, target))

    every = set(product(HookState.values, repeat=2))
    assert every - refused == pairs(HOOK_ALLOWED) | {(state, state) for state in HookState.values}


def test_the_database_refuses_the_same_moves_of_a_delivery(company, hook):
    every = set(product(DeliveryState.values, repeat=2))
    refused = set()
    for source, target in sorted(every):
        event = recorded(company.pk, INTEGRATION, Fact("ERP Requests", 1, EventType.CREATE))
        delivery = Delivery.objects.create(
            company=company, hook=hook, event=event, position=event.pk, resource_name="ERP Requests", resource_id=1,
            body="{}", state=source, completed_at=NOW if source in FINAL else None,
        )  # fmt: skip
        rows = Delivery.objects.of(company).filter(pk=delivery.pk)
        if refused_by_the_database(rows, state=target, completed_at=NOW if target in FINAL else None):
            refused.add((source, target))

    assert every - refused == pairs(ALLOWED) | {(state, state) for state in DeliveryState.values}


def test_one_event_is_delivered_to_a_hook_once(company, hook):
    event = recorded(company.pk, INTEGRATION, Fact("ERP Requests", 1, EventType.CREATE))
    values = {
        "company": company, "hook": hook, "event": event, "position": 1, "resource_name": "x", "resource_id": 1,
        "body": "{}",
    }  # fmt: skip
    Delivery.objects.create(**values)

    with pytest.raises(IntegrityError, match="one_delivery_per_event_and_hook"), transaction.atomic():
        Delivery.objects.create(**values)


@pytest.mark.capability("WH-13")
def test_every_mirrored_resource_and_all_that_tells_of_itself_can_be_listened_to():
    entities = [one for entity in ENTITIES.values() for one in (entity, *entity.variants.values())]
    mirrored = {
        ENTITIES[item_type].under(resource.holder.item_type if resource.holder else None).webhook_resource
        for resource in MIRRORED
        for item_type in resource.item_types
    }

    assert None not in mirrored
    assert mirrored | {one.webhook_resource for one in entities} - {None} <= set(RESOURCES)
    assert {ERP_REQUESTS, STAGED_RECORDS} <= set(RESOURCES)
