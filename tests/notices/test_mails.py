"""What a mail looks like: two parts that say the same, headers that nobody can add to, words of the status set."""

import html
import re
from datetime import UTC, datetime
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.mail import EmailMultiAlternatives
from django.urls import resolve

from erpstaging.companies.models import Company, User
from erpstaging.core.statuses import LOOKS, Status
from erpstaging.notices.kinds import KINDS
from erpstaging.notices.mails import mail_of, place_of, subject_of
from erpstaging.notices.models import Notice
from erpstaging.notices.summaries import SUMMARIES

SINCE = datetime(2026, 11, 20, 16, tzinfo=UTC)
NOW = datetime(2026, 11, 23, 16, tzinfo=UTC)
ROW = {
    "place": "exports/7/",
    "number": "SC-1042",
    "title": "Steel <b>&</b> glass",
    "company": "Brook & Stone",
    "amount": "1284500",
    "currency": "USD",
    "since": SINCE.isoformat(),
    "late": True,
}
COUNTED = {"count": 12, "oldest": SINCE.isoformat(), "sums": {"EUR": "10.5", "USD": "1284500"}}
TYPE = {"label": "Commitments", "key": "commitments", **COUNTED, "late": True, "rows": [ROW]}
WAITING = {
    "day": "2026-11-23",
    "time": "07:00",
    "views": [
        {"view": "ready_to_export", **COUNTED, "types": [TYPE, {**TYPE, "label": "Companies"}]},
        {"view": "ready_to_import", **COUNTED, "types": [TYPE]},
    ],
}
ITEMS = [{"text": f"Object {number}", "note": f"SC-{number}", "place": f"exports/{number}/"} for number in range(3)]
SAID = {
    "title": "Steel <b>&</b> glass",
    "number": "SC-1042",
    "by": "Ruth Okafor",
    "reason": "Wrong retainage\n<script>alert(1)</script> {{ reason }} %(by)s",
    "code": "RET",
    "code_label": "Retainage",
    "pins": [{"label": "Retainage", "note": "Ten per cent"}],
    "changes": [{"label": "Title", "before": "Steel", "after": "Glass"}],
    "more": 2,
    "what": "reset",
    "address": "https://ledger.example/…",
    "erp_request_id": 71,
    "explanation": "The ERP refused it.",
    "next_step": "Retry it.",
}
CASES = [
    *((kind, SAID) for kind in KINDS),
    *((kind, {**SAID, "count": 5, "items": ITEMS}) for kind, words in KINDS.items() if words.many),
    *((kind, WAITING) for kind in sorted(SUMMARIES)),
]
NAMES = [f"{kind}{' of many' if 'items' in context else ''}" for kind, context in CASES]


def written(
    kind: str, context: dict[str, Any], company: Company | None = None, **person: str
) -> EmailMultiAlternatives:
    company = company or Company(pk=3, name="Halden & Civil")
    user = User(pk=5, **{"name": "Maya Brandt", "email": "maya@halden.example", **person})
    notice = Notice(pk=9, company=company, person=user, kind=kind, object_id=7, context=context, created_at=NOW)
    return mail_of(notice, user, company)


def html_part(mail: EmailMultiAlternatives) -> str:
    ((content, kind),) = mail.alternatives
    assert kind == "text/html"
    return str(content)


def words_of_html(source: str) -> list[str]:
    """What a reader sees, with the address of each link behind its words, as the text part has it."""
    body = source[source.index("<body") :]
    body = re.sub(r'<a href="([^"]*)"[^>]*>(.*?)</a>', r"\2 \1 ", body, flags=re.DOTALL)
    return re.findall(r"\w+", html.unescape(re.sub(r"<[^>]+>", " ", body)))


@pytest.mark.capability("UI-08")
@pytest.mark.parametrize(("kind", "context"), CASES, ids=NAMES)
def test_both_parts_have_the_same_words_and_links(kind: str, context: dict[str, Any]) -> None:
    mail = written(kind, context)

    assert sorted(words_of_html(html_part(mail))) == sorted(re.findall(r"\w+", str(mail.body)))


