"""The filters of the work queue: what each finds, what cannot be meant, and in which order it stands."""

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection as database
from django.utils import timezone

from erpstaging.companies.actors import Actor
from erpstaging.core.errors import BadRequest
from erpstaging.records.models import Record
from erpstaging.staging import queue
from erpstaging.staging.acts import export_acts, staged_record_acts
from erpstaging.staging.imports import reject_import
from erpstaging.staging.models import NAMED_BY_ID, ExportState, StagedExport, StagedRecord
from erpstaging.staging.queue import Asked, View, matching_rows, order_in_effect, queue_chunk, queue_part
from erpstaging.staging.queue_filters import Filters, Sender
from erpstaging.staging.queue_names import records_called, senders_called
from erpstaging.staging.queue_reading import DECLARED, Wrong, as_pairs, fits, read_filters
from tests.staging.conftest import contract_sent, line_sent, vendor_sent

MakeExport = Callable[..., StagedExport]


@pytest.fixture
def known(company) -> Callable[..., Record]:
    """`known("project", "Harbour Point")`: a linked record of this title."""

    def make(item_type: str, title: str, **values: Any) -> Record:
        said = {"created_by_kind": "system", "created_by_name": "x", "edited_by_kind": "system", "edited_by_name": "x"}
        values = {"origin_id": f"O-{title}", **said, **values}
        record: Record = Record.objects.create(company=company, item_type=item_type, title=title, **values)
        return record

    return make


@pytest.fixture
def waiting(company, known, project_user) -> MakeExport:
    """`waiting("SC-1", amount=..)`: an export of a contract of its own, as it would stand there."""

    def make(number: str, **values: Any) -> StagedExport:
        behind = {name: values.pop(name) for name in list(values) if name.startswith(("created_by", "edited_by"))}
        record = known("work_order_contract", number, origin_id=None, **behind)
        given = {
            "item_type": "work_order_contract", "number": number, "title": f"Title of {number}",
            "snapshot": {"data": {}}, "content_hash": b"", "record_version": 1, "currency": "USD",
            "sent_by_id": project_user.id, "sent_by_name": project_user.name, **values,
        }  # fmt: skip
        export: StagedExport = StagedExport.objects.create(company=company, record=record, **given)
        return export

    return make


@pytest.fixture
def ask(company, approver) -> Callable[..., list[str]]:
    """`ask(View.FAILED, flag="retried")`: the numbers of the rows that are found, in their order."""

    def run(view: View, *, actor: Actor = approver, sort: str = "", **given: Any) -> list[str]:
        texts = {name: value if isinstance(value, list) else [value] for name, value in given.items()}
        read = read_filters(texts, view, company=company, actor=actor)
        assert read.wrong == {}
        part = queue_part(company, Asked(view, filters=read.filters, sort=sort))
        assert part.total == len(part.rows)
        return [row.object.number for row in part.rows]

    return run


def ago(**time: float) -> dt.datetime:
    return timezone.now() - dt.timedelta(**time)


# What each filter finds


@pytest.mark.capability("UI-03")
def test_exports_are_found_by_project_vendor_sender_amount_and_age(known, waiting, ask, project_user, approver):
    tower, school = known("project", "Tower"), known("project", "School")
    steel, roofs = known("vendor", "Steel"), known("vendor", "Roofs")
    waiting("A", project=tower, vendor=steel, amount=Decimal("100"), sent_at=ago(days=3))
    waiting("B", project=tower, vendor=roofs, amount=Decimal("500"), sent_at=ago(hours=5), sent_by_id=approver.id)
    waiting("C", project=school, vendor=steel, amount=Decimal("500"), currency="EUR", sent_at=ago(minutes=5))
    waiting("D", sent_at=ago(minutes=1))
    ready = View.READY_TO_EXPORT

    assert ask(ready, project_id=str(tower.pk)) == ["A", "B"]
    assert ask(ready, project_id=[str(tower.pk), str(school.pk)]) == ["A", "B", "C"]
    assert ask(ready, project_id=str(tower.pk), vendor_id=str(steel.pk)) == ["A"]
    assert ask(ready, sender=f"person-{approver.id}") == ["B"]
    assert ask(ready, sender=[f"person-{approver.id}", f"person-{project_user.id}"]) == ["A", "B", "C", "D"]
    assert ask(ready, sender=f"account-{approver.id}") == []
    assert ask(ready, amount_from="100.0001") == ["B"]
    assert ask(ready, amount_from="100", amount_to="499.99", currency="usd") == ["A"]
    assert ask(ready, amount_to="500", currency="EUR") == ["C"]
    assert ask(ready, currency="USD") == ["A", "B"]
    assert ask(ready, waiting="4h") == ["A", "B"]
    assert ask(ready, waiting="2d") == ["A"]


