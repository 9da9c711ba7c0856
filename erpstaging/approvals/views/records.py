"""What project people keep: their lists, the form of a record, sending it and taking it back."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _

from erpstaging.approvals.presenters import Toast
from erpstaging.approvals.showing.csv_file import csv_response
from erpstaging.approvals.showing.forms import LINE, FormShown, line_columns
from erpstaging.approvals.showing.items import home_shown, items_shown
from erpstaging.approvals.showing.mine import MineAsked, mine_shown, under_way
from erpstaging.approvals.showing.words import DONE
from erpstaging.approvals.views.base import status_of
from erpstaging.approvals.views.queue import AccountingView, number_in
from erpstaging.catalogue.entity import CUSTOM, Entity
from erpstaging.catalogue.fields import INT64, Field
from erpstaging.catalogue.registry import ENTITIES, EXPORTED
from erpstaging.connections.metadata import Metadata
from erpstaging.connections.services import metadata_of
from erpstaging.core.errors import BadRequest, Invalid, NotFound, Refused
from erpstaging.records.editing import create_record, delete_record, edit_record, require_right
from erpstaging.records.lines import LineEdit
from erpstaging.records.models import Record
from erpstaging.staging.budget_import import import_budget
from erpstaging.staging.direct_exports import send_to_erp
from erpstaging.staging.mine import Standing
from erpstaging.staging.models import StagedExport
from erpstaging.staging.queue import MAX_LIMIT
from erpstaging.staging.sending import retrieve_record


def kept_here(metadata: Metadata) -> list[str]:
    """What project people keep on these pages: what can be sent, and the prime contracts that some of it stands under,
    as far as it is switched on."""
    kept = (one for one in ENTITIES.values() if one.item_type in EXPORTED or one.item_type == "prime_contract")
    return [entity.item_type for entity in kept if metadata.is_on(entity)]


class RecordsPage(AccountingView):
    """The home of project people, or with `?item_type=` the list of one type."""

    def get(self, request: HttpRequest) -> HttpResponseBase:
        item_type = request.GET.get("item_type", "")
        metadata = metadata_of(self.company.pk)
        kept = kept_here(metadata)
        if item_type not in kept:
            returned, going = under_way(self.company, self.actor)
            home = home_shown(self.company, self.actor, kept, returned=returned, under_way=going)
            return self.page("approvals/home.html", {"home": home})
        number = request.GET.get("page", "1")
        page = int(number) if number.isascii() and number.isdigit() and 0 < len(number) < 6 else 1
        entity = ENTITIES[item_type]
        if request.GET.get("format") == "csv":
            return csv_response(self.company, self.actor, entity, metadata)
        items = items_shown(self.company, self.actor, entity, metadata, page=max(page, 1), per_page=MAX_LIMIT)
        return self.page("approvals/items.html", {"items": items})


class MinePage(AccountingView):
    """`mine/`: everything I sent, what became of it, and what comes next. What is asked stands in the address."""

    def get(self, request: HttpRequest) -> HttpResponseBase:
        query, kept = request.GET, kept_here(metadata_of(self.company.pk))
        word, item_type = query.get("show", ""), query.get("type", "")
        asked = MineAsked(
            standing=Standing(word) if word in set(Standing) else None,
            item_type=item_type if item_type in ENTITIES else "",
            text=query.get("q", "").strip().replace("\0", "")[:255],
            before=number_in(query.get("before", "")),
        )
        return self.page("approvals/items.html", {"items": mine_shown(self.company, self.actor, asked, kept)})


class FormView(AccountingView):
    """Making or changing a record. What was typed stays on the form when it is refused."""

    object_type = "record"

    def shown(self) -> FormShown:  # type: ignore[override]
        raise NotImplementedError

    @property
    def entity(self) -> Entity:
        raise NotImplementedError

    def save(self) -> Record:
        raise NotImplementedError

    def get(self, request: HttpRequest, **ids: Any) -> HttpResponseBase:
        return self.page("approvals/record_form.html", {"form": self.shown().form()})

    def post(self, request: HttpRequest, **ids: Any) -> HttpResponseBase:
        if "add_line" in request.POST or "remove_line" in request.POST:
            return self._redrawn()
        record = self.save()
        name = record.number or record.title
        if request.GET.get("then") == "send":
            send_to_erp(self.company, record.pk, actor=self.actor)
            self.say(Toast(text=str(DONE["send_to_erp"]) % {"name": name}))
        else:
            self.say(Toast(text=str(DONE["save"]) % {"name": name}))
        return HttpResponseRedirect(reverse("approvals:record", args=[self.company.pk, record.pk]))

    def refused(self, refusal: Refused) -> HttpResponseBase:
        if self.request.method != "POST" or not isinstance(refusal, Invalid):
            return super().refused(refusal)
        errors = refusal.errors or {"base": [refusal.message]}
        form = self.shown().form(typed=self.typed, errors=errors, rows=self.rows())
        return self.page("approvals/record_form.html", {"form": form}, status=status_of(refusal))

    def _redrawn(self) -> HttpResponseBase:
        """One line more or less, and nothing saved."""
        rows = self.rows()
        removed = self.request.POST.get("remove_line", "")
        if removed:
            rows = [row for row in rows if row["prefix"] != removed]
        else:
            rows.append({"prefix": ""})
        form = self.shown().form(typed=self.typed, rows=rows)
        return self.page("approvals/record_form.html", {"form": form})

    @property
    def typed(self) -> Mapping[str, str]:
        return {key: str(value) for key, value in self.request.POST.items()}

    def data(self) -> dict[str, Any]:
        """The fields that the form had; an emptied one is null. A closed field is not sent by the browser."""
        entity, post = self.metadata.entity(self.entity), self.request.POST
        sent = {one.name: _typed(one, post[one.name]) for one in entity.edited_fields() if one.name in post}
        # A box that nobody ever ticked says nothing yet.
        silent = {
            one.name
            for one in entity.edited_fields()
            if one.kind == "boolean" and not one.required and entity.value_of(one.name, self.standing_data) is None
        }
        sent = {name: value for name, value in sent.items() if value is not False or name not in silent}
        own = {one.name for one in entity.custom}
        return {
            **{name: value for name, value in sent.items() if name not in own},
            CUSTOM: {name: value for name, value in sent.items() if name in own},
        }

    @property
    def standing_data(self) -> Mapping[str, Any]:
        """What the record holds before the form is stored."""
        return {}

    @property
    def metadata(self) -> Metadata:
        return metadata_of(self.company.pk)

    @property
    def line_names(self) -> list[str]:
        """The columns of the lines, the company's own among them."""
        entity = self.line_entity
        return [*line_columns(entity), *self.own_line_names] if entity is not None else []

    @property
    def own_line_names(self) -> list[str]:
        entity = self.line_entity
        return [one.name for one in self.metadata.entity(entity).custom] if entity is not None else []

    @property
    def line_entity(self) -> Entity | None:
        line_type = self.entity.line_type
        return ENTITIES[line_type].under(self.entity.item_type) if line_type else None

    def rows(self) -> list[dict[str, Any]]:
        """The lines of the form in their order, each with its prefix, the id of a standing one, and its texts."""
        post = self.request.POST
        places = sorted(
            {
                int(parts[1])
                for key in post
                if (parts := key.split("-"))[0] == LINE and len(parts) > 2 and _place(parts[1])
            }
        )
        rows, names = [], self.line_names
        for place in places:
            row: dict[str, Any] = {name: post.get(f"{LINE}-{place}-{name}", "").strip() for name in names}
            given = post.get(f"{LINE}-{place}-id", "")
            row["id"] = int(given) if given.isascii() and given.isdigit() and len(given) < 19 else None
            row["prefix"] = f"{LINE}-{place}"
            rows.append(row)
        return rows

    def lines(self, standing: Sequence[Record]) -> list[LineEdit]:
        """What the form wants of the lines: a standing one that is not on it any more is removed."""
        if self.entity.line_type is None:
            return []
        edits, own = [], self.own_line_names
        names = [name for name in self.line_names if name not in own]
        for row in self.rows():
            values = {name: row[name] or None for name in names}
            values[CUSTOM] = {name: row[name] or None for name in own}
            if row["id"] is None and not any(row[name] for name in (*names, *own)):
                continue  # a blank line at the end is no line
            edits.append(LineEdit(row["id"], _calculated(values, self.line_entity)))
        kept = {edit.id for edit in edits}
        return [*edits, *(LineEdit(line.pk, {}, delete=True) for line in standing if line.pk not in kept)]


