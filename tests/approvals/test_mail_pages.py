"""Choosing mails, stopping one from the mail, following its links, and the outbox of a demo."""

import io
import re
from pathlib import Path
from typing import Any

import pytest
from django.core import mail, signing
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from erpstaging.audit.models import Entry
from erpstaging.companies.actors import Actor
from erpstaging.companies.models import Company, Membership
from erpstaging.core.scope import company_scope
from erpstaging.notices.models import MailSettings, Notice
from erpstaging.notices.sent_files import FILE_BACKEND
from erpstaging.notices.unsubscribing import unsubscribe_url
from erpstaging.staging.models import StagedExport, StagedRecord
from tests.approvals.test_settings import Desk
from tests.fixtures.gate import Gate
from tests.fixtures.scope import OutsideClient, no_scope
from tests.staging.test_summaries import stage

pytestmark = pytest.mark.django_db(transaction=True)
FORM = {
    "daily_summary": "true",
    "reminders": "true",
    "hour": "6",
    "time_zone": "Europe/Berlin",
    **{f"day-{day}": "true" for day in "135"},
}


def stored(company: Company, person: Actor) -> MailSettings:
    with company_scope(company.pk):
        found: MailSettings = MailSettings.objects.of(company).get(person_id=person.id)
    return found


def stop_link(company: Company, person: Actor) -> str:
    return unsubscribe_url(company.pk, person.id or 0).removeprefix("http://127.0.0.1:8000")


def send_digests() -> None:
    with no_scope():
        call_command("send_digests", "--now", stdout=io.StringIO())


# Choosing


@pytest.mark.capability("UI-08")
def test_a_person_chooses_his_hour_zone_days_and_mails(company: Company, approver: Actor) -> None:
    desk = Desk(company, approver)
    assert 'value="7" selected' in desk.text("mail_settings")

    answer = desk.client.post(desk.url("mail_settings"), {**FORM, "reminders": "false"})

    assert answer.status_code == 302
    row = stored(company, approver)
    assert (row.daily_summary, row.reminders, row.hour, row.days, row.time_zone) == (
        True,
        False,
        6,
        "135",
        "Europe/Berlin",
    )
    assert row.next_summary_at is not None
    assert "06:00, Europe/Berlin" in desk.text("mail_settings")
    with company_scope(company.pk):
        entry = Entry.objects.of(company).get(action="mail_settings_changed")
    assert entry.before == {"reminders": True, "hour": 7, "days": "12345", "time_zone": ""}


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"hour": "24"}, "must be a whole hour"),
        ({"hour": "x"}, "must be a whole hour"),
        ({"hour": "٣"}, "must be a whole hour"),
        ({"time_zone": "Mars/Olympus"}, "is no time zone"),
        ({"time_zone": "../../etc/passwd"}, "is no time zone"),
        ({"time_zone": "x\0" * 900}, "is no time zone"),
        ({"day-1": "", "day-3": "", "day-5": ""}, "pick a day, or switch the daily summary off"),
    ],
)
def test_what_cannot_be_is_refused_where_it_was_typed(
    company: Company, approver: Actor, values: dict[str, str], said: str
) -> None:
    desk = Desk(company, approver)

    answer = desk.client.post(desk.url("mail_settings"), {**FORM, **values})

    assert answer.status_code == 422
    assert said in answer.content.decode()
    with company_scope(company.pk):
        assert not MailSettings.objects.of(company).exists()


def test_who_decides_nothing_has_nothing_to_choose(company: Company, project_user: Actor) -> None:
    assert "Nothing to choose." in Desk(company, project_user).text("mail_settings")


def test_the_page_is_each_persons_own(company: Company, other_company: Company, approver: Actor) -> None:
    client = Desk(company, approver).client

    assert client.get(reverse("approvals:mail_settings", args=[other_company.pk])).status_code == 404
    assert OutsideClient().get(reverse("approvals:mail_settings", args=[company.pk])).status_code == 302


# Stopping


