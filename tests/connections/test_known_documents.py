"""A document that is known is not read again, and one that changed by whatever road is."""

import pytest
from django.db import connection as database
from django.db import transaction
from django.test.utils import CaptureQueriesContext

from erpstaging.connections import services
from erpstaging.connections.custom_field_changes import add_custom_field
from erpstaging.connections.models import ErpConnection
from erpstaging.connections.services import metadata_of, store_metadata
from tests.fixtures.ledger import metadata

COURIER = {"item_type": "vendor", "key": "courier_id", "label": "Courier", "data_type": "string"}


def named(name: str) -> dict:
    document = metadata()
    document["settings"]["labels"]["name"] = name
    return document


def test_an_unchanged_document_is_read_once(company, connection):
    assert metadata_of(company.pk) is metadata_of(company.pk)


def test_a_new_document_is_used_at_once(company, connection, integration):
    assert metadata_of(company.pk).erp_name == "Northwind Ledger"

    store_metadata(company.pk, named("Southwind"), actor=integration)

    assert metadata_of(company.pk).erp_name == "Southwind"


def test_what_was_written_past_the_services_is_used_too(company, connection):
    metadata_of(company.pk)

    ErpConnection.objects.of(company).update(metadata=named("Westwind"))

    assert metadata_of(company.pk).erp_name == "Westwind"


def test_a_document_that_was_rolled_back_is_forgotten(company, connection, integration):
    with transaction.atomic():
        store_metadata(company.pk, named("Never"), actor=integration)
        assert metadata_of(company.pk).erp_name == "Never"
        transaction.set_rollback(True)

    assert metadata_of(company.pk).erp_name == "Northwind Ledger"


def test_a_field_of_the_companys_own_is_used_at_once(company, connection, admin):
    assert metadata_of(company.pk).custom == {}

    add_custom_field(company.pk, COURIER, actor=admin)

    assert [field.name for field in metadata_of(company.pk).custom["vendor"]] == ["courier_id"]


def test_each_company_has_its_own(company, connection, other_company):
    assert not metadata_of(company.pk).missing
    assert metadata_of(other_company.pk).missing
    assert not metadata_of(company.pk).missing


def test_known_or_not_it_costs_one_statement(company, connection, monkeypatch):
    monkeypatch.setattr(services, "_kept", {})

    for _ in range(2):
        with CaptureQueriesContext(database) as queries:
            metadata_of(company.pk)
        assert len(queries) == 1


@pytest.mark.parametrize("kept", [1, 2])
def test_what_is_kept_is_bounded(company, connection, other_company, monkeypatch, kept):
    monkeypatch.setattr(services, "_kept", {})
    monkeypatch.setattr(services, "MAX_KEPT", kept)

    for one in (company, other_company, company):
        metadata_of(one.pk)

    assert len(services._kept) <= kept
