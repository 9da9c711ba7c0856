"""Who may write mirrored objects, and what is closed to whom (lifecycles, section 5)."""

from datetime import timedelta

import pytest
from django.utils import timezone
from oauth2_provider.models import AccessToken, set_token_value

from erpstaging.catalogue.registry import ENTITIES
from erpstaging.companies.models import ProjectLevel, ServiceAccount, User
from erpstaging.core.scope import company_scope
from erpstaging.records.models import Lock, Record
from tests.fixtures.callers import Caller
from tests.fixtures.scope import OutsideClient

FLAT = "/rest/v1.0"


@pytest.fixture
def erp(integrator, connection, company):
    """The integration of a connected company, on the flat paths."""
    integrator.prefix = FLAT
    integrator.headers["Procore-Company-Id"] = str(company.pk)
    return integrator


@pytest.fixture
def machine(connect, company, admin, erp):
    """`machine(directions=[...])`: an account without the scope `erp`, which is no ERP integration."""

    def make(name="Field app", scopes="read write", **limits):
        account = ServiceAccount.machine(name=name, owner_id=admin.id)
        for limit, value in limits.items():
            setattr(account, limit, value)
        account.save()
        account.companies.add(company)
        caller = connect(account, scopes=scopes)
        caller.prefix, caller.headers["Procore-Company-Id"] = FLAT, str(company.pk)
        return caller

    return make


@pytest.fixture
def person(company, service_account, erp):
    """`person(actor)`: somebody behind an app, with a token of his own."""

    def make(actor):
        token = AccessToken(
            application=service_account,
            user=User.objects.get(pk=actor.id),
            scope="read write",
            expires=timezone.now() + timedelta(hours=1),
        )
        set_token_value(token, f"person-{actor.id}")
        token.save()
        headers = {"Authorization": f"Bearer person-{actor.id}", "Procore-Company-Id": str(company.pk)}
        return Caller(OutsideClient(), FLAT, headers)

    return make


def link(record, origin_id="ORD-1"):
    Record.objects.of(record.company_id).filter(pk=record.pk).update(origin_id=origin_id)


@pytest.mark.capability("LK-01")
@pytest.mark.parametrize("who", ["machine", "person"])
def test_a_locked_field_of_a_linked_vendor_is_422_to_all_but_the_integration(
    who, machine, person, project_user, erp, vendor
):
    caller = machine() if who == "machine" else person(project_user)

    refused = caller.patch(f"vendors/{vendor.pk}", {"vendor": {"name": "Mine", "city": "Denver"}})
    open_field = caller.patch(f"vendors/{vendor.pk}", {"vendor": {"name": "Brook & Stone", "notes": "Call first"}})
    synced = erp.patch(f"vendors/{vendor.pk}", {"vendor": {"name": "Brook Ltd"}})

    assert (refused.status, refused.body["code"]) == (422, "locked")
    assert set(refused.body["errors"]) == {"name", "city"}
    assert (refused.body["origin_id"], refused.body["unlock"]) == ("CRED-12", "unlink")
    assert "CRED-12" in refused.body["message"]
    assert (open_field.status, open_field.body["notes"]) == (200, "Call first")
    assert (synced.status, synced.body["name"]) == (200, "Brook Ltd")


@pytest.mark.capability("LK-01")
def test_lines_and_deletion_of_a_linked_contract_are_locked(machine, erp, contract, project, cost_code, cost_type):
    link(contract)
    lines = f"work_order_contracts/{contract.pk}/line_items"
    here, caller = f"project_id={project.pk}", machine()
    (line, _) = caller.get(f"{lines}?{here}").body
    new = {"line_item": {"amount": "1", "cost_code_id": cost_code.pk, "line_item_type_id": cost_type.pk}}

    for answer in (
        caller.post(f"{lines}?{here}", new),
        caller.patch(f"{lines}/{line['id']}?{here}", {"line_item": {"quantity": "2"}}),
        caller.delete(f"{lines}/{line['id']}?{here}"),
        caller.delete(f"work_order_contracts/{contract.pk}?{here}"),
        caller.patch(f"work_order_contracts/{contract.pk}?{here}", {"work_order_contract": {"title": "Mine"}}),
    ):
        assert (answer.status, answer.body["code"], answer.body["origin_id"]) == (422, "locked", "ORD-1")

    assert erp.post(f"{lines}?{here}", new).status == 201
    assert erp.delete(f"{lines}/{line['id']}?{here}").status == 200
    assert erp.delete(f"work_order_contracts/{contract.pk}?{here}").status == 200


