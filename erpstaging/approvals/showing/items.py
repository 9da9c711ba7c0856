"""What project people see of their own: the home, the list of one type, and the rows of both."""

from collections.abc import Mapping, Sequence

from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from erpstaging.approvals.formats import date_text
from erpstaging.approvals.naming import local, within
from erpstaging.approvals.presenters import (
    Empty,
    Home,
    ItemList,
    ItemRow,
    Link,
    Money,
    Pager,
    Person,
    RecordKind,
    ReturnedItem,
    Text,
    Totals,
)
from erpstaging.approvals.showing.acts import Colleagues, button
from erpstaging.approvals.showing.columns import Column, columns_of
from erpstaging.approvals.showing.rejecting import pins_of
from erpstaging.approvals.showing.words import record_chip
from erpstaging.catalogue.entity import Entity
from erpstaging.catalogue.registry import ENTITIES
from erpstaging.companies.actors import Actor
from erpstaging.companies.models import Company
from erpstaging.connections.metadata import Metadata
from erpstaging.records.editing import may_write
from erpstaging.records.models import Record
from erpstaging.staging.acts import record_acts
from erpstaging.staging.mine import GIVEN_BACK
from erpstaging.staging.models import Action, ExportState, StagedExport
from erpstaging.staging.queue import COUNTED_TO, counts_by_type
from erpstaging.staging.updating import changed_since_sync, may_update

NEXT_STEP: Mapping[str, Text] = {
    ExportState.READY_TO_EXPORT: gettext_lazy("An accounting approver decides"),
    ExportState.ACCEPTED: gettext_lazy("It leaves in a moment"),
    ExportState.EXPORTING: gettext_lazy("The ERP answers"),
    ExportState.FAILED: gettext_lazy("An approver retries or rejects it"),
    ExportState.REJECTED: gettext_lazy("Mend it and send it again"),
    ExportState.RETRIEVED: gettext_lazy("Change it and send it again"),
    ExportState.SYNCED: gettext_lazy("Nothing: it is in the ERP"),
    ExportState.UNLINKING: gettext_lazy("The ERP says whether it has let go of it"),
    ExportState.UNLINKED: gettext_lazy("Send it again when it is ready"),
}
WITH_ACCOUNTING = {ExportState.READY_TO_EXPORT, ExportState.ACCEPTED, ExportState.FAILED}


def home_shown(
    company: Company,
    actor: Actor,
    item_types: Sequence[str],
    *,
    returned: Sequence[ReturnedItem],
    under_way: Sequence[ItemRow],
) -> Home:
    counts = counts_by_type(Record.objects.of(company).filter(deleted_at=None), item_types)
    may_make = actor.may("project")
    return Home(
        returned=returned,
        under_way=under_way,
        all_items=Link(_("My items"), reverse("approvals:mine", args=[company.pk])),
        kinds=[
            RecordKind(
                label=local(ENTITIES[item_type].listed_as),
                url=f"{reverse('approvals:records', args=[company.pk])}?item_type={item_type}",
                icon=ENTITIES[item_type].icon,
                count=min(counts.get(item_type, 0), COUNTED_TO),
                capped=counts.get(item_type, 0) > COUNTED_TO,
                new=_new(company, actor, ENTITIES[item_type], short=True) if may_make else None,
            )
            for item_type in item_types
        ],
    )


def listed_records(company: Company, entity: Entity) -> "QuerySet[Record]":
    """The records of one type as their list shows them, newest first."""
    rows: QuerySet[Record] = Record.objects.of(company).filter(item_type=entity.item_type, deleted_at=None)
    return rows.order_by("-pk")


def items_shown(
    company: Company, actor: Actor, entity: Entity, metadata: Metadata, *, page: int, per_page: int
) -> ItemList:
    rows = listed_records(company, entity)
    total = rows.count()
    records = list(rows[(page - 1) * per_page : page * per_page])
    columns = columns_of(metadata, [entity])
    newest = newest_exports(company, records)
    changed = changed_since_sync(company.pk, records) if may_update(entity, metadata) else set()
    here = f"{reverse('approvals:records', args=[company.pk])}?item_type={entity.item_type}"
    new = _new(company, actor, entity) if actor.may("project") else None
    return ItemList(
        title=local(entity.listed_as),
        rows=[
            item_row(company, actor, record, newest.get(record.pk), columns, changed=record.pk in changed)
            for record in records
        ],
        extra_columns=[column.label for column in columns],
        download_url=f"{here}&format=csv" if total else "",
        totals=Totals(total),
        heading=_("Newest first"),
        pager=_pager(here, page, per_page, total),
        new=[new] if new else [],
        empty=Empty(title=_("There are none yet."), icon=entity.icon, links=[new] if new else []),
    )