@pytest.mark.capability("UI-03")
def test_exports_are_found_by_status_flag_and_code(waiting, ask):
    rejected = waiting("R", state=ExportState.REJECTED, reason_code="RATE")
    waiting("S", state=ExportState.REJECTED)
    waiting("F1", state=ExportState.FAILED, attempts=1)
    waiting("F2", state=ExportState.FAILED, attempts=2, failure="stale")
    waiting("F3", state=ExportState.FAILED, attempts=1, failure="partial", resubmits=rejected)
    waiting("E", state=ExportState.EXPORTING)
    waiting("A", state=ExportState.ACCEPTED)

    assert ask(View.REJECTED, code="RATE") == ["R"]
    assert ask(View.FAILED, status="stale") == ["F2"]
    assert ask(View.FAILED, status=["failed", "partially_failed"]) == ["F1", "F3"]
    assert ask(View.FAILED, flag="retried") == ["F2"]
    assert ask(View.FAILED, flag=["resubmitted", "retried"]) == ["F2", "F3"]
    assert ask(View.FAILED, flag="resubmitted", status="failed") == []
    assert ask(View.EXPORTING, status="accepted") == ["A"]


@pytest.mark.capability("UI-03")
def test_staged_records_are_found_by_what_they_name(company, stage, row, known, ask, approver, integration, connection):
    tower, steel = known("project", "Tower", origin_id="SITE-7"), known("vendor", "Steel", origin_id="CRED-12")
    known("project", "School", origin_id="SITE-9")
    stage(
        contract_sent("ORD-1", line_sent("1-1"), data={"number": "A"}),
        contract_sent("ORD-2", line_sent("2-1"), data={"number": "B", "project_origin_id": "SITE-9"}),
        contract_sent("ORD-3", line_sent("3-1"), data={"number": "C", "vendor_origin_id": "CRED-9"}),
    )
    StagedRecord.objects.of(company).update(waiting_for=[], amount=Decimal("50"))
    StagedRecord.objects.of(company).filter(number="C").update(amount=Decimal("900"), created_at=ago(days=9))
    ready = View.READY_TO_IMPORT

    assert set(ask(ready, project_id=str(tower.pk))) == {"A", "C"}
    assert set(ask(ready, vendor_id=str(steel.pk))) == {"A", "B"}
    assert ask(ready, project_id=str(tower.pk), vendor_id=str(steel.pk)) == ["A"]
    assert ask(ready, project_id=str(steel.pk)) == []
    assert len(ask(ready, sender=f"account-{integration.id}")) == 3
    assert ask(ready, sender=f"person-{integration.id}") == []
    assert ask(ready, amount_from="51") == ["C"]
    assert ask(ready, amount_from="1", currency="EUR") == []
    assert ask(ready, waiting="7d") == ["C"]
    assert ask(ready, flag="resubmitted") == []


@pytest.mark.capability("UI-03")
def test_staged_records_that_name_our_ids_are_found_too(company, stage, row, known, ask, connection):
    """Their few ids come from an index of their own, whatever else is staged."""
    tower, steel = known("project", "Tower"), known("vendor", "Steel")
    for n in range(3):
        stage(vendor_sent(f"V-{n}", f"Vendor {n}"))
    StagedRecord.objects.of(company).filter(origin_id="V-1").update(
        number="A", data={"project_id": tower.pk, "vendor_id": steel.pk}
    )

    assert ask(View.READY_TO_IMPORT, project_id=str(tower.pk)) == ["A"]
    assert ask(View.READY_TO_IMPORT, vendor_id=str(steel.pk)) == ["A"]
    assert ask(View.READY_TO_IMPORT, vendor_id=str(tower.pk)) == []
    with database.cursor() as cursor:
        cursor.execute(STAGED, {"company": company.pk})
        cursor.execute("ANALYZE staging_stagedrecord")
    rows = StagedRecord.objects.of(company).filter(parent=None, deleted_at=None, data__has_any_keys=NAMED_BY_ID)
    assert "staged_naming_by_id" in rows.filter(data__project_id__in=[tower.pk]).explain()


