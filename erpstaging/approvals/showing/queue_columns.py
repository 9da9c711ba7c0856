"""The columns of the work queue that a reader may leave out."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from erpstaging.approvals.presenters import Text
from erpstaging.approvals.showing.columns import Column

# Status, number and title always stand; extras stand between amount and sender.
BEFORE, AFTER = ("project", "company", "amount"), ("sender", "age", "flags")


@dataclass(frozen=True, slots=True)
class ListColumn:
    name: str
    label: Text
    shown: bool = True


@dataclass(frozen=True, slots=True)
class ColumnChoice:
    """The form of the columns of one tab; `tab` is its key, empty for All."""

    url: str
    tab: str
    columns: Sequence[ListColumn]


def labels() -> dict[str, str]:
    return {
        "project": _("Project"),
        "company": _("Company"),
        "amount": _("Amount"),
        "sender": _("Sender"),
        "age": _("Age"),
        "flags": _("Flags"),
    }


def column_key(column: Column) -> str:
    """A company's own field may have the name of a column of the list."""
    return f"{'own' if column.own else 'field'}:{column.name}"


def list_columns(extras: Sequence[Column], hidden: frozenset[str]) -> list[ListColumn]:
    """All columns of a list that can be left out, in their order; `extras` are those that the company adds."""
    words = labels()
    named = [(name, words[name]) for name in BEFORE]
    named += [(column_key(column), column.label) for column in extras]
    named += [(name, words[name]) for name in AFTER]
    return [ListColumn(name, label, name not in hidden) for name, label in named]


def shown_extras(extras: Sequence[Column], hidden: frozenset[str]) -> list[Column]:
    return [column for column in extras if column_key(column) not in hidden]
