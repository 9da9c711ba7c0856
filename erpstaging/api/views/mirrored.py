"""The mirrored resources (wire specification, 10 and appendix A), each built from its declaration.

A resource has up to three addresses: the list with create, one object, and `sync`. What a declaration does not offer
has no method here.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

from django.db.models import Q, QuerySet
from rest_framework.request import Request
from rest_framework.response import Response

from erpstaging.api.narrowing import filter_of, narrowed
from erpstaging.api.openapi import Schema
from erpstaging.api.paths import RestPath, rest_path
from erpstaging.api.shapes import operations_of, query_of
from erpstaging.api.views.base import CompanyAPIView
from erpstaging.api.views.sync import read_updates, wants_atomic
from erpstaging.catalogue.entity import CUSTOM, Entity
from erpstaging.catalogue.fields import INT64
from erpstaging.catalogue.payload import fill
from erpstaging.catalogue.resource import Call, Resource, Scope
from erpstaging.connections.custom_fields import custom_values
from erpstaging.core.errors import BadRequest, NotFound, NotPermitted
from erpstaging.records.models import Record
from erpstaging.records.shown import shown_nodes
from erpstaging.staging.budgets import project_holder
from erpstaging.staging.direct import sync_records
from erpstaging.staging.mirrored import (
    change_object,
    create_object,
    find_holder,
    find_object,
    remove_object,
    served,
)
from erpstaging.staging.mirrored_rules import after_create

READERS = frozenset({"project", "erp", "auditor"})


class MirroredView(CompanyAPIView):
    """What the views of a resource share: rights, scope, and answers by shape."""

    requires = frozenset({"member"})
    direction = "direct"
    object_type = "record"
    resource: ClassVar[Resource]
    # What each method is of the declared calls.
    calls: ClassVar[Mapping[str, Call]] = {}
    holder: Record | None = None
    entities: Sequence[Entity] = ()

    def check_rights(self, method: str) -> None:
        super().check_rights(method)
        if self.actor.kind == "person" and not READERS & self.actor.rights:
            raise NotPermitted("You have no role in this company that shows you this. Ask an administrator.")

    @classmethod
    def described_parameters(cls, path: str, method: str, *, paged: bool) -> list[Schema]:
        described = super().described_parameters(path, method, paged=paged)
        call = cls.calls.get(method)
        return described if call is None else described + query_of(cls.resource, call, path)

    def enter_scope(self, call: Call, ids: Mapping[str, int]) -> list[Entity]:
        """Set `scope`, `holder` and `entities` for a call; answers with the last, the declarations it is about.

        Raises NotFound, BadRequest.
        """
        resource = self.resource
        self.scope = {
            one.name: value
            for one in resource.scopes
            if (value := self.scope_value(one, ids, required=call in one.required)) is not None
        }
        if resource.holder is not None and resource.holder.key:
            holder_id = ids[resource.holder.key]
            self.holder = find_holder(self.company, resource.holder.item_type, holder_id, scope=self.scope)
        elif resource.holder is not None:
            make = self.actor if call in {"create", "sync"} else None
            self.holder = project_holder(self.company, resource.holder.item_type, self.scope, make=make)
        self.entities = served(self.company, resource.item_types, self.holder, self.scope)
        return self.entities

    def scope_value(self, scope: Scope, ids: Mapping[str, int], *, required: bool) -> int | None:
        """From path, body or query. Raises BadRequest for what is no id, or missing and required."""
        body = self.body if isinstance(self.body, dict) else {}
        value = ids.get(scope.name, body.get(scope.name, self.request.query_params.get(scope.name)))
        if value is None and not required:
            return None
        text = "" if value is None or isinstance(value, bool) else str(value)
        if not (text.isascii() and text.isdigit()) or len(text) > 19 or int(text) >= INT64:
            reason = "is required" if value is None else "must be an id"
            raise BadRequest(f"{scope.name} {reason}.", errors={scope.name: [reason]})
        return int(text)

    def sent(self) -> dict[str, Any]:
        """The object in its wrapper. Raises BadRequest where it is missing."""
        sent = self.body.get(self.resource.wrapper) if isinstance(self.body, dict) else None
        if sent is None and self.resource.wrapper_optional:
            return {}
        if not isinstance(sent, dict):
            wrapper = self.resource.wrapper
            raise BadRequest(f"The body needs the object {wrapper}.", errors={wrapper: ["is required"]})
        return sent

    def shown(self, records: Sequence[Record], *, listed: bool = False) -> list[dict[str, Any]]:
        """Records in the view that the caller asked for, in their order, with the company's own fields if any."""
        query = self.request.query_params
        shape = self.resource.shape(query.get("view", query.get("serializer_view")), listed=listed)
        nodes = shown_nodes(self.company, records, shape)
        own = {entity.item_type: entity.custom for entity in self.entities}
        return [
            fill(shape, nodes[record.pk])
            | ({CUSTOM: custom_values(fields, record.data)} if (fields := own.get(record.item_type)) else {})
            for record in records
        ]

    def answer(self, record_id: int, status: int = 200) -> Response:
        record = Record.objects.of(self.company).get(pk=record_id)
        return Response(self.shown([record])[0], status=status)


