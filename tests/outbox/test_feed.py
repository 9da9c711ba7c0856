"""The event feed, read while writers, a dispatcher and receivers do what they like."""

import random
import threading
import time
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, connections

from erpstaging.core.errors import BadRequest, Gone
from erpstaging.core.scope import company_scope
from erpstaging.hooks.dispatch import dispatch_all
from erpstaging.outbox import feed
from erpstaging.outbox.events import Fact, record
from erpstaging.outbox.feed import FeedPart, Wanted, read_feed
from erpstaging.outbox.models import Event, EventType
from tests.fixtures.hooks import INTEGRATION, Tenant, sweep_until
from tests.fixtures.receiver import OK, Reply

pytestmark = pytest.mark.capability("WH-12")


def read(tenant: Tenant, **wanted) -> FeedPart:
    with company_scope(tenant.company.pk):
        return read_feed(tenant.company, Wanted(**wanted))


def everything(tenant: Tenant, cursor: str = "", **wanted) -> list[Event]:
    """Page after page, to the end."""
    found: list[Event] = []
    while True:
        part = read(tenant, cursor=cursor, **wanted)
        found += part.events
        cursor = part.next_cursor or ""
        if not part.more:
            return found


def ids(events) -> list[int]:
    return [event.resource_id for event in events]


def dispatched(tenant: Tenant) -> None:
    """Dispatch what was told; other databases of the server may hold it back for a moment."""
    ends = time.monotonic() + 10
    while any(event.position is None for event in tenant.events()) and time.monotonic() < ends:
        dispatch_all()
        time.sleep(0.01)


def test_five_dropped_notifications_are_recovered_from_the_feed(tenant, receiver):
    """The receiver says yes and forgets; from the last one that it kept it reads on."""
    forgotten = {4, 5, 6, 7, 8}
    kept: list[tuple[int, str, str]] = []

    def behave(request):
        event = request.event
        if event["resource_id"] not in forgotten:
            kept.append((event["resource_id"], event["event_type"], event["ulid"]))
        return OK if event["resource_id"] % 2 else Reply(204)

    receiver.behave = behave
    tenant.hook(receiver.url, listens_to=tuple(("ERP Requests", kind) for kind in EventType.values))
    for number in range(1, 9):
        tenant.tell(number, event_type="delete" if number == 6 else "create")
    sweep_until(tenant.settled)

    missed = everything(tenant, cursor=kept[-1][2])

    # Each at least once: on a machine that stands still for a while one may come twice.
    assert list(dict.fromkeys(number for number, *_ in kept)) == [1, 2, 3]
    assert [(one.resource_id, one.event_type) for one in missed] == [
        (4, "create"), (5, "create"), (6, "delete"), (7, "create"), (8, "create")
    ]  # fmt: skip
    sent = {one.event["resource_id"]: one.headers["webhook-id"] for one in receiver.received}
    assert {one.resource_id: one.ulid for one in missed} == {number: sent[number] for number in forgotten}


def test_a_reader_follows_page_by_page_and_asks_on_from_the_end(tenant):
    tenant.tell(*range(7))
    dispatched(tenant)

    first = read(tenant, limit=3)
    second = read(tenant, limit=3, cursor=first.next_cursor)
    third = read(tenant, limit=3, cursor=second.next_cursor)
    nothing = read(tenant, limit=3, cursor=third.next_cursor)
    tenant.tell(7)
    dispatched(tenant)
    new = read(tenant, limit=3, cursor=nothing.next_cursor)

    assert [ids(part.events) for part in (first, second, third, nothing, new)] == [
        [0, 1, 2], [3, 4, 5], [6], [], [7]
    ]  # fmt: skip
    assert [part.more for part in (first, second, third, nothing, new)] == [True, True, False, False, False]
    assert nothing.next_cursor == third.next_cursor


def test_a_company_without_events_has_no_cursor_yet(tenant, other_tenant):
    other_tenant.tell(1)
    dispatched(other_tenant)

    assert read(tenant) == FeedPart([], None, more=False)


def test_another_companys_events_are_not_shown_and_its_cursors_do_not_exist(tenant, other_tenant):
    other_tenant.tell(1)
    tenant.tell(2)
    dispatched(tenant)
    dispatched(other_tenant)

    assert ids(everything(tenant)) == [2]
    with pytest.raises(BadRequest, match="no event of this company"):
        read(tenant, cursor=other_tenant.events()[0].ulid)


@pytest.mark.parametrize("cursor", ["1", "x" * 26, "8" + "Z" * 25, "\u00e9" * 26, "7" + "Z" * 25, " " * 26, "-1"])
def test_a_cursor_that_is_none_is_told_so(tenant, cursor):
    with pytest.raises(BadRequest) as refused:
        read(tenant, cursor=cursor)

    assert list(refused.value.errors) == ["cursor"]


def filters():
    return [
        ({"resource_names": ["Cost Codes"]}, [2, 5]),
        ({"event_types": ["delete"]}, [3]),
        ({"resource_names": ["ERP Requests"], "event_types": ["create", "delete"]}, [1, 3, 4]),
        ({"project_id": 77}, [4]),
    ]


