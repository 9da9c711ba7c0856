"""The daily summary: to whom, when, with what, and once."""

import io
import json
import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.core.mail import EmailMultiAlternatives
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext

from erpstaging.companies.actors import Actor
from erpstaging.companies.models import Membership, User
from erpstaging.core.scope import company_scope
from erpstaging.notices.models import MailSettings, Notice
from erpstaging.notices.preferences import change
from erpstaging.records.editing import create_record
from erpstaging.records.models import Record
from erpstaging.staging import summaries
from erpstaging.staging.holding import hold_export
from erpstaging.staging.intake import create_staged_record
from erpstaging.staging.models import StagedExport
from erpstaging.staging.queue import View, view_counts
from erpstaging.staging.sending import send_record
from erpstaging.staging.summaries import send_summaries, send_summaries_now
from erpstaging.staging.tasks import remind_people
from erpstaging.staging.undecided import gather
from tests.fixtures.gate import Gate
from tests.fixtures.parallel import at_once, within
from tests.fixtures.scope import no_scope

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.capability("UI-08")]
CHOICE = {"daily_summary": True, "reminders": True, "hour": 7, "days": "12345", "time_zone": ""}


@pytest.fixture(autouse=True)
def clock() -> Any:
    """Monday, nine in the morning of the company's zone."""
    with time_machine.travel(datetime(2026, 11, 23, 16, tzinfo=UTC), tick=True) as moving:
        yield moving


def digests(*words: str) -> dict[str, Any]:
    out = io.StringIO()
    with no_scope():
        call_command("send_digests", "--json", *words, stdout=out, stderr=io.StringIO())
    answer: dict[str, Any] = json.loads(out.getvalue())
    return answer


def summary_to(person: Actor) -> EmailMultiAlternatives:
    (sent,) = [one for one in mail.outbox if one.to == [person.email] and "wait" in one.subject]
    assert isinstance(sent, EmailMultiAlternatives)
    return sent


def stage(gate: Gate, number: int) -> None:
    sent = {"item_type": "vendor", "origin_id": f"NEW-{number}", "data": {"name": f"Sable {number}"}}
    gate.run(lambda: create_staged_record(gate.company.pk, sent, actor=gate.integration))


def send_vendor(gate: Gate, name: str, actor: Actor | None = None) -> StagedExport:
    """A vendor that somebody made and sent."""
    by = actor or gate.sender
    record: Record = gate.run(lambda: create_record(gate.company, actor=by, item_type="vendor", data={"name": name}))
    export: StagedExport = gate.run(lambda: send_record(gate.company, record.pk, actor=by))
    return export


def test_only_people_with_waiting_rows_that_they_may_decide_are_mailed(
    gate: Gate, approver: Actor, second_approver: Actor, auditor: Actor, super_user: Actor
) -> None:
    gate.send()

    answer = digests("--now")

    assert answer == {"summaries": 2, "mails_sent": 2, "trouble": {}}
    assert sorted(one.to[0] for one in mail.outbox) == [approver.email, second_approver.email]


def test_nothing_is_mailed_when_nothing_waits(gate: Gate, approver: Actor) -> None:
    assert digests("--now") == {"summaries": 0, "mails_sent": 0, "trouble": {}}

    held = gate.send()
    gate.run(
        lambda: hold_export(gate.company, held.pk, actor=approver, note="Insurance is missing", until="2026-11-27")
    )
    assert digests("--now")["mails_sent"] == 0


def test_his_own_work_is_not_told_to_a_person(gate: Gate, approver: Actor, second_approver: Actor) -> None:
    send_vendor(gate, "Made by the approver", approver)
    send_vendor(gate, "Made by somebody else")

    digests("--now")

    own, other = summary_to(approver), summary_to(second_approver)
    assert own.subject == "Halden Civil: 1 export waits for you"
    assert "Made by the approver" not in own.body
    assert other.subject == "Halden Civil: 2 exports wait for you"


def test_imports_are_told_to_who_may_import_and_exports_to_who_may_push(
    gate: Gate, approver: Actor, super_user: Actor, admin: Actor
) -> None:
    gate.send()
    stage(gate, 1)
    stage(gate, 2)

    digests("--now")

    assert summary_to(approver).subject == "Halden Civil: 1 export and 2 imports wait for you"
    assert summary_to(super_user).subject == "Halden Civil: 2 imports wait for you"
    # The admin answers for the account that staged them.
    assert admin.email not in [one.to[0] for one in mail.outbox]


