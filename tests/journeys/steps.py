"""The steps that an integrator takes about an event, each over HTTP, and what has to be true after it."""

from collections.abc import Callable, Mapping
from typing import Any

from erpstaging.catalogue.registry import ENTITIES
from erpstaging.records.models import Record
from tests.fixtures.ledger import metadata
from tests.journeys.facts import Action, at
from tests.journeys.world import World, done
from tests.staging.conftest import (
    change_order_sent,
    contract_sent,
    line_sent,
    prime_sent,
    sub_job_sent,
    vendor_sent,
)

Step = Callable[[World, Action, Any], None]
STAGED = {
    "vendor": vendor_sent,
    "project": lambda *children: {"item_type": "project", "origin_id": "SITE-20", "data": {"name": "Old Mill"}},
    "sub_job": sub_job_sent,
    "work_order_contract": lambda *children: contract_sent("ORD-1", *children),
    "purchase_order_contract": lambda *children: {**contract_sent("ORD-2"), "item_type": "purchase_order_contract"},
    "commitment_change_order": lambda *children: change_order_sent("CO-1", *children),
    "prime_contract": lambda *children: prime_sent("OWN-1", *children),
}


def nothing(world: World, action: Action, data: Any) -> None:
    """A step in the integration's own house, or in the ERP."""


def sync_external_data(world: World, action: Action, data: Any) -> None:
    """The origin ID of each object the path leads to: one that it has, or a new one; or null."""
    if not str(action.given["item_id"]).startswith("$"):
        return  # "(line items of the commitment)": the payload does not name them
    ids = at(data, action.given["item_id"])
    taken = action.given["origin_id"] == "null"
    records = Record.objects.of(world.company).in_bulk(ids)
    allowed = set(action.given["item_type"].split(" | "))
    updates = []
    for record in records.values():
        told = {"item_type": ENTITIES[record.item_type].external_item_type, "item_id": record.pk}
        assert told["item_type"] in allowed
        cleared = {"origin_id": None, "origin_code": None, "origin_data": None}
        updates.append(told | (cleared if taken else {"origin_id": record.origin_id or f"ERP-{record.pk}"}))
    answer = done(world.erp.patch("external_data/sync", {"updates": updates}))
    assert answer["errors"] == []
    assert len(records) == len(set(map(int, ids)))
    for record in Record.objects.of(world.company).filter(pk__in=ids):
        assert (record.origin_id is None) == taken


def close_details(world: World, action: Action, data: Any) -> None:
    for detail_id in at(data, action.given["id"]):
        world.close(detail_id)
        assert done(world.erp.get(f"erp_request_details/{detail_id}"))["status"] == "success"


def synced(world: World, path: str, updates: list[dict[str, Any]], **more: Any) -> list[dict[str, Any]]:
    answer = world.erp_flat("PATCH", path, {**more, "updates": updates})
    assert answer["errors"] == [], answer
    assert len(answer["entities"]) == len(updates)
    found: list[dict[str, Any]] = answer["entities"]
    return found


def sync_standard_cost_codes(world: World, action: Action, data: Any) -> None:
    (list_id,) = at(data, action.given["standard_cost_code_list_id"])
    code = {"name": "Concrete", "code": "03", "origin_id": "STD-03"}
    scope = {"company_id": world.company.pk, "standard_cost_code_list_id": list_id}
    (made,) = synced(world, "standard_cost_codes/sync", [code], **scope)
    assert made["origin_id"] == "STD-03"


def sync_line_item_types(world: World, action: Action, data: Any) -> None:
    sent = {"name": "Labour", "code": "LAB", "origin_id": "LAB"}
    (made,) = synced(world, "line_item_types/sync", [sent], company_id=world.company.pk)
    assert made["origin_id"] == "LAB"


def sync_staged_records(world: World, action: Action, data: Any) -> None:
    kinds = action.given["item_type"]
    children = [line_sent("NEW-1", commitment_line_item_origin_id=None)] if "line_item" in kinds else []
    if "commitment_change_order" in kinds:
        world.stage(contract_sent("ORD-1"))
    updates = [STAGED[kind](*children) for kind in kinds if kind != "line_item"]
    answer = done(world.erp.patch("staged_records/sync", {"updates": updates}))
    assert answer["errors"] == [], answer
    assert {one["status"] for one in answer["entities"]} == {action.given["status"]}


def sync_vendors(world: World, action: Action, data: Any) -> None:
    (made,) = synced(world, "vendors/sync", [{"origin_id": "CRED-12", "city": "Boulder"}])
    assert (made["id"], made["city"]) == (world.ids["vendor"], "Boulder")


def sync_projects(world: World, action: Action, data: Any) -> None:
    (made,) = synced(world, "projects/sync", [{"origin_id": "SITE-7", "city": "Boulder"}])
    assert (made["id"], made["city"]) == (world.ids["project"], "Boulder")


def sync_sub_jobs(world: World, action: Action, data: Any) -> None:
    path = f"sub_jobs/sync?project_id={world.ids['project']}"
    (made,) = synced(world, path, [{"origin_id": "SITE-7.9", "name": "Quay", "code": "Q"}])
    assert made["origin_id"] == "SITE-7.9"


def sync_insurances(world: World, action: Action, data: Any) -> None:
    vendors = [*at(data, "$.vendor.id"), *(at(data, "$.vendors[*].id") if "vendors" in data else ())]
    for vendor_id in vendors:
        policy = {"policy_number": f"P-{vendor_id}", "name": "Alba", "origin_id": f"INS-{vendor_id}"}
        answer = done(world.erp.patch(f"vendors/{vendor_id}/insurances/sync", {"updates": [policy]}))
        assert answer["errors"] == []


