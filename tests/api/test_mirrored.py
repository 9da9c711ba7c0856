"""What every mirrored resource promises, those that are declared later included."""

import pytest
from django.db import connection as database
from django.db.models import Max
from django.test.utils import CaptureQueriesContext

from erpstaging.catalogue.registry import ENTITIES
from erpstaging.core.scope import company_scope, in_company
from erpstaging.outbox.models import Event
from erpstaging.staging.direct import sync_records
from tests.api.mirrored import RESOURCES, World, offering, pairs
from tests.api.test_openapi import _validate, description

UNKNOWN = {"id": ["Entity with this ID not found"]}


def path_of(resource):
    return resource.path


def each(*calls):
    """Parametrized over the resources that serve these calls."""
    return pytest.mark.parametrize("resource", offering(*calls), ids=path_of)


@pytest.fixture
def world(integrator, connection, company, project, vendor, cost_code, cost_type, integration):
    """A project with one object of every kind that others refer to, made by the integration."""
    integrator.prefix = "/rest/v1.0"
    integrator.headers["Procore-Company-Id"] = str(company.pk)
    ids = {
        "project": project.pk,
        "vendor": vendor.pk,
        "line_item_type": cost_type.pk,
        "standard_cost_code_list": connection.cost_code_list_id,
    }
    # No project of the ERP: its cost codes could not be written one by one.
    ids["project"] = integrator.post("projects", {"project": {"name": "Quarry"}}).body["id"]

    def make(item_type, sent, **scope):
        made = in_company(
            company.pk, lambda: sync_records(company, ENTITIES[item_type], [sent], actor=integration, scope=scope)
        )
        assert made.errors == []
        ids[item_type] = made.records[0].pk

    here = {"project_id": ids["project"]}
    make("cost_code", {"name": "Steel", "code": "05"}, **here)
    make("tax_code", {"code": "V20"})
    make("standard_cost_code", {"name": "Steel", "code": "05"}, standard_cost_code_list_id=connection.cost_code_list_id)
    for item_type in ("work_order_contract", "purchase_order_contract", "prime_contract"):
        make(item_type, {"number": "1", "title": "One", "vendor_id": vendor.pk}, **here)
    made = integrator.post(f"requisitions?project_id={ids['project']}&commitment_id={ids['work_order_contract']}", {})
    ids["requisition"] = made.body["id"]
    line = {"cost_code_id": ids["cost_code"], "line_item_type_id": cost_type.pk, "original_budget_amount": 100}
    budgeted = integrator.post("budget_line_items", {**here, "budget_line_item": line})
    ids["budget_line_item"] = budgeted.body["id"]
    return World(integrator, ids)


@each("list", "show", "create")
def test_what_is_created_is_shown_and_listed(world, resource):
    sent = world.sample(resource) | {"origin_id": "X-1"}

    made = world.create(resource, sent)

    assert made.status == 201, made
    for key, (got, wanted) in pairs(resource.shape(None), sent, made.body).items():
        assert got == wanted, key
    shown = world.erp.get(world.one(resource, made.body["id"]))
    assert (shown.status, shown.body) == (200, made.body)
    listed = world.erp.get(world.path(resource) + "&filters[id]=" + str(made.body["id"]))
    assert [one["id"] for one in listed.body] == [made.body["id"]]
    assert listed.headers["Total"] == "1"


@each("create", "update")
def test_a_change_keeps_what_was_not_sent(world, resource):
    first, second = world.sample(resource), world.sample(resource)
    entity = world.entity(resource)
    made = world.create(resource, first).body
    name = entity.title_field if entity.title_field in first else entity.number_field

    answer = world.erp.patch(world.one(resource, made["id"]), {resource.wrapper: {name: second[name]}})

    assert answer.status == 200, answer
    for key, (got, wanted) in pairs(resource.shape(None), {**first, name: second[name]}, answer.body).items():
        assert got == wanted, key


@each("create", "delete")
def test_what_is_deleted_is_gone(world, resource):
    made = world.create(resource).body

    answer = world.erp.delete(world.one(resource, made["id"]))

    assert answer.status == resource.delete_status
    assert answer.body in (made, None)
    for method in ("GET", "DELETE"):
        assert world.erp(method, world.one(resource, made["id"])).status == 404
    if "include_deleted" in resource.filters:
        kept = world.erp.get(world.path(resource) + "&filters[include_deleted]=only").body
        assert [one["id"] for one in kept] == [made["id"]]


# Events


class Told:
    """The events of one object that were recorded since this was made."""

    def __init__(self, world, company, resource):
        self.company, self.name = company, world.entity(resource).webhook_resource
        self.since = Event.objects.of(company).aggregate(Max("pk"))["pk__max"] or 0

    def of(self, record_id):
        """The kinds, and all that names who made the changes."""
        rows = Event.objects.of(self.company).filter(pk__gt=self.since, resource_name=self.name, resource_id=record_id)
        told = list(rows.order_by("pk"))
        return [one.event_type for one in told], {(one.account_id, one.user_id) for one in told}


@pytest.mark.capability("WH-13")
@each("create")
def test_each_write_is_one_event_that_names_the_integration(world, resource, company, service_account):
    told = Told(world, company, resource)

    made = world.create(resource).body
    kinds = ["create"]
    if "update" in resource.calls:
        entity, second = world.entity(resource), world.sample(resource)
        name = entity.title_field if entity.title_field in second else entity.number_field
        world.erp.patch(world.one(resource, made["id"]), {resource.wrapper: {name: second[name]}})
        world.erp.patch(world.one(resource, made["id"]), {resource.wrapper: {name: second[name]}})
        kinds.append("update")
    if "delete" in resource.calls:
        world.erp.delete(world.one(resource, made["id"]))
        kinds.append("delete")

    assert told.of(made["id"]) == (kinds, {(service_account.pk, None)})


