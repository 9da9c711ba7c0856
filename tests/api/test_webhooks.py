"""Hooks, triggers and deliveries as clients of the wire know them."""

from datetime import UTC, datetime
from ipaddress import ip_address, ip_network
from typing import Any

import pytest
from django.db import connection

from erpstaging.audit.models import Entry
from erpstaging.companies.actors import Actor
from erpstaging.companies.models import Company
from erpstaging.hooks.models import Delivery, DeliveryAttempt, Hook, Trigger
from erpstaging.outbox.events import Fact
from erpstaging.outbox.models import Event, EventType
from erpstaging.records.models import Record
from tests.api.conftest import ApiClient, MakeToken
from tests.fixtures.outbox import recorded

HOOKS = "/rest/v1.0/webhooks/hooks"
# On a loopback address, so that no test asks a name server; the operator opened the network.
URL = "http://127.0.0.1:9000/receive"
ELSEWHERE = "http://127.0.0.1:9000/elsewhere"


@pytest.fixture(autouse=True)
def loopback(settings: Any) -> None:
    settings.EGRESS_ALLOW = [ip_network("127.0.0.0/8")]


@pytest.fixture
def create(api: ApiClient, company: Company):
    """Create a hook on the wire; returns its JSON."""

    def make(**values: Any) -> dict[str, Any]:
        sent = {"company_id": company.pk, "hook": {"api_version": "v2", "destination_url": URL, **values}}
        answer = api("POST", HOOKS, sent)
        assert answer.status_code == 201, answer.content
        return answer.json()

    return make


@pytest.fixture
def call(api: ApiClient, company: Company):
    """A call in the company's scope; returns status and JSON."""

    def make(method: str, path: str, body: Any = None) -> tuple[int, Any]:
        joined = "&" if "?" in path else "?"
        answer = api(method, f"{HOOKS}{path}{joined}company_id={company.pk}", body)
        return answer.status_code, answer.json()

    return make


@pytest.fixture
def site(company: Company) -> Record:
    people = {f"{did}_by_{what}": "x" for did in ("created", "edited") for what in ("kind", "name")}
    return Record.objects.create(company=company, item_type="project", **people)


# Hooks


@pytest.mark.capability("WH-01")
def test_a_hook_is_created_and_its_secret_told_once(api, company, call):
    sent = {
        "company_id": company.pk,
        "hook": {
            "api_version": "v2",
            "namespace": "acme-erp",
            "destination_url": URL,
            "destination_headers": {"Authorization": "Bearer abc-12345"},
        },
    }

    answer = api("POST", HOOKS, sent)

    created = answer.json()
    secret = created.pop("signing_secret")
    assert (answer.status_code, secret[:6]) == (201, "whsec_")
    assert created == {
        "id": created["id"],
        "api_version": "v2",
        "namespace": "acme-erp",
        "destination_url": URL,
        "destination_headers": {"Authorization": "**********12345"},
        "owned_by_company_id": company.pk,
        "owned_by_project_id": None,
        "owned_by_user_id": None,
        "profile": "procore",
        "state": "active",
    }
    assert call("GET", "?namespace=acme-erp") == (200, [created])


@pytest.mark.parametrize("place", ["header", "body", "query", "hook"])
def test_the_company_may_stand_in_any_place_that_clients_use(api, company, place):
    values: dict[str, Any] = {"api_version": "v2", "destination_url": URL}
    body: dict[str, Any] = {"hook": values}
    path, headers = HOOKS, {}
    if place == "header":
        headers = {"Procore_Company_Id": str(company.pk)}
    elif place == "query":
        path += f"?company_id={company.pk}"
    else:
        (body if place == "body" else values)["company_id"] = company.pk

    assert api("POST", path, body, **headers).status_code == 201


def test_a_company_that_contradicts_is_refused_wherever_it_stands(api, company, other_company):
    body = {"company_id": company.pk, "hook": {"company_id": other_company.pk, "destination_url": URL}}
    header = {"Procore_Company_Id": str(other_company.pk)}

    assert api("POST", HOOKS, {"hook": {"company_id": company.pk}}, **header).status_code == 403
    assert api("POST", HOOKS, body, **header).status_code == 403


@pytest.mark.parametrize("version", ["v2", "v2.0", "v3", "v3.0", "v4", "v4.0", "v1.0"])
def test_every_spelling_of_a_payload_version_is_kept(create, version):
    assert create(api_version=version)["api_version"] == version


def test_a_payload_version_may_come_under_its_newer_name(api, company):
    body = {"company_id": company.pk, "hook": {"payload_version": "v4.0", "destination_url": URL}}

    assert api("POST", HOOKS, body).json()["api_version"] == "v4.0"


