"""What waits past its limit is told to who may decide, and past twice the limit to the administrators."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core import mail

from erpstaging.companies.actors import Actor
from erpstaging.connections.services import change_settings
from erpstaging.core.scope import company_scope
from erpstaging.notices.models import Notice
from erpstaging.notices.preferences import change
from erpstaging.notices.sending import send_due
from erpstaging.staging.holding import hold_export
from erpstaging.staging.models import ReminderMark
from erpstaging.staging.reminding import remind
from erpstaging.staging.tasks import remind_people
from tests.fixtures.gate import Gate
from tests.fixtures.parallel import at_once, within
from tests.fixtures.scope import no_scope
from tests.staging.test_summaries import CHOICE, send_vendor

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def clock() -> Any:
    with time_machine.travel(datetime(2026, 11, 23, 16, tzinfo=UTC), tick=True) as moving:
        with no_scope():
            remind_people()
        yield moving


@pytest.fixture(autouse=True)
def no_summaries(gate: Gate, approver: Actor, second_approver: Actor, admin: Actor) -> None:
    for person in (approver, second_approver, admin):
        gate.run(lambda person=person: change(gate.company, person, {**CHOICE, "daily_summary": False}))
    with no_scope():
        remind_people()


def told_after(clock: Any, hours: float) -> list[tuple[str, str]]:
    """(to, subject) of the mails that left since the last time."""
    clock.shift(timedelta(hours=hours))
    mail.outbox.clear()
    with no_scope():
        remind_people()
        send_due()
    return sorted((one.to[0].split("@")[0], one.subject) for one in mail.outbox)


def test_a_row_past_its_limit_is_told_once_and_past_twice_the_limit_the_administrators_are(
    gate: Gate, clock: Any
) -> None:
    gate.send()

    assert told_after(clock, 47) == []
    assert told_after(clock, 1.1) == [
        ("approver", "Halden Civil: 1 object waits for long"),
        ("second_approver", "Halden Civil: 1 object waits for long"),
    ]
    assert f"exports/{gate.export().pk}/" in mail.outbox[0].body
    assert "2 d, past the limit" in mail.outbox[0].body
    assert told_after(clock, 24) == []
    assert told_after(clock, 25) == [("admin", "Halden Civil: 1 object waits for too long, nobody decides")]
    assert told_after(clock, 500) == []


def test_a_type_has_a_limit_of_its_own(gate: Gate, admin: Actor, clock: Any) -> None:
    limits = {"vendor": 2}
    gate.run(lambda: change_settings(gate.company.pk, {"decide_within_hours": limits}, actor=admin))
    gate.send()
    send_vendor(gate, "Lindqvist Facades")

    told = told_after(clock, 2.1)

    assert told[0] == ("approver", "Halden Civil: 1 object waits for long")
    assert "Lindqvist Facades" in mail.outbox[0].body
    assert "Structural steel" not in mail.outbox[0].body


def test_what_comes_later_is_told_later_and_without_what_was_told(gate: Gate, clock: Any) -> None:
    send_vendor(gate, "Lindqvist Facades")
    told_after(clock, 24)
    send_vendor(gate, "Atlas Site Services")
    assert told_after(clock, 24.5)[0] == ("approver", "Halden Civil: 1 object waits for long")

    assert told_after(clock, 24.5)[0] == ("approver", "Halden Civil: 1 object waits for long")

    assert "Atlas Site Services" in mail.outbox[0].body
    assert "Lindqvist Facades" not in mail.outbox[0].body


def test_many_rows_are_one_mail(gate: Gate, clock: Any) -> None:
    for number in range(12):
        send_vendor(gate, f"Vendor {number}")

    assert told_after(clock, 49)[0] == ("approver", "Halden Civil: 12 objects wait for long")


def test_what_is_decided_or_on_hold_reminds_nobody(gate: Gate, approver: Actor, clock: Any) -> None:
    gate.accept(gate.send())
    held = send_vendor(gate, "Lindqvist Facades")
    gate.run(
        lambda: hold_export(gate.company, held.pk, actor=approver, note="Insurance is missing", until="2026-12-24")
    )

    assert told_after(clock, 49) == []


def test_who_wants_no_reminders_gets_none(gate: Gate, approver: Actor, clock: Any) -> None:
    choice = {**CHOICE, "daily_summary": False, "reminders": False}
    gate.run(lambda: change(gate.company, approver, choice))
    gate.send()

    assert [to for to, _ in told_after(clock, 49)] == ["second_approver"]


def test_nobody_is_reminded_of_his_own_work(gate: Gate, approver: Actor, clock: Any) -> None:
    send_vendor(gate, "Lindqvist Facades", approver)

    assert [to for to, _ in told_after(clock, 49)] == ["second_approver"]


def test_two_workers_remind_once(gate: Gate, clock: Any) -> None:
    gate.send()
    clock.shift(timedelta(hours=49))
    with company_scope(gate.company.pk):
        mark = ReminderMark.objects.of(gate.company).get()

    at_once([within(gate.company, lambda: remind(gate.company, [mark.pk])) for _ in range(4)])

    with company_scope(gate.company.pk):
        assert Notice.objects.of(gate.company).filter(kind="waits_long").count() == 2
