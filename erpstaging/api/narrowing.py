"""Filters of the mirrored resources: from their declarations to lookups on records."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Q, QuerySet
from django.db.models.fields.json import KT

from erpstaging.api.filters import ChoiceFilter, DateFilter, Filter, FlagFilter, IntegerFilter, TextFilter, TimeFilter
from erpstaging.catalogue.resource import By
from erpstaging.companies.models import Company
from erpstaging.records.models import Record

DELETED = frozenset({"only", "with"})
ACTIVE = frozenset({"All", "Active", "Inactive"})


def filter_of(by: By) -> Filter:
    """What reads the values of a filter; its column is filled in when rows are narrowed."""
    match by.kind:
        case "deleted":
            return ChoiceFilter("", DELETED)
        case "active":
            return ChoiceFilter("", ACTIVE)
        case "choice":
            return ChoiceFilter("", frozenset(by.choices))
        case "integer" | "member" | "working" | "contract_vendor":
            return IntegerFilter("")
        case "flag" | "linked" | "newest":
            return FlagFilter("")
        case "date":
            return DateFilter("")
        case "time":
            return TimeFilter("")
        case _:
            return TextFilter("")


def narrowed(
    company: Company, rows: "QuerySet[Record]", declared: Mapping[str, By], values: Mapping[str, Any]
) -> "QuerySet[Record]":
    """The rows that the set filters leave; deleted ones only where they are asked for."""
    deleted = (values.get("include_deleted") or [None])[0] if "include_deleted" in declared else None
    if deleted != "with":
        rows = rows.filter(deleted_at__isnull=deleted != "only")
    for name, value in values.items():
        rows = _narrowed(company, rows, declared[name], value)
    return rows


def _narrowed(company: Company, rows: "QuerySet[Record]", by: By, value: Any) -> "QuerySet[Record]":
    match by.kind:
        case "deleted":
            return rows
        case "status":
            # What nobody gave a status is shown as a draft.
            draft = Q(status="") if {"Draft", "draft"} & set(value) else Q(pk__in=[])
            return rows.filter(Q(status__in=value) | draft)
        case "linked":
            return rows.filter(origin_id__isnull=not value[0])
        case "newest":
            last = rows.order_by("-pk").values("pk")[:1]
            return rows.filter(pk__in=last) if value[0] else rows.exclude(pk__in=last)
        case "active":
            active = Q(data__active=True) | Q(data__active=None) | ~Q(data__has_key="active")
            return rows if value[0] == "All" else rows.filter(active if value[0] == "Active" else ~active)
        case "contains":
            return rows.filter(**{f"{by.columns[0]}__icontains": value[0]})
        case "working":
            working = Record.objects.of(company).filter(vendor_id__in=value, deleted_at=None, project_id__isnull=False)
            return rows.filter(pk__in=working.values("project_id"))
        case "contract_vendor":
            contracts = Record.objects.of(company).filter(vendor_id__in=value, deleted_at=None)
            ids = list(contracts.values_list("pk", flat=True))
            return rows.filter(_any(Q(**{f"{_path(column)}__in": ids}) for column in by.columns))
        case "member":
            return rows.filter(_any(Q(**{f"{_path(by.columns[0])}__contains": [one]}) for one in value))
        case "date" | "time" if by.columns[0].startswith("data."):
            # Days in a document are texts, and texts of this form sort as days do.
            key = by.columns[0].removeprefix("data.")
            bounds = replace(filter_of(by), column=f"{key}_text").lookups(value)
            texts = {lookup: bound.isoformat() for lookup, bound in bounds.items()}
            return rows.alias(**{f"{key}_text": KT(f"data__{key}")}).filter(**texts)
    return rows.filter(_any(Q(**_lookups(by, column, value)) for column in by.columns))


def _lookups(by: By, column: str, value: Any) -> dict[str, Any]:
    return replace(filter_of(by), column=_path(column)).lookups(value)


def _path(column: str) -> str:
    return column.replace("data.", "data__")


def _any(alternatives: Iterable[Q]) -> Q:
    return reduce(or_, alternatives, Q())