def test_a_hook_of_a_project_belongs_to_it_alone(api, company, site, call):
    body = {"project_id": site.pk, "hook": {"api_version": "v2", "destination_url": URL}}

    answer = api("POST", HOOKS, body, Procore_Company_Id=str(company.pk))

    created = answer.json()
    created.pop("signing_secret")
    assert (created["owned_by_company_id"], created["owned_by_project_id"]) == (None, site.pk)
    assert call("GET", "") == (200, [])
    assert call("GET", f"?project_id={site.pk}") == (200, [created])


def test_a_bad_hook_is_refused_with_the_errors_of_webhook_calls(api, company):
    body = {"company_id": company.pk, "hook": {"api_version": "v2", "destination_url": "https://u:p@erp.example/"}}

    answer = api("POST", HOOKS, body)

    text = "must not carry credentials; use destination_headers"
    refused = answer.json()
    assert answer.status_code == 422
    assert refused["errors"] == {"destination_url": [text]}
    assert refused["message"] == text
    assert refused["error"] == {"code": "invalid", "message": text}


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"api_version": "v9"}, "api_version"),
        ({"api_version": None}, "api_version"),
        ({"namespace": "Upper"}, "namespace"),
        ({"destination_url": None}, "destination_url"),
        ({"destination_url": 7}, "destination_url"),
        ({"destination_url": "http://93.184.216.34/"}, "destination_url"),
        ({"destination_headers": {"Host": "x"}}, "destination_headers"),
        ({"destination_headers": []}, "destination_headers"),
        ({"profile": "eternal"}, "profile"),
    ],
)
def test_each_value_of_a_hook_is_checked(api, company, monkeypatch, values, field):
    monkeypatch.setattr("erpstaging.hooks.destinations.checked", lambda host, port, opened: [ip_address(host)])
    hook = {"api_version": "v2", "destination_url": URL, **values}

    answer = api("POST", HOOKS, {"company_id": company.pk, "hook": hook})

    assert (answer.status_code, list(answer.json()["errors"])) == (422, [field])


@pytest.mark.capability("WH-11")
def test_a_destination_in_a_closed_network_is_refused(api, company, settings):
    settings.EGRESS_ALLOW = []

    answer = api("POST", HOOKS, {"company_id": company.pk, "hook": {"api_version": "v2", "destination_url": URL}})

    assert (answer.status_code, answer.json()["code"]) == (422, "destination_forbidden")


@pytest.mark.parametrize("body", [{}, {"hook": None}, {"hook": []}, {"hook": "x"}])
def test_a_body_without_a_hook_is_400(api, company, body):
    answer = api("POST", HOOKS, {"company_id": company.pk, **body})

    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["hook"])


def test_no_transaction_is_open_while_a_name_is_looked_up(api, company, monkeypatch):
    open_transactions = []

    def checked(host, port, opened):
        open_transactions.append(connection.in_atomic_block and len(connection.savepoint_ids) > depth)
        return []

    depth = len(connection.savepoint_ids)
    monkeypatch.setattr("erpstaging.hooks.destinations.checked", checked)

    hook = {"api_version": "v2", "destination_url": "https://erp.example/"}
    assert api("POST", HOOKS, {"company_id": company.pk, "hook": hook}).status_code == 201

    assert open_transactions == [False]


def test_a_hook_is_changed_in_parts(create, call):
    hook = create(destination_headers={"Authorization": "Bearer abc-12345"})
    shown = dict(hook)
    shown.pop("signing_secret")
    sent = {"hook": {"destination_url": ELSEWHERE, "destination_headers": hook["destination_headers"]}}

    answer = call("PATCH", f"/{hook['id']}", sent)

    assert answer == (200, {**shown, "destination_url": ELSEWHERE})
    assert call("PATCH", f"/{hook['id']}", {"hook": {}}) == (200, {**shown, "destination_url": ELSEWHERE})
    assert call("PATCH", f"/{hook['id']}", {"hook": {"destination_headers": None}})[1]["destination_headers"] == {}
    assert call("PATCH", f"/{hook['id']}", {"hook": {"destination_url": "https://127.0.0.1:25/"}})[0] == 422


def test_a_hook_is_deleted(create, call, company):
    hook = create()

    assert call("DELETE", f"/{hook['id']}") == (200, {})
    assert call("GET", "") == (200, [])
    assert call("DELETE", f"/{hook['id']}")[0] == 404
    assert Hook.objects.of(company).get(pk=hook["id"]).deleted_at is not None


