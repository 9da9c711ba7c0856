"""Sending what is owed: trouble with one mail, and what must not come twice."""

import smtplib
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.utils import timezone

from erpstaging.companies.actors import Actor
from erpstaging.companies.models import Company, User
from erpstaging.core.scope import company_scope
from erpstaging.notices.models import Notice
from erpstaging.notices.sending import send_due
from erpstaging.notices.services import owe
from tests.fixtures.scope import no_scope
from tests.notices.test_mails import SAID, WAITING

pytestmark = pytest.mark.django_db(transaction=True)
BACKEND = "tests.notices.test_sending.TroubledBackend"


class TroubledBackend(EmailBackend):
    """A mail server that has one trouble after the other; one that `takes` a mail has it before the trouble."""

    troubles: list[BaseException] = []
    takes = False

    def send_messages(self, messages: Any) -> int:
        if not self.troubles:
            return super().send_messages(messages)
        if self.takes:
            super().send_messages(messages)
        raise self.troubles.pop()


@pytest.fixture
def server(settings: Any) -> type[TroubledBackend]:
    settings.EMAIL_BACKEND = BACKEND
    TroubledBackend.troubles, TroubledBackend.takes = [], False
    return TroubledBackend


def owed(company: Company, person: Actor, kind: str = "export_rejected") -> None:
    context = WAITING if kind == "daily_summary" else SAID
    with company_scope(company.pk):
        owe(company.pk, [(person.id, kind, 7, "2026-11-23", context)])


def send(company: Company) -> int:
    """Whatever is owed is due, and nobody holds it."""
    with company_scope(company.pk):
        past = timezone.now() - timedelta(seconds=1)
        Notice.objects.of(company).filter(sent_at=None).update(due_at=past, leased_until=None)
    with no_scope():
        return send_due()


def test_an_address_that_is_none_holds_up_nobody_else(company: Company, approver: Actor, admin: Actor) -> None:
    User.objects.filter(pk=approver.id).update(email="a@b.example\nBcc: c@evil.example")
    owed(company, approver)
    owed(company, admin)

    assert send(company) == 1

    assert [one.to for one in mail.outbox] == [[admin.email]]
    with company_scope(company.pk):
        left = Notice.objects.of(company).get(person_id=approver.id)
    assert (left.sent_at, left.leased_until) == (None, None)
    assert left.due_at > timezone.now()


def test_a_mail_that_the_server_refuses_is_tried_again(
    company: Company, approver: Actor, server: type[TroubledBackend]
) -> None:
    for kind in ("export_rejected", "daily_summary"):
        owed(company, approver, kind)
        server.troubles = [smtplib.SMTPDataError(451, b"try again later")]

        assert [send(company) for _ in range(3)] == [0, 1, 0]


@pytest.mark.capability("UI-08")
@pytest.mark.parametrize(("kind", "mails"), [("export_rejected", 2), ("daily_summary", 1)])
def test_after_a_broken_connection_a_summary_is_not_doubled_and_another_mail_not_lost(
    company: Company, approver: Actor, server: type[TroubledBackend], kind: str, mails: int
) -> None:
    owed(company, approver, kind)
    server.troubles, server.takes = [smtplib.SMTPServerDisconnected("gone")], True

    for _ in range(3):
        send(company)

    assert len(mail.outbox) == mails
    with company_scope(company.pk):
        assert Notice.objects.of(company).get().sent_at is not None


@pytest.mark.capability("UI-08")
def test_a_worker_killed_while_it_sends_doubles_no_summary(
    company: Company, approver: Actor, server: type[TroubledBackend]
) -> None:
    owed(company, approver, "daily_summary")
    server.troubles, server.takes = [KeyboardInterrupt()], True

    with pytest.raises(KeyboardInterrupt):
        send(company)
    for _ in range(2):
        send(company)

    assert len(mail.outbox) == 1


@pytest.mark.capability("UI-08")
def test_a_worker_killed_before_it_sends_loses_no_summary(
    company: Company, approver: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    owed(company, approver, "daily_summary")

    def dies(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("erpstaging.notices.sending.mail_of", dies)
    with pytest.raises(KeyboardInterrupt):
        send(company)
    monkeypatch.undo()

    assert [send(company) for _ in range(2)] == [1, 0]