@pytest.mark.capability("UI-08")
def test_a_mail_program_stops_the_summary_with_one_post_without_signing_in(
    gate: Gate, approver: Actor, second_approver: Actor
) -> None:
    gate.send()
    send_digests()
    (sent,) = [one for one in mail.outbox if one.to == [approver.email]]
    assert sent.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    link = sent.extra_headers["List-Unsubscribe"].strip("<>").removeprefix("http://127.0.0.1:8000")
    strict = OutsideClient(enforce_csrf_checks=True)

    answers = [strict.post(link, {"List-Unsubscribe": "One-Click"}) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 200]
    row = stored(gate.company, approver)
    assert (row.daily_summary, row.reminders, row.next_summary_at) == (False, True, None)
    assert stored(gate.company, second_approver).daily_summary
    with company_scope(gate.company.pk):
        entry = Entry.objects.of(gate.company).get(action="mail_settings_changed")
    assert (entry.actor_id, entry.credential) == (approver.id, "mail_link")


@pytest.mark.capability("UI-08")
def test_fetching_the_address_shows_one_button_and_changes_nothing(company: Company, approver: Actor) -> None:
    answer = OutsideClient().get(stop_link(company, approver))

    page = answer.content.decode()
    assert answer.status_code == 200
    assert page.count("<button") == 1
    assert "csrfmiddlewaretoken" not in page
    with company_scope(company.pk):
        assert not MailSettings.objects.of(company).exists()


def test_who_stopped_it_can_have_it_again(company: Company, approver: Actor) -> None:
    OutsideClient().post(stop_link(company, approver))
    desk = Desk(company, approver)
    assert not stored(company, approver).daily_summary

    desk.client.post(desk.url("mail_settings"), FORM)

    assert stored(company, approver).daily_summary
    assert stored(company, approver).next_summary_at is not None


@pytest.mark.parametrize(
    "token",
    [
        "x",
        "WzEsMV0:1xUuZV:YVioru4DgsBgF_6W2RKjBTg0JPAbPuga9YtU9PoDkZA",
        signing.dumps([1, 1], salt="another"),
        signing.dumps({"a": 1}, salt="erpstaging.notices.unsubscribe"),
        signing.dumps([1], salt="erpstaging.notices.unsubscribe"),
        signing.dumps(["x", None], salt="erpstaging.notices.unsubscribe"),
        signing.dumps([2**70, 1], salt="erpstaging.notices.unsubscribe"),
        "é" * 500,
    ],
    ids=["no token", "signed by another key", "for something else", "no list", "too short", "no ids", "too big", "odd"],
)
def test_an_address_that_we_did_not_sign_is_no_page(db: None, token: str) -> None:
    for method in ("get", "post"):
        assert getattr(OutsideClient(), method)(f"/mail/unsubscribe/{token}/").status_code == 404


def test_the_address_of_somebody_who_is_gone_is_no_page(company: Company, approver: Actor) -> None:
    Membership.objects.filter(user_id=approver.id).delete()

    assert OutsideClient().post(stop_link(company, approver)).status_code == 404


# Links


@pytest.mark.capability("UI-08")
def test_a_scanner_that_fetches_every_link_of_a_mail_changes_nothing(
    gate: Gate, approver: Actor, second_approver: Actor, project_user: Actor
) -> None:
    stage(gate, 1)
    gate.reject(gate.send())
    gate.send()
    send_digests()
    with no_scope():
        call_command("check_slas", stdout=io.StringIO())
    links = {link for one in mail.outbox for link in re.findall(r"https?://\S+", str(one.body))}
    assert len(links) > 8

    def state() -> Any:
        with company_scope(gate.company.pk):
            return [
                list(model.objects.of(gate.company).order_by("pk").values())
                for model in (StagedExport, StagedRecord, Notice, MailSettings)
            ]

    before = state()
    for person in (None, approver, project_user):
        client = OutsideClient() if person is None else Desk(gate.company, person).client
        for link in links:
            for method in ("get", "head", "options"):
                answer = getattr(client, method)(link.removeprefix("http://127.0.0.1:8000"))
                assert answer.status_code < 500
                if person is None and "/c/" in link:
                    assert answer.url.startswith("/accounts/login/?next=/c/")

    assert state() == before
    page = Desk(gate.company, approver).text("export", gate.export().pk)
    assert re.search(r'<form[^>]*method="post"[^>]*action="[^"]*/accept/"|formaction="[^"]*/accept/"', page)