@pytest.mark.capability("UI-03")
def test_a_staged_row_that_came_back_is_found_by_its_flag_and_status(
    company, stage, row, known, ask, approver, connection
):
    known("project", "Tower", origin_id="SITE-7")
    stage(vendor_sent("V-1", "Steel"), vendor_sent("V-2", "Roofs"), contract_sent("ORD-1", line_sent()))
    reject_import(company, row("V-1").pk, actor=approver, version=row("V-1").version, reason="Wrong name")

    assert ask(View.NEEDS_FIXING, status="invalid") == [row("V-1").number]
    assert ask(View.NEEDS_FIXING, status="waiting_for_parent") == [row("ORD-1").number]
    assert ask(View.READY_TO_IMPORT, flag="resubmitted") == []

    stage(vendor_sent("V-1", "Steel Works", status="staged"))
    assert ask(View.READY_TO_IMPORT, flag="resubmitted") == [row("V-1").number]


@pytest.mark.capability("UI-03")
def test_synced_records_are_found_by_project_vendor_and_status(company, known, waiting, ask, connection):
    tower, steel = known("project", "Tower"), known("vendor", "Steel")
    bound = known("work_order_contract", "W-1", number="W-1", project=tower, vendor=steel)
    known("work_order_contract", "W-2", number="W-2", project=tower)
    waiting("X", state=ExportState.UNLINKING)
    StagedExport.objects.of(company).filter(number="X").update(record=bound)

    assert ask(View.SYNCED, project_id=str(tower.pk)) == ["W-2", "W-1"]
    assert ask(View.SYNCED, vendor_id=str(steel.pk)) == ["W-1"]
    assert ask(View.SYNCED, status="unlinking") == ["W-1"]
    assert "W-1" not in ask(View.SYNCED, status="synced")


@pytest.mark.parametrize(("day", "hours"), [("2026-03-08", 23), ("2026-11-01", 25), ("2026-07-01", 24)])
def test_a_day_is_the_companys_and_may_be_longer_or_shorter(company, waiting, ask, day, hours):
    first = dt.datetime.combine(dt.date.fromisoformat(day), dt.time.min, company.zone).astimezone(dt.UTC)
    last = first + dt.timedelta(hours=hours)
    for number, moment in {
        "before": first - dt.timedelta(seconds=1),
        "first": first,
        "last": last - dt.timedelta(seconds=1),
        "after": last,
    }.items():
        waiting(number, sent_at=moment)

    assert ask(View.READY_TO_EXPORT, received_from=day, received_to=day) == ["first", "last"]
    assert ask(View.READY_TO_EXPORT, received_from=day) == ["first", "last", "after"]


# Who can decide


def test_i_can_decide_is_what_the_acts_say(company, waiting, ask, make_person, project_user, service_account):
    rights = {"erp_level": "standard", "can_push_to_accounting": True}
    me, reader = make_person("me", **rights), make_person("reader", erp_level="standard")
    full = make_person("full", project_level="admin", **rights)
    service_account.owner_id = me.id
    service_account.save()
    own = {"created_by_kind": "person", "created_by_id": me.id}
    waiting("plain", item_type="vendor")
    waiting("contract")
    waiting("sent", item_type="vendor", sent_by_id=me.id)
    waiting("made", item_type="vendor", **own)
    waiting("edited", item_type="vendor", edited_by_kind="person", edited_by_id=full.id)
    waiting("by_account", item_type="vendor", created_by_kind="service_account", created_by_owner_id=me.id)
    waiting("of_others", item_type="vendor", created_by_kind="service_account", created_by_owner_id=full.id)
    waiting("failed", state=ExportState.FAILED, item_type="vendor", sent_by_id=me.id)

    for actor in (me, reader, full):
        for view, act in ((View.READY_TO_EXPORT, "accept"), (View.FAILED, "retry")):
            rows = [row.object for row in queue_part(company, Asked(view)).rows]
            acts = {one.number: export_acts(one, one.record, actor) for one in rows}
            open_ones = [number for number, all_of in acts.items() if any(o.act == act and o.enabled for o in all_of)]
            assert ask(view, actor=actor, decidable="true") == open_ones
    assert ask(View.READY_TO_EXPORT, actor=me, decidable="true") == ["plain", "edited", "of_others"]


