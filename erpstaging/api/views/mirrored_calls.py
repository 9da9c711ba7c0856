"""Calls on mirrored resources that are like no other: budgets, job costs, lines of direct costs, payments, projects."""

from collections.abc import Mapping
from typing import Any, ClassVar

from rest_framework.request import Request
from rest_framework.response import Response

from erpstaging.api.openapi import FLAG, ID, Operation, Schema, array_of, object_of
from erpstaging.api.paths import RestPath, rest_path
from erpstaging.api.shapes import body_of, schema_of
from erpstaging.api.views.mirrored import MirroredSync, MirroredView
from erpstaging.api.views.sync import read_updates
from erpstaging.catalogue.entity import Entity
from erpstaging.catalogue.registry import ENTITIES
from erpstaging.catalogue.resource import Call, Resource
from erpstaging.catalogue.resources.budgets import BUDGET, BUDGET_LINE_ITEMS_SYNC, SYNCED_LINE
from erpstaging.catalogue.resources.direct_costs import DIRECT_COST_LINES
from erpstaging.catalogue.resources.job_costs import JOB_COSTS_SYNC
from erpstaging.catalogue.resources.payments import CONTRACT_PAYMENTS, INVOICE_PAYMENTS
from erpstaging.catalogue.resources.projects import CONFIGURATION
from erpstaging.core.errors import NotFound
from erpstaging.records.models import Record
from erpstaging.staging.budgets import lock_budget, project_holder, unlock_budget
from erpstaging.staging.direct import sync_records
from erpstaging.staging.job_costs import scope_of_job
from erpstaging.staging.mirrored import change_object, find_object, served
from erpstaging.staging.payments import unlink_payment

LOCKED = schema_of(BUDGET)
BY_INTEGRATION = frozenset({"erp_admin", "integration"})


class Budget(MirroredView):
    """Whether a project's budget is locked; a project that has none yet has an unlocked one."""

    operations = {"GET": Operation("Show whether a budget is locked", LOCKED)}

    def get(self, request: Request, project_id: int) -> Response:
        return _locked(project_holder(self.company, "budget", {"project_id": project_id}))


class BudgetLock(MirroredView):
    """Locking and unlocking a project's budget."""

    needs_body = frozenset[str]()
    operations = {
        "POST": Operation("Lock a budget", LOCKED, status=201, body={"type": "object"}, body_required=False),
        "DELETE": Operation("Unlock a budget", LOCKED),
    }

    def post(self, request: Request, project_id: int) -> Response:
        return _locked(lock_budget(self.company, project_id, actor=self.actor), status=201)

    def delete(self, request: Request, project_id: int) -> Response:
        given = str(request.query_params.get("destroy_all_budget_line_item_transfers", "")).lower()
        drop = given in {"true", "1"}
        return _locked(unlock_budget(self.company, project_id, actor=self.actor, drop_modifications=drop))


def _locked(budget: Record | None, status: int = 200) -> Response:
    return Response({"locked": budget is not None and budget.data.get("locked") is True}, status=status)


def _updates(entity: Entity, name: str = "updates", **more: Schema) -> Schema:
    element = object_of({"id": ID, **body_of(entity)["properties"], **more}, required=[])
    return object_of({name: array_of(element)}, required=[name])


class BudgetLineSync(MirroredView):
    """Creating and changing budget lines, all or none: the answer is a plain list and has no place for errors."""

    requires = BY_INTEGRATION
    resource = BUDGET_LINE_ITEMS_SYNC
    operations = {
        "POST": Operation(
            "Sync budget lines",
            array_of(schema_of(SYNCED_LINE)),
            body=_updates(ENTITIES["budget_line_item"], "budget_line_items"),
        )
    }

    def post(self, request: Request) -> Response:
        updates = read_updates(self.body, key="budget_line_items")
        entity = self.enter_scope("sync", {})[0]
        synced = sync_records(
            self.company,
            entity,
            updates,
            actor=self.actor,
            scope=self.scope,
            holder_id=self.holder.pk if self.holder is not None else None,
            atomic=True,
        )
        return Response(self.shown(synced.records))