@pytest.mark.parametrize(("kind", "context"), CASES, ids=NAMES)
def test_the_html_needs_nothing_from_outside_and_no_style_block(kind: str, context: dict[str, Any]) -> None:
    source = html_part(written(kind, context))

    assert not re.findall(r"<(?:img|style|link|script|svg|iframe|form|b)\b|url\(|src=|@media|class=", source)
    assert '<meta name="color-scheme" content="light dark">' in source
    assert "%(" not in source.replace("%(by)s", "")
    # A colour of its own has a ground of its own: whatever the reader's program paints behind it.
    for style in re.findall(r'style="([^"]*)"', source):
        assert ("color:#" in re.sub(r"[\w-]+-color", "", style)) == ("background:#" in style)


@pytest.mark.capability("UI-08")
@pytest.mark.parametrize(("kind", "context"), CASES, ids=NAMES)
def test_the_subject_starts_with_the_company_and_has_no_amount(kind: str, context: dict[str, Any]) -> None:
    subject = written(kind, context).subject

    assert subject.startswith("Halden & Civil: ")
    assert not re.search(r"\d[.,]\d|USD|EUR", subject)


@pytest.mark.capability("LK-08")
def test_a_mail_says_the_status_with_the_words_and_a_sign_of_the_status_set() -> None:
    for kind in KINDS.values():
        if kind.status:
            assert kind.many is None or kind.many.status is kind.status
    for kind, status in {
        "export_rejected": Status.REJECTED,
        "problem_opened": Status.FAILED,
        "hold_ended": Status.READY_TO_EXPORT,
        "daily_summary": Status.READY_TO_IMPORT,
    }.items():
        mail = written(kind, WAITING if kind in SUMMARIES else SAID)
        said = f"{LOOKS[status].mark} {LOOKS[status].word}"
        assert said in str(mail.body)
        assert said in html_part(mail)
    assert len({look.mark for look in LOOKS.values()}) == len(Status)


@pytest.mark.parametrize(("kind", "context"), CASES, ids=NAMES)
def test_every_place_of_a_mail_is_a_page(kind: str, context: dict[str, Any]) -> None:
    notice = Notice(pk=9, kind=kind, object_id=7, context=context)

    assert resolve(f"/c/3/{re.split('[?#]', place_of(notice))[0]}")
    assert subject_of(notice)


def test_a_line_break_in_a_name_adds_no_header() -> None:
    evil = Company(pk=3, name="Halden\r\nBcc: everybody@evil.example")
    mail = written("export_rejected", {**SAID, "title": "Steel\nBcc: more@evil.example\u202e\u2028x"}, evil)

    headers = mail.message().as_bytes().split(b"\n\n")[0]
    assert mail.subject == "Halden Bcc: everybody@evil.example: Steel Bcc: more@evil.example x was rejected"
    assert not re.search(rb"^(?:Bcc|Cc):", headers, re.MULTILINE)
    assert mail.recipients() == ["maya@halden.example"]


def test_a_subject_is_of_bounded_length() -> None:
    assert len(written("export_rejected", {**SAID, "title": "S" * 255}).subject) == 200


@pytest.mark.parametrize("address", ["", "maya", "a@b.example, c@evil.example", "a@b.example\nBcc: c@evil.example"])
def test_an_address_that_is_none_gets_no_mail(address: str) -> None:
    with pytest.raises(ValidationError):
        written("export_rejected", SAID, email=address)


@pytest.mark.capability("UI-08")
def test_only_the_daily_summary_can_be_stopped_by_one_click() -> None:
    for kind, context in CASES:
        headers = written(kind, context).extra_headers
        if kind == "daily_summary":
            assert re.fullmatch(r"<http://127\.0\.0\.1:8000/mail/unsubscribe/[\w:-]+/>", headers["List-Unsubscribe"])
            assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        else:
            assert "List-Unsubscribe" not in headers