def test_lists_have_the_headers_of_lists(api, company, create):
    create()
    create()

    answer = api("GET", f"{HOOKS}?company_id={company.pk}&per_page=1")

    assert (len(answer.json()), answer["Total"], answer["Per-Page"]) == (1, "2", "1")
    assert 'rel="next"' in answer["Link"]


def test_the_audit_knows_the_account(create, company, service_account):
    hook = create()

    entry = Entry.objects.of(company).filter(action="create_hook").get()

    assert (entry.actor_kind, entry.actor_id, entry.object_id) == ("service_account", service_account.pk, hook["id"])
    assert "whsec" not in str((entry.before, entry.after))


# Triggers

LISTEN = {"resource_name": "ERP Requests", "event_type": "create"}


@pytest.mark.capability("WH-01")
def test_a_trigger_is_sent_in_lower_case_and_answered_in_upper_case(create, call, company):
    hook = create()

    status, trigger = call("POST", f"/{hook['id']}/triggers", {"api_version": "v2", "trigger": LISTEN})

    assert status == 201
    assert trigger == {
        "id": trigger["id"],
        "webhook_hook_id": hook["id"],
        "resource_name": "ERP Requests",
        "resource_id": None,
        "event_type": "CREATE",
        "company_id": company.pk,
        "project_id": None,
        "user_id": None,
    }
    assert call("GET", f"/{hook['id']}/triggers") == (200, [trigger])
    assert call("DELETE", f"/{hook['id']}/triggers/{trigger['id']}") == (200, {})
    assert call("GET", f"/{hook['id']}/triggers") == (200, [])
    assert call("DELETE", f"/{hook['id']}/triggers/{trigger['id']}")[0] == 404


def test_a_trigger_needs_no_payload_version(create, call):
    assert call("POST", f"/{create()['id']}/triggers", {"trigger": LISTEN})[0] == 201


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({}, 400, "trigger"),
        ({"trigger": []}, 400, "trigger"),
        ({"trigger": {}}, 422, "resource_name"),
        ({"trigger": {**LISTEN, "event_type": "explode"}}, 422, "event_type"),
        ({"trigger": LISTEN, "api_version": "v9"}, 422, "api_version"),
    ],
)
def test_a_bad_trigger_is_refused(create, call, body, status, field):
    refused = call("POST", f"/{create()['id']}/triggers", body)

    assert (refused[0], list(refused[1]["errors"])) == (status, [field])
    assert refused[1]["error"]["message"] == refused[1]["message"]


def test_a_bulk_call_that_is_right_is_200(create, call):
    hook = create()

    status, answer = call("POST", f"/{hook['id']}/triggers/bulk", {"api_version": "v2", "triggers": [LISTEN]})
    ids = [trigger["id"] for trigger in answer["success"]]

    assert (status, [one["event_type"] for one in answer["success"]], list(answer)) == (200, ["CREATE"], ["success"])
    assert call("DELETE", f"/{hook['id']}/triggers/bulk", {"triggers": ids}) == (200, {"success": ids})


def test_a_bulk_call_that_is_partly_wrong_is_207(create, call):
    hook = create()
    wrong = {"resource_name": "ERP Requests", "event_type": "explode"}

    status, answer = call("POST", f"/{hook['id']}/triggers/bulk", {"triggers": [wrong, LISTEN]})
    (trigger,) = answer["success"]
    deleted = call("DELETE", f"/{hook['id']}/triggers/bulk", {"triggers": [trigger["id"], 999_999]})

    text = "must be create, update or delete"
    assert status == 207
    assert answer["failed"] == [{"code": "invalid", "message": text, "trigger": wrong, "errors": {"event_type": text}}]
    failed = [{"code": "not_found", "message": "Not found.", "trigger": 999_999, "errors": {}}]
    assert deleted == (207, {"success": [trigger["id"]], "failed": failed})


@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_a_bulk_call_that_is_too_large_is_413(create, call, method):
    status, answer = call(method, f"/{create()['id']}/triggers/bulk", {"triggers": [LISTEN] * 501})

    assert (status, answer["errors"]) == (413, "At most 500 triggers can be sent in one call.")


@pytest.mark.parametrize("method", ["POST", "DELETE"])
@pytest.mark.parametrize("triggers", [None, {}, "x"])
def test_a_bulk_call_without_a_list_is_400(create, call, method, triggers):
    status, answer = call(method, f"/{create()['id']}/triggers/bulk", {"triggers": triggers})

    assert (status, list(answer["errors"])) == (400, ["triggers"])


# Deliveries


