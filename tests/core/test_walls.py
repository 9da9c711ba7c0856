"""Every table of a company stands behind its wall, and evidence stays what it is."""

from typing import Any

import pytest
from django.apps import apps
from django.db import DatabaseError, ProgrammingError, connection, models, transaction

from erpstaging.audit import log
from erpstaging.audit.log import Act
from erpstaging.audit.models import Entry
from erpstaging.companies.actors import SYSTEM
from erpstaging.companies.models import CompanyRow, Membership
from erpstaging.core.scope import company_scope

# Read before a company is known.
WITHOUT_WALL: set[type[models.Model]] = {Membership}


def models_of_companies() -> list[type[models.Model]]:
    """Every model with a company column, whether or not it inherits CompanyRow."""
    return [
        model
        for model in apps.get_models()
        if model not in WITHOUT_WALL and any(field.attname == "company_id" for field in model._meta.concrete_fields)
    ]


def rows(statement: str, *parameters: Any) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.fetchall()


def names(params: list[type[models.Model]]) -> list[str]:
    return [model._meta.db_table for model in params]


def test_the_walk_finds_the_tables():
    assert set(names(models_of_companies())) >= {"audit_entry", "outbox_event", "records_record"}


def test_every_company_row_has_a_company_column():
    found = models_of_companies()

    assert [model for model in apps.get_models() if issubclass(model, CompanyRow) and model not in found] == []


@pytest.mark.parametrize("model", models_of_companies(), ids=lambda model: model._meta.db_table)
def test_a_table_of_companies_has_its_wall(db, model):
    ((enabled, forced),) = rows(
        "SELECT relrowsecurity, relforcerowsecurity FROM pg_class WHERE oid = %s::regclass", model._meta.db_table
    )
    policies = dict(rows("SELECT policyname, cmd FROM pg_policies WHERE tablename = %s", model._meta.db_table))

    assert (enabled, forced) == (True, True)
    assert policies["own_company"] == "ALL"
    assert policies["every_company_select"] == "SELECT"


# Histories of thousands of rows in a call: their references are looked after by `check_invariants` instead.
UNCHECKED = {("staging_stagedchange", "staged_record_id"), ("staging_stagedchange", "intake_id")}


def references_between_companies() -> list[tuple[str, str]]:
    """(table, column) of every reference from one company's row to another's."""
    walled = models_of_companies()
    return [
        (model._meta.db_table, field.column)
        for model in walled
        for field in model._meta.concrete_fields
        if isinstance(field, models.ForeignKey) and field.related_model in walled
    ]


def test_references_between_rows_of_companies_cannot_cross_them(db):
    held = {
        (table, column)
        for table, columns in rows(
            """
            SELECT conrelid::regclass::text, array_agg(attname::text ORDER BY attname <> 'company_id')
            FROM pg_constraint JOIN pg_attribute ON attrelid = conrelid AND attnum = ANY(conkey)
            WHERE contype = 'f' AND cardinality(conkey) = 2 GROUP BY conrelid, pg_constraint.oid
            """
        )
        if columns[0] == "company_id"
        for column in columns[1:]
    }

    assert set(references_between_companies()) - held == UNCHECKED


@pytest.fixture
def entry(company) -> Entry:
    with company_scope(company.pk):
        log.record(company.pk, SYSTEM, [Act("tested", "company", company.pk)])
    return Entry.objects.of(company).get()


@pytest.mark.parametrize(
    "statement", ["UPDATE audit_entry SET action = 'x'", "DELETE FROM audit_entry", "TRUNCATE audit_entry"]
)
def test_the_application_cannot_change_an_audit_entry(company, entry, statement):
    with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
        rows(statement)


@pytest.mark.capability("AU-01")
@pytest.mark.parametrize(
    "statement", ["UPDATE audit_entry SET action = 'x'", "DELETE FROM audit_entry", "TRUNCATE audit_entry"]
)
def test_not_even_the_owner_can_change_an_audit_entry(company, entry, as_owner, statement):
    with pytest.raises(DatabaseError, match="audit entries are never changed or removed"), transaction.atomic():
        rows(statement)
