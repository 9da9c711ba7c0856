"""Mails as people read them: one text and one HTML part that say the same, and headers that nobody can add to."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.core.validators import validate_email
from django.utils import translation
from django.utils.translation import gettext as _

from erpstaging.companies.models import Company, User
from erpstaging.core.statuses import Status
from erpstaging.notices.kinds import KINDS, facts_of, filled, values_of
from erpstaging.notices.letters import Letter, Line, Table, html_of, text_of
from erpstaging.notices.models import Notice
from erpstaging.notices.summaries import DAILY, SUMMARIES, summary_letter, summary_place, summary_title
from erpstaging.notices.unsubscribing import unsubscribe_url

MAX_SUBJECT = 200


def subject_of(notice: Notice) -> str:
    """What it is about, in a few words without any amount."""
    if notice.kind in SUMMARIES:
        return summary_title(notice.kind, notice.context)
    return filled(KINDS[notice.kind].told(notice.context).subject, values_of(notice.context, notice.object_id))


def place_of(notice: Notice) -> str:
    """Where it leads, below the company's pages."""
    if notice.kind in SUMMARIES:
        return summary_place(notice.context)
    return filled(KINDS[notice.kind].told(notice.context).place, values_of(notice.context, notice.object_id))


def mail_of(notice: Notice, person: User, company: Company) -> EmailMultiAlternatives:
    """In the language that the person chose. Raises ValidationError for an address that is none."""
    validate_email(person.email)
    with translation.override(person.language or settings.LANGUAGE_CODE):
        return _spoken_mail(notice, person, company)


def _spoken_mail(notice: Notice, person: User, company: Company) -> EmailMultiAlternatives:
    letter = letter_of(notice, person, company)
    said = [letter.title, *([letter.amounts] if letter.amounts and settings.MAIL_AMOUNTS_IN_SUBJECT else [])]
    mail = EmailMultiAlternatives(
        subject=one_line(f"{company.name}: {', '.join(said)}"),
        body=text_of(letter),
        to=[person.email],
        headers={
            "Message-ID": f"<notice-{notice.pk}@erpstaging.{company.pk}>",
            "Auto-Submitted": "auto-generated",
            **_list_headers(notice, company),
        },
    )
    mail.attach_alternative(html_of(letter), "text/html")
    return mail


def letter_of(notice: Notice, person: User, company: Company) -> Letter:
    base = f"{settings.BASE_URL}/c/{company.pk}/"
    if notice.kind in SUMMARIES:
        return summary_letter(notice, company, base)
    kind, context = KINDS[notice.kind].told(notice.context), values_of(notice.context, notice.object_id)
    return Letter(
        title=filled(kind.subject, context),
        status=Status(context["status"]) if "status" in context else kind.status,
        greeting=_("Hello %(name)s,") % {"name": person.name},
        lead=filled(kind.lead, context),
        quote=context.get("reason") or context.get("note") or "",
        facts=list(facts_of(notice.context)),
        ask=filled(kind.ask, context),
        button=filled(kind.button, context),
        url=f"{base}{filled(kind.place, context)}",
        tables=_items(notice.context, base),
        foot=_("%(company)s, erpstaging. Opening a link never decides anything.") % {"company": company.name},
    )


def _items(context: Mapping[str, Any], base: str) -> list[Table]:
    items, count = context.get("items") or (), context.get("count", 1)
    if count < 2 or not items:
        return []
    left = count - len(items)
    lines = [Line(text=one["text"], url=f"{base}{one['place']}", note=one["note"]) for one in items]
    more = _("and %(number)s more") % {"number": left} if left > 0 else ""
    return [Table(title=_("Which ones"), lines=lines, more=more)]


def _list_headers(notice: Notice, company: Company) -> dict[str, str]:
    """RFC 8058, for what comes by itself every day; nobody unsubscribes from what is told to him because of an act."""
    if notice.kind != DAILY:
        return {}
    return {
        "List-Unsubscribe": f"<{unsubscribe_url(company.pk, notice.person_id)}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }


def one_line(text: str) -> str:
    """Fit for a header: no line break, nothing that cannot be seen, and of bounded length."""
    visible = "".join(letter if letter.isprintable() else " " for letter in text)
    line = " ".join(visible.split())
    return line if len(line) <= MAX_SUBJECT else f"{line[: MAX_SUBJECT - 1]}…"
