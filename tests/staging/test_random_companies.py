"""Random companies: whatever is staged, decided and unlinked in whatever order, the service does what the plain
reference model says (reference.py)."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from erpstaging.companies.actors import Actor
from erpstaging.companies.models import Company
from erpstaging.core.errors import Refused as ServiceRefused
from erpstaging.records.models import Record
from erpstaging.staging.external import sync_external_data
from erpstaging.staging.imports import accept_import, archive_staged_record, unarchive_staged_record
from erpstaging.staging.intake import stage_records
from erpstaging.staging.models import StagedRecord
from erpstaging.staging.queue import Asked, View, queue_part
from tests.staging.reference import Books, Refused, Row, Sent, Thing

NOTHING = 2**62  # an id that no record has
HOLDERS = [
    ("work_order_contract", "C1"),
    ("work_order_contract", "C2"),
    ("purchase_order_contract", "C1"),
    ("commitment_change_order", "K1"),
    ("prime_contract", "O1"),
]
OTHERS = [("vendor", "V1"), ("vendor", "V2"), ("project", "SITE-7"), ("project", "P2"), ("sub_job", "S1")]
LINES = [("line_item", f"L{number}") for number in (1, 2, 3)]
KEYS = [*HOLDERS, *OTHERS, *LINES]
CODES = {"cost_code_origin_id": "SITE-7|05-100", "line_item_type_origin_id": "SUB"}


def mostly(*right: Any, wrong: Sequence[Any]) -> st.SearchStrategy[Any]:
    """A right value four times out of five."""
    return st.integers(0, 4).flatmap(lambda chance: st.sampled_from(right if chance else wrong))


def named(origin_field: str, right: st.SearchStrategy[Any], *ids: tuple[str, str]) -> st.SearchStrategy[Sent]:
    """A reference by origin ID, by the id of a record (a key, replaced when the call is made), by both, or none."""
    id_field = origin_field.replace("_origin_id", "_id")
    by_origin = right.map(lambda value: {origin_field: value})
    by_id = st.sampled_from(ids).map(lambda key: {origin_field: None, id_field: ("id of", key)})
    both = st.builds(lambda one, other: {**other, **one}, by_origin, by_id)
    return st.integers(0, 9).flatmap(lambda chance: {8: by_id, 9: both}.get(chance, by_origin))


PROJECT = named("project_origin_id", mostly("SITE-7", wrong=("P2", "404", None)), OTHERS[2], OTHERS[3], OTHERS[0])
VENDOR = named("vendor_origin_id", mostly("V1", wrong=("V2", "404", None)), OTHERS[0], OTHERS[2])
COMMITMENT = named("commitment_origin_id", mostly("C1", "C2", wrong=("404", None)), HOLDERS[0], HOLDERS[2], OTHERS[0])
LINE = named("commitment_line_item_origin_id", mostly("L1", wrong=("L2", "404", None)), LINES[0], HOLDERS[0])
CODE = named("cost_code_origin_id", mostly(CODES["cost_code_origin_id"], wrong=("404", None)), ("cost_code", "code"))


def words(name: str) -> st.SearchStrategy[Sent]:
    return mostly("Steel", "Roof", wrong=("", None)).map(lambda word: {name: word}) | st.just({})


def joined(*parts: st.SearchStrategy[Sent]) -> st.SearchStrategy[Sent]:
    return st.tuples(*parts).map(lambda found: {name: value for one in found for name, value in one.items()})


CODE_OF_SUB_JOB = mostly("01", wrong=("", None)).map(lambda code: {"code": code})
AMOUNT = st.sampled_from(["10.0", "25.5"]).map(lambda amount: {"amount": amount})
DATA = {
    "vendor": words("name"),
    "project": words("name"),
    "sub_job": joined(words("name"), CODE_OF_SUB_JOB, PROJECT),
    "prime_contract": joined(words("title"), PROJECT),
    "work_order_contract": joined(words("title"), PROJECT, VENDOR),
    "purchase_order_contract": joined(words("title"), PROJECT, VENDOR),
    "commitment_change_order": joined(words("title"), PROJECT, COMMITMENT),
    "line_item": joined(AMOUNT, CODE, st.just({"line_item_type_origin_id": "SUB"}), LINE | st.just({})),
}
STATUS = mostly(None, wrong=("staged", "archived", "invalid", "imported", "lost"))
LINE_STATUS = mostly(None, wrong=("staged", "archived", "archived", "invalid"))


@st.composite
def element(draw: Any, key: tuple[str, str], *, nested: bool = False) -> Sent:
    item_type, origin_id = key
    sent: Sent = {"item_type": item_type, "origin_id": origin_id}
    status = draw(LINE_STATUS if item_type == "line_item" else STATUS)
    if status is not None:
        sent["status"] = status
    if key in HOLDERS:
        lines = draw(st.lists(st.sampled_from(LINES), max_size=2, unique=True))
        sent["children"] = [draw(element(line, nested=True)) for line in lines]
    if item_type == "line_item" and not nested:
        parent = draw(mostly(*(origin_id for _, origin_id in HOLDERS), wrong=("404", "V1", None)))
        sent |= {} if parent is None else {"parent_origin_id": parent}
    partly = draw(st.integers(0, 5)) == 0
    return {**sent, "data": {} if partly else draw(DATA[item_type])}


CALLS = st.lists(st.sampled_from(KEYS).flatmap(element), min_size=1, max_size=5).map(lambda sent: ("sync", sent))
IMPORTS = mostly(*HOLDERS, *OTHERS, wrong=LINES).map(lambda key: ("import", key))
ACTS = st.tuples(st.sampled_from(["archive", "unarchive", "unlink", "relink"]), mostly(*HOLDERS, *OTHERS, wrong=LINES))
# What makes a company in which something can be imported at all; the rest is chance.
BEGINNING = (
    "sync",
    [
        {"item_type": "vendor", "origin_id": "V1", "data": {"name": "Kestrel"}},
        {
            "item_type": "work_order_contract",
            "origin_id": "C1",
            "data": {"title": "Roof", "project_origin_id": "SITE-7", "vendor_origin_id": "V1"},
            "children": [{"item_type": "line_item", "origin_id": "L1", "data": {"amount": "10.0", **CODES}}],
        },
    ],
)
MORE = (
    "sync",
    [
        {
            "item_type": "prime_contract",
            "origin_id": "O1",
            "data": {"title": "Owner", "project_origin_id": "SITE-7"},
            "children": [{"item_type": "line_item", "origin_id": "L2", "data": {"amount": "10.0", **CODES}}],
        },
        {
            "item_type": "commitment_change_order",
            "origin_id": "K1",
            "data": {"title": "Extra", "project_origin_id": "SITE-7", "commitment_origin_id": "C1"},
            "children": [
                {
                    "item_type": "line_item",
                    "origin_id": "L3",
                    "data": {"amount": "10.0", **CODES, "commitment_line_item_origin_id": "L1"},
                }
            ],
        },
    ],
)
CONTRACT_IN = [BEGINNING, ("import", OTHERS[0]), ("import", HOLDERS[0])]
ALL_IN = [*CONTRACT_IN, MORE, ("import", HOLDERS[3]), ("import", HOLDERS[4])]
BEGINNINGS = st.sampled_from([[], [BEGINNING], CONTRACT_IN, [*CONTRACT_IN, MORE], ALL_IN])
# Calls about one thing, so that stories come about that take several of them.
MOVED = st.tuples(st.sampled_from([*HOLDERS, *LINES]), st.sampled_from(["archived", "staged", "archived", "invalid"]))
MOVES = MOVED.map(
    lambda one: ("sync", [{"item_type": one[0][0], "origin_id": one[0][1], "status": one[1], "data": {}}])
)
LINE_OF_ORDER = st.builds(
    lambda origin_id, data: (
        "sync",
        [{"item_type": "line_item", "origin_id": origin_id, "parent_origin_id": "K1", "data": data}],
    ),
    st.sampled_from(["L3", "L4"]),
    joined(AMOUNT, CODE, st.just({"line_item_type_origin_id": "SUB"}), LINE),
)
SHELVED = st.tuples(st.sampled_from(["archive", "unarchive"]), st.sampled_from(HOLDERS))
STEPS = st.builds(
    lambda beginning, rest: [*beginning, *rest],
    BEGINNINGS,
    st.lists(CALLS | IMPORTS | MOVES | SHELVED | ACTS | LINE_OF_ORDER | IMPORTS, max_size=12),
)


class Firm:
    """The service's company and the model's books, moved by the same steps."""

    def __init__(self, company: Company, integration: Actor, approver: Actor) -> None:
        self.company, self.integration, self.approver = company, integration, approver
        self.books = Books()
        for record in Record.objects.of(company).filter(deleted_at=None, origin_id__isnull=False).order_by("pk"):
            self.books.things.append(Thing(record.item_type, dict(record.data), record.origin_id, id=record.pk))
        for row in StagedRecord.objects.of(company):
            (thing,) = [one for one in self.books.things if one.id == row.record_id]
            self.books.rows[(row.item_type, row.origin_id)] = Row(
                row.item_type, row.origin_id, dict(row.data), row.status, thing=thing, went_in=dict(row.data)
            )

    # Steps

    def step(self, act: str, about: Any) -> None:
        getattr(self, act)(about)
        self.compare(f"{act} {about}")

    def sync(self, updates: list[Sent]) -> None:
        sent = [self.with_ids(one) for one in updates]
        staged = stage_records(self.company.pk, sent, actor=self.integration)
        refused = self.books.sync(sent)
        told = [{name: value for name, value in one.items() if name != "errors"} for one in staged.errors]
        assert told == refused

    def with_ids(self, sent: Sent) -> Sent:
        """Ids of records in place of the keys that stand for them."""
        values = sent["data"].items()
        data = {name: self.id_of(value[1]) if isinstance(value, tuple) else value for name, value in values}
        children = {"children": [self.with_ids(one) for one in sent["children"]]} if "children" in sent else {}
        return {**sent, "data": data, **children}

    def id_of(self, key: tuple[str, str]) -> int:
        row = self.books.rows.get(key)
        return row.thing.id if row is not None and row.thing is not None else NOTHING

    def decide(self, key: tuple[str, str], service: Any, model: Any, **values: Any) -> None:
        """The same decision here and there: both refuse it, or both take it with the same outcome."""
        row = self.books.rows.get(key)
        if row is None:
            return
        try:
            expected = model(row)
        except Refused:
            expected = "refused"
        stored = self.stored(row)
        try:
            with transaction.atomic():
                status = service(self.company, stored.pk, actor=self.approver, version=stored.version, **values).status
        except ServiceRefused:
            status = "refused"
        assert status == expected or (expected is None and status != "refused"), (key, status, expected)
        event(f"{service.__name__}: {status}")

    def stored(self, row: Row) -> StagedRecord:
        return StagedRecord.objects.of(self.company).get(item_type=row.item_type, origin_id=row.origin_id)

    def import_(self, key: tuple[str, str]) -> None:
        self.decide(key, accept_import, self.books.accept)
        for row in self.books.rows.values():
            if row.thing is not None and row.thing.id == 0:
                row.thing.id = self.stored(row).record_id or 0

    def archive(self, key: tuple[str, str]) -> None:
        self.decide(key, archive_staged_record, lambda row: self.books.shelve(row, "archived"))

    def unarchive(self, key: tuple[str, str]) -> None:
        self.decide(key, unarchive_staged_record, lambda row: self.books.shelve(row, "staged"))

    def link(self, key: tuple[str, str], origin_id: str | None) -> None:
        thing = self.books.rows[key].thing if key in self.books.rows else None
        if thing is None:
            return
        wire_type = "change_order" if thing.item_type == "commitment_change_order" else thing.item_type
        update = {"item_type": wire_type, "item_id": thing.id, "origin_id": origin_id}
        (element,) = sync_external_data(self.company, [update], actor=self.integration)
        try:
            self.books.unlink(thing) if origin_id is None else self.books.relink(thing, origin_id)
            assert element.errors == {}
        except Refused:
            assert list(element.errors) == ["origin_id"]

    def unlink(self, key: tuple[str, str]) -> None:
        self.link(key, None)

    def relink(self, key: tuple[str, str]) -> None:
        self.link(key, key[1])

    # Comparing

    def compare(self, after: str) -> None:
        rows = {(row.item_type, row.origin_id): row for row in StagedRecord.objects.of(self.company)}
        by_id = {row.pk: key for key, row in rows.items()}
        told = {
            key: (row.status, row.data, by_id.get(row.parent_id or 0), row.record_id, row.archived_with_parent)
            for key, row in rows.items()
        }
        assert told == {key: self.facts(row) for key, row in self.books.rows.items()}, after
        for key, head in self.heads().items():
            waiting = {(one["row"], one["field"], one["value"]) for one in rows[key].waiting_for}
            assert waiting == self.books.waiting(head), (after, key)
        things = Record.objects.of(self.company).in_bulk([one.id for one in self.books.things])
        for thing in self.books.things:
            stored, parent_id = things[thing.id], thing.parent.id if thing.parent else None
            assert (stored.origin_id, stored.parent_id) == (thing.origin_id, parent_id), (after, thing)
            assert stored.data == thing.data, (after, thing)

    def facts(self, row: Row) -> tuple[Any, ...]:
        parent = (row.parent.item_type, row.parent.origin_id) if row.parent else None
        return row.status, row.data, parent, row.thing.id if row.thing else None, row.went_with_parent

    def heads(self) -> dict[tuple[str, str], Row]:
        """The rows that are decided on. Left out are those to which a line went that was imported with another."""
        return {
            key: row
            for key, row in self.books.rows.items()
            if row.parent is None
            and not any(
                one.status == "imported" and (one.thing is None or one.thing.parent is not row.thing)
                for one in self.books.children(row)
            )
        }

    def compare_queue(self) -> None:
        heads = self.heads()
        asked = [row for row in heads.values() if row.status == "staged" or (row.status == "imported" and row.news)]
        ready = {(row.item_type, row.origin_id) for row in asked if not self.books.waiting(row)}
        assert self.listed(View.READY_TO_IMPORT) & heads.keys() == ready
        invalid = {key for key, row in heads.items() if row.status == "invalid"}
        waiting = {(row.item_type, row.origin_id) for row in asked} - ready
        assert self.listed(View.NEEDS_FIXING) & heads.keys() == invalid | waiting

    def listed(self, view: View) -> set[tuple[str, str]]:
        rows = queue_part(self.company, Asked(view, limit=100)).rows
        return {(one.object.item_type, one.object.origin_id) for one in rows if isinstance(one.object, StagedRecord)}


@contextmanager
def forgotten() -> Iterator[None]:
    """Whatever happens inside is rolled back."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.mark.capability("IN-02", "IN-04", "IN-06", "IN-07")
@settings(
    max_examples=settings.default.max_examples * 9 // 10,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(steps=STEPS)
def test_a_random_company_goes_the_way_of_the_reference_model(
    company, project, cost_code, cost_type, integration, approver, steps
):
    with forgotten():
        firm = Firm(company, integration, approver)
        for act, about in steps:
            firm.step("import_" if act == "import" else act, about)
        firm.compare_queue()