def job_of(data: Any) -> tuple[int, int | None]:
    """The ids of the project and of the sub job that an event is about."""
    more = data.get("additional_job_data", {})
    sub_job = data.get("sub_job") or {"id": more.get("procore_sub_job_id")}
    project = data.get("project") or data.get("job") or (sub_job.get("project") if "project" in sub_job else None)
    return (project["id"] if project else more["procore_project_id"]), sub_job["id"]


def in_job(data: Any) -> str:
    project_id, sub_job_id = job_of(data)
    return f"project_id={project_id}" + (f"&sub_job_id={sub_job_id}" if sub_job_id else "")


def sync_cost_codes(world: World, action: Action, data: Any) -> None:
    path = f"cost_codes/sync?{in_job(data)}"
    (made,) = synced(world, path, [{"name": "Paint", "code": "09", "origin_id": "NEW|09"}])
    assert made["origin_id"] == "NEW|09"


def sync_assignments(world: World, action: Action, data: Any) -> None:
    """Every assignment of the payload; where there is none, one of the project's own code."""
    codes = data.get("all_cost_codes", ())
    pairs = [(code["id"], one["id"]) for code in codes for one in code["line_item_types"]]
    if not action.given:
        code = synced(world, f"cost_codes/sync?{in_job(data)}", [{"name": "Tiles", "code": "10", "origin_id": "T|10"}])
        pairs = [(code[0]["id"], world.ids["line_item_type"])]
    updates = [{"cost_code_id": code, "line_item_type_id": kind, "synced": True} for code, kind in pairs]
    if updates:
        made = synced(world, f"cost_code_line_item_types/sync?{in_job(data)}", updates)
        assert all(one["synced"] for one in made)


def sync_job_costs(world: World, action: Action, data: Any) -> None:
    project_id, sub_job_id = job_of(data)
    job = Record.objects.of(world.company).get(pk=sub_job_id or project_id)
    (code,) = synced(world, f"cost_codes/sync?{in_job(data)}", [{"name": "Doors", "code": "11", "origin_id": "D|11"}])
    cost = {"cost_code_id": code["id"], "line_item_type_id": world.ids["line_item_type"], "estimate": 100}
    synced(world, "erp_job_costs/sync", [cost], job_origin_id=job.origin_id)


def configure_project(world: World, action: Action, data: Any) -> None:
    project_id, _ = job_of(data)
    flag = "erp_job_cost_transaction_syncing_enabled"
    answer = world.erp_flat("PATCH", f"projects/{project_id}/configuration", {"configuration": {flag: True}})
    assert answer[flag] is True


def update_project(world: World, action: Action, data: Any) -> None:
    project_id, _ = job_of(data)
    answer = world.erp_flat("PATCH", f"projects/{project_id}", {"project": {"city": "Boulder"}})
    assert answer["city"] == "Boulder"


def update_sub_job(world: World, action: Action, data: Any) -> None:
    _, sub_job_id = job_of(data)
    path = f"sub_jobs/{sub_job_id}?project_id={job_of(data)[0]}"
    assert world.erp_flat("PATCH", path, {"sub_job": {"name": "Quay, west"}})["name"] == "Quay, west"


def send_metadata(world: World, action: Action, data: Any) -> None:
    done(world.erp.patch("erp_connections/metadata_configuration", {"metadata": metadata()}))


def sync_payments(world: World, action: Action, data: Any) -> None:
    """Of a company without invoices there is none to tell of."""
    synced(world, "invoice_payments/sync", [])


def sync_transactions(world: World, action: Action, data: Any) -> None:
    ids = at(data, "$.transactions[*].id")
    updates = [{"id": one, "origin_id": f"TRX-{one}", "synced": True} for one in ids]
    made = synced(world, "erp_transactions/sync", updates, project_id=at(data, action.given["project_id"])[0])
    assert all(one["synced"] for one in made)


def unlink_payment(world: World, action: Action, data: Any) -> None:
    (payment_id,) = at(data, action.given["id"])
    answer = done(world.erp.patch(f"invoice_payments/{payment_id}/unlink"))
    assert answer["origin_id"] is None


def delete(path: str) -> Step:
    """Takes away what the path leads to; afterwards it is not there any more."""

    def step(world: World, action: Action, data: Any) -> None:
        for record_id in at(data, action.given["id"]):
            world.erp_flat("DELETE", f"{path}/{record_id}")
            assert Record.objects.of(world.company).get(pk=record_id).deleted_at is not None

    return step


STEPS: Mapping[str, Step] = {
    "integration.cleanup_cache": nothing,
    "erp.check_deleted": nothing,
    "external_data.sync": sync_external_data,
    "erp_request_details.close": close_details,
    "standard_cost_codes.sync": sync_standard_cost_codes,
    "line_item_types.sync": sync_line_item_types,
    "staged_records.sync": sync_staged_records,
    "vendors.sync": sync_vendors,
    "projects.sync": sync_projects,
    "sub_jobs.sync": sync_sub_jobs,
    "insurances.sync": sync_insurances,
    "cost_codes.sync": sync_cost_codes,
    "cost_code_line_item_types.sync": sync_assignments,
    "erp_job_costs.sync": sync_job_costs,
    "projects.configuration.update": configure_project,
    "projects.update": update_project,
    "sub_jobs.update": update_sub_job,
    "cost_codes.delete": delete("cost_codes"),
    "cost_code_line_item_types.delete": delete("cost_codes_line_item_types"),
    "erp_job_costs.delete": delete("erp_job_costs"),
    "erp_transactions.sync": sync_transactions,
    "invoice_payments.sync": sync_payments,
    "invoice_payments.unlink": unlink_payment,
    "erp_metadata.update": send_metadata,
}
