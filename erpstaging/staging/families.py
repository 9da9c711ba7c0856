"""A staged record under lock, with the children that stand or fall with it."""

from dataclasses import dataclass

from django.db.models import Q

from erpstaging.catalogue.entity import Entity
from erpstaging.catalogue.registry import STAGED
from erpstaging.core.errors import NotFound
from erpstaging.core.locks import lock_family
from erpstaging.staging.call import family_ids, standing
from erpstaging.staging.models import StagedRecord, StagedStatus
from erpstaging.staging.waiting import waiting_ids


@dataclass(slots=True)
class Family:
    """`waiting` are the rows of others that wait for one of these."""

    row: StagedRecord
    children: list[StagedRecord]
    waiting: list[StagedRecord]

    def entity(self, row: StagedRecord) -> Entity:
        return STAGED[row.item_type].under(self.row.item_type)

    @property
    def comes_again(self) -> bool:
        """Whether the row is imported and may come in once more, because something new was staged since."""
        return may_come_again(self.row)

    @property
    def rows(self) -> list[StagedRecord]:
        """What is imported together: not the children that were archived on their own, nor those imported before.

        Of what comes in once more, the children that the integration changed come too.
        """
        return [self.row, *(child for child in self.children if self._comes_in(child))]

    def _comes_in(self, child: StagedRecord) -> bool:
        if child.status == StagedStatus.IMPORTED:
            return self.comes_again and child.data != child.imported_data
        return bool(child.status != StagedStatus.ARCHIVED)


def may_come_again(row: StagedRecord) -> bool:
    again = row.changed_since_import and STAGED[row.item_type].imported_again
    return bool(again and row.status == StagedStatus.IMPORTED)


def locked_family(company_id: int, staged_id: int) -> Family:
    """The row, its children, and the rows that wait for one of them: one lock for all, parents first.

    Raises NotFound.
    """
    ids = family_ids(company_id, [staged_id], [])
    members = standing(company_id).filter(Q(pk=staged_id) | Q(parent_id=staged_id))
    waiting = waiting_ids(company_id, list(members.values_list("item_type", "origin_id")))
    rows = {row.pk: row for row in lock_family(standing(company_id).filter(pk__in={*ids, *waiting}))}
    if staged_id not in rows:
        raise NotFound()
    children = [row for row in rows.values() if row.parent_id == staged_id]
    return Family(rows[staged_id], children, [rows[one] for one in waiting if one in rows and one != staged_id])