class JobCostSync(MirroredSync):
    """Job costs of one project or sub job, which the call names by its origin ID."""

    resource = JOB_COSTS_SYNC
    operations = {
        "PATCH": Operation(
            "Sync job costs",
            object_of(
                {
                    "entities": array_of(schema_of(JOB_COSTS_SYNC.shape(None))),
                    "errors": array_of({"type": "object"}),
                }
            ),
            body=_updates(ENTITIES["job_cost"]),
        )
    }

    def enter_scope(self, call: Call, ids: Mapping[str, int]) -> list[Entity]:
        entities = super().enter_scope(call, ids)
        self.scope = scope_of_job(self.company, self.body)
        return entities


class DirectCostLineSync(MirroredSync):
    """Lines of many direct costs of a project; each element names its own."""

    resource = DIRECT_COST_LINES
    holder_field = "direct_cost_id"
    operations = {
        "PATCH": Operation(
            "Sync lines of direct costs",
            object_of(
                {
                    "entities": array_of(schema_of(DIRECT_COST_LINES.shape(None))),
                    "errors": array_of({"type": "object"}),
                }
            ),
            body=_updates(ENTITIES["line_item"].under("item"), direct_cost_id=ID),
        )
    }

    def enter_scope(self, call: Call, ids: Mapping[str, int]) -> list[Entity]:
        super().enter_scope(call, ids)
        served(self.company, ["item"], None, self.scope)  # raises NotFound for an unknown project
        return [ENTITIES["line_item"].under("item")]


class PaymentUnlink(MirroredView):
    """Takes the origin ID off a payment, whoever wrote it."""

    requires = BY_INTEGRATION
    needs_body = frozenset[str]()
    resource = INVOICE_PAYMENTS
    kinds: ClassVar[tuple[Resource, ...]] = (INVOICE_PAYMENTS, CONTRACT_PAYMENTS)
    operations = {
        "PATCH": Operation(
            "Unlink a payment",
            {"anyOf": [schema_of(one.shape(None)) for one in kinds]},
            body={"type": "object"},
            body_required=False,
        )
    }

    def patch(self, request: Request, record_id: int) -> Response:
        record = unlink_payment(self.company, record_id, actor=self.actor)
        (self.resource,) = (one for one in self.kinds if record.item_type in one.item_types)  # type: ignore[misc]
        return self.answer(record.pk)


class Configuration(MirroredView):
    """What the integration has switched on for a project."""

    resource = CONFIGURATION
    operations = {
        "GET": Operation("Show a project's configuration", schema_of(CONFIGURATION.shape(None))),
        "PATCH": Operation(
            "Change a project's configuration",
            schema_of(CONFIGURATION.shape(None)),
            body=object_of(
                {"configuration": object_of({"erp_job_cost_transaction_syncing_enabled": FLAG}, required=[])}
            ),
        ),
    }

    def get(self, request: Request, project_id: int) -> Response:
        return self.answer(self._project(project_id).pk)

    def patch(self, request: Request, project_id: int) -> Response:
        allowed = {source.path.removeprefix("data.") for source in CONFIGURATION.shape(None).values()}  # type: ignore[union-attr]
        sent: dict[str, Any] = {name: value for name, value in self.sent().items() if name in allowed}
        project = self._project(project_id)
        change_object(
            self.company,
            ENTITIES["project"],
            project,
            sent,
            actor=self.actor,
            scope={},
            version=self.seen_version(),
        )
        return self.answer(project.pk)

    def _project(self, project_id: int) -> Record:
        entities = self.enter_scope("show", {})
        if not entities:
            raise NotFound()
        return find_object(self.company, entities, project_id, scope={})


CALLS: list[RestPath] = [
    rest_path("projects/<id:project_id>/budget", Budget, name="budget", nested=False),
    rest_path("projects/<id:project_id>/budget/lock", BudgetLock, name="budget-lock", nested=False),
    rest_path("budget_line_items/sync", BudgetLineSync, name="budget-line-items-sync", nested=False),
    rest_path("erp_job_costs/sync", JobCostSync, name="erp-job-costs-sync", nested=False),
    rest_path(
        DIRECT_COST_LINES.path + "/sync",
        DirectCostLineSync,
        name="direct-cost-lines-sync",
        versions=DIRECT_COST_LINES.versions,
        nested=False,
    ),
    rest_path("invoice_payments/<id:record_id>/unlink", PaymentUnlink, name="invoice-payment-unlink"),
    rest_path(
        CONFIGURATION.path,
        Configuration,
        name="project-configuration",
        versions=CONFIGURATION.versions,
        nested=False,
    ),
]
