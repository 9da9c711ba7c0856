"""The commands of an object's life as the service has them, under the names that the reference model uses."""

import functools
import operator
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from typing import Any

from django.db.models import Q
from django.utils import timezone

from erpstaging.catalogue.registry import ENTITIES
from erpstaging.companies.actors import Actor
from erpstaging.companies.models import Company
from erpstaging.core.errors import Invalid
from erpstaging.erp_requests.models import ErpRequest, ErpRequestDetail
from erpstaging.erp_requests.services import take
from erpstaging.records.editing import edit_record
from erpstaging.records.external_data import wire_item_type
from erpstaging.records.models import Record
from erpstaging.staging.answers import Element
from erpstaging.staging.closeout import close_details
from erpstaging.staging.confirmations import Confirmation
from erpstaging.staging.confirming import confirm, decline
from erpstaging.staging.exports import accept_export, reject_export, retry_export, undo_accept
from erpstaging.staging.external import sync_external_data
from erpstaging.staging.holding import hold_export, resume_export
from erpstaging.staging.marking import mark_synced
from erpstaging.staging.models import ExportState, StagedExport
from erpstaging.staging.resetting import reset_record
from erpstaging.staging.sending import retrieve_record, send_record
from erpstaging.staging.staleness import cancel_export
from erpstaging.staging.tasks import sweep
from erpstaging.staging.unlinking import unlink
from tests.fixtures.scope import no_scope
from tests.staging.life import HEADER, LINES

UNDO = timedelta(seconds=60)
LONG_AGO = timedelta(hours=1)
# No export has this id: what is done to it is refused.
NONE = 2**40


# What of an object people may change, where it is not the title.
EDITED = {"company_level_direct_cost": "description", "project": "city"}