def test_i_can_decide_leaves_out_what_my_own_account_staged(
    company, stage, ask, approver, project_user, service_account, connection
):
    stage(vendor_sent("V-1", "Steel"))
    (row,) = StagedRecord.objects.of(company)
    numbers = [row.number]
    assert ask(View.READY_TO_IMPORT, decidable="true") == numbers
    assert ask(View.READY_TO_IMPORT, actor=project_user, decidable="true") == []

    service_account.owner_id = approver.id
    service_account.save()
    assert ask(View.READY_TO_IMPORT, decidable="true") == []
    assert [one.act for one in staged_record_acts(row, approver) if one.act == "import" and one.enabled] == []

    # Somebody else's account staged it last; what mine did before still counts.
    StagedRecord.objects.of(company).update(account=None)
    assert ask(View.READY_TO_IMPORT, decidable="true") == []


# What cannot be meant


@pytest.mark.parametrize(
    ("name", "text", "why"),
    [
        ("project_id", "x", Wrong.ID),
        ("project_id", "0", Wrong.ID),
        ("vendor_id", "9" * 19, Wrong.ID),
        ("vendor_id", "\u0663", Wrong.ID),
        ("sender", "7", Wrong.SENDER),
        ("sender", "robot-7", Wrong.SENDER),
        ("amount_from", "1,5", Wrong.AMOUNT),
        ("amount_from", "NaN", Wrong.AMOUNT),
        ("amount_to", "1e5", Wrong.AMOUNT),
        ("amount_to", "1" * 20, Wrong.AMOUNT),
        ("currency", "EURO", Wrong.CURRENCY),
        ("waiting", "3", Wrong.DURATION),
        ("waiting", "0h", Wrong.DURATION),
        ("waiting", "999999d", Wrong.DURATION),
        ("received_from", "2026-02-30", Wrong.DAY),
        ("received_from", "0001-01-01", Wrong.DAY),
        ("received_to", "yesterday", Wrong.DAY),
        ("decidable", "maybe", Wrong.SWITCH),
        ("flag", "shiny", Wrong.WORD),
        ("flag", "retried", Wrong.WORD),
        ("flag", "x\0", Wrong.TEXT),
        ("status", "failed", Wrong.VIEW),
        ("code", "RATE", Wrong.VIEW),
        ("sort", "colour", Wrong.WORD),
        ("sort", "-", Wrong.WORD),
    ],
)
def test_what_cannot_be_meant_is_named_and_narrows_nothing(company, approver, name, text, why):
    read = read_filters({name: [text]}, View.READY_TO_EXPORT, company=company, actor=approver)

    assert read.wrong == {name: why}
    assert (read.filters, read.sort) == (Filters(), "")


def test_ranges_that_end_before_they_begin_and_repeated_bounds_are_wrong(company, approver):
    given = {
        "amount_from": ["10"],
        "amount_to": ["9"],
        "received_from": ["2026-01-02"],
        "received_to": ["2026-01-01"],
        "waiting": ["1h", "2h"],
        "project_id": [str(n + 1) for n in range(51)],
    }
    read = read_filters(given, View.READY_TO_EXPORT, company=company, actor=approver)

    ends = {"amount_to": Wrong.RANGE, "received_to": Wrong.RANGE}
    assert read.wrong == {**ends, "waiting": Wrong.ONE, "project_id": Wrong.MANY}


def test_an_amount_without_a_currency_is_of_the_companys(company, approver):
    read = read_filters({"amount_from": ["10"]}, View.READY_TO_EXPORT, company=company, actor=approver)

    assert read.filters == Filters(amount_from=Decimal("10"), currency="USD")


