"""The one place where rows are locked.

Order, everywhere: idempotency key, company settings, staged record, staged export, record, request, detail, delivery,
problem; parents before children, then by id. Two commands that need the same rows then wait for each other instead of
deadlocking.
"""

from collections.abc import Collection
from typing import TypeVar

from django.db import models

from erpstaging.core import sets

M = TypeVar("M", bound=models.Model)


def lock(rows: "models.QuerySet[M]") -> list[M]:
    """Lock rows of one table by ascending id, for change but not against references to them."""
    return list(rows.select_for_update(of=("self",), no_key=True).order_by("pk"))


def lock_ids(model: type[M], company_id: int, ids: Collection[int]) -> list[M]:
    """Lock a company's rows by their ids as `lock` does, at a fraction of what the query set costs."""
    return sets.select_locked(model, company_id, sorted(ids))


def lock_family(rows: "models.QuerySet[M]") -> list[M]:
    """Lock rows that may be parents and children of each other: parents first, then by id."""
    return list(
        rows.select_for_update(of=("self",), no_key=True).order_by(models.F("parent_id").asc(nulls_first=True), "pk")
    )


def lock_if_free(rows: "models.QuerySet[M]") -> list[M]:
    """Lock those of the rows that nobody holds, and leave the others out."""
    return list(rows.select_for_update(of=("self",), no_key=True, skip_locked=True).order_by("pk"))
