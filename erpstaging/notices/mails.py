"""Mails as people read them: one text and one HTML part that say the same."""

from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string

from erpstaging.companies.models import Company, User
from erpstaging.notices.models import Notice

SUBJECTS = {
    "export_rejected": "{title} was rejected",
    "hold_ended": "{title} is back from hold",
    "request_stale": "No answer about {title}",
}
# Where the link of a mail leads, below the company's pages.
PLACES = {
    "export_rejected": "records/{object_id}/",
    "hold_ended": "exports/{object_id}/",
    "request_stale": "records/{object_id}/",
}


def mail_of(notice: Notice, person: User, company: Company) -> EmailMultiAlternatives:
    """The subject starts with the company and names no amount; the link opens the object after sign-in."""
    subject = SUBJECTS[notice.kind].format(**notice.context)
    context: dict[str, Any] = {
        **notice.context,
        "person": person,
        "company": company,
        "subject": subject,
        "link": f"{settings.BASE_URL}/c/{company.pk}/{PLACES[notice.kind].format(object_id=notice.object_id)}",
    }
    mail = EmailMultiAlternatives(
        subject=" ".join(f"{company.name}: {subject}".split()),
        body=render_to_string(f"notices/{notice.kind}.txt", context),
        to=[person.email],
        headers={"Message-ID": f"<notice-{notice.pk}@erpstaging.{company.pk}>", "Auto-Submitted": "auto-generated"},
    )
    mail.attach_alternative(render_to_string(f"notices/{notice.kind}.html", context), "text/html")
    return mail