class Service:
    """Each method is one command. `actors` are people by name; the integrator and the scheduler need none."""

    def __init__(self, company: Company, record: Record, actors: dict[str, Actor], integration: Actor) -> None:
        self.company, self.record, self.actors, self.integration = company, record, actors, integration
        self.titles = 0
        # An origin ID names one object: each record's carry its own ending.
        self.own = f"@{record.pk}"
        self.events = ENTITIES[record.item_type].events
        lines = Record.objects.of(company).filter(parent=record, deleted_at=None).order_by("position", "pk")
        self.parts = {HEADER: record, **dict(zip(LINES, lines, strict=False))}
        # What was asked with a detail never changes.
        self.asked: dict[int, tuple[str, tuple[str, ...]]] = {}

    def facts(self) -> tuple[Any, ...]:
        """What the model's `facts` says, as it is stored."""
        rows = Record.objects.of(self.company).filter(pk__in=[one.pk for one in self.parts.values()])
        held = {one.pk: one for one in rows.only("lock", "origin_id")}
        record, *lines = (held[one.pk] for one in self.parts.values())
        details, questions = self.details(), self.questions()
        self._refuse_stray_requests(details)
        exports = [
            (one.state, one.version, one.hold_until is not None, one.attempts, self._refused(one))
            for one in self.exports()
        ]
        (lines_linked,) = {one.origin_id is not None for one in lines} or {False}
        return (
            record.lock,
            record.origin_id and record.origin_id.removesuffix(self.own),
            lines_linked,
            exports,
            [self._detail(one) for one in details],
            [(one.act, one.state) for one in questions],
            sum(one.erp_request_id is not None for one in questions),
        )

    def exports(self) -> list[StagedExport]:
        rows = StagedExport.objects.of(self.company).filter(record=self.record).order_by("pk")
        return list(rows.only("state", "version", "hold_until", "attempts", "failed_items"))

    def details(self) -> list[ErpRequestDetail]:
        return list(ErpRequestDetail.objects.of(self.company).filter(item=self.record).order_by("pk"))

    def questions(self) -> list[Confirmation]:
        return list(Confirmation.objects.of(self.company).filter(record=self.record).order_by("pk"))

    def _refuse_stray_requests(self, details: Sequence[ErpRequestDetail]) -> None:
        """Each detail has a request of its own, and there is none that nobody waits for."""
        asked = [one.erp_request_id for one in details]
        assert len(asked) == len(set(asked))
        known = {
            self.events.export: ErpRequestDetail.objects.of(self.company).values("erp_request"),
            self.events.unlink: ErpRequestDetail.objects.of(self.company).values("erp_request"),
            self.events.reset: Confirmation.objects.of(self.company)
            .filter(erp_request__isnull=False)
            .values("erp_request"),
        }
        stray = (Q(request_name=name) & ~Q(pk__in=ids) for name, ids in known.items() if name is not None)
        assert not ErpRequest.objects.of(self.company).filter(functools.reduce(operator.or_, stray)).exists()

    def _refused(self, export: StagedExport) -> tuple[str, ...]:
        """The parts that the ERP did not take, of an export that failed."""
        ids = {one["item_id"] for one in export.failed_items} if export.state == ExportState.FAILED else set()
        return tuple(name for name, one in self.parts.items() if one.pk in ids)

    def _detail(self, detail: ErpRequestDetail) -> tuple[Any, ...]:
        if detail.pk not in self.asked:
            erp_request = detail.erp_request
            unlinks = erp_request.request_name == self.events.unlink
            ids = set(ids_in(erp_request.request_data))
            lines = [name for name, one in self.parts.items() if name in LINES and one.pk in ids and not unlinks]
            self.asked[detail.pk] = ("unlink" if unlinks else "export", tuple(lines))
        about, lines_of = self.asked[detail.pk]
        return (about, detail.state, detail.current, detail.attempt, lines_of)

    @property
    def export_id(self) -> int:
        newest = StagedExport.objects.of(self.company).filter(record=self.record).order_by("-pk")
        return newest.values_list("pk", flat=True).first() or NONE

    # Project people

    def edit(self, actor: str) -> Any:
        self.titles += 1
        data = {EDITED.get(self.record.item_type, "title"): f"Steel {self.titles}"}
        return edit_record(self.company, self.record.pk, actor=self.actors[actor], data=data)

    def send(self, actor: str) -> Any:
        return send_record(self.company, self.record.pk, actor=self.actors[actor])

    def retrieve(self, actor: str) -> Any:
        return retrieve_record(self.company, self.record.pk, actor=self.actors[actor])

    # Approvers

    def accept(self, actor: str, seen: int | None, with_undo: bool = False) -> Any:
        undo = UNDO if with_undo else timedelta(0)
        return accept_export(self.company, self.export_id, actor=self.actors[actor], version=seen, undo=undo)

    def undo(self, actor: str) -> Any:
        return undo_accept(self.company, self.export_id, actor=self.actors[actor])

    def reject(self, actor: str, seen: int | None) -> Any:
        reason = "Wrong retainage"
        return reject_export(self.company, self.export_id, actor=self.actors[actor], version=seen, reason=reason)

    def hold(self, actor: str) -> Any:
        until = (timezone.now() + timedelta(days=3)).isoformat()
        return hold_export(self.company, self.export_id, actor=self.actors[actor], note="Ask Maya", until=until)

    def resume(self, actor: str) -> Any:
        return resume_export(self.company, self.export_id, actor=self.actors[actor])

    def retry(self, actor: str) -> Any:
        return retry_export(self.company, self.export_id, actor=self.actors[actor])

    def cancel(self, actor: str) -> Any:
        return cancel_export(self.company, self.export_id, actor=self.actors[actor])

    def unlink(self, actor: str) -> Any:
        return unlink(self.company, self.record.pk, actor=self.actors[actor])

    # Two people

    def mark(self, actor: str, origin_id: str, seen: int | None = None) -> Any:
        wanted = {"origin_id": f"{origin_id}{self.own}", "reason": "Booked by hand.", "version": seen}
        return mark_synced(self.company, self.export_id, actor=self.actors[actor], **wanted)

    def reset(self, actor: str) -> Any:
        return reset_record(self.company, self.record.pk, actor=self.actors[actor], reason="Lost in the restore.")

    def confirm(self, place: int, actor: str) -> Any:
        return confirm(self.company, self.questions()[place].pk, actor=self.actors[actor])

    def decline(self, place: int, actor: str) -> Any:
        return decline(self.company, self.questions()[place].pk, actor=self.actors[actor])

    # The integrator

    def take(self) -> Any:
        details = self.details()
        return take(self.company.pk, details[-1].erp_request_id) if details else None

    def link(self, origin_id: str | None) -> Any:
        wanted = {HEADER: origin_id and f"{origin_id}{self.own}"}
        return self._sync_external_data(wanted)

    def link_lines(self) -> Any:
        return self._sync_external_data({name: f"{name}{self.own}" for name in self.parts if name in LINES})

    def _sync_external_data(self, origin_ids: dict[str, str | None]) -> Any:
        updates = [
            {
                "item_type": wire_item_type(self.parts[name].item_type),
                "item_id": self.parts[name].pk,
                "origin_id": origin_id,
            }
            for name, origin_id in origin_ids.items()
        ]
        return [accepted(one) for one in sync_external_data(self.company, updates, actor=self.integration)]

    def close(self, place: int, state: str, refused: tuple[str, ...] = ()) -> Any:
        """Where parts were refused, the ERP tells of each."""
        items = [
            {
                "item_type": wire_item_type(one.item_type),
                "item_id": one.pk,
                "status": "failed" if name in refused else "success",
            }
            for name, one in self.parts.items()
        ]
        update = {"id": self.details()[place].pk, "status": state, "messages": ["So it is."]}
        sent = {**update, "items": items} if refused else update
        (element,) = close_details(self.company, [sent], actor=self.integration)
        return accepted(element)

    # The scheduler

    def undo_time_ends(self) -> None:
        accepted_ones = StagedExport.objects.of(self.company).filter(record=self.record, state=ExportState.ACCEPTED)
        accepted_ones.update(release_at=timezone.now() - LONG_AGO)

    def sweep(self) -> None:
        with no_scope():
            sweep()

    def a_day_ends(self) -> None:
        past = timezone.now() - LONG_AGO
        exports = StagedExport.objects.of(self.company).filter(record=self.record)
        exports.filter(hold_until__isnull=False).update(hold_until=past)
        ErpRequestDetail.objects.of(self.company).filter(item=self.record).update(due_at=past)
        Confirmation.objects.of(self.company).filter(record=self.record).update(expires_at=past)
        self.undo_time_ends()


def ids_in(data: Any) -> Iterator[int]:
    """Every id of a payload; some of them are text there."""
    if isinstance(data, list):
        for one in data:
            yield from ids_in(one)
    elif isinstance(data, dict):
        for name, one in data.items():
            yield from [int(one)] if name == "id" and str(one).isdigit() else ids_in(one)


def accepted(element: Element) -> Element:
    """The element of a call that took it. Raises Invalid."""
    if element.errors:
        raise Invalid("The element was refused.", errors=element.errors)
    return element


Command = tuple[str, tuple[Any, ...]]


def command(service: Service, named: Command) -> Callable[[], Any]:
    act, about = named
    return lambda: getattr(service, act)(*about)
