"""Hooks and triggers as services."""

from datetime import UTC, datetime

import pytest
from django.db import connection
from standardwebhooks import Webhook

from erpstaging.audit.models import Entry
from erpstaging.companies.actors import Actor
from erpstaging.companies.models import Company
from erpstaging.core.errors import Invalid, NotFound, NotPermitted, TooLarge, WrongState
from erpstaging.hooks import subscriptions
from erpstaging.hooks.destinations import Destination
from erpstaging.hooks.models import Delivery, Hook, Trigger
from erpstaging.hooks.resources import RESOURCES
from erpstaging.hooks.signing import signing_secret_of
from erpstaging.hooks.subscriptions import (
    HookChanges,
    create_hook,
    create_trigger,
    create_triggers,
    delete_hook,
    delete_trigger,
    delete_triggers,
    get_hook,
    headers_of,
    list_hooks,
    list_triggers,
    masked_headers_of,
    resume_hook,
    update_hook,
)
from erpstaging.outbox.events import Fact
from erpstaging.outbox.models import EventType
from erpstaging.records.models import Record
from tests.fixtures.hooks import ADMIN, INTEGRATION
from tests.fixtures.outbox import recorded
from tests.fixtures.scope import in_scope

URL = Destination("https://erp.example/hook?token=in-the-query")
ELSEWHERE = Destination("https://elsewhere.example/hook")
SECRET_HEADERS = {"Authorization": "Bearer abc-12345"}
NOBODY = Actor(kind="person", id=8, name="Nora Nobody", rights=frozenset({"member", "erp"}))


@pytest.fixture
def hook(company: Company) -> Hook:
    return create_hook(company, ADMIN, destination=URL, api_version="v2", destination_headers=SECRET_HEADERS)[0]


@pytest.fixture
def project(company: Company) -> Record:
    people = {f"{did}_by_{what}": "x" for did in ("created", "edited") for what in ("kind", "name")}
    return Record.objects.create(company=company, item_type="project", **people)


def entries(company: Company) -> list[tuple[str, object, object]]:
    return [(one.action, one.before, one.after) for one in Entry.objects.of(company).order_by("id")]


def owed(hook: Hook, state: str = "pending", **values) -> Delivery:
    event = recorded(hook.company_id, INTEGRATION, Fact("ERP Requests", 1, EventType.CREATE))
    now = datetime.now(UTC)
    values = {"next_attempt_at": now, **values}
    return Delivery.objects.create(
        company_id=hook.company_id,
        hook=hook,
        event=event,
        position=event.pk,
        resource_name=event.resource_name,
        resource_id=event.resource_id,
        body="{}",
        state=state,
        **values,
    )


def stored(row):
    return type(row).objects.of(row.company_id).get(pk=row.pk)


# Creating


def test_a_hook_is_created_with_a_secret_that_is_told_once(company):
    hook, secret = create_hook(company, INTEGRATION, destination=URL, api_version="v2.0")

    assert (hook.namespace, hook.api_version, hook.profile, hook.state) == ("procore", "v2.0", "procore", "active")
    assert (hook.user_id, hook.account_id, hook.project_id) == (None, 11, None)
    assert secret.startswith("whsec_")
    assert len(Webhook(secret)._whsecret) == 32
    assert signing_secret_of(hook) == secret


def test_secrets_and_headers_are_not_readable_in_the_database(hook):
    with connection.cursor() as cursor:
        cursor.execute("SELECT hooks_hook::text FROM hooks_hook")
        (row,) = cursor.fetchone()

    assert "whsec" not in row
    assert "abc-12345" not in row
    assert headers_of(hook) == SECRET_HEADERS
    assert masked_headers_of(hook) == {"Authorization": "**********12345"}


def test_the_audit_tells_who_made_it_and_no_secret(company, hook):
    ((action, before, after),) = entries(company)

    assert (action, before) == ("create_hook", None)
    assert after == {
        "namespace": "procore",
        "api_version": "v2",
        "destination_url": "https://erp.example/hook",
        "destination_headers": ["Authorization"],
        "profile": "procore",
        "project_id": None,
        "state": "active",
    }


