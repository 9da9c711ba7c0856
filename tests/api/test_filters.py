"""Filters and sorting as the wire spells them."""

from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import pytest
from django.http import QueryDict

from erpstaging.api.filters import lookups, read_filters, read_sort
from erpstaging.companies.models import Company
from erpstaging.core.errors import BadRequest
from tests.api.conftest import ApiClient
from tests.api.probe import Probe

DENVER = ZoneInfo("America/Denver")


def found(query: str) -> dict[str, Any]:
    return lookups(read_filters(QueryDict(query), Probe.filters, zone=DENVER), Probe.filters)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("filters[id]=7", {"id": 7}),
        ("filter[id]=7", {"id": 7}),
        ("filters[id][]=1&filters[id][]=2", {"id__in": [1, 2]}),
        ("filters[id]=[1,2]", {"id__in": [1, 2]}),
        ("filters[id]=[1]", {"id": 1}),
        ('filters[origin_id]=["V-1","V-2"]', {"origin_id__in": ["V-1", "V-2"]}),
        ("filters[origin_id]=4711", {"origin_id": "4711"}),
        ("filters[origin_id]=V-1&filters[id]=7", {"origin_id": "V-1", "id": 7}),
        ("filters[synced]=true", {"synced": True}),
        ("filters[include_deleted]=only", {}),
        ("filters[issued_on]=2026-01-31", {"issued_on__gte": date(2026, 1, 31), "issued_on__lte": date(2026, 1, 31)}),
        (
            "filters[issued_on]=2026-01-01...2026-01-31",
            {"issued_on__gte": date(2026, 1, 1), "issued_on__lte": date(2026, 1, 31)},
        ),
        ("filters[issued_on]=2026-01-01...", {"issued_on__gte": date(2026, 1, 1)}),
        ("filters[unknown]=1&sort=unknown&filters=1&filters[]=2&filters[id", {}),
    ],
)
def test_every_spelling_is_read(query: str, expected: dict[str, Any]) -> None:
    assert found(query) == expected


def test_a_range_of_moments_may_stand_in_quotes() -> None:
    query = urlencode({"filters[updated_at]": '"2026-01-01T00:00:00Z...2026-01-02T00:00:00+01:00"'})

    assert found(query) == {
        "updated_at__gte": datetime(2026, 1, 1, tzinfo=UTC),
        "updated_at__lte": datetime(2026, 1, 1, 23, tzinfo=UTC),
    }


@pytest.mark.parametrize(
    ("day", "hours"), [("2026-03-08", 23), ("2026-11-01", 25), ("2026-06-01", 24)], ids=["spring", "autumn", "summer"]
)
def test_a_day_is_the_companys_day_however_long_it_is(day: str, hours: int) -> None:
    bounds = found(f"filters[updated_at]={day}")

    assert bounds["updated_at__gte"] == datetime.fromisoformat(day).replace(tzinfo=DENVER)
    assert (bounds["updated_at__lt"] - bounds["updated_at__gte"]).total_seconds() == hours * 3600


@pytest.mark.parametrize(
    "query",
    [
        "filters[id]=x",
        "filters[id]=1.5",
        "filters[id]=[true]",
        "filters[id]=[",
        "filters[id]=[]",
        'filters[id]=[{"a":1}]',
        "filters[id]=9223372036854775808",
        "filters[id]=٣",
        "filters[id]=",
        "filters[origin_id]=" + "x" * 256,
        "filters[origin_id]=[null]",
        r'filters[origin_id]=["\u0000"]',
        "filters[synced]=maybe",
        "filters[include_deleted]=all",
        "filters[issued_on]=2026-02-30",
        "filters[issued_on]=...",
        "filters[issued_on]=today",
        "filters[issued_on]=2026-01-01&filters[issued_on]=2026-01-02",
        "filters[updated_at]=2026-01-01T00:00:00",
        "filters[updated_at]=9999-12-31",
        "filters[updated_at]=0001-01-01T00:00:00+14:00",
        "filters[updated_at]=2026-01-01T00:00:00Z...soon",
        "filters[id]=" + str([1] * 1001),
    ],
)
def test_a_value_of_the_wrong_kind_is_refused_and_named(query: str) -> None:
    with pytest.raises(BadRequest) as refused:
        found(query)

    assert list(refused.value.errors) == [query.split("=")[0].replace("[]", "")]


@pytest.mark.parametrize(
    ("query", "columns"),
    [
        ("sort=name", ["name"]),
        ("sort=-name,number", ["-name", "number"]),
        ("sort=password,-name", ["-name"]),
        ("sort=--name", []),
        ("", []),
    ],
)
def test_known_columns_are_sorted_by_and_others_ignored(query: str, columns: list[str]) -> None:
    assert read_sort(QueryDict(query), Probe.sorts) == columns


@pytest.mark.urls("tests.api.probe")
def test_a_call_with_a_wrong_filter_is_400(api: ApiClient, company: Company) -> None:
    answer = api("GET", f"/rest/v1.0/companies/{company.pk}/probes?filters[id]=x")

    assert (answer.status_code, answer.json()["errors"]) == (400, {"filters[id]": ["must be a whole number"]})