def delivered(company: Company, integration: Actor, hook_id: int, state: str, **attempt: Any) -> Delivery:
    event = recorded(company.pk, integration, Fact("ERP Requests", 8812, EventType.CREATE))
    Event.objects.of(company).filter(pk=event.pk).update(occurred_at=datetime(2026, 3, 2, 8, 15, tzinfo=UTC))
    now = datetime(2026, 3, 2, 8, 16, tzinfo=UTC)
    final = state in {"ok", "failed", "discarded"}
    delivery = Delivery.objects.create(
        company=company,
        hook_id=hook_id,
        event=event,
        position=event.pk,
        resource_name="ERP Requests",
        resource_id=8812,
        body="{}",
        state=state,
        attempts=1 if attempt else 0,
        next_attempt_at=now if state == "failing" else None,
        completed_at=now if final else None,
    )
    if attempt:
        DeliveryAttempt.objects.create(
            hook_id=delivery.hook_id,
            company=company,
            delivery=delivery,
            number=1,
            started_at=now,
            duration_ms=250,
            outcome="ok",
            **attempt,
        )
    return delivery


@pytest.fixture
def deliveries(create, company, integration):
    """One delivery of each kind, by name; and the id of their hook."""
    hook_id = create()["id"]
    made = {
        "ok": delivered(company, integration, hook_id, "ok", status=200, headers={"Server": "x"}, body="{}"),
        "retried": delivered(company, integration, hook_id, "failing", status=503),
        "failed": delivered(company, integration, hook_id, "failed", error="No connection within 3 s."),
        "discarded": delivered(company, integration, hook_id, "discarded"),
        "waiting": delivered(company, integration, hook_id, "pending"),
    }
    return hook_id, made


def test_deliveries_are_listed_newest_first_with_their_last_answer(call, company, service_account, deliveries):
    hook_id, made = deliveries

    status, listed = call("GET", f"/{hook_id}/deliveries")

    assert status == 200
    assert [one["outcome"] for one in listed] == ["discarded", "failed", "retried", "ok"]
    event = made["ok"].event
    assert listed[-1] == {
        "id": made["ok"].pk,
        "event_id": event.pk,
        "event": {
            "id": event.pk,
            "ulid": event.ulid,
            "timestamp": "2026-03-02T08:15:00.000000Z",
            "metadata": {
                "source_user_id": None,
                "source_project_id": None,
                "source_operation_id": None,
                "source_company_id": company.pk,
                "source_application_id": str(service_account.pk),
            },
            "user_id": None,
            "company_id": company.pk,
            "project_id": None,
            "api_version": "v2",
            "event_type": "create",
            "resource_name": "ERP Requests",
            "resource_id": 8812,
        },
        "outcome": "ok",
        "attempts": 1,
        "started_at": "2026-03-02T08:16:00Z",
        "completed_at": "2026-03-02T08:16:00.250000Z",
        "response_status": 200,
        "response_headers": {"Server": "x"},
        "response_body": "{}",
        "response_error": None,
    }
    assert (listed[1]["response_status"], listed[1]["response_error"]) == (None, "No connection within 3 s.")
    assert (listed[0]["started_at"], listed[0]["completed_at"]) == (None, "2026-03-02T08:16:00Z")


@pytest.mark.parametrize("spelling", ["filters[status]", "filter[status]"])
@pytest.mark.parametrize(
    ("status", "outcomes"),
    [
        ("any", ["discarded", "failed", "retried", "ok"]),
        ("successful", ["ok"]),
        ("failing", ["failed", "retried"]),
        ("discarded", ["discarded"]),
    ],
)
def test_deliveries_are_filtered_by_status(call, deliveries, spelling, status, outcomes):
    listed = call("GET", f"/{deliveries[0]}/deliveries?{spelling}={status}")[1]

    assert [one["outcome"] for one in listed] == outcomes


@pytest.mark.parametrize(
    "query", ["filters[status]=odd", "page_size=0", "page_size=x", "page_start=x", "page_start=-1", "page_size=1.5"]
)
def test_bad_queries_for_deliveries_are_400(call, deliveries, query):
    assert call("GET", f"/{deliveries[0]}/deliveries?{query}")[0] == 400


def test_deliveries_are_paged_by_the_last_id(call, deliveries):
    hook_id, _ = deliveries

    first = call("GET", f"/{hook_id}/deliveries?page_size=3")[1]
    second = call("GET", f"/{hook_id}/deliveries?page_size=3&page_start={first[-1]['id']}")[1]
    third = call("GET", f"/{hook_id}/deliveries?page_size=3&page_start={second[-1]['id']}")[1]

    assert [[one["outcome"] for one in page] for page in (first, second, third)] == [
        ["discarded", "failed", "retried"],
        ["ok"],
        [],
    ]