@pytest.mark.parametrize("namespace", ["Upper", "under_score", "dot.", "b\u00fccher", "a b", "a" * 65, 7])
def test_a_namespace_has_small_letters_digits_and_dashes(company, namespace):
    with pytest.raises(Invalid) as refused:
        create_hook(company, ADMIN, destination=URL, api_version="v2", namespace=namespace)

    assert list(refused.value.errors) == ["namespace"]


@pytest.mark.parametrize("version", [None, "", "v5", "2", 2, ["v2"]])
def test_an_unknown_payload_version_is_refused(company, version):
    with pytest.raises(Invalid) as refused:
        create_hook(company, ADMIN, destination=URL, api_version=version)

    assert list(refused.value.errors) == ["api_version"]


def test_a_project_of_nobody_is_not_found(company, other_company, project):
    with pytest.raises(NotFound):
        create_hook(company, ADMIN, destination=URL, api_version="v2", project_id=project.pk + 1)


def test_a_company_has_a_bounded_number_of_hooks(company, hook, monkeypatch):
    monkeypatch.setattr(subscriptions, "MAX_HOOKS", 1)

    with pytest.raises(Invalid):
        create_hook(company, ADMIN, destination=URL, api_version="v2")


@pytest.mark.parametrize(
    "act",
    [
        lambda company, hook: create_hook(company, NOBODY, destination=URL, api_version="v2"),
        lambda company, hook: update_hook(company, NOBODY, hook.pk, HookChanges(destination=ELSEWHERE)),
        lambda company, hook: delete_hook(company, NOBODY, hook.pk),
        lambda company, hook: resume_hook(company, NOBODY, hook.pk),
        lambda company, hook: create_triggers(company, NOBODY, hook.pk, []),
        lambda company, hook: delete_triggers(company, NOBODY, hook.pk, []),
    ],
)
def test_only_admins_and_integrations_manage_hooks(company, hook, act):
    with pytest.raises(NotPermitted):
        act(company, hook)


# Listing


def test_hooks_of_other_namespaces_are_listed_when_asked_for(company, hook):
    mine, _ = create_hook(company, ADMIN, destination=URL, api_version="v4", namespace="mine")

    assert list_hooks(company) == [hook]
    assert list_hooks(company, namespace="mine") == [mine]
    assert list_hooks(company, namespace="*") == [hook, mine]
    assert list_hooks(company, namespace="*", api_version="v4.0") == [mine]
    assert list_hooks(company, namespace="*", api_version="v9") == []


def test_hooks_of_a_project_are_listed_apart(company, hook, project):
    of_project, _ = create_hook(company, ADMIN, destination=URL, api_version="v2", project_id=project.pk)

    assert list_hooks(company) == [hook]
    assert list_hooks(company, project_id=project.pk) == [of_project]
    with pytest.raises(NotFound):
        get_hook(company, hook.pk, project_id=project.pk)


def test_another_companys_hook_does_not_exist(company, other_company, hook):
    with in_scope(other_company):
        assert list_hooks(other_company, namespace="*") == []
        for act in (
            lambda: get_hook(other_company, hook.pk),
            lambda: update_hook(other_company, ADMIN, hook.pk, HookChanges()),
            lambda: delete_hook(other_company, ADMIN, hook.pk),
            lambda: resume_hook(other_company, ADMIN, hook.pk),
            lambda: list_triggers(other_company, hook.pk),
            lambda: create_triggers(other_company, ADMIN, hook.pk, []),
            lambda: delete_triggers(other_company, ADMIN, hook.pk, []),
        ):
            with pytest.raises(NotFound):
                act()


# Changing


def test_what_is_not_named_stays_as_it_is(company, hook):
    changed = update_hook(company, ADMIN, hook.pk, HookChanges(namespace="mine"))

    assert (changed.namespace, changed.destination_url, headers_of(changed)) == ("mine", URL.url, SECRET_HEADERS)
    assert entries(company)[-1] == ("update_hook", {"namespace": "procore"}, {"namespace": "mine"})


