"""Mails as people read them: one text and one HTML part that say the same."""

from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string

from erpstaging.companies.models import Company, User
from erpstaging.notices.models import Notice

SUBJECTS = {
    "export_rejected": "{title} was rejected",
    "export_resubmitted": "{title} came back corrected",
    "staged_resubmitted": "{title} came back corrected",
    "hold_ended": "{title} is back from hold",
    "problem_opened": "Exports fail: {title}",
    "refresh_stale": "No news of {title}",
    "confirmation_wanted": "{title} waits for a second person",
    "hook_paused": "Notifications to {title} are paused",
    "hook_resumed": "Notifications to {title} go on",
    "deliveries_gave_up": "Notifications to {title} gave up",
}
# Where the link of a mail leads, below the company's pages.
PLACES = {
    "export_rejected": "records/{object_id}/",
    "export_resubmitted": "exports/{object_id}/?tab=changes",
    "staged_resubmitted": "staged/{object_id}/?tab=changes",
    "hold_ended": "exports/{object_id}/",
    "problem_opened": "problems/#problem-{object_id}",
    "refresh_stale": "queue/",
    "confirmation_wanted": "confirmations/",
    "hook_paused": "hooks/{object_id}/",
    "hook_resumed": "hooks/{object_id}/",
    "deliveries_gave_up": "gave_up/",
}


def subject_of(notice: Notice) -> str:
    """What it is about, in a few words without any amount."""
    return SUBJECTS[notice.kind].format(**notice.context)


def place_of(notice: Notice) -> str:
    """Where it leads, below the company's pages."""
    return PLACES[notice.kind].format(object_id=notice.object_id)


def mail_of(notice: Notice, person: User, company: Company) -> EmailMultiAlternatives:
    """The subject starts with the company; the link opens the object after sign-in."""
    subject = subject_of(notice)
    context: dict[str, Any] = {
        **notice.context,
        "person": person,
        "company": company,
        "subject": subject,
        "link": f"{settings.BASE_URL}/c/{company.pk}/{place_of(notice)}",
    }
    mail = EmailMultiAlternatives(
        subject=" ".join(f"{company.name}: {subject}".split()),
        body=render_to_string(f"notices/{notice.kind}.txt", context),
        to=[person.email],
        headers={"Message-ID": f"<notice-{notice.pk}@erpstaging.{company.pk}>", "Auto-Submitted": "auto-generated"},
    )
    mail.attach_alternative(render_to_string(f"notices/{notice.kind}.html", context), "text/html")
    return mail
