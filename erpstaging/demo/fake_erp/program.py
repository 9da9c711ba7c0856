"""Working off requests: fetch, book, send the origin IDs back, close the details. Every step may be repeated."""

import queue
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, NoReturn

from erpstaging.demo.fake_erp.client import CallFailed, Client
from erpstaging.demo.fake_erp.faults import PERIOD_CLOSED, Faults, Restarted
from erpstaging.demo.fake_erp.flows import Flow, at, flow_of
from erpstaging.demo.fake_erp.ledger import Item, Ledger

HEARD_WITHIN = 0.3
NULLED = {"origin_id": None, "origin_code": None, "origin_data": None}
# In the ledger: up to which request all have been looked through, and which were open before the first start.
LOOKED_THROUGH, LEFT_ALONE = "looked_through", "left_alone"


@dataclass(slots=True)
class Tally:
    """What was done. `ledger` is what stands booked in the end; `doubles` counts what was asked for twice there."""

    requests: int = 0
    succeeded: int = 0
    failed: int = 0
    restarts: int = 0
    troubles: list[str] = field(default_factory=list)
    ledger: dict[str, int] = field(default_factory=dict)
    doubles: int = 0

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


class FakeErp:
    """An integrator and the ERP behind it. All that it must not forget stands in its ledger or at the server."""

    def __init__(
        self,
        open_client: Callable[[], Client],
        open_ledger: Callable[[], Ledger],
        faults: Faults,
        *,
        metadata: Mapping[str, Any] | None = None,
        only_new: bool = False,
    ) -> None:
        """`only_new` leaves alone what was open before the ledger's first day."""
        self.open_client, self.open_ledger = open_client, open_ledger
        self.client, self.ledger = open_client(), open_ledger()
        self.faults, self.metadata, self.only_new = faults, metadata, only_new
        self.tally = Tally()

    def begin(self) -> None:
        """The first time: nothing has been looked through yet, and what is open stays or not."""
        if self.ledger.mark(LOOKED_THROUGH) is None:
            newest = self.client.newest_request_id()
            self.ledger.set_mark(LEFT_ALONE, newest if self.only_new else 0)
            self.ledger.set_mark(LOOKED_THROUGH, newest)

    def run_once(self) -> None:
        """Work off everything that is open now, oldest first. Raises CallFailed when the server cannot be asked."""
        while True:
            try:
                self._look()
                return
            except Restarted:
                self._restart()

    def run(self, ids: "queue.Queue[int]", *, look_every: float) -> NoReturn:
        """Work off what hooks announce, and every `look_every` seconds what they missed."""
        looked = -look_every
        while True:
            try:
                if time.monotonic() - looked >= look_every:
                    self._look()
                    looked = time.monotonic()
                self._work_off(ids.get(timeout=HEARD_WITHIN))
            except queue.Empty:
                continue
            except CallFailed as trouble:  # the server is away: it is asked again next time
                self.tally.troubles.append(str(trouble))
                looked = time.monotonic()
            except Restarted:
                self._restart()
                looked = -look_every
                _forget(ids)

    def told(self) -> Tally:
        """What was done so far."""
        self.tally.ledger, self.tally.doubles = self.ledger.standing(), self.ledger.doubles()
        return self.tally

    def _restart(self) -> None:
        self.ledger.close()
        self.client, self.ledger = self.open_client(), self.open_ledger()
        self.tally.restarts += 1

    def _look(self) -> None:
        """Open details, and requests that have none but ask for something all the same."""
        self.begin()
        through = self.ledger.mark(LOOKED_THROUGH) or 0
        later = list(self.client.requests_after(through))
        wanted = {one["id"] for one in later if flow_of(one["request_name"]).unasked}
        wanted |= {detail["erp_request_id"] for detail in self.client.open_details()}
        done = True
        for erp_request_id in sorted(wanted):
            done = self._work_off(erp_request_id) and done
        if done:
            self.ledger.set_mark(LOOKED_THROUGH, max([through, *(one["id"] for one in later)]))

    def _work_off(self, erp_request_id: int) -> bool:
        """Trouble with one request does not stop the others: it stays open, and is looked at again."""
        if erp_request_id <= (self.ledger.mark(LEFT_ALONE) or 0):
            return True
        self.faults.wait()
        try:
            found = self.client.erp_request(erp_request_id)
            name, data = found["request_name"], found["request_data"]
            if name == "sync_metadata" and self.metadata is not None:
                self.client.send_metadata(self.metadata)
            flow = flow_of(name)
            if flow.unasked:
                self.tally.troubles += self._do(erp_request_id, flow, data)
            open_ids = {one["id"] for one in self.client.open_details(erp_request_id=erp_request_id)}
            for part, detail_id in _parts(flow, data):
                if detail_id in open_ids:
                    self._settle(erp_request_id, flow, part, detail_id)
            self.tally.requests += 1
        except CallFailed as trouble:
            self.tally.troubles.append(str(trouble))
            return False
        return True

    def _settle(self, erp_request_id: int, flow: Flow, data: Any, detail_id: int) -> None:
        """One detail, whatever it stands for. What is booked is not refused any more."""
        self.faults.may_restart()
        if not self.ledger.holds(_new(flow, data)) and self.faults.refuses():
            self.client.close_detail(detail_id, "failed", [PERIOD_CLOSED])
            self.tally.failed += 1
            return
        messages = self._do(erp_request_id, flow, data)
        self.client.close_detail(detail_id, "failed" if messages else "success", messages)
        if messages:
            self.tally.failed += 1
        else:
            self.tally.succeeded += 1

    def _do(self, erp_request_id: int, flow: Flow, data: Any) -> list[str]:
        """Book, remove, call; answers with what was refused."""
        messages = self._book(erp_request_id, flow, data) + self._remove(flow, data)
        for call in flow.calls(data):
            messages += _refusals(self.client.work(call.method, call.path, call.query, call.body))
        self.faults.may_restart()
        return messages

    def _book(self, erp_request_id: int, flow: Flow, data: Any) -> list[str]:
        """Book what is new and send the numbers back; objects that carry one keep it. Answers with what was refused."""
        numbers = self.ledger.book(_new(flow, data), erp_request_id=erp_request_id)
        self.faults.may_restart()
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
        return _refusals(self.client.sync_external_data(wanted)) if wanted else []


def _refusals(errors: Iterable[Mapping[str, Any]]) -> list[str]:
    return [f"{one.get('item_type', '')} {one.get('item_id', one.get('id'))}: {one['errors']}" for one in errors]


def _new(flow: Flow, data: Any) -> list[Item]:
    """The objects of a payload that carry no origin ID yet."""
    return [(kind, item) for one in flow.books for kind, item, origin_id in one.items(data) if not origin_id]


def _parts(flow: Flow, data: Any) -> list[tuple[Any, int]]:
    """The payload, or its elements where each has a detail of its own, with the id of the detail."""
    parts = at(data, flow.element) if flow.element else [data]
    found = [(part, at(part, "request_detail_id")) for part in parts]
    return [(part, ids[0]) for part, ids in found if ids]


def _forget(ids: "queue.Queue[int]") -> None:
    """What hooks announced to a program that is gone is heard of again by looking."""
    while not ids.empty():
        ids.get_nowait()
