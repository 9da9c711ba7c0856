"""What a person was told, as the pages show it."""

from django.db.models import QuerySet
from django.utils import timezone

from erpstaging.notices.models import Notice
from erpstaging.notices.summaries import DAILY

COUNTED_TO = 99


def notices_of(company_id: int, person_id: int) -> "QuerySet[Notice]":
    """Everything that one person was told in a company, newest first.

    A daily summary tells nothing that the queue does not. What goes by mail later, with others, stands here at once.
    """
    rows: QuerySet[Notice] = Notice.objects.of(company_id).filter(person_id=person_id).exclude(kind=DAILY)
    return rows.order_by("-pk")


def unread(company_id: int, person_id: int) -> int:
    """How many of them he has not seen yet, counted to 99."""
    rows = notices_of(company_id, person_id).filter(read_at=None).order_by()
    return int(rows[:COUNTED_TO].count())


def mark_read(company_id: int, person_id: int, *, up_to: int) -> int:
    """Mark what he has seen, down from the notice of this id. Answers how many."""
    rows = notices_of(company_id, person_id).filter(read_at=None, pk__lte=up_to).order_by()
    return int(rows.update(read_at=timezone.now()))
