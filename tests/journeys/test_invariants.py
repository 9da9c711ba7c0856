"""`check_invariants` finds nothing after every act of the gate, and names whatever was broken behind its back."""

import json
from contextlib import suppress
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from erpstaging.companies.models import Company
from erpstaging.core.scope import company_scope
from tests.fixtures.gate import REACHABLE, Gate
from tests.fixtures.scope import no_scope


def breaches() -> set[str]:
    out = StringIO()
    with no_scope(), suppress(CommandError):
        call_command("check_invariants", "--json", stdout=out)
    return {one["invariant"] for one in json.loads(out.getvalue())["breaches"]}


@pytest.mark.parametrize("state", REACHABLE)
@pytest.mark.django_db(transaction=True)
def test_no_act_of_the_gate_breaks_a_promise(gate: Gate, state: str) -> None:
    gate.bring_to(state)

    assert breaches() == set()


@pytest.mark.parametrize(
    ("state", "damage", "named"),
    [
        ("synced", "DELETE FROM staging_decision", "request_without_approval"),
        ("exporting", "UPDATE staging_decision SET content_hash = '\\x00'", "approved_something_else"),
        ("exporting", "UPDATE staging_decision SET actor_id = {sender}", "approved_by_its_sender"),
        (
            "exporting",
            'UPDATE staging_stagedexport SET snapshot = snapshot || \'{{"title": "X"}}\'',
            "snapshot_changed",
        ),
        ("exporting", "UPDATE records_record SET lock = 'none'", "lock_contradicts_the_gate"),
        ("ready_to_export", "UPDATE records_record SET lock = 'none'", "lock_contradicts_the_gate"),
        ("rejected", "UPDATE records_record SET lock = 'waiting'", "lock_contradicts_the_gate"),
        ("synced", "UPDATE records_record SET origin_id = NULL", "synced_without_origin_id"),
        ("exporting", "UPDATE staging_stagedexport SET erp_request_id = NULL", "out_without_request"),
        ("unlinking", "UPDATE erp_requests_erprequestdetail SET current = false", "unlinking_without_question"),
        ("exporting", "DELETE FROM outbox_event", "request_without_event"),
        ("synced", "UPDATE erp_requests_erprequestdetail SET closed_at = NULL", "closed_without_time"),
        ("ready_to_export", "UPDATE staging_stagedrecord SET record_id = NULL", "imported_without_record"),
        ("ready_to_export", "UPDATE staging_stagedchange SET staged_record_id = 0", "change_of_nothing"),
    ],
)
@pytest.mark.django_db(transaction=True)
def test_damage_is_named(gate: Gate, company: Company, state: str, damage: str, named: str) -> None:
    gate.bring_to(state)

    with company_scope(company.pk), connection.cursor() as cursor:
        cursor.execute(damage.format(sender=gate.sender.id))
        assert cursor.rowcount

    assert named in breaches()


@pytest.mark.django_db(transaction=True)
def test_it_ends_with_one_and_says_what_was_found(gate: Gate, company: Company) -> None:
    gate.bring_to("exporting")
    with company_scope(company.pk), connection.cursor() as cursor:
        cursor.execute("DELETE FROM staging_decision")
    out = StringIO()

    with no_scope(), pytest.raises(CommandError, match="1 rows break a promise"):
        call_command("check_invariants", stdout=out)

    assert f"request_without_approval: company {company.pk}, id" in out.getvalue()