# The outbox of a demo


@pytest.fixture
def demo(settings: Any, tmp_path: Path) -> Path:
    settings.ENVIRONMENT, settings.EMAIL_BACKEND = "demo", FILE_BACKEND
    settings.EMAIL_FILE_PATH = str(tmp_path)
    return tmp_path


def test_a_demo_shows_the_mails_that_it_sent(gate: Gate, approver: Actor, demo: Path) -> None:
    gate.reject(gate.send(), reason="<script>alert(1)</script> is no reason")
    gate.send()
    send_digests()
    with no_scope():
        call_command("check_slas", stdout=io.StringIO())
    desk = Desk(gate.company, approver)

    page = desk.text("outbox")

    assert "Halden Civil: 1 export waits for you" in page
    assert "Halden Civil: Structural steel was rejected" in page
    with company_scope(gate.company.pk):
        rejected = Notice.objects.of(gate.company).get(kind="export_rejected")
    one = desk.text("outbox_mail", rejected.pk)
    assert f'src="{desk.url("outbox_html", rejected.pk)}" sandbox' in one
    assert f'<a href="http://127.0.0.1:8000/c/{gate.company.pk}/records/{rejected.object_id}/"' in one
    raw = desk.get("outbox_html", rejected.pk)
    assert b"&lt;script&gt;alert(1)&lt;/script&gt; is no reason" in raw.content
    policy = raw["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "sandbox" in policy
    assert "script-src" not in policy
    assert raw["X-Frame-Options"] == "SAMEORIGIN"


def test_a_longer_outbox_asks_the_database_no_more(gate: Gate, approver: Actor, demo: Path) -> None:
    desk = Desk(gate.company, approver)

    def cost() -> int:
        with CaptureQueriesContext(connection) as captured:
            desk.text("outbox")
        return len(captured)

    cost()
    before = cost()
    for number in range(120):
        named = f"Message-ID: <notice-{number + 1}@erpstaging.{gate.company.pk}>\nSubject: Mail {number}"
        (demo / f"20261123-{number:03}.log").write_bytes(f"{named}\n\nHello".encode())

    assert cost() == before
    assert len(re.findall(r">Mail \d+<", desk.text("outbox"))) == 100


def test_another_companys_mails_are_not_in_it(
    gate: Gate, other_company: Company, approver: Actor, make_person: Any, demo: Path
) -> None:
    gate.send()
    send_digests()
    stranger = make_person("stranger", company=other_company, erp_level="admin")
    desk = Desk(other_company, stranger)

    assert "No mail yet." in desk.text("outbox")
    with company_scope(gate.company.pk):
        notice = Notice.objects.of(gate.company).get(kind="daily_summary")
    assert desk.get("outbox_mail", notice.pk).status_code == 404
    assert desk.get("outbox_html", notice.pk).status_code == 404


def test_what_lies_beside_the_mails_breaks_nothing(gate: Gate, approver: Actor, demo: Path) -> None:
    (demo / "20261123-1.log").write_bytes(b"\xff\xfe\0 no mail at all\n" + b"-" * 79 + b"\n")
    strange = (
        f"Message-ID: <notice-5@erpstaging.{gate.company.pk}>\nDate: never\nContent-Type: text/plain; charset=x-none"
    )
    (demo / "20261123-2.log").write_bytes(f"{strange}\n\nHello".encode())
    desk = Desk(gate.company, approver)

    assert desk.get("outbox").status_code == 200
    assert desk.get("outbox_mail", 5).status_code == 200
    assert desk.get("outbox_mail", 6).status_code == 404


def test_where_mails_really_leave_there_is_no_outbox(gate: Gate, approver: Actor, settings: Any) -> None:
    desk = Desk(gate.company, approver)
    urls = [desk.url("outbox"), desk.url("outbox_mail", 1), desk.url("outbox_html", 1)]

    for environment, backend in (("production", FILE_BACKEND), ("demo", "django.core.mail.backends.smtp.EmailBackend")):
        settings.ENVIRONMENT, settings.EMAIL_BACKEND = environment, backend
        assert [desk.client.get(url).status_code for url in urls] == [404, 404, 404]
        assert "Outbox" not in desk.text("queue")
