"""How values are written."""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

from erpstaging.api.renderers import to_json, wire_date, wire_time
from erpstaging.companies.models import Company, ErpLevel
from erpstaging.core.money import wire_number
from tests.api.conftest import ApiClient


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (None, b"{}"),
        ({}, b"{}"),
        ([], b"[]"),
        ({"amount": Decimal("250.0")}, b'{"amount":"250.0"}'),
        ({"budget": wire_number(Decimal("0.3"))}, b'{"budget":0.3}'),
        ({"budget": wire_number(Decimal("250.0000"))}, b'{"budget":250}'),
        ({"budget": wire_number(Decimal("-" + "9" * 19 + ".9999"))}, b'{"budget":-' + b"9" * 19 + b".9999}"),
        ({"budget": wire_number(Decimal("9" * 19))}, b'{"budget":' + b"9" * 19 + b"}"),
        ({"at": datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)}, b'{"at":"2026-01-02T03:04:05.678901Z"}'),
        ({"on": date(2026, 1, 2)}, b'{"on":"2026-01-02"}'),
        ({"level": ErpLevel.ADMIN}, b'{"level":"admin"}'),
        ({"name": "Müller & Söhne \u2028"}, '{"name":"Müller & Söhne \u2028"}'.encode()),
        ({"ids": {3, 1, 2}}, b'{"ids":[1,2,3]}'),
    ],
)
def test_values_are_written_as_the_wire_wants_them(value: Any, written: bytes) -> None:
    assert to_json(value) == written


def test_times_leave_in_utc() -> None:
    assert wire_time(datetime(2026, 1, 2, 3, tzinfo=timezone(timedelta(hours=2)))) == "2026-01-02T01:00:00Z"
    assert wire_time(None) is None
    assert wire_date(date(2026, 1, 2)) == "2026-01-02"


@pytest.mark.parametrize("accept", ["text/html", "application/xml", "image/*;q=0.1", "", "nonsense", "*/*"])
def test_the_answer_is_json_whatever_is_accepted(api: ApiClient, accept: str) -> None:
    answer = api("GET", "/rest/v1.0/me", Accept=accept, Accepts=accept)

    assert (answer.status_code, answer["Content-Type"]) == (200, "application/json; charset=utf-8")


@pytest.mark.urls("tests.api.probe")
@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        ("application/json", 201),
        ("application/json; charset=utf-8", 201),
        ('Application/JSON; Charset="UTF-8"', 201),
        ("application/json; charset=utf-16", 415),
        ("application/json; charset=latin-1", 415),
        ("application/x-www-form-urlencoded", 415),
        ("multipart/form-data; boundary=x", 415),
        ("multipart/form-data", 415),
        ("text/plain", 415),
        ("application/xml", 415),
        ("nonsense", 415),
        ("", 415),
    ],
)
def test_a_body_is_taken_as_json_only(api: ApiClient, company: Company, content_type: str, status: int) -> None:
    path = f"/rest/v1.0/companies/{company.pk}/probes"

    assert api("POST", path, {"a": 1}, **{"Content-Type": content_type}).status_code == status


@pytest.mark.urls("tests.api.probe")
@pytest.mark.parametrize(("encoding", "status"), [("gzip", 415), ("br", 415), ("identity", 201), ("", 201)])
def test_a_compressed_body_is_not_read(api: ApiClient, company: Company, encoding: str, status: int) -> None:
    path = f"/rest/v1.0/companies/{company.pk}/probes"

    assert api("POST", path, {"a": 1}, Content_Encoding=encoding).status_code == status


@pytest.mark.urls("tests.api.probe")
def test_a_delete_may_carry_a_body(api: ApiClient, company: Company) -> None:
    path = f"/rest/v1.0/companies/{company.pk}/probes"

    assert api("DELETE", path, {"ids": [1]}).json() == {"body": {"ids": [1]}}
    assert api("DELETE", path).json() == {"body": {}}


@pytest.mark.urls("tests.api.probe")
@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("probes", None, 400),
        ("probes", [], 400),
        ("probes", "text", 400),
        ("probes", 7, 400),
        ("probes", b"null", 400),
        ("lists", [], 201),
        ("lists", {}, 201),
        ("lists", 7, 400),
    ],
)
def test_only_views_that_take_lists_get_them(
    api: ApiClient, company: Company, path: str, body: Any, status: int
) -> None:
    assert api("POST", f"/rest/v1.0/companies/{company.pk}/{path}", body).status_code == status


@pytest.mark.urls("tests.api.probe")
@pytest.mark.parametrize(("path", "status"), [("lists", 413), ("lists/sync", 201)])
def test_only_sync_calls_may_be_long(api: ApiClient, company: Company, path: str, status: int) -> None:
    body = {"text": "x" * (3 * 1024 * 1024)}

    assert api("POST", f"/rest/v1.0/companies/{company.pk}/{path}", body).status_code == status


@pytest.mark.urls("tests.api.probe")
@pytest.mark.parametrize(("announced", "status"), [("1", 400), ("9", 201), ("99999999", 413), ("-1", 400), ("x", 400)])
def test_a_lying_length_is_found_out(api: ApiClient, company: Company, announced: str, status: int) -> None:
    answer = api.client.generic(
        "POST",
        f"/rest/v1.0/companies/{company.pk}/probes",
        b'{"a": 12}',
        content_type="application/json",
        headers={"Authorization": f"Bearer {api.token}"},
        CONTENT_LENGTH=announced,
    )

    assert answer.status_code == status