def test_the_number_of_statements_does_not_grow_with_the_deliveries(
    call, company, integration, create, django_assert_max_num_queries
):
    hook_id = create()["id"]
    for _ in range(20):
        delivered(company, integration, hook_id, "ok", status=200)

    with django_assert_max_num_queries(16):
        listed = call("GET", f"/{hook_id}/deliveries")[1]

    assert len(listed) == 20


# Resources


def test_resources_say_what_can_be_listened_to(api, company):
    resources = api("GET", f"/rest/v1.0/webhooks/resources?company_id={company.pk}").json()

    by_name = {resource["name"]: resource for resource in resources}
    assert by_name["Company Vendors"] == {
        "name": "Company Vendors",
        "api_version": "v2",
        "product_category": "Core",
        "tools": "Directory",
        "except": [],
        "create": "create",
        "update": "update",
        "delete": "delete",
    }
    assert by_name["ERP Requests"]["except"] == []
    assert "Work Order Contracts" in by_name


def test_resources_of_a_project_leave_out_the_companys(api, company, site):
    path = f"/rest/v1.0/webhooks/resources?company_id={company.pk}&project_id={site.pk}"

    names = {resource["name"] for resource in api("GET", path).json()}

    assert "Work Order Contracts" in names
    assert "ERP Requests" not in names


def test_the_payload_versions_are_listed(api, company):
    path = f"/rest/v1.0/webhooks/resources/api_versions?company_id={company.pk}"

    assert api("GET", path).json() == ["v2", "v3", "v4"]


# Who may

CALLS = [
    ("GET", ""),
    ("POST", ""),
    ("PATCH", "/{hook}"),
    ("PUT", "/{hook}"),
    ("DELETE", "/{hook}"),
    ("GET", "/{hook}/triggers"),
    ("POST", "/{hook}/triggers"),
    ("DELETE", "/{hook}/triggers/{trigger}"),
    ("POST", "/{hook}/triggers/bulk"),
    ("DELETE", "/{hook}/triggers/bulk"),
    ("GET", "/{hook}/deliveries"),
]
BODIES: dict[str, Any] = {
    "": {"hook": {"api_version": "v2", "destination_url": URL}},
    "/{hook}": {"hook": {"destination_url": ELSEWHERE}},
    "/{hook}/triggers": {"trigger": LISTEN},
    "/{hook}/triggers/bulk": {"triggers": [LISTEN]},
}


def addressed(method: str, path: str, company: Company, ids: dict[str, int]) -> tuple[str, str, Any]:
    body = None if method == "GET" else BODIES.get(path)
    return method, f"{HOOKS}{path.format(**ids)}?company_id={company.pk}", body


@pytest.fixture
def standing(create, call, company):
    hook = create()
    trigger = call("POST", f"/{hook['id']}/triggers", {"trigger": {**LISTEN, "event_type": "update"}})[1]
    return {"hook": hook["id"], "trigger": trigger["id"]}


@pytest.mark.parametrize(("method", "path"), CALLS)
def test_an_account_without_the_scope_of_integrations_is_refused(api, company, standing, make_token, method, path):
    api.token = make_token(scopes="read write")

    assert api(*addressed(method, path, company, standing)).status_code == 403


@pytest.mark.parametrize(("method", "path"), [call for call in CALLS if call[0] != "GET"])
def test_a_token_that_only_reads_changes_nothing(api, company, standing, make_token: MakeToken, method, path):
    api.token = make_token(scopes="read erp")

    assert api(*addressed(method, path, company, standing)).status_code == 403
    assert Hook.objects.of(company).get().destination_url == URL
    assert Trigger.objects.of(company).count() == 1


@pytest.mark.parametrize(("method", "path"), [call for call in CALLS if call[1]])
def test_a_hook_that_does_not_exist_is_404(api, company, standing, method, path):
    missing = {"hook": standing["hook"] + 1, "trigger": standing["trigger"]}

    answer = api(*addressed(method, path, company, missing))

    assert (answer.status_code, answer.json()["errors"]) == (404, "Not Found")


@pytest.mark.parametrize(("method", "path"), [call for call in CALLS if call[1]])
def test_another_companys_hook_is_404_like_a_missing_one(
    api, company, other_company, standing, service_account, method, path
):
    service_account.companies.add(other_company)

    answer = api(*addressed(method, path, other_company, standing))

    assert answer.status_code == 404
    assert Hook.objects.of(company).get().destination_url == URL