@pytest.mark.capability("LK-01")
def test_nobody_writes_what_waits_for_approval(machine, erp, contract, project, cost_code, cost_type):
    Record.objects.of(contract.company_id).filter(pk=contract.pk).update(lock=Lock.WAITING)
    here = f"project_id={project.pk}"
    one, lines = f"work_order_contracts/{contract.pk}?{here}", f"work_order_contracts/{contract.pk}/line_items"
    new = {"amount": "1", "cost_code_id": cost_code.pk, "line_item_type_id": cost_type.pk}

    for caller in (machine(), erp):
        for answer in (
            caller.patch(one, {"work_order_contract": {"description": "Late"}}),
            caller.post(f"{lines}?{here}", {"line_item": new}),
            caller.delete(one),
        ):
            assert (answer.status, answer.body["code"]) == (422, "pending_approval")

    synced = erp.patch(f"{lines}/sync?{here}", {"updates": [new]}).body
    assert [list(error["errors"]) for error in synced["errors"]] == [["base"]]


@pytest.mark.parametrize("who", ["machine", "person"])
def test_only_the_integration_writes_origin_ids(who, machine, person, project_user, vendor):
    caller = machine() if who == "machine" else person(project_user)

    for answer in (
        caller.post("vendors", {"vendor": {"name": "Kestrel", "origin_id": "CRED-1"}}),
        caller.patch(f"vendors/{vendor.pk}", {"vendor": {"origin_id": None}}),
    ):
        assert (answer.status, answer.body["errors"]) == (
            422,
            {"origin_id": ["is written by the ERP integration only"]},
        )
    same = caller.patch(f"vendors/{vendor.pk}", {"vendor": {"origin_id": "CRED-12", "notes": "Seen"}})
    assert (same.status, same.body["notes"]) == (200, "Seen")


def test_sync_is_the_integrations(machine, person, admin, erp, vendor):
    for caller in (machine(), person(admin)):
        answer = caller.patch("vendors/sync", {"updates": [{"id": vendor.pk, "name": "Mine"}]})

        assert (answer.status, answer.body["code"]) == (403, "missing_privilege")


def test_an_account_keeps_to_its_direction_and_its_types(machine, erp, vendor):
    staging = machine("Stager", scopes="read write erp", directions=["stage"])
    projects = machine("Projects", scopes="read write erp", item_types=["project"])

    refused = staging.post("vendors", {"vendor": {"name": "X"}})
    other_type = projects.patch(f"vendors/{vendor.pk}", {"vendor": {"name": "X"}})

    assert (refused.status, other_type.status) == (403, 403)
    assert staging.get(f"vendors/{vendor.pk}").status == 200
    assert projects.post("projects", {"project": {"name": "X"}}).status == 201


def test_reading_is_for_those_who_see_records(person, make_person, auditor, vendor, project):
    reader = person(auditor)
    assert reader.get("vendors").status == 200
    assert reader.post("vendors", {"vendor": {"name": "X"}}).status == 403
    nobody = make_person("nobody", project_level=ProjectLevel.NONE)
    assert person(nobody).get("vendors").status == 403
    standard = make_person("standard", project_level=ProjectLevel.STANDARD)
    site, contract = person(standard), {"number": "1", "title": "X"}
    made = site.post("work_order_contracts", {"project_id": project.pk, "work_order_contract": contract})
    assert (made.status, made.body["code"]) == (403, "missing_privilege")
    assert site.post("vendors", {"vendor": {"name": "X"}}).status == 201


def test_the_save_rules_of_the_metadata_hold_for_people_alone(machine, erp, connection, company):
    rule = {"rules": {"save": {"fields": {"name": {"validation": {"max_length": {"enabled": True, "length": 5}}}}}}}
    with company_scope(company.pk):
        connection.refresh_from_db()
        connection.metadata["settings"]["entities"]["vendors"] |= rule
        connection.save(update_fields=["metadata"])
    sent = {"vendor": {"name": "Kestrel Roofing"}}

    by_hand, by_erp = machine().post("vendors", sent), erp.post("vendors", sent)

    assert (by_hand.status, by_erp.status) == (422, 201)
    assert list(by_hand.body["errors"]) == ["name"]


def test_a_stale_version_is_refused_where_one_is_named(machine, vendor):
    caller = machine()

    body = {"vendor": {"notes": "x"}, "version": vendor.version + 5}
    assert caller.patch(f"vendors/{vendor.pk}", body).status == 409
    assert caller.patch(f"vendors/{vendor.pk}", {"vendor": {"notes": "x"}}, If_Match='"99"').status == 412


def test_nobody_writes_single_cost_codes_of_an_integrated_project(machine, erp, cost_code, project):
    here = f"project_id={project.pk}"

    for caller in (machine(), erp):
        for answer in (
            caller.post(f"cost_codes?{here}", {"cost_code": {"name": "Steel", "code": "06"}}),
            caller.patch(f"cost_codes/{cost_code.pk}?{here}", {"cost_code": {"position": 3}}),
        ):
            assert (answer.status, answer.body["code"], list(answer.body["errors"])) == (422, "locked", ["base"])
    assert machine("Other app").delete(f"cost_codes/{cost_code.pk}").status == 422


def test_every_declared_lock_names_fields_of_its_entity():
    for entity in ENTITIES.values():
        assert entity.lock.fields - {"origin_code"} <= entity.by_name.keys(), entity.item_type
