"""A received body as its tab shows it."""

from django.urls import reverse
from django.utils.translation import gettext as _

from erpstaging.approvals.formats import bytes_text
from erpstaging.approvals.presenters import FieldRow, Source
from erpstaging.companies.models import Company
from erpstaging.staging.history import Received
from erpstaging.staging.models import StagedRecord

SHOWN_CHARACTERS = 60_000


def source_shown(company: Company, row: StagedRecord, received: Received, url: str) -> Source:
    """`url` is the address of the tab; `?change=` shows the body of another change."""
    intake, text = received.intake, received.seen
    account = intake.account
    facts = [
        FieldRow(label=_("Received"), value=intake.received_at),
        FieldRow(label=_("From"), value=account.name if account is not None else None),
        FieldRow(label=_("Address"), value=intake.path, copy=True),
        FieldRow(label=_("Content type"), value=intake.content_type),
        FieldRow(label=_("Size"), value=bytes_text(len(received.body))),
        FieldRow(label=_("SHA-256"), value=received.sha256, copy=True),
        FieldRow(label=_("This row"), value=_place(received.place)),
        FieldRow(label=_("Correlation ID"), value=intake.correlation_id, empty=_("none"), copy=True),
    ]
    download = reverse("approvals:source", args=[company.pk, row.pk])
    return Source(
        facts=facts,
        lines=text[:SHOWN_CHARACTERS].splitlines() or [""],
        cut=len(text) > SHOWN_CHARACTERS,
        masked=received.has_sensitive and not received.may_unmask,
        download_url=f"{download}?change={received.change.pk}",
        choices=[(one.changed_at, f"{url}&change={one.pk}", one.pk == received.change.pk) for one in received.others],
    )


def _place(pointer: str | None) -> str:
    if pointer is None:
        return _("not found in the body")
    return pointer or _("the whole body")
