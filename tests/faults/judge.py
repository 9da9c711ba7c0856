"""What a fault run left behind, against what its journals say happened."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import psycopg

from tests.faults.load import NAME

# The superuser's session: the walls between companies are not what is looked at here.
RECORDS = f"SELECT id, data->>'name', origin_id FROM records_record WHERE data->>'name' LIKE '{NAME} %'"  # noqa: S608
EXPORTS = "SELECT record_id, id, state, erp_request_id FROM staging_stagedexport"
DETAILS = "SELECT item_id, erp_request_id, state FROM erp_requests_erprequestdetail WHERE item_type = 'vendor'"
EVENTS = (
    "SELECT id, ulid, resource_id, extract(epoch FROM occurred_at) FROM outbox_event "
    "WHERE resource_name = 'ERP Requests' AND event_type = 'create'"
)
OPEN_SINCE = (
    "SELECT count(*) FROM outbox_event event WHERE event.occurred_at <= to_timestamp(%s) "
    "AND (event.dispatched_at IS NULL OR EXISTS ("
    "SELECT FROM hooks_delivery sent WHERE sent.event_id = event.id AND sent.completed_at IS NULL))"
)
UNANSWERED = (
    "SELECT count(*) FROM staging_stagedexport export JOIN records_record record ON record.id = export.record_id "  # noqa: S608
    f"WHERE export.state IN ('accepted', 'exporting') AND record.data->>'name' LIKE '{NAME} %'"
)


@dataclass
class Verdict:
    """`lost`, `doubled` and `illegal` say what broke a promise; the numbers say how much there was to break."""

    accepted: int = 0
    rejected: int = 0
    notifications: int = 0
    repeats: int = 0
    slowest_notification_s: float = 0
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    illegal: list[str] = field(default_factory=list)

    @property
    def sound(self) -> bool:
        return not (self.lost or self.doubled or self.illegal)


def judge(
    database: "psycopg.Connection[Any]",
    done: Iterable[dict[str, Any]],
    heard: Iterable[dict[str, Any]],
    hooks: set[str],
) -> Verdict:
    """`done` are the desks' journal lines, `heard` the receiver's, `hooks` the paths that everything was sent to."""
    verdict = Verdict()
    asked = _judge_rows(database, verdict, done)
    _judge_notifications(database, verdict, list(heard), asked, hooks)
    return verdict


def _judge_rows(database: "psycopg.Connection[Any]", verdict: Verdict, done: Iterable[dict[str, Any]]) -> set[int]:
    """Everything that was answered is there, once, and as far as it had to come. The requests that were opened."""
    records, named, exports, details = {}, Counter[str](), defaultdict(list), defaultdict(list)
    for record_id, name, origin_id in database.execute(RECORDS):
        records[record_id] = origin_id
        named[name] += 1
    for record_id, export_id, state, request_id in database.execute(EXPORTS):
        exports[record_id].append((export_id, state, request_id))
    for record_id, request_id, state in database.execute(DETAILS):
        details[record_id].append((request_id, state))
    verdict.doubled += [f"{count} records of the name {name}" for name, count in named.items() if count > 1]
    for line in done:
        if "decided" not in line:
            continue
        record_id, accepted = line["record_id"], line["decided"] == "accepted"
        verdict.accepted += accepted
        verdict.rejected += not accepted
        if record_id not in records:
            verdict.lost.append(f"record {record_id}, {line['name']}")
            continue
        what, asked = f"record {record_id}", details[record_id]
        states = [state for export_id, state, _ in exports[record_id]]
        if states != ["synced" if accepted else "rejected"]:
            (verdict.doubled if len(states) > 1 else verdict.lost).append(f"{what}: its exports are {states}")
        if len(asked) > accepted:
            verdict.doubled.append(f"{what} was {line['decided']} and asked for by {asked}")
        elif accepted and (asked[0][1:] != ("success",) if asked else True):
            verdict.lost.append(f"{what}: its details are {asked}")
        if accepted and records[record_id] is None:
            verdict.lost.append(f"{what} has no origin ID")
    return {request_id for record_id in records for request_id, _ in details[record_id]}


def _judge_notifications(
    database: "psycopg.Connection[Any]",
    verdict: Verdict,
    heard: list[dict[str, Any]],
    asked: set[int],
    hooks: set[str],
) -> None:
    """Every event arrived at every hook, under one identity, and nothing arrived that was not committed."""
    events = {row[2]: row for row in database.execute(EVENTS)}
    arrivals = defaultdict(list)
    for line in heard:
        arrivals[line["hook"], line["request_id"]].append(line)
    verdict.notifications = len(heard)
    verdict.repeats = len(heard) - len(arrivals)
    for (hook, request_id), lines in arrivals.items():
        identities = {(line["webhook_id"], line["event_id"], line["ulid"]) for line in lines}
        if request_id not in events:
            verdict.doubled.append(f"{hook} heard of request {request_id}, which was never committed")
        elif identities != {(events[request_id][1], events[request_id][0], events[request_id][1])}:
            verdict.doubled.append(f"{hook} heard of request {request_id} as {identities}")
        else:
            late = min(line["at"] for line in lines) - float(events[request_id][3])
            verdict.slowest_notification_s = max(verdict.slowest_notification_s, round(late, 1))
    for hook in sorted(hooks):
        missing = [request_id for request_id in sorted(asked) if (hook, request_id) not in arrivals]
        verdict.lost += [f"{hook} did not hear of request {request_id}" for request_id in missing]
