"""Working off requests: fetch, book, send the origin IDs back, close the details. Every step may be repeated."""

import queue
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from erpstaging.demo.fake_erp.client import CallFailed, Client
from erpstaging.demo.fake_erp.faults import PERIOD_CLOSED, Faults
from erpstaging.demo.fake_erp.flows import Flow, at, flow_of
from erpstaging.demo.fake_erp.ledger import Ledger

NOTICE_STOP_WITHIN = 0.3
NULLED = {"origin_id": None, "origin_code": None, "origin_data": None}


@dataclass(slots=True)
class Tally:
    """What was done; `ledger` is what stands booked in the end."""

    requests: int = 0
    succeeded: int = 0
    failed: int = 0
    troubles: list[str] = field(default_factory=list)
    ledger: dict[str, int] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


class FakeErp:
    """An integrator and the ERP behind it."""

    def __init__(
        self, client: Client, ledger: Ledger, faults: Faults, *, metadata: Mapping[str, Any] | None = None
    ) -> None:
        self.client, self.ledger, self.faults, self.metadata = client, ledger, faults, metadata
        self.tally = Tally()

    def run_once(self) -> Tally:
        """Work off everything that is open now, oldest first."""
        details = list(self.client.open_details())
        for erp_request_id in sorted({detail["erp_request_id"] for detail in details}):
            self._work_off(erp_request_id)
        self.tally.ledger = self.ledger.standing()
        return self.tally

    def run(self, ids: "queue.Queue[int]", *, look_every: float, until: Callable[[], bool] = lambda: False) -> Tally:
        """Work off what hooks announce, and every `look_every` seconds what they missed."""
        looked = time.monotonic()
        self.run_once()
        while not until():
            try:
                self._work_off(ids.get(timeout=NOTICE_STOP_WITHIN))
            except queue.Empty:
                if time.monotonic() - looked >= look_every:
                    looked = time.monotonic()
                    self.run_once()
        self.tally.ledger = self.ledger.standing()
        return self.tally

    def _work_off(self, erp_request_id: int) -> None:
        """Trouble with one request does not stop the others: it stays open, and is looked at again."""
        self.faults.wait()
        try:
            found = self.client.erp_request(erp_request_id)
            name, data = found["request_name"], found["request_data"]
            if name == "sync_metadata" and self.metadata is not None:
                self.client.send_metadata(self.metadata)
            open_ids = {one["id"] for one in self.client.open_details(erp_request_id=erp_request_id)}
            flow = flow_of(name)
            for part, detail_id in _parts(flow, data):
                if detail_id in open_ids:
                    self._settle(erp_request_id, flow, part, detail_id)
            self.tally.requests += 1
        except CallFailed as trouble:
            self.tally.troubles.append(str(trouble))

    def _settle(self, erp_request_id: int, flow: Flow, data: Any, detail_id: int) -> None:
        """One detail, whatever it stands for."""
        if self.faults.refuses():
            self.client.close_detail(detail_id, "failed", [PERIOD_CLOSED])
            self.tally.failed += 1
            return
        messages = self._book(erp_request_id, flow, data) + self._remove(flow, data)
        self.client.close_detail(detail_id, "failed" if messages else "success", messages)
        if messages:
            self.tally.failed += 1
        else:
            self.tally.succeeded += 1

    def _book(self, erp_request_id: int, flow: Flow, data: Any) -> list[str]:
        """Book what is new and send the numbers back; objects that carry one keep it. Answers with what was refused."""
        new = [(kind, item) for one in flow.books for kind, item, origin_id in one.items(data) if not origin_id]
        numbers = self.ledger.book(new, erp_request_id=erp_request_id)
        return self._send(
            {"item_type": kind, "item_id": item, "origin_id": number, "origin_code": number}
            for (kind, item), number in numbers.items()
        )

    def _remove(self, flow: Flow, data: Any) -> list[str]:
        gone = [(kind, item) for one in flow.removes for kind, item, _ in one.items(data)]
        self.ledger.remove(gone)
        return self._send({"item_type": kind, "item_id": item, **NULLED} for kind, item in gone)

    def _send(self, updates: Iterable[Mapping[str, Any]]) -> list[str]:
        wanted = list(updates)
        errors = self.client.sync_external_data(wanted) if wanted else []
        return [f"{one.get('item_type')} {one.get('item_id')}: {one['errors']}" for one in errors]


def _parts(flow: Flow, data: Any) -> list[tuple[Any, int]]:
    """The payload, or its elements where each has a detail of its own, with the id of the detail."""
    parts = at(data, flow.element) if flow.element else [data]
    found = [(part, at(part, "request_detail_id")) for part in parts]
    return [(part, ids[0]) for part, ids in found if ids]
