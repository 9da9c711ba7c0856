"""The staging calls from before staged records (wire specification, 9.4): flat objects, one address for each type.

They are stored as staged records whether or not the company's document switches `staged_records` on, and answered as
those are.
"""

import json
from collections.abc import Mapping
from typing import Any, ClassVar

from rest_framework.request import Request
from rest_framework.response import Response

from erpstaging.api.paths import RestPath, rest_path
from erpstaging.api.views.staged_records import StagedRecordView, staged_record_json
from erpstaging.api.views.sync import read_updates, wants_atomic
from erpstaging.catalogue.entity import Entity
from erpstaging.catalogue.registry import STAGED
from erpstaging.connections.services import metadata_of
from erpstaging.core.documents import plain
from erpstaging.staging.intake import stage_records
from erpstaging.staging.models import StagedStatus

# What each address stages; lines have one for each kind of contract.
ADDRESSES: Mapping[str, tuple[str, str | None]] = {
    "erp_vendors": ("vendor", None),
    "erp_projects": ("project", None),
    "erp_jobs": ("project", None),
    "erp_sub_jobs": ("sub_job", None),
    "erp_purchase_order_contracts": ("purchase_order_contract", None),
    "erp_work_order_contracts": ("work_order_contract", None),
    "erp_purchase_order_contract_line_items": ("line_item", "purchase_order_contract"),
    "erp_work_order_contract_line_items": ("line_item", "work_order_contract"),
    "erp_prime_contracts": ("prime_contract", None),
}
# Keys that a flat object and a staged record have in common; every other one is a value of `data`.
COMMON = ("id", "origin_id", "origin_code", "origin_data", "parent_id", "parent_origin_id", "origin_version")
SCOPE = ("project_id", "project_origin_id")


class LegacySync(StagedRecordView):
    """Staging up to 1,000 flat objects of one type, each on its own."""

    item_type: ClassVar[str]
    parent_type: ClassVar[str | None]

    def patch(self, request: Request) -> Response:
        metadata_of(self.company.pk).require_route(STAGED[self.item_type].under(self.parent_type))
        updates = read_updates(self.body)
        turned = [self.turned(sent) for sent in updates]
        staged = stage_records(
            self.company.pk,
            turned,
            actor=self.actor,
            received=self.received(),
            atomic=wants_atomic(self.body, request.query_params),
        )
        metadata = self.metadata
        as_sent = {_key(one): sent for one, sent in zip(turned, updates, strict=True)} if staged.errors else {}
        return Response(
            {
                "entities": [staged_record_json(row, metadata, staged.children.get(row.pk)) for row in staged.entities],
                "errors": [_as_sent(error, as_sent) for error in staged.errors],
            }
        )

    def turned(self, sent: Any) -> Any:
        """The flat object as a staged record; what is no object is left to be refused."""
        if not isinstance(sent, Mapping):
            return sent
        entity = STAGED[self.item_type]
        values = {**self.scope(entity), **sent}
        if self.parent_type is not None:
            spelled = {f"{self.parent_type}_{name}": f"parent_{name}" for name in ("id", "origin_id")}
            values = {spelled.get(name, name): value for name, value in values.items()}
        record = staged_form(entity, values)
        if entity.line_type and isinstance(sent.get("line_items"), list):
            lines = STAGED[entity.line_type]
            record["children"] = [
                staged_form(lines, line) if isinstance(line, Mapping) else line for line in sent["line_items"]
            ]
        return record

    def scope(self, entity: Entity) -> dict[str, Any]:
        """The project of the whole call, from body or query, for types that stand in one."""
        body = self.body if isinstance(self.body, dict) else {}
        given = {name: body.get(name, self.request.query_params.get(name)) for name in SCOPE}
        return {name: value for name, value in given.items() if value is not None and name in entity.staged_names}


def staged_form(entity: Entity, flat: Mapping[str, Any]) -> dict[str, Any]:
    """A flat object as a staged record. Its `status` is its own if it has one, unless it is a word of staging."""
    record: dict[str, Any] = {"item_type": entity.item_type}
    record |= {name: flat[name] for name in COMMON if name in flat}
    data = {name: value for name, value in flat.items() if name in entity.staged_names}
    if "status" in flat and ("status" not in entity.by_name or flat["status"] in StagedStatus.values):
        record["status"] = flat["status"]
        data.pop("status", None)
    return {**record, "data": data}


def _key(document: Any) -> str:
    return json.dumps(plain(document), sort_keys=True)


def _as_sent(error: Mapping[str, Any], as_sent: Mapping[str, Any]) -> dict[str, Any]:
    """An error with the object as it was sent, not as it was turned; a nested line's keeps the turned form."""
    turned = {name: value for name, value in error.items() if name != "errors"}
    sent = as_sent.get(_key(turned), turned)
    return {**(plain(sent) if isinstance(sent, Mapping) else turned), "errors": error["errors"]}


def _view(item_type: str, parent_type: str | None) -> type[LegacySync]:
    kind = STAGED[item_type].under(parent_type)
    name = f"{(parent_type or '').title()}{item_type.title()}Sync".replace("_", "")
    about = {"item_type": item_type, "parent_type": parent_type, "__doc__": f"{kind.plural}, {LegacySync.__doc__}"}
    return type(name, (LegacySync,), {**about, "__module__": __name__})


LEGACY: list[RestPath] = [
    rest_path(f"{address}/sync", _view(*declared), name=f"{address.replace('_', '-')}-sync")
    for address, declared in ADDRESSES.items()
]