def _typed(field: Field, text: str) -> Any:
    """What somebody typed into a field; nothing is null."""
    value = text.strip().replace("\r\n", "\n") or None
    return value == "true" if field.kind == "boolean" else value


def _place(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 6


def _calculated(values: dict[str, Any], entity: Entity | None) -> dict[str, Any]:
    """A form's line is quantity times unit cost where both are there; other values of a standing line stay."""
    rule = entity.calculation if entity is not None else None
    if rule is not None and values.get("quantity") and values.get("unit_cost"):
        return {**values, rule.field: rule.calculated}
    return values


class NewRecord(FormView):
    """`records/new/<item_type>/`."""

    @property
    def entity(self) -> Entity:
        item_type = self.kwargs["item_type"]
        if item_type not in kept_here(self.metadata):
            raise NotFound()
        return ENTITIES[item_type]

    def shown(self) -> FormShown:  # type: ignore[override]
        require_right(self.actor, self.entity)
        return FormShown(self.company, self.actor, self.entity, self.metadata, project_id=self.project_id)

    @property
    def project_id(self) -> int | None:
        given = self.request.POST.get("project_id") or self.request.GET.get("project_id") or ""
        if not (given.isascii() and given.isdigit()) or len(given) > 19 or not 0 < int(given) < INT64:
            return None
        return int(given)

    def save(self) -> Record:
        return create_record(
            self.company,
            actor=self.actor,
            item_type=self.entity.item_type,
            project_id=self.project_id,
            data=self.data(),
            lines=self.lines(()),
        )


class EditRecord(FormView):
    """`records/<id>/edit/`."""

    @property
    def entity(self) -> Entity:
        return ENTITIES[self.record.item_type]

    @property
    def record(self) -> Record:
        found: Record | None = (
            Record.objects.of(self.company).filter(pk=self.kwargs["object_id"], deleted_at=None, parent=None).first()
        )
        if found is None:
            raise NotFound()
        return found

    @property
    def standing_data(self) -> Mapping[str, Any]:
        data: Mapping[str, Any] = self.record.data
        return data

    def standing(self) -> list[Record]:
        lines = Record.objects.of(self.company).filter(parent_id=self.kwargs["object_id"], deleted_at=None)
        return list(lines.order_by("position", "pk"))

    def shown(self) -> FormShown:  # type: ignore[override]
        record = self.record
        require_right(self.actor, self.entity, record)
        export = StagedExport.objects.of(self.company).filter(record=record).order_by("-pk").first()
        return FormShown(
            self.company,
            self.actor,
            self.entity,
            self.metadata,
            record=record,
            lines=self.standing(),
            export=export,
        )

    def save(self) -> Record:
        given = self.request.POST.get("version", "")
        if given and not (given.isascii() and given.isdigit() and len(given) < 18):
            raise BadRequest(_("The version is not a number."))
        return edit_record(
            self.company,
            self.kwargs["object_id"],
            actor=self.actor,
            data=self.data(),
            version=int(given) if given else None,
            lines=self.lines(self.standing()),
        )


class RecordAct(AccountingView):
    """An act on a record, back to its page."""

    object_type = "record"
    act = ""

    def post(self, request: HttpRequest, object_id: int) -> HttpResponseBase:
        self.do(object_id)
        record = Record.objects.of(self.company).get(pk=object_id)
        self.say(Toast(text=str(DONE[self.act]) % {"name": record.number or record.title}))
        return self.back()

    def do(self, object_id: int) -> None:
        raise NotImplementedError

    def fallback_path(self) -> str:
        return reverse("approvals:record", args=[self.company.pk, self.kwargs["object_id"]])


class Send(RecordAct):
    act = "send_to_erp"

    def do(self, object_id: int) -> None:
        send_to_erp(self.company, object_id, actor=self.actor)


class ImportBudget(RecordAct):
    act = "import_budget"

    def do(self, object_id: int) -> None:
        import_budget(self.company, object_id, actor=self.actor)


class Retrieve(RecordAct):
    act = "retrieve"

    def do(self, object_id: int) -> None:
        retrieve_record(self.company, object_id, actor=self.actor)


class Delete(RecordAct):
    act = "delete"

    def do(self, object_id: int) -> None:
        delete_record(self.company, object_id, actor=self.actor)

    def fallback_path(self) -> str:
        return reverse("approvals:records", args=[self.company.pk])
