"""Connecting a company to its ERP."""

import pytest

from erpstaging.audit.models import Entry
from erpstaging.companies.models import Company
from erpstaging.connections.models import ErpConnection, MetadataVersion
from erpstaging.connections.services import change_service_url, disconnect, metadata_of, store_metadata
from erpstaging.core.errors import Invalid, NotFound, NotPermitted, WrongState
from erpstaging.core.scope import company_scope
from erpstaging.records.models import Record
from erpstaging.staging.connecting import connect_company
from tests.fixtures.ledger import metadata
from tests.fixtures.parallel import at_once, within

SENT = {"service_url": "https://ledger.example/erp"}


def lists_of(company: Company) -> list[int]:
    rows = Record.objects.of(company).filter(item_type="standard_cost_code_list", deleted_at=None)
    return list(rows.values_list("pk", flat=True))


def test_connecting_makes_the_list_of_standard_cost_codes(company, integration):
    made = connect_company(company, {**SENT, "metadata": metadata()}, actor=integration)

    assert [made.cost_code_list_id] == lists_of(company)
    assert (made.account_id, made.metadata_version) == (integration.id, 1)
    assert MetadataVersion.objects.of(company).get().document == metadata()


def test_a_company_is_connected_once(company, integration):
    connect_company(company, SENT, actor=integration)

    with pytest.raises(WrongState) as refused:
        connect_company(company, SENT, actor=integration)

    assert refused.value.code == "already_connected"
    assert len(lists_of(company)) == 1


@pytest.mark.django_db(transaction=True)
def test_two_that_connect_at_once_get_one_connection_and_one_refusal(company, integration):
    connect = within(company, lambda: connect_company(company, SENT, actor=integration))

    outcomes = at_once([connect] * 8)

    assert sum(isinstance(one, ErpConnection) for one in outcomes) == 1
    assert {type(one) for one in outcomes} == {ErpConnection, WrongState}
    assert len(lists_of(company)) == 1


def test_a_company_keeps_its_list_when_it_is_connected_again(company, integration):
    first = connect_company(company, {**SENT, "metadata": metadata()}, actor=integration)
    disconnect(company.pk, actor=integration)
    assert metadata_of(company.pk).missing

    second = connect_company(company, {**SENT, "metadata": metadata()}, actor=integration)

    assert second.cost_code_list_id == first.cost_code_list_id
    assert len(lists_of(company)) == 1
    assert [version.number for version in MetadataVersion.objects.of(company).order_by("pk")] == [1, 2]


def test_the_erp_tool_has_to_be_on(company, integration):
    company.erp_tool_enabled = False

    with pytest.raises(NotPermitted) as refused:
        connect_company(company, SENT, actor=integration)

    assert refused.value.code == "erp_tool_off"


@pytest.mark.parametrize("url", [None, "", " ", 7, ["https://a"], "ftp://a", "ledger.example", "https://" + "x" * 2048])
def test_a_connection_needs_an_address(company, integration, url):
    with pytest.raises(Invalid) as refused:
        connect_company(company, {"service_url": url}, actor=integration)

    assert list(refused.value.errors) == ["service_url"]
    assert lists_of(company) == []


def test_a_bad_document_connects_nothing(company, integration):
    with pytest.raises(Invalid), company_scope(company.pk):
        connect_company(company, {**SENT, "metadata": {"settings": 7}}, actor=integration)

    assert not ErpConnection.objects.of(company).exists()
    assert lists_of(company) == []


def test_metadata_is_replaced_as_a_whole_and_every_version_kept(company, connection, integration):
    store_metadata(company.pk, {"entities": {}}, actor=integration)

    assert metadata_of(company.pk).document == {"settings": {"entities": {}}}
    assert [version.number for version in MetadataVersion.objects.of(company).order_by("pk")] == [1, 2]
    entry = Entry.objects.of(company).filter(action="metadata.replaced").latest("pk")
    assert (entry.before, entry.after) == ({"version": 1}, {"version": 2})


def test_another_companys_connection_does_not_exist(connection, other_company, integration):
    with company_scope(other_company.pk):
        for act in (
            lambda: store_metadata(other_company.pk, {"entities": {}}, actor=integration),
            lambda: change_service_url(other_company.pk, "https://other.example", actor=integration),
            lambda: disconnect(other_company.pk, actor=integration),
        ):
            with pytest.raises(NotFound):
                act()