def test_filters_are_written_as_they_are_read(company, approver):
    everything = {
        "project_id": ["1", "2"], "vendor_id": ["3"], "sender": ["person-4", "account-5"], "amount_from": ["-1.5"],
        "amount_to": ["20"], "currency": ["EUR"], "received_from": ["2026-01-01"], "received_to": ["2026-01-31"],
        "flag": ["resubmitted", "retried"], "status": ["stale"], "decidable": ["true"], "problem": ["9"],
    }  # fmt: skip
    for waiting, written in (("90m", "90m"), ("180m", "3h"), ("48h", "2d")):
        read = read_filters({**everything, "waiting": [waiting]}, View.FAILED, company=company, actor=approver)
        pairs = as_pairs(read.filters)

        assert read.wrong == {}
        given = {(name, one) for name, all_of in everything.items() for one in all_of}
        assert set(pairs) == given | {("waiting", written)}
    assert {name for name, _ in pairs} == DECLARED.keys() - {"code", "late", "synced_from", "synced_to"}
    assert not fits(read.filters, View.SYNCED)
    for view, name, text in ((View.READY_TO_IMPORT, "late", "true"), (View.SYNCED, "synced_to", "2026-01-31")):
        read = read_filters({name: [text]}, view, company=company, actor=approver)
        assert as_pairs(read.filters) == [(name, text)]


def test_names_lead_to_ids_of_this_company_only(company, other_company, known, approver, service_account, admin):
    tower = known("project", "Tower", number="T-1")
    known("vendor", "Tower")

    assert records_called(company, "project", "tower") == [tower.pk]
    assert records_called(company, "project", "t-1") == [tower.pk]
    assert records_called(company, "project", "Tow") == []
    assert senders_called(company, "approver") == [Sender("person", approver.id)]
    assert senders_called(company, service_account.name) == [Sender("account", service_account.pk)]
    assert senders_called(other_company, "approver") == []


# Order and pages


AMOUNTS = ["5", "5", None, "-3.25", "1000000000000000000.0001", "1000000000000000000.0002", None, "0"]


