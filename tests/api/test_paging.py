"""Pages of the Procore lists, as the vendor's clients read them."""

import re
from urllib.parse import quote

import pytest
from django.conf import settings
from django.http import QueryDict

from erpstaging.api.paging import Page, link_header, read_page
from erpstaging.companies.models import Company
from erpstaging.core.errors import BadRequest
from tests.api.conftest import ApiClient


def links(path: str, query: str, total: int) -> dict[str, str]:
    """Parsed as the vendor's Ruby client does it: split at ", ", then `rest/<version>/<path>>; rel="name"`."""
    asked = QueryDict(query)
    header = link_header(path, asked, read_page(asked), total)
    found = {}
    for entry in header.split(", ") if header else []:
        match = re.search(r'<https?://[^/]+/(rest/v\d\.\d/[^>]*)>; rel="(\w+)"', entry)
        assert match, entry
        found[match[2]] = match[1]
    return found


def test_a_page_in_the_middle_has_all_four_links() -> None:
    assert links("/rest/v1.0/vendors", "company_id=9&per_page=20&page=3", 92) == {
        "first": "rest/v1.0/vendors?company_id=9&per_page=20&page=1",
        "prev": "rest/v1.0/vendors?company_id=9&per_page=20&page=2",
        "next": "rest/v1.0/vendors?company_id=9&per_page=20&page=4",
        "last": "rest/v1.0/vendors?company_id=9&per_page=20&page=5",
    }


@pytest.mark.parametrize(
    ("query", "total", "relations"),
    [
        ("per_page=20", 92, {"next", "last"}),
        ("per_page=20&page=5", 92, {"first", "prev"}),
        ("per_page=20&page=99", 92, {"first", "prev"}),
        ("per_page=20", 20, set()),
        ("per_page=20", 0, set()),
        ("", 100, set()),
        ("", 101, {"next", "last"}),
    ],
)
def test_the_ends_of_a_list_have_no_links_beyond(query: str, total: int, relations: set[str]) -> None:
    assert set(links("/rest/v1.0/vendors", query, total)) == relations


def test_all_other_parameters_are_kept_and_escaped() -> None:
    found = links("/rest/v1.0/vendors", "filters[id]=[1, 2]&view=erp&page=1&per_page=1", 2)

    assert found["next"] == "rest/v1.0/vendors?filters%5Bid%5D=%5B1%2C+2%5D&view=erp&per_page=1&page=2"


def test_links_of_the_old_prefix_lead_to_the_new_one() -> None:
    assert links("/vapid/vendors", "per_page=1", 2)["next"] == "rest/v1.0/vendors?per_page=1&page=2"


def test_links_stand_on_our_own_address() -> None:
    header = link_header("/rest/v1.0/vendors", QueryDict(), Page(per_page=1), 2)

    assert header.startswith(f"<{settings.BASE_URL}/rest/v1.0/vendors?")


@pytest.mark.parametrize("value", ["", "0", "-1", "1.5", "x", "٣", " 1", "+1", "1" * 10, "1e3", "0x1"])
@pytest.mark.parametrize("name", ["page", "per_page"])
def test_a_value_that_is_no_page_is_refused(name: str, value: str) -> None:
    with pytest.raises(BadRequest) as refused:
        read_page(QueryDict(f"{name}={quote(value)}"))

    assert refused.value.errors == {name: ["is invalid"]}


def test_per_page_is_cut_to_its_maximum() -> None:
    assert read_page(QueryDict("per_page=999999999")) == Page(number=1, per_page=2000)


@pytest.mark.urls("tests.api.probe")
def test_a_list_answers_total_per_page_and_links(api: ApiClient, company: Company) -> None:
    for _ in range(3):
        api("POST", f"/rest/v1.0/companies/{company.pk}/probes", {})
    path = f"/rest/v1.0/companies/{company.pk}/events"

    first, last, beyond = (api("GET", f"{path}?per_page=2&page={number}") for number in (1, 2, 9))

    assert [len(each.json()) for each in (first, last, beyond)] == [2, 1, 0]
    assert (first["Total"], first["Per-Page"]) == ("3", "2")
    assert first["Link"] == (
        f'<{settings.BASE_URL}{path}?per_page=2&page=2>; rel="next", '
        f'<{settings.BASE_URL}{path}?per_page=2&page=2>; rel="last"'
    )
    assert beyond.status_code == 200
