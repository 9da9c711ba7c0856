"""Company scope: what a transaction sees of the companies' rows."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import DatabaseError, connection, transaction

import erpstaging
from erpstaging.companies.actors import SYSTEM
from erpstaging.companies.models import Company
from erpstaging.core.errors import Busy, Refused
from erpstaging.core.scope import ATTEMPTS, ScopeError, all_companies_scope, company_scope, in_company
from erpstaging.outbox import events
from erpstaging.outbox.events import Fact
from erpstaging.outbox.models import Event, EventType
from tests.fixtures.outbox import recorded
from tests.fixtures.scope import in_scope, no_scope

SERIALIZATION_FAILURE = "DO $$ BEGIN RAISE EXCEPTION 'try again' USING ERRCODE = '40001'; END $$"

# Who may read across companies, and why. A new caller is a decision, not an accident.
CALLERS_OF_ALL_COMPANIES = {
    "api/management/commands/check_invariants.py": "an operator's command over all companies",
    "api/views/oauth.py": "a token is issued before a company is known",
    "audit/witness.py": "entries without a company",
    "hooks/claims.py": "workers take what is due, whoever's it is",
    "hooks/dispatch.py": "events become deliveries in commit order over all companies",
    "notices/sending.py": "the sweep looks for mails that are due everywhere",
    "staging/management/commands/check_slas.py": "an operator's command over all companies",
    "staging/management/commands/send_digests.py": "an operator's command over all companies",
    "staging/tasks.py": "the sweep looks for due work everywhere",
}


def record_event(company: Company, resource_id: int = 7) -> Event:
    with company_scope(company.pk):
        event = recorded(company.pk, SYSTEM, Fact("ERP Requests", resource_id, EventType.CREATE))
    return event


def visible_events() -> set[int]:
    """Ids of events as SQL without any WHERE sees them."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM outbox_event")
        return {row_id for (row_id,) in cursor.fetchall()}


@pytest.fixture
def both(company: Company, other_company: Company) -> Iterator[tuple[Event, Event]]:
    """An event in each company; the test itself stands in no company's scope."""
    with no_scope():
        yield record_event(company), record_event(other_company)


def test_a_scope_shows_one_company_whatever_the_query_says(company, both):
    ours, _ = both

    with company_scope(company.pk):
        assert visible_events() == {ours.pk}


def test_without_a_scope_no_row_exists(both):
    assert visible_events() == set()


def test_a_scope_ends_with_its_block(company, both):
    with company_scope(company.pk):
        pass

    assert visible_events() == set()


@pytest.mark.django_db(transaction=True)
def test_a_scope_ends_with_its_transaction(company, both):
    with company_scope(company.pk):
        pass

    assert visible_events() == set()


def test_another_companys_row_cannot_be_written(company, other_company, both):
    _, theirs = both

    with company_scope(company.pk):
        assert Event.objects.of(other_company).filter(pk=theirs.pk).update(resource_id=8) == 0
        with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
            events.record(other_company.pk, SYSTEM, [Fact("ERP Requests", 1, EventType.CREATE)])


def test_the_same_scope_may_be_entered_again(company, both):
    ours, _ = both

    with company_scope(company.pk):
        with company_scope(company.pk):
            pass
        assert visible_events() == {ours.pk}


def test_a_scope_inside_another_companys_is_refused(company, other_company):
    with company_scope(company.pk), pytest.raises(ScopeError), company_scope(other_company.pk):
        pass


def test_an_error_inside_a_scope_leaves_the_scope_around_it(company, both):
    ours, _ = both

    with company_scope(company.pk):
        with pytest.raises(ZeroDivisionError), company_scope(company.pk):
            _ = 1 / 0
        assert visible_events() == {ours.pk}


def test_the_scope_of_all_reads_every_company(both):
    with all_companies_scope():
        assert visible_events() == {event.pk for event in both}


def test_the_scope_of_all_writes_events_alone(company, both):
    connection_row = f'{{"id": 1, "company_id": {company.pk}}}'

    with all_companies_scope(), connection.cursor() as cursor:
        cursor.execute("UPDATE outbox_event SET resource_id = 9")
        assert cursor.rowcount == 2
        cursor.execute("DELETE FROM outbox_event")
        assert cursor.rowcount == 0
        with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
            cursor.execute(
                "INSERT INTO connections_erpconnection "
                "SELECT (json_populate_record(NULL::connections_erpconnection, %s)).*",
                [connection_row],
            )


def test_all_companies_cannot_be_asked_for_inside_one(company):
    with company_scope(company.pk), pytest.raises(ScopeError), all_companies_scope():
        pass


def test_only_named_callers_read_across_companies():
    """A row of everybody's is read by sweeps and operators' commands; see CALLERS_OF_ALL_COMPANIES."""
    root = Path(erpstaging.__file__).parent
    callers = {str(path.relative_to(root)) for path in root.rglob("*.py") if calls(path, "all_companies_scope")}

    assert callers == set(CALLERS_OF_ALL_COMPANIES)


def calls(path: Path, name: str) -> bool:
    calls = (node.func for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call))
    return any(getattr(function, "id", getattr(function, "attr", None)) == name for function in calls)


@pytest.mark.django_db(transaction=True)
def test_a_command_is_repeated_whole_when_the_database_breaks_a_tie(company):
    attempts = []

    def command() -> int:
        attempts.append(record_event(company))
        if len(attempts) < 3:
            with connection.cursor() as cursor:
                cursor.execute(SERIALIZATION_FAILURE)
        return len(attempts)

    assert in_company(company.pk, command) == 3
    assert Event.objects.of(company).count() == 1  # what failed attempts wrote is gone


@pytest.mark.django_db(transaction=True)
def test_a_command_that_never_gets_through_is_busy(company):
    attempts = []

    def command() -> None:
        attempts.append(1)
        with connection.cursor() as cursor:
            cursor.execute(SERIALIZATION_FAILURE)

    with pytest.raises(Busy):
        in_company(company.pk, command)

    assert len(attempts) == ATTEMPTS


@pytest.mark.django_db(transaction=True)
def test_the_follow_up_of_a_refusal_outlives_what_was_refused(company):
    def command() -> None:
        record_event(company, resource_id=1)
        refusal = Refused("No.")
        refusal.follow_up = lambda: record_event(company, resource_id=2)
        raise refusal

    with pytest.raises(Refused):
        in_company(company.pk, command)

    assert [event.resource_id for event in Event.objects.of(company)] == [2]


def test_a_test_sees_the_rows_of_the_company_it_arranges(company, other_company):
    event = record_event(company)

    assert Event.objects.of(company).get() == event
    with in_scope(other_company):
        assert Event.objects.of(company).count() == 0
    with no_scope():
        assert Event.objects.of(company).count() == 0
    assert Event.objects.of(company).get() == event
