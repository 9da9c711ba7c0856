"""Limits of calls: shared by all processes, told on every answer."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from erpstaging.api.ratelimits import count_call
from erpstaging.companies.models import Company, ServiceAccount
from tests.api.conftest import ApiClient, MakeToken

pytestmark = pytest.mark.django_db


@pytest.fixture
def limits(settings: Any) -> Callable[[int, int], None]:
    def set_limits(hourly: int, spike: int) -> None:
        settings.RATE_LIMIT_HOURLY, settings.RATE_LIMIT_SPIKE = hourly, spike

    return set_limits


def shown(answer: Any) -> tuple[int, int]:
    return int(answer["X-Rate-Limit-Limit"]), int(answer["X-Rate-Limit-Remaining"])


@pytest.mark.capability("ID-06")
def test_one_call_too_many_is_429_and_says_when_to_come_back(
    api: ApiClient, limits: Callable[[int, int], None]
) -> None:
    limits(3600, 2)

    answers = [api("GET", "/rest/v1.0/me") for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert [shown(answer) for answer in answers] == [(2, 1), (2, 0), (2, 0)]
    assert 1 <= int(answers[2]["Retry-After"]) <= 10
    assert answers[2].json()["code"] == "rate_limited"
    assert int(answers[2]["X-Rate-Limit-Reset"]) % 10 == 0


def test_the_headers_tell_of_the_window_that_is_closest_to_its_end(
    api: ApiClient, limits: Callable[[int, int], None]
) -> None:
    limits(3, 100)

    assert [shown(api("GET", "/rest/v1.0/me")) for _ in range(2)] == [(3, 2), (3, 1)]


@pytest.mark.capability("ID-06")
def test_accounts_and_companies_are_counted_apart(
    client: Client,
    company: Company,
    service_account: ServiceAccount,
    make_token: MakeToken,
    limits: Callable[[int, int], None],
) -> None:
    limits(3600, 1)
    other = ServiceAccount.machine(name="Other")
    other.save()
    second = Company.objects.create(name="Second")
    other.companies.add(company)
    service_account.companies.add(second)
    ours, theirs = ApiClient(client, make_token()), ApiClient(client, make_token(account=other))
    path = f"/rest/v1.0/companies/{company.pk}/me"

    assert [ours("GET", path).status_code for _ in range(2)] == [200, 429]
    assert theirs("GET", path).status_code == 200
    assert ours("GET", f"/rest/v1.0/companies/{second.pk}/me").status_code == 200


def test_inventing_companies_makes_no_new_counters(
    api: ApiClient, other_company: Company, limits: Callable[[int, int], None]
) -> None:
    limits(3600, 2)

    codes = [api("GET", f"/rest/v1.0/companies/{number}/me").status_code for number in (other_company.pk, 9998, 9999)]

    assert codes == [403, 403, 429]


def test_wrong_tokens_are_counted_by_address(api: ApiClient, limits: Callable[[int, int], None]) -> None:
    limits(3600, 2)

    answers = [api("GET", "/rest/v1.0/me", Authorization=f"Bearer guess-{n}") for n in range(3)]

    assert [answer.status_code for answer in answers] == [401, 401, 429]
    assert shown(answers[0]) == (2, 1)


def test_limits_can_be_switched_off(api: ApiClient, limits: Callable[[int, int], None]) -> None:
    limits(0, 0)

    assert "X-Rate-Limit-Limit" not in api("GET", "/rest/v1.0/me")


def test_a_new_window_begins_at_zero() -> None:
    count_call("account:1:1", hourly=0, spike=5)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE api_ratewindow SET spike = spike - 10, spike_calls = 99, hour_calls = 50")

    window = count_call("account:1:1", hourly=0, spike=5)

    assert window is not None
    assert (window.remaining, window.exceeded) == (4, False)


def test_counters_cost_no_write_ahead_log() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT relpersistence FROM pg_class WHERE relname = 'api_ratewindow'")
        assert cursor.fetchone() == ("u",)


@pytest.mark.django_db(transaction=True)
def test_a_refused_call_has_been_counted(api: ApiClient, limits: Callable[[int, int], None]) -> None:
    limits(3600, 5)

    remaining = [shown(api("GET", "/rest/v1.0/companies/999/me"))[1] for _ in range(2)]

    assert remaining == [4, 3]