@pytest.mark.capability("WH-13")
@each("sync")
def test_each_synced_object_is_one_event_and_an_unchanged_one_is_none(world, resource, company, service_account):
    told = Told(world, company, resource)
    sent = world.sample(resource)

    for _ in range(2):
        answer = world.erp.patch(world.path(resource, "/sync"), {"updates": [sent]}).body
        (made,) = answer["entities"]
        sent["id"] = made["id"]

    assert told.of(made["id"]) == (["create"], {(service_account.pk, None)})


@pytest.mark.parametrize("resource", [one for one in offering("sync") if "origin_id" in one.shape(None)], ids=path_of)
def test_sync_finds_by_id_and_by_origin_id(world, resource):
    def sync(*updates):
        return world.erp.patch(world.path(resource, "/sync"), {"updates": list(updates)}).body

    one, two, three = (world.sample(resource) for _ in range(3))
    made = sync({**one, "origin_id": "A"}, {**two, "id": 2**62}, three)
    assert made["errors"] == [{**two, "id": 2**62, "errors": UNKNOWN}]
    (linked, plain) = made["entities"]
    assert (linked["origin_id"], plain["origin_id"]) == ("A", None)

    by_origin = sync({"origin_id": "A"}, {"id": plain["id"], "origin_id": "A"}, {"id": plain["id"], "origin_id": "B"})

    assert [entity["id"] for entity in by_origin["entities"]] == [linked["id"], plain["id"]]
    assert by_origin["entities"][1]["origin_id"] == "B"
    (refused,) = by_origin["errors"]
    assert list(refused["errors"]) == ["origin_id"]


@pytest.mark.parametrize("resource", RESOURCES, ids=path_of)
def test_a_project_of_another_company_is_404(world, resource, other_company, integration):
    foreign = in_company(
        other_company.pk,
        lambda: sync_records(
            other_company, ENTITIES["project"], [{"name": "Theirs"}], actor=integration, scope={}
        ).records[0],
    )
    kinds = {"list": "", "create": "", "show": f"/{foreign.pk}", "update": f"/{foreign.pk}", "sync": "/sync"}
    methods = {"list": "GET", "create": "POST", "show": "GET", "update": "PATCH", "sync": "PATCH"}
    about_projects = any(scope.name == "project_id" for scope in resource.scopes)
    world.ids["project"] = foreign.pk
    for call in resource.calls & kinds.keys():
        if call in {"list", "create", "sync"} and not about_projects:
            continue
        answer = world.erp(methods[call], world.path(resource, kinds[call]), {resource.wrapper: {}, "updates": []})

        assert answer.status == 404, call


@each("list", "sync")
def test_a_list_costs_the_same_however_long_it_is(world, resource):
    def rows(count):
        updates = [world.sample(resource) | {"origin_id": f"R{world.numbers}"} for _ in range(count)]
        answer = world.erp.patch(world.path(resource, "/sync"), {"updates": updates})
        assert answer.body["errors"] == []

    def statements():
        with CaptureQueriesContext(database) as captured:
            answer = world.erp.get(world.path(resource) + "&per_page=2000&view=extended")
        return len(captured), len(answer.body)

    rows(2)
    few, short = statements()
    rows(18)
    many, long = statements()

    assert (many, long) == (few, short + 18)


@pytest.mark.parametrize("resource", RESOURCES, ids=path_of)
def test_answers_are_what_the_description_says(world, resource):
    if "create" in resource.calls:
        assert world.create(resource).status == 201
    path = "/rest/v1.0/" + resource.path.replace("<id:", "{").replace(">", "}")
    described = description()["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]

    answer = world.erp.get(world.path(resource))

    assert answer.status == 200
    _validate(answer.body, described)


@pytest.mark.parametrize("resource", RESOURCES, ids=path_of)
def test_the_description_names_what_a_list_needs(resource):
    path = "/rest/v1.0/" + resource.path.replace("<id:", "{").replace(">", "}")
    listed = {one["name"]: one for one in description()["paths"][path]["get"]["parameters"]}

    for scope in resource.scopes:
        assert listed[scope.name]["required"] == ("list" in scope.required), scope.name
    offered = resource.list_views or resource.views
    assert ("view" in listed) == (len(offered) > 1)


@pytest.mark.parametrize("resource", RESOURCES, ids=path_of)
def test_a_scope_that_is_missing_is_400_and_named(world, resource):
    for scope in resource.scopes:
        if "list" in scope.required and f"<id:{scope.name}>" not in resource.path:
            answer = world.erp.get(world.path(resource).partition("?")[0])

            assert (answer.status, answer.body["errors"]) == (400, {scope.name: ["is required"]})
            break


@pytest.mark.capability("AD-01")
@pytest.mark.parametrize("resource", RESOURCES, ids=path_of)
def test_a_resource_whose_entities_are_off_is_404(world, resource, connection, company):
    holder = resource.holder.item_type if resource.holder else None
    names = {ENTITIES[item_type].under(holder).metadata_name for item_type in resource.item_types} - {None}
    with company_scope(company.pk):
        connection.refresh_from_db()
        for name in names:
            connection.metadata["settings"]["entities"][name] = {"enabled": False}
        connection.save(update_fields=["metadata"])

    assert world.erp.get(world.path(resource)).status == (404 if names else 200)
