"""A connected company as a journey finds it, who is at work there, and short words for what they do over HTTP."""

from collections.abc import Callable, Sequence
from typing import Any

from erpstaging.catalogue.registry import ENTITIES
from erpstaging.companies.models import Company
from erpstaging.erp_requests.models import ErpRequest
from erpstaging.records.models import Record
from erpstaging.staging.models import StagedRecord
from erpstaging.staging.tasks import sweep
from tests.fixtures.callers import Answer, Caller
from tests.fixtures.scope import no_scope

End = Callable[[], None]


class World:
    """`ids` are objects that stand in the ERP already: project, vendor, cost_code, line_item_type.

    `people("approver")` calls the REST for people; `erp` the Procore routes, `erp_flat` those without a company.
    """

    def __init__(self, company: Company, erp: Caller, people: Callable[[str], Caller], ids: dict[str, int]) -> None:
        self.company, self.erp, self.people, self.ids = company, erp, people, ids
        self.erp.headers["Procore-Company-Id"] = str(company.pk)

    def erp_flat(self, method: str, path: str, body: Any = None) -> Any:
        return done(self.erp(method, f"/rest/v1.0/{path}", body))

    # The integrator

    def stage(self, sent: dict[str, Any]) -> dict[str, Any]:
        """The staged row."""
        answer = done(self.erp.patch("staged_records/sync", {"updates": [sent]}))
        assert answer["errors"] == [], answer
        row: dict[str, Any] = answer["entities"][0]
        return self.staged(row["id"])

    def link(self, item_type: str, item_id: int, origin_id: str | None) -> None:
        sent = {"item_type": item_type, "item_id": item_id, "origin_id": origin_id}
        assert done(self.erp.patch("external_data/sync", {"updates": [sent]}))["errors"] == []

    def link_all(self, record_id: int) -> None:
        """The object and its lines, as far as the ERP numbers them."""
        lines = Record.objects.of(self.company).filter(parent_id=record_id, deleted_at=None)
        for one in (Record.objects.of(self.company).get(pk=record_id), *lines):
            if wire_type := ENTITIES[one.item_type].external_item_type:
                self.link(wire_type, one.pk, f"ERP-{one.pk}")

    def close(self, detail_id: int, status: str = "success", *messages: str) -> None:
        body = {"request_detail": {"status": status, "messages": list(messages)}}
        assert done(self.erp.patch(f"erp_request_details/{detail_id}", body))["status"] == status

    # People

    def staged(self, staged_id: int) -> dict[str, Any]:
        row: dict[str, Any] = done(self.people("approver").get(f"staged_records/{staged_id}"))
        return row

    def bring_in(self, sent: dict[str, Any]) -> dict[str, Any]:
        """Staged by the integrator, imported by the approver: the object."""
        row = self.stage(sent)
        done(self.people("approver").post(f"staged_records/{row['id']}/import", {"version": row["version"]}))
        imported = StagedRecord.objects.of(self.company).get(pk=row["id"])
        return self.record(imported.record_id or 0)

    def make(self, item_type: str, data: dict[str, Any], *, lines: Sequence[dict[str, Any]] = (), **more: Any) -> int:
        """A project person's own object: its id."""
        body = {"item_type": item_type, "data": data, "line_items": [{"data": line} for line in lines], **more}
        found: int = done(self.people("project_user").post("records", body))["id"]
        return found

    def send(self, record_id: int, who: str = "project_user") -> dict[str, Any]:
        sent: dict[str, Any] = done(self.people(who).post(f"records/{record_id}/send_to_erp"))
        return sent

    def accept(self, sent: dict[str, Any], **inputs: Any) -> dict[str, Any]:
        body = {"version": sent["version"], **inputs}
        accepted: dict[str, Any] = done(self.people("approver").post(f"exports/{sent['export_id']}/accept", body))
        return accepted

    def export(self, record_id: int, **inputs: Any) -> End:
        """Sent and accepted; it ends synced."""
        accepted = self.accept(self.send(record_id), **inputs)
        assert accepted["status"] == "exporting", accepted
        return self.ends(record_id, "synced")

    def export_to_the_end(self, record_id: int, **inputs: Any) -> None:
        """Sent, accepted and closed out, with its lines."""
        self.export(record_id, **inputs)
        erp_request = ErpRequest.objects.of(self.company).latest("pk")
        self.link_all(record_id)
        for detail in self.details(erp_request.pk):
            self.close(detail["id"])

    # What there is

    def record(self, record_id: int) -> dict[str, Any]:
        found: dict[str, Any] = done(self.people("approver").get(f"records/{record_id}"))
        return found

    def details(self, erp_request_id: int) -> list[dict[str, Any]]:
        path = f"erp_request_details?filters[erp_request_id]={erp_request_id}"
        found: list[dict[str, Any]] = done(self.erp.get(path))
        return found

    def ends(self, record_id: int, status: str) -> End:
        """The object has this status in the end; a synced one carries an origin ID, and one that is not sent none."""

        def check() -> None:
            record = self.record(record_id)
            assert record["status"] == status, record
            assert (record["origin_id"] is not None) == (status == "synced")
            assert record["lock"] == "none"

        return check

    def sweep(self) -> None:
        """What the service does by itself every few seconds."""
        with no_scope():
            sweep()


def done(answer: Answer) -> Any:
    """The body of an answer that says yes."""
    assert answer.status < 300, answer
    return answer.body