def _pager(here: str, page: int, per_page: int, total: int) -> Pager | None:
    if total <= per_page:
        return None
    return Pager(
        text=_("Page %(page)d of %(pages)d") % {"page": page, "pages": -(-total // per_page)},
        previous_url=f"{here}&page={page - 1}" if page > 1 else "",
        next_url=f"{here}&page={page + 1}" if page * per_page < total else "",
    )


def _new(company: Company, actor: Actor, entity: Entity, *, short: bool = False) -> Link | None:
    """`short` where its name stands beside it."""
    if entity.kept_by_admins and not actor.may("project_admin"):
        return None
    url = reverse("approvals:new_record", args=[company.pk, entity.item_type])
    return Link(_("New") if short else _("New %(kind)s") % {"kind": within(entity.label)}, url)


def newest_exports(company: Company, records: Sequence[Record]) -> dict[int, StagedExport]:
    exports = StagedExport.objects.of(company).filter(record_id__in=[record.pk for record in records])
    return {one.record_id: one for one in exports.order_by("record_id", "-pk").distinct("record_id")}


def item_row(
    company: Company,
    actor: Actor,
    record: Record,
    export: StagedExport | None,
    columns: Sequence[Column] = (),
    *,
    changed: bool = False,
) -> ItemRow:
    """`changed` says of a synced object that people changed it, and that it can be sent again."""
    acts = [act for act in record_acts(record, actor, export) if act.act in {"retrieve"} and act.enabled]
    colleagues = Colleagues(company, actor.user_id)
    return ItemRow(
        key=f"record-{record.pk}",
        url=reverse("approvals:record", args=[company.pk, record.pk]),
        status=record_chip(record, export),
        icon=ENTITIES[record.item_type].icon,
        number=record.number or record.origin_code or "",
        title=record.title or local(ENTITIES[record.item_type].label),
        money=None if record.amount is None else Money(record.amount, record.currency),
        extras=[column.value(record.data, record.origin_code) for column in columns],
        who_has_it=_holder(actor, export),
        since=export.changed_at if export is not None else record.updated_at,
        next_step=_next_step(record, export, changed),
        decisions=[button(act, "record", company.pk, record.pk, version=None, colleagues=colleagues) for act in acts],
        open_link=_open_link(company, actor, record, export),
    )


def _open_link(company: Company, actor: Actor, record: Record, export: StagedExport | None) -> Link:
    """Into its form where the next step is taken there."""
    taken_back = export is not None and export.state == ExportState.RETRIEVED
    if taken_back and not record.synced and may_write(actor, ENTITIES[record.item_type], record):
        return Link(_("Edit and re-send"), reverse("approvals:edit_record", args=[company.pk, record.pk]))
    return Link(_("Open"), reverse("approvals:record", args=[company.pk, record.pk]))


def _next_step(record: Record, export: StagedExport | None, changed: bool) -> Text:
    if changed and (export is None or not export.is_open):
        return _("Changed since it was synced: send it again")
    if export is not None and export.state in GIVEN_BACK and export.action == Action.UPDATE:
        return NEXT_STEP[export.state]
    if export is not None and (export.is_open or not record.synced):
        return _held(export) or NEXT_STEP.get(export.state, "")
    return NEXT_STEP[ExportState.SYNCED] if record.synced else _("Send it when it is ready")


def _held(export: StagedExport) -> str:
    """What keeps it where it is, besides a decision that has to be made."""
    if export.state == ExportState.READY_TO_EXPORT and export.hold_until is not None:
        day = timezone.localtime(export.hold_until).date()
        return _("On hold until %(day)s: %(note)s") % {"day": date_text(day), "note": export.hold_note}
    if export.state == ExportState.ACCEPTED and export.held_reason:
        return export.held_reason
    return ""


def _holder(actor: Actor, export: StagedExport | None) -> Person | None:
    if export is None:
        return None
    if export.state in WITH_ACCOUNTING:
        return Person(_("Accounting"))
    if export.state in {ExportState.EXPORTING, ExportState.UNLINKING}:
        return Person(_("the ERP"))
    if export.state in GIVEN_BACK:
        return Person(export.sent_by_name, you=export.sent_by_id == actor.user_id)
    return None


def returned_item(company: Company, actor: Actor, export: StagedExport, record: Record) -> ReturnedItem:
    """A rejected export of a record, with everything that its rejecter said."""
    return ReturnedItem(
        row=item_row(company, actor, record, export),
        by=Person(export.decided_by_name, you=export.decided_by_id == actor.user_id),
        at=export.decided_at or export.changed_at,
        reason=export.reason,
        code=export.reason_code,
        pins=pins_of(export),
        edit=Link(_("Mend it"), reverse("approvals:edit_record", args=[company.pk, export.record_id])),
    )