def test_it_counts_each_type_with_its_oldest_age_its_top_ten_and_a_sum_for_each_currency(
    gate: Gate, approver: Actor, clock: Any
) -> None:
    gate.send()
    in_euro = gate.export()
    with company_scope(gate.company.pk):
        StagedExport.objects.of(gate.company).filter(pk=in_euro.pk).update(
            currency="EUR", sent_at=datetime(2026, 11, 19, 16, tzinfo=UTC)
        )
    for number in range(12):
        clock.shift(timedelta(minutes=10))
        send_vendor(gate, f"Vendor {number:02}")
    with company_scope(gate.company.pk):
        rows = StagedExport.objects.of(gate.company).filter(item_type="vendor")
        rows.update(amount=Decimal("10.5"), currency="USD")

    digests("--now")

    body = summary_to(approver).body
    base = f"http://127.0.0.1:8000/c/{gate.company.pk}/"
    assert "↑ Ready to export" in body
    assert "Commitments (1 waiting, oldest 4 d), 885,900.00 EUR, past the limit" in body
    assert "Companies (12 waiting, oldest 1 h), 126.00 USD" in body
    assert "All of them (13 waiting, oldest 4 d), 885,900.00 EUR, 126.00 USD" in body
    assert "885,900.00 EUR and 126.00 USD wait for export." in body
    assert re.findall(r"  Vendor (\d\d),", body) == [f"{number:02}" for number in range(10)]
    assert "and 2 more" in body
    assert f"{base}exports/{in_euro.pk}/\n" in body
    assert f"{base}queue/?view=ready_to_export&type=vendors\n" in body


def test_the_subject_has_the_company_and_no_amount_unless_that_is_wanted(
    gate: Gate, approver: Actor, second_approver: Actor, settings: Any
) -> None:
    gate.send()
    digests("--now")
    assert summary_to(approver).subject == "Halden Civil: 1 export waits for you"
    mail.outbox.clear()
    with company_scope(gate.company.pk):
        Notice.objects.of(gate.company).update(sent_at=None, handed_at=None)

    settings.MAIL_AMOUNTS_IN_SUBJECT = True
    digests()

    assert summary_to(approver).subject == "Halden Civil: 1 export waits for you, 885,900.00 USD"


def test_it_comes_at_the_persons_hour_and_zone_on_his_days(
    gate: Gate, approver: Actor, second_approver: Actor, clock: Any
) -> None:
    berlin = {**CHOICE, "hour": 15, "time_zone": "Europe/Berlin", "days": "2"}
    gate.run(lambda: change(gate.company, approver, berlin))
    gate.send()

    def mailed_at(moment: datetime) -> list[str]:
        clock.move_to(moment)
        mail.outbox.clear()
        with no_scope():
            remind_people()
        digests()
        return sorted(one.to[0] for one in mail.outbox)

    assert mailed_at(datetime(2026, 11, 23, 16, 1, tzinfo=UTC)) == []  # planned: the hour of this day is over
    assert mailed_at(datetime(2026, 11, 24, 13, 59, tzinfo=UTC)) == []
    assert mailed_at(datetime(2026, 11, 24, 14, 0, 1, tzinfo=UTC)) == [second_approver.email, approver.email][::-1]
    assert mailed_at(datetime(2026, 11, 24, 18, tzinfo=UTC)) == []
    assert mailed_at(datetime(2026, 11, 25, 14, 0, 1, tzinfo=UTC)) == [second_approver.email]
    assert mailed_at(datetime(2026, 11, 28, 14, 0, 1, tzinfo=UTC)) == []  # Saturday


def due_now(gate: Gate, *people: Actor) -> list[int]:
    """Plans by which their hour has just come."""
    with company_scope(gate.company.pk):
        rows = MailSettings.objects.bulk_create(
            MailSettings(company=gate.company, person_id=one.id, next_summary_at=datetime(2026, 11, 23, 16, tzinfo=UTC))
            for one in people
        )
    return [row.pk for row in rows]


def test_two_workers_owe_one_summary(gate: Gate, approver: Actor, second_approver: Actor) -> None:
    gate.send()
    ids = due_now(gate, approver, second_approver)

    at_once([within(gate.company, lambda: send_summaries(gate.company, ids)) for _ in range(4)])

    with company_scope(gate.company.pk):
        assert Notice.objects.of(gate.company).filter(kind="daily_summary").count() == 2