def test_a_masked_authorization_sent_back_changes_nothing(company, hook):
    update_hook(company, ADMIN, hook.pk, HookChanges(destination_headers=masked_headers_of(hook)))

    assert headers_of(stored(hook)) == SECRET_HEADERS
    assert len(entries(company)) == 1


def test_a_changed_header_is_told_without_its_value(company, hook):
    update_hook(company, ADMIN, hook.pk, HookChanges(destination_headers={"Authorization": "Bearer other"}))

    assert headers_of(stored(hook)) == {"Authorization": "Bearer other"}
    assert entries(company)[-1] == ("update_hook", {}, {"header_values_changed": True})


def test_an_empty_object_removes_the_headers(company, hook):
    update_hook(company, ADMIN, hook.pk, HookChanges(destination_headers={}))

    assert headers_of(stored(hook)) == {}


def test_a_new_destination_starts_the_hook_and_its_queue_afresh(company, hook):
    now = datetime.now(UTC)
    Hook.objects.of(company).update(state="paused", failures=9, first_failure_at=now, next_attempt_at=now)
    head = owed(hook, "failing", failures=9, first_failure_at=now, next_attempt_at=now)

    changed = update_hook(company, ADMIN, hook.pk, HookChanges(destination=ELSEWHERE))

    assert (changed.state, changed.failures, changed.first_failure_at) == ("active", 0, None)
    assert changed.next_attempt_at is None
    head = stored(head)
    assert (head.state, head.failures, head.first_failure_at) == ("pending", 0, None)


def test_another_change_does_not_touch_a_paused_hooks_counters(company, hook):
    now = datetime.now(UTC)
    Hook.objects.of(company).update(state="paused", failures=9, first_failure_at=now, next_attempt_at=now)

    changed = update_hook(company, ADMIN, hook.pk, HookChanges(namespace="mine"))

    assert (changed.state, changed.failures, changed.next_attempt_at) == ("paused", 9, now)


# Deleting


def test_a_deleted_hook_takes_its_triggers_and_discards_its_queue(company, hook):
    create_trigger(company, ADMIN, hook.pk, resource_name="ERP Requests", event_type="create")
    waiting, done = owed(hook), owed(hook, "ok", completed_at=datetime.now(UTC), next_attempt_at=None)

    delete_hook(company, ADMIN, hook.pk)

    assert list_hooks(company) == []
    assert not Trigger.objects.of(company).exists()
    assert (stored(waiting).state, stored(done).state) == ("discarded", "ok")
    with pytest.raises(NotFound):
        get_hook(company, hook.pk)
    with pytest.raises(NotFound):
        delete_hook(company, ADMIN, hook.pk)


# Resuming


@pytest.mark.capability("WH-05")
def test_resume_makes_what_was_held_due_again(company, hook):
    now = datetime.now(UTC)
    Hook.objects.of(company).update(state="paused", profile="durable", failures=40, first_failure_at=now)
    held = owed(hook, "failing", failures=40, first_failure_at=now, next_attempt_at=None)

    resumed = resume_hook(company, ADMIN, hook.pk)

    assert (resumed.state, resumed.failures, resumed.first_failure_at) == ("active", 0, None)
    held = stored(held)
    assert (held.state, held.failures, held.next_attempt_at) == ("pending", 0, held.created_at)
    assert entries(company)[-1] == ("resume_hook", {"state": "paused"}, {"state": "active"})


def test_a_hook_that_holds_nothing_cannot_be_resumed(company, hook):
    with pytest.raises(WrongState):
        resume_hook(company, ADMIN, hook.pk)


# Triggers