class MirroredList(MirroredView):
    """The list, and creating one."""

    def get(self, request: Request, **ids: int) -> Response:
        rows = self.rows(self.enter_scope("list", ids))
        page = self.page
        order = [*self.sort_columns, *self.resource.order]
        wanted = list(rows.order_by(*order).values_list("pk", flat=True)[page.offset : page.offset + page.per_page])
        found = Record.objects.of(self.company).in_bulk(wanted)
        return self.paged(self.shown([found[one] for one in wanted if one in found], listed=True), rows.count())

    def rows(self, entities: Iterable[Entity]) -> "QuerySet[Record]":
        entities = list(entities)
        rows = Record.objects.of(self.company).filter(item_type__in=[one.item_type for one in entities])
        if self.holder is not None:
            rows = rows.filter(parent=self.holder)
        for scope in self.resource.scopes:
            value = self.scope.get(scope.name)
            if value is None:
                continue
            names = {name for entity in entities for name in entity.renamed({scope.name: value})}
            named = Q(**{scope.column: value}) if scope.column else Q()
            for name in () if scope.column else names:
                named |= Q(**{f"data__{name}": value})
            rows = rows.filter(named)
        return narrowed(self.company, rows, self.resource.filters, self.filter_values)

    def post(self, request: Request, **ids: int) -> Response:
        sent = self.sent()
        entity = self.enter_scope("create", ids)[0]
        record = create_object(self.company, entity, sent, actor=self.actor, scope=self.scope, holder=self.holder)
        return self.answer(record.pk, status=201)


class MirroredFirst(MirroredList):
    """The first object, and creating one."""

    def get(self, request: Request, **ids: int) -> Response:
        rows = self.rows(self.enter_scope("list", ids))
        first = rows.order_by(*self.resource.order).first()
        if first is None:
            raise NotFound()
        return Response(self.shown([first])[0])


class MirroredOne(MirroredView):
    """One object."""

    needs_body = frozenset({"PATCH"})

    def found(self, call: Call, ids: Mapping[str, int]) -> tuple[Entity, Record]:
        entities = self.enter_scope(call, ids)
        record = find_object(self.company, entities, ids["record_id"], scope=self.scope, holder=self.holder)
        return next(one for one in entities if one.item_type == record.item_type), record

    def get(self, request: Request, **ids: int) -> Response:
        _, record = self.found("show", ids)
        return Response(self.shown([record])[0])

    def patch(self, request: Request, **ids: int) -> Response:
        sent = self.sent()
        entity, record = self.found("update", ids)
        change_object(
            self.company,
            entity,
            record,
            sent,
            actor=self.actor,
            scope=self.scope,
            holder=self.holder,
            version=self.seen_version(),
        )
        return self.answer(record.pk)

    def delete(self, request: Request, **ids: int) -> Response:
        entity, record = self.found("delete", ids)
        (shown,) = self.shown([record])
        remove_object(self.company, entity, record, actor=self.actor)
        return Response(status=204) if self.resource.delete_status == 204 else Response(shown)


class MirroredSync(MirroredView):
    """Creating and updating up to 1,000 at once, each on its own, past the gate: for the ERP integration."""

    requires = frozenset({"erp_admin", "integration"})
    # The key under which each element names what it stands under, where the path does not.
    holder_field = ""

    def patch(self, request: Request, **ids: int) -> Response:
        updates = read_updates(self.body)
        entity = self.enter_scope("sync", ids)[0]
        synced = sync_records(
            self.company,
            entity,
            updates,
            actor=self.actor,
            scope=entity.renamed(self.scope),
            holder_id=self.holder.pk if self.holder is not None else None,
            holder_field=self.holder_field,
            atomic=wants_atomic(self.body, request.query_params),
        )
        after_create(self.company, entity, synced.created, self.actor)
        return Response({"entities": self.shown(synced.records), "errors": synced.errors})


def paths_of(resource: Resource) -> list[RestPath]:
    """The addresses of a resource, and the views behind them."""
    name = resource.path.replace("<id:", "").replace(">", "").replace("/", "-").replace("_", "-")
    several = (MirroredFirst, "first") if resource.shows_first else (MirroredList, "list")
    addresses = [
        (resource.path, several[0], {"get": several[1], "post": "create"}, ""),
        (f"{resource.path}/<id:record_id>", MirroredOne,
         {"get": "show", "patch": "update", "delete": "delete"}, "-one"),
        (f"{resource.path}/sync", MirroredSync, {"patch": "sync"}, "-sync"),
    ]  # fmt: skip
    calls = resource.calls | ({"first"} if resource.shows_first else frozenset())
    return [
        rest_path(
            route,
            _view(base, resource, {method: call for method, call in methods.items() if call in calls}),
            name=f"{name}{ending}",
            versions=resource.versions,
            nested=resource.nested,
        )
        for route, base, methods, ending in addresses
        if calls & set(methods.values())
    ]


def _view(base: type[MirroredView], resource: Resource, methods: Mapping[str, str]) -> type[MirroredView]:
    lists = issubclass(base, MirroredList)
    return type(
        base.__name__,
        (base,),
        {
            "__doc__": base.__doc__,
            "resource": resource,
            "http_method_names": [*methods, *(["head"] if "get" in methods else [])],
            "takes_list": base is MirroredSync and resource.bare_sync,
            "filters": {name: filter_of(by) for name, by in resource.filters.items()} if lists else {},
            "sorts": resource.sorts if lists else {},
            "calls": {method.upper(): call for method, call in methods.items()},
            "operations": operations_of(resource, methods),
        },
    )