def test_a_worker_that_dies_before_the_commit_leaves_the_summary_due(
    gate: Gate, approver: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate.send()
    due_now(gate, approver)

    def dies(*_: Any) -> None:
        raise OperationalError("killed")

    monkeypatch.setattr(summaries, "_plan_next", dies)
    with pytest.raises(CommandError):
        digests()
    monkeypatch.undo()
    assert mail.outbox == []

    assert digests()["mails_sent"] == 1
    assert digests()["mails_sent"] == 0


def test_a_plan_that_is_put_back_brings_no_second_one_on_that_day(gate: Gate, approver: Actor) -> None:
    gate.send()
    due_now(gate, approver)
    digests()
    with company_scope(gate.company.pk):
        MailSettings.objects.of(gate.company).update(next_summary_at=datetime(2026, 11, 23, 16, tzinfo=UTC))

    assert digests() == {"summaries": 0, "mails_sent": 0, "trouble": {}}


def test_at_once_takes_the_place_of_todays_and_comes_once_a_day(gate: Gate, approver: Actor, clock: Any) -> None:
    gate.send()
    clock.move_to(datetime(2026, 11, 24, 12, tzinfo=UTC))  # five in the morning

    assert [digests("--now")["mails_sent"] for _ in range(2)] == [1, 0]
    clock.move_to(datetime(2026, 11, 24, 14, 0, 1, tzinfo=UTC))
    assert digests()["mails_sent"] == 0
    clock.move_to(datetime(2026, 11, 25, 14, 0, 1, tzinfo=UTC))
    assert digests()["mails_sent"] == 1


def test_after_a_long_standstill_the_summary_of_that_day_is_left_out(gate: Gate, approver: Actor, clock: Any) -> None:
    gate.send()
    due_now(gate, approver)
    clock.shift(timedelta(hours=13))

    assert digests()["mails_sent"] == 0


def test_who_wants_none_gets_none(gate: Gate, approver: Actor) -> None:
    gate.run(lambda: change(gate.company, approver, {**CHOICE, "daily_summary": False}))
    gate.send()

    assert digests("--now")["mails_sent"] == 0


def test_a_company_that_cannot_be_served_is_told_and_holds_up_no_other(
    gate: Gate, approver: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate.send()

    def broken(company: Any, now: Any) -> None:
        raise OperationalError("the disk is full")

    monkeypatch.setattr(summaries, "gather", broken)
    with pytest.raises(CommandError, match="1 companies could not be served"):
        digests("--now")
    monkeypatch.undo()
    assert digests("--now")["mails_sent"] == 1


def test_in_words_it_says_the_same(gate: Gate) -> None:
    out = io.StringIO()
    with no_scope():
        call_command("send_digests", stdout=out)

    assert out.getvalue().splitlines() == ["summaries: 0", "mails sent: 0"]


def test_it_costs_the_same_number_of_queries_whatever_waits_and_for_whom(
    gate: Gate, approver: Actor, make_person: Any
) -> None:
    gate.send()
    stage(gate, 1)

    def cost() -> int:
        with company_scope(gate.company.pk), CaptureQueriesContext(connection) as captured:
            MailSettings.objects.of(gate.company).delete()
            Notice.objects.of(gate.company).delete()
            send_summaries_now(gate.company)
        return len(captured)

    cost()
    before = cost()
    for number in range(5):
        stage(gate, 10 + number)
        send_vendor(gate, f"Vendor {number}")
        make_person(f"more_{number}", erp_level="standard", project_level="admin", can_push_to_accounting=True)

    assert cost() == before
    with company_scope(gate.company.pk):
        assert Notice.objects.of(gate.company).count() == 6


def test_what_is_gathered_is_what_the_queue_counts(gate: Gate, approver: Actor) -> None:
    gate.send()
    stage(gate, 1)
    send_vendor(gate, "One more")

    with company_scope(gate.company.pk):
        counts = view_counts(gate.company)
        views = gather(gate.company, datetime.now(UTC)).views_of(None)
    told = {view["view"]: view["count"] for view in views}
    assert told == {"ready_to_export": counts[View.READY_TO_EXPORT], "ready_to_import": counts[View.READY_TO_IMPORT]}


def test_who_lost_his_rights_is_not_told(gate: Gate, approver: Actor) -> None:
    gate.send()
    due_now(gate, approver)
    Membership.objects.filter(user_id=approver.id).update(is_active=False)
    assert digests()["mails_sent"] == 0

    Membership.objects.filter(user_id=approver.id).update(is_active=True)
    User.objects.filter(pk=approver.id).update(is_active=False)
    assert digests("--now")["mails_sent"] == 0