@pytest.mark.parametrize("event_type", ["create", "CREATE", "Create"])
def test_a_trigger_takes_any_case(company, hook, event_type):
    trigger = create_trigger(company, ADMIN, hook.pk, resource_name="ERP Requests", event_type=event_type)

    assert (trigger.hook_id, trigger.resource_name, trigger.event_type) == (hook.pk, "ERP Requests", "create")
    assert list_triggers(company, hook.pk) == [trigger]
    told = {"hook_id": hook.pk, "resource_name": "ERP Requests", "event_type": "create"}
    assert entries(company)[-1] == ("create_trigger", None, told)


@pytest.mark.capability("WH-13")
def test_every_change_of_every_resource_can_be_listened_to(company, hook):
    wanted = [{"resource_name": name, "event_type": kind} for name in RESOURCES for kind in EventType.values]

    created = create_triggers(company, ADMIN, hook.pk, wanted)

    assert created.problems == []
    assert len(created.created) == len(wanted)


@pytest.mark.parametrize(
    ("resource_name", "event_type", "field"),
    [
        ("Weather", "create", "resource_name"),
        (None, "create", "resource_name"),
        (["ERP Requests"], "create", "resource_name"),
        ("ERP Requests", "explode", "event_type"),
        ("ERP Requests", None, "event_type"),
        ("Staged Records", "read", "event_type"),
    ],
)
def test_a_bad_trigger_is_refused(company, hook, resource_name, event_type, field):
    with pytest.raises(Invalid) as refused:
        create_trigger(company, ADMIN, hook.pk, resource_name=resource_name, event_type=event_type)

    assert list(refused.value.errors) == [field]


def test_a_projects_hook_cannot_listen_to_the_company(company, project):
    hook, _ = create_hook(company, ADMIN, destination=URL, api_version="v2", project_id=project.pk)

    with pytest.raises(Invalid):
        create_trigger(company, ADMIN, hook.pk, resource_name="ERP Requests", event_type="create")
    create_trigger(company, ADMIN, hook.pk, resource_name="Cost Codes", event_type="create")


def test_a_bulk_call_creates_the_right_ones_and_tells_the_wrong_ones(company, hook):
    right = {"resource_name": "ERP Requests", "event_type": "update"}
    wrong = {"resource_name": "Weather", "event_type": "update"}

    result = create_triggers(company, ADMIN, hook.pk, [right, wrong, right, "text"])

    assert [trigger.event_type for trigger in result.created] == ["update"]
    assert [problem.sent for problem in result.problems] == [wrong, right, "text"]
    assert len(list_triggers(company, hook.pk)) == 1


def test_a_bulk_call_is_bounded(company, hook):
    for act in (create_triggers, delete_triggers):
        with pytest.raises(TooLarge):
            act(company, ADMIN, hook.pk, [1] * 501)


def test_the_number_of_statements_does_not_grow_with_the_triggers(company, hook, django_assert_max_num_queries):
    every = [
        {"resource_name": resource.name, "event_type": event_type}
        for resource in RESOURCES.values()
        for event_type in EventType.values
    ]

    with django_assert_max_num_queries(5):
        result = create_triggers(company, ADMIN, hook.pk, every)
    with django_assert_max_num_queries(5):
        removed = delete_triggers(company, ADMIN, hook.pk, [trigger.pk for trigger in result.created])

    assert len(result.created) == len(removed.deleted) == len(every) > 70


def test_triggers_of_another_hook_are_not_deleted(company, hook):
    other, _ = create_hook(company, ADMIN, destination=URL, api_version="v2")
    mine = create_trigger(company, ADMIN, hook.pk, resource_name="ERP Requests", event_type="create")
    its = create_trigger(company, ADMIN, other.pk, resource_name="ERP Requests", event_type="create")

    result = delete_triggers(company, ADMIN, hook.pk, [mine.pk, its.pk, "x", None, True, str(mine.pk)])

    assert result.deleted == [mine.pk]
    assert [problem.sent for problem in result.problems] == [its.pk, "x", None, True]
    with pytest.raises(NotFound):
        delete_trigger(company, ADMIN, hook.pk, its.pk)
    assert list_triggers(company, other.pk) == [its]
