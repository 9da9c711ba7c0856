"""My items: everything that somebody sent, with who has it now and what comes next."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from erpstaging.approvals.naming import local
from erpstaging.approvals.presenters import (
    Choice,
    Empty,
    Filter,
    FormField,
    ItemList,
    ItemRow,
    Link,
    Pager,
    ReturnedItem,
    Text,
    TypeTab,
)
from erpstaging.approvals.showing.items import item_row, returned_item
from erpstaging.catalogue.registry import ENTITIES
from erpstaging.companies.actors import Actor
from erpstaging.companies.models import Company
from erpstaging.staging.mine import Part, Standing, Wanted, my_counts, my_items
from erpstaging.staging.models import ExportState, StagedExport
from erpstaging.staging.queue import COUNTED_TO

LABELS: Mapping[Standing, Text] = {
    Standing.RETURNED: gettext_lazy("Back with you"),
    Standing.UNDER_WAY: gettext_lazy("On their way"),
    Standing.DONE: gettext_lazy("Done"),
}
PER_PAGE, ON_TOP, AT_HOME = 50, 10, 10


@dataclass(frozen=True, slots=True)
class MineAsked:
    """What the address asks for."""

    standing: Standing | None = None
    item_type: str = ""
    text: str = ""
    before: int | None = None


def mine_shown(company: Company, actor: Actor, asked: MineAsked, item_types: Sequence[str]) -> ItemList:
    """Rejected ones stand on top of the first page, with all that was said; each other one is a row."""
    wanted = Wanted(item_type=asked.item_type, text=asked.text, limit=PER_PAGE)
    counts = my_counts(company, actor.user_id, wanted)
    top = _on_top(company, actor, asked)
    part = my_items(company, actor.user_id, _rows_wanted(asked))
    returned, rows = list(top), []
    for export in part.exports:
        if asked.standing is Standing.RETURNED and export.state == ExportState.REJECTED:
            returned.append(returned_item(company, actor, export, export.record))
        else:
            rows.append(item_row(company, actor, export.record, export))
    return ItemList(
        title=_("My items"),
        lead=_lead(counts),
        rows=rows,
        returned=returned,
        tabs=_tabs(company, asked, counts),
        heading=LABELS[asked.standing] if asked.standing else _("On their way and done"),
        filters=_filters(company, asked),
        filter_fields=_fields(asked, item_types),
        filter_url=reverse("approvals:mine", args=[company.pk]),
        clear_url=mine_url(company, MineAsked(asked.standing)),
        pager=_pager(company, asked, part, len(rows) + len(returned)),
        empty=_empty(company, asked),
    )


def under_way(company: Company, actor: Actor) -> tuple[list[ReturnedItem], list[ItemRow]]:
    """What the home shows: what came back, and what is on its way."""
    returned = my_items(company, actor.user_id, Wanted(Standing.RETURNED, rejected=True, limit=AT_HOME))
    going = my_items(company, actor.user_id, Wanted(rejected=False, limit=AT_HOME, standing=Standing.UNDER_WAY))
    return (
        [returned_item(company, actor, one, one.record) for one in returned.exports],
        [item_row(company, actor, one.record, one) for one in going.exports],
    )


def mine_url(company: Company, asked: MineAsked) -> str:
    query = {"show": asked.standing, "type": asked.item_type, "q": asked.text, "before": asked.before}
    kept = urlencode({name: value for name, value in query.items() if value})
    return reverse("approvals:mine", args=[company.pk]) + (f"?{kept}" if kept else "")


def _on_top(company: Company, actor: Actor, asked: MineAsked) -> list[ReturnedItem]:
    if asked.standing is not None or asked.before is not None:
        return []
    wanted = Wanted(item_type=asked.item_type, text=asked.text, rejected=True, limit=ON_TOP)
    exports: Sequence[StagedExport] = my_items(company, actor.user_id, wanted).exports
    return [returned_item(company, actor, one, one.record) for one in exports]


def _rows_wanted(asked: MineAsked) -> Wanted:
    return Wanted(
        standing=asked.standing,
        item_type=asked.item_type,
        text=asked.text,
        rejected=False if asked.standing is None else None,
        before=asked.before,
        limit=PER_PAGE,
    )


def _lead(counts: Mapping[Standing, int]) -> str:
    if not any(counts.values()):
        return ""
    text = _("%(back)d back with you, %(going)d on their way")
    return text % {"back": counts[Standing.RETURNED], "going": counts[Standing.UNDER_WAY]}


def _tabs(company: Company, asked: MineAsked, counts: Mapping[Standing, int]) -> list[TypeTab]:
    total = sum(counts.values())
    shown: list[tuple[Standing | None, Text, int]] = [(None, _("All"), total)]
    shown += [(one, label, counts[one]) for one, label in LABELS.items()]
    return [
        TypeTab(
            label=label,
            url=mine_url(company, MineAsked(one, asked.item_type, asked.text)),
            count=count,
            capped=total >= COUNTED_TO,
            current=one is asked.standing,
        )
        for one, label, count in shown
    ]


def _filters(company: Company, asked: MineAsked) -> list[Filter]:
    filters = []
    if asked.item_type:
        url = mine_url(company, MineAsked(asked.standing, "", asked.text))
        filters.append(Filter(_("Type"), url, local(ENTITIES[asked.item_type].label)))
    if asked.text:
        filters.append(Filter(_("Text"), mine_url(company, MineAsked(asked.standing, asked.item_type)), asked.text))
    return filters


def _fields(asked: MineAsked, item_types: Sequence[str]) -> list[FormField]:
    kinds = [Choice("", _("Any type")), *(Choice(one, local(ENTITIES[one].label)) for one in item_types)]
    standings = [Choice("", _("All")), *(Choice(one.value, label) for one, label in LABELS.items())]
    return [
        FormField(name="show", label=_("Where it is"), kind="choice", value=asked.standing or "", choices=standings,
                  full_width=True),
        FormField(name="q", label=_("Number or title"), value=asked.text, full_width=True),
        FormField(name="type", label=_("Type"), kind="choice", value=asked.item_type, choices=kinds, full_width=True),
    ]  # fmt: skip


def _pager(company: Company, asked: MineAsked, part: Part, shown: int) -> Pager | None:
    if asked.before is None and part.before is None:
        return None
    first = MineAsked(asked.standing, asked.item_type, asked.text)
    following = MineAsked(asked.standing, asked.item_type, asked.text, part.before)
    return Pager(
        text=_("%(count)d here, newest first") % {"count": shown},
        previous_url=mine_url(company, first) if asked.before is not None else "",
        next_url=mine_url(company, following) if part.before is not None else "",
    )


def _empty(company: Company, asked: MineAsked) -> Empty:
    if asked.standing or asked.item_type or asked.text:
        links = [Link(_("Show all"), mine_url(company, MineAsked()))]
        return Empty(title=_("No items match these filters."), icon="search", links=links)
    return Empty(
        title=_("You have sent nothing yet."),
        text=_("What you send to accounting appears here, with who has it and what comes next."),
        icon="mine",
        links=[Link(_("Records"), reverse("approvals:records", args=[company.pk]))],
    )