@pytest.mark.parametrize(("wanted", "expected"), filters())
@pytest.mark.parametrize("looked_at", [1, 2, 5, 10_000])
def test_a_filter_leaves_out_and_the_cursor_still_moves(tenant, monkeypatch, wanted, expected, looked_at):
    monkeypatch.setattr(feed, "LOOKED_AT", looked_at)
    tenant.tell(1)
    tenant.tell(2, name="Cost Codes", event_type="update")
    tenant.tell(3, event_type="delete")
    tenant.tell(4, project_id=77)
    tenant.tell(5, name="Cost Codes")
    dispatched(tenant)

    assert ids(everything(tenant, **wanted)) == expected
    assert ids(everything(tenant, limit=1, **wanted)) == expected
    assert read(tenant, cursor=tenant.events()[-1].ulid, **wanted).events == []


def test_a_call_with_a_filter_looks_at_a_bounded_number_of_events(tenant, monkeypatch):
    monkeypatch.setattr(feed, "LOOKED_AT", 10)
    tenant.tell(*range(25))
    dispatched(tenant)

    part = read(tenant, event_types=["delete"])

    assert (part.events, part.more) == ([], True)
    assert part.next_cursor == tenant.events()[9].ulid


def age(tenant: Tenant, resource_ids, days: float) -> None:
    with company_scope(tenant.company.pk):
        Event.objects.of(tenant.company).filter(resource_id__in=resource_ids).update(
            dispatched_at=datetime.now(UTC) - timedelta(days=days)
        )


def test_events_are_listed_for_the_retention_time_and_a_cursor_before_them_is_gone(tenant, settings):
    settings.EVENT_DAYS = 30
    tenant.tell(*range(6))
    dispatched(tenant)
    events = tenant.events()
    age(tenant, [0, 1, 2], 31)
    age(tenant, [3, 4], 29)

    assert ids(everything(tenant)) == [3, 4, 5]
    assert ids(everything(tenant, since=datetime.now(UTC) - timedelta(days=400))) == [3, 4, 5]
    assert ids(everything(tenant, since=datetime.now(UTC) - timedelta(days=1))) == [5]
    # All after the third are still there, so nothing was missed.
    assert ids(everything(tenant, cursor=events[2].ulid)) == [3, 4, 5]
    with pytest.raises(Gone) as gone:
        read(tenant, cursor=events[1].ulid)
    assert (gone.value.code, gone.value.facts) == ("cursor_expired", {"kept_days": 30})


def test_a_cursor_whose_event_was_removed_is_gone_too(tenant, settings):
    """A ULID says when it was made."""
    settings.EVENT_DAYS = 30

    with pytest.raises(Gone):
        read(tenant, cursor="01H0000000QQQQQQQQQQQQQQQQ")


class Writing(threading.Thread):
    """Transactions that record an event and commit when they like, a third of them not at all."""

    def __init__(self, tenant: Tenant, number: int, committed: list[int]) -> None:
        super().__init__(daemon=True)
        self.tenant, self.number, self.committed, self.draw = tenant, number, committed, random.Random(number)  # noqa: S311

    def run(self) -> None:
        try:
            for turn in range(15):
                self.write(self.number * 1000 + turn)
        finally:
            connections.close_all()

    def write(self, resource_id: int) -> None:
        rolled_back = self.draw.random() < 0.3
        with company_scope(self.tenant.company.pk):
            if self.draw.random() < 0.5:  # an older transaction than its event
                with connection.cursor() as cursor:
                    cursor.execute("SELECT pg_current_xact_id()")
                time.sleep(self.draw.random() * 0.02)
            record(self.tenant.company.pk, INTEGRATION, [Fact("ERP Requests", resource_id, EventType.CREATE)])
            time.sleep(self.draw.random() * 0.04)
            if rolled_back:
                connection.set_rollback(True)
        if not rolled_back:
            self.committed.append(resource_id)


def dispatching(over: threading.Event) -> None:
    try:
        while not over.is_set():
            dispatch_all()
    finally:
        connections.close_all()


@pytest.mark.parametrize("wanted", [{}, {"event_types": ["create"]}], ids=["plain", "filtered"])
def test_a_reader_never_skips_an_event_however_transactions_commit(tenant, wanted):
    """Eight writers that commit out of order, two dispatchers, and a reader that is always at the end."""
    committed: list[int] = []
    writers = [Writing(tenant, number, committed) for number in range(1, 9)]
    over = threading.Event()
    dispatchers = [threading.Thread(target=dispatching, args=(over,)) for _ in range(2)]
    for thread in (*writers, *dispatchers):
        thread.start()

    seen: list[Event] = []
    cursor, ends = "", time.monotonic() + 30
    while time.monotonic() < ends:
        done = not any(writer.is_alive() for writer in writers)
        part = read(tenant, cursor=cursor, limit=7, **wanted)
        seen += part.events
        cursor = part.next_cursor or ""
        if done and len(seen) >= len(committed):
            break
    over.set()
    for thread in dispatchers:
        thread.join()

    assert len(committed) > 40
    assert sorted(ids(seen)) == sorted(committed)
    assert [event.position for event in seen] == sorted(event.position for event in tenant.events())