@pytest.mark.capability("UI-03")
@pytest.mark.parametrize("sort", ["amount", "-amount", "title", "-title", "number", "-number", "since", "-since", ""])
def test_every_order_pages_through_all_rows_once(company, waiting, sort):
    for n, amount in enumerate(AMOUNTS):
        waiting(f"{'abAB'[n % 4]}{n // 2}", amount=amount and Decimal(amount), sent_at=ago(minutes=n // 3))
    whole = [row.object for row in queue_part(company, Asked(View.READY_TO_EXPORT, sort=sort)).rows]
    asked, paged = Asked(View.READY_TO_EXPORT, sort=sort, limit=1), []
    while True:
        part = queue_part(company, asked)
        paged += [row.object for row in part.rows]
        if not part.next_cursor:
            break
        asked = Asked(View.READY_TO_EXPORT, sort=sort, limit=1, cursor=part.next_cursor)

    assert [one.pk for one in paged] == [one.pk for one in whole]
    assert len({one.pk for one in paged}) == len(AMOUNTS)
    if sort.endswith("amount"):
        known = [one.amount for one in whole if one.amount is not None]
        assert known == sorted(known, reverse=sort.startswith("-"))
        assert [one.amount for one in whole[-2:]] == [None, None]
    if sort.endswith(("title", "number")):
        values = [getattr(one, sort.removeprefix("-")).lower() for one in whole]
        assert values == sorted(values, reverse=sort.startswith("-"))


def test_staged_rows_stand_by_the_number_that_is_shown(company, stage, ask, connection):
    stage(vendor_sent("V-2", "Roofs"), vendor_sent("V-1", "Steel"))

    assert [row.object.origin_id for row in queue_part(company, Asked(View.READY_TO_IMPORT, sort="number")).rows] == [
        "V-1",
        "V-2",
    ]


@pytest.mark.parametrize(
    "cursor", ["x", "bnVsbA", "WyItYW1vdW50IiwgIjEiLCAxXQ", "WyJhbW91bnQiLCAiTmFOIiwgMV0", "WyJhbW91bnQiLCBbXSwgMV0"]
)
def test_a_cursor_that_is_not_of_this_order_is_refused(company, cursor):
    with pytest.raises(BadRequest):
        queue_part(company, Asked(View.READY_TO_EXPORT, sort="amount", cursor=cursor))


@pytest.fixture
def counting_to_three(monkeypatch) -> None:
    monkeypatch.setattr(queue, "COUNTED_TO", 3)


def test_more_rows_than_are_counted_are_neither_sorted_nor_summed(company, waiting, counting_to_three):
    for n in range(4):
        waiting(f"S-{n}", amount=Decimal(9 - n))
    asked = Asked(View.READY_TO_EXPORT, sort="amount")
    part = queue_part(company, asked)

    assert (part.total, part.capped, part.sums, str(part.order)) == (3, True, {}, "since")
    assert order_in_effect(company, asked) == part.order
    fewer = queue_part(company, Asked(View.READY_TO_EXPORT, filters=Filters(amount_to=Decimal(8)), sort="amount"))
    assert (str(fewer.order), fewer.sums) == ("amount", {"USD": Decimal(21)})


def test_totals_never_mix_currencies(company, waiting):
    waiting("A", amount=Decimal("1.10"))
    waiting("B", amount=Decimal("2.20"))
    waiting("C", amount=Decimal("5"), currency="EUR")
    waiting("D")

    part = queue_part(company, Asked(View.READY_TO_EXPORT))
    assert (part.total, part.sums) == (4, {"USD": Decimal("3.30"), "EUR": Decimal(5)})


def test_a_bulk_decision_takes_the_filtered_rows(company, waiting):
    waiting("A", amount=Decimal(1))
    chosen = waiting("B", amount=Decimal(2))

    asked = Asked(View.READY_TO_EXPORT, filters=Filters(amount_from=Decimal(2), currency="USD"))
    assert matching_rows(company, asked, 10) == [(chosen.pk, 1)]


def test_chunks_read_every_row_without_counting(company, waiting, django_assert_max_num_queries):
    numbers = [waiting(f"S-{n}", sent_at=ago(minutes=9 - n)).number for n in range(5)]
    asked, found = Asked(View.READY_TO_EXPORT, limit=2), []
    with django_assert_max_num_queries(3 * 3):
        while True:
            rows, cursor = queue_chunk(company, asked, asked.order)
            found += [row.object.number for row in rows]
            if not cursor:
                break
            asked = Asked(View.READY_TO_EXPORT, limit=2, cursor=cursor)

    assert found == numbers


# Indexes


def plan_of(company, asked: Asked) -> str:
    rows = queue.Ordered(queue.rows_asked(company, asked), asked.order).behind("")[:51]
    return str(rows.explain())


@pytest.mark.capability("UI-03")
def test_every_filter_but_text_and_amount_has_an_index(company, known, approver):
    """Looked at over a full table, since a small one is read as a whole. The conditions stand under the wall."""
    tower, steel = known("project", "Tower"), known("vendor", "Steel")
    with database.cursor() as cursor:
        cursor.execute(EXPORTS, {"company": company.pk, "project": tower.pk, "vendor": steel.pk})
        cursor.execute(STAGED, {"company": company.pk})
        cursor.execute(SYNCED, {"company": company.pk, "project": tower.pk, "vendor": steel.pk})
        for table in ("staging_stagedexport", "staging_stagedrecord", "records_record"):
            cursor.execute(f"ANALYZE {table}")
    expected = {
        (View.READY_TO_EXPORT, "project_id", str(tower.pk)): "export_queue_of_project",
        (View.READY_TO_EXPORT, "vendor_id", str(steel.pk)): "export_queue_of_vendor",
        (View.READY_TO_EXPORT, "sender", "person-77"): "export_queue_of_sender",
        (View.READY_TO_EXPORT, "flag", "resubmitted"): "export_queue_resubmitted",
        (View.READY_TO_EXPORT, "received_to", "2020-01-01"): "export_queue",
        (View.READY_TO_EXPORT, "waiting", "999d"): "export_queue",
        (View.FAILED, "status", "stale"): "export_queue_failed",
        (View.FAILED, "flag", "retried"): "export_queue_retried",
        (View.REJECTED, "code", "RATE"): "export_queue_rejected",
        (View.READY_TO_IMPORT, "project_id", str(tower.pk)): "staged_queue_of_project",
        (View.READY_TO_IMPORT, "vendor_id", str(steel.pk)): "staged_queue_of_vendor",
        (View.READY_TO_IMPORT, "sender", "account-77"): "staged_queue_of_account",
        (View.NEEDS_FIXING, "status", "invalid"): "staged_queue",
        (View.SYNCED, "project_id", str(tower.pk)): "record_synced_of_project",
        (View.SYNCED, "vendor_id", str(steel.pk)): "record_synced_of_vendor",
    }
    found = {}
    for view, name, text in expected:
        read = read_filters({name: [text]}, view, company=company, actor=approver)
        assert read.wrong == {}
        found[view, name, text] = plan_of(company, Asked(view, filters=read.filters))

    assert {key: index for key, index in expected.items() if index not in found[key]} == {}
    assert [key for key, plan in found.items() if "Seq Scan" in plan] == []


EXPORTS = """
    WITH made AS (
        INSERT INTO records_record (company_id, item_type, number, title, status, currency, data, lock, created_by_kind,
            created_by_name, edited_by_kind, edited_by_name, created_at, updated_at, version)
        SELECT %(company)s, 'work_order_contract', n, '', '', '', '{}', 'none', 'system', 'x', 'system', 'x', now(),
            now(), 1
        FROM generate_series(1, 6000) n RETURNING id, number::int AS n
    )
    INSERT INTO staging_stagedexport (company_id, record_id, item_type, action, state, snapshot, content_hash,
        record_version, project_id, vendor_id, number, title, currency, sent_by_id, sent_by_name, sent_at, inputs,
        reason, reason_code, pins, messages, failure, held_reason, hold_note, held_by_name, decided_by_name, attempts,
        changed_at, version)
    SELECT %(company)s, id, 'work_order_contract', 'create',
        CASE WHEN n %% 3 = 0 THEN 'ready_to_export' WHEN n %% 3 = 1 THEN 'failed' ELSE 'rejected' END,
        '{"data": {}}', '', 1, CASE WHEN n %% 200 = 0 THEN %(project)s::bigint END,
        CASE WHEN n %% 200 = 0 THEN %(vendor)s::bigint END, n, '', '', CASE WHEN n %% 200 = 0 THEN 77 ELSE 1 END, 'x',
        now() - n * interval '1 minute', '{}', '', CASE WHEN n %% 200 = 2 THEN 'RATE' ELSE '' END, '[]', '[]',
        CASE WHEN n %% 200 = 1 THEN 'stale' ELSE '' END, '', '', '', '', CASE WHEN n %% 200 = 1 THEN 2 ELSE 1 END,
        now(), 1
    FROM made
"""
STAGED = """
    INSERT INTO staging_stagedrecord (company_id, item_type, origin_id, status, archived_with_parent, data, number,
        title, messages, waiting_for, project_origin_id, vendor_origin_id, account_id, changed_by_kind,
        changed_by_name, created_at, updated_at, version)
    SELECT %(company)s, 'work_order_contract', n, CASE WHEN n %% 200 = 1 THEN 'invalid' ELSE 'staged' END, false, '{}',
        n, '', '[]', '[]', CASE WHEN n %% 200 = 0 THEN 'O-Tower' ELSE 'O-' || n %% 7 END,
        CASE WHEN n %% 200 = 0 THEN 'O-Steel' ELSE 'O-' || n %% 7 END, NULL, 'system', 'x',
        now() - n * interval '1 minute', now(), 1
    FROM generate_series(1, 6000) n
"""
SYNCED = """
    INSERT INTO records_record (company_id, item_type, number, title, status, currency, data, lock, created_by_kind,
        created_by_name, edited_by_kind, edited_by_name, created_at, updated_at, version, origin_id, project_id,
        vendor_id)
    SELECT %(company)s, 'work_order_contract', n, '', '', '', '{}', 'none', 'system', 'x', 'system', 'x', now(),
        now() - n * interval '1 minute', 1, 'W-' || n, CASE WHEN n %% 200 = 0 THEN %(project)s::bigint END,
        CASE WHEN n %% 200 = 0 THEN %(vendor)s::bigint END
    FROM generate_series(1, 6000) n
"""
