"""Payments that the ERP takes back."""

from erpstaging.companies.actors import Actor
from erpstaging.companies.models import Company
from erpstaging.core.errors import Invalid, NotFound
from erpstaging.records.models import Record
from erpstaging.staging.external import sync_external_data

PAYMENTS = ("invoice_payment", "contract_payment")


def unlink_payment(company: Company, record_id: int, *, actor: Actor) -> Record:
    """Take the origin ID off a payment, so that people may change it. Raises NotFound, Invalid."""
    found = Record.objects.of(company).filter(pk=record_id, item_type__in=PAYMENTS, deleted_at=None).first()
    if found is None:
        raise NotFound()
    update = {"item_type": found.item_type, "item_id": found.pk, "origin_id": None}
    (element,) = sync_external_data(company, [update], actor=actor)
    if element.errors:
        text = next(iter(element.errors.values()))[0]
        raise Invalid(text, code=element.code, errors=element.errors)
    unlinked: Record = Record.objects.of(company).get(pk=found.pk)
    return unlinked
