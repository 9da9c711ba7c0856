"""Names for what filters name by id, and ids for names that people type."""

from collections.abc import Iterable, Mapping, Sequence

from django.db.models import Q

from erpstaging.companies.models import Company, Membership, ServiceAccount
from erpstaging.records.models import Record
from erpstaging.staging.queue_filters import Filters, Sender

SUGGESTED, CALLED_ALIKE = 200, 20


def record_names(company: Company, filters: Filters) -> Mapping[int, str]:
    """The titles of the projects and vendors that are asked for, those of other companies left out."""
    ids = {*filters.project_ids, *filters.vendor_ids}
    rows = Record.objects.of(company).filter(pk__in=ids, item_type__in=("project", "vendor"))
    return dict(rows.values_list("pk", "title")) if ids else {}


def sender_names(company: Company, senders: Iterable[Sender]) -> Mapping[Sender, str]:
    people = [one.id for one in senders if one.kind == "person"]
    accounts = [one.id for one in senders if one.kind == "account"]
    found = _people(company, Q(user_id__in=people)) if people else {}
    return {**found, **(_accounts(company, Q(pk__in=accounts)) if accounts else {})}


def records_called(company: Company, item_type: str, text: str) -> list[int]:
    """The projects or vendors of exactly this title or number, in small or capital letters."""
    rows = Record.objects.of(company).filter(item_type=item_type, deleted_at=None)
    found = rows.filter(Q(title__iexact=text) | Q(number__iexact=text))
    return list(found.order_by("pk").values_list("pk", flat=True)[:CALLED_ALIKE])


def senders_called(company: Company, text: str) -> list[Sender]:
    return [*_people(company, Q(user__name__iexact=text)), *_accounts(company, Q(name__iexact=text))]


def suggested_records(company: Company, item_type: str) -> Sequence[str]:
    """Titles to choose from: of those that changed last, in the order of the alphabet."""
    rows = Record.objects.of(company).filter(item_type=item_type, deleted_at=None).order_by("-updated_at", "-pk")
    return sorted({title for title in rows.values_list("title", flat=True)[:SUGGESTED] if title}, key=str.casefold)


def suggested_senders(company: Company, *, machines: bool) -> Sequence[str]:
    """Those who stage, or those who send."""
    found = _accounts(company, Q()) if machines else _people(company, Q(is_active=True))
    return sorted(set(found.values()), key=str.casefold)


def _people(company: Company, condition: Q) -> dict[Sender, str]:
    rows = Membership.objects.filter(condition, company=company).order_by("user__name", "user_id")
    return {Sender("person", pk): name for pk, name in rows.values_list("user_id", "user__name")[:SUGGESTED]}


def _accounts(company: Company, condition: Q) -> dict[Sender, str]:
    rows = ServiceAccount.objects.filter(condition, companies=company).order_by("name", "pk")
    return {Sender("account", pk): name for pk, name in rows.values_list("pk", "name")[:SUGGESTED]}
