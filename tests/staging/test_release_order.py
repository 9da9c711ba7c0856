"""Objects that need each other leave in their order, whatever order they are accepted in, and whatever fails."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from erpstaging.core.errors import Invalid
from erpstaging.records.editing import create_record
from erpstaging.records.models import Record
from erpstaging.staging.models import StagedExport
from erpstaging.staging.reading import seen_export
from tests.fixtures.passage import Passage
from tests.staging.test_random_companies import forgotten

PARENTS = {"vendor": (), "commitment": ("vendor",), "change": ("commitment", "vendor"), "invoice": ("commitment",)}


class Chain:
    """A vendor, a contract with it, and what stands under the contract: all sent, none of them linked."""

    def __init__(self, financials: Any, passage: Passage) -> None:
        self.passage = passage
        company, author = financials.company, financials.author
        vendor = create_record(company, actor=author, item_type="vendor", data={"name": "Kestrel Roofing"})
        commitment = financials.make("work_order_contract", vendor_id=vendor.pk, title="Roof")
        financials.known["work_order_contract"] = commitment
        self.records: dict[str, Record] = {
            "vendor": vendor,
            "commitment": commitment,
            "change": financials.make("commitment_change_order"),
            "invoice": financials.make("requisition"),
        }
        for record in self.records.values():
            passage.send(record)
        self.left: list[str] = []

    def export(self, name: str) -> StagedExport:
        return self.passage.export(self.records[name])

    def state(self, name: str) -> str:
        return str(self.export(name).state)

    def watch(self) -> None:
        """Nothing is out while a parent is not, and what is held says why."""
        for name, parents in PARENTS.items():
            export = self.export(name)
            if export.state == "exporting":
                assert [self.state(parent) for parent in parents] == ["synced"] * len(parents), name
                if name not in self.left:
                    self.left.append(name)
            if export.state == "accepted":
                assert any(self.state(parent) != "synced" for parent in parents), name
                assert export.held_reason, name

    def accept(self, name: str) -> None:
        if self.state(name) == "ready_to_export":
            self.passage.accept(self.export(name))

    def answer(self, name: str, *, well: bool) -> None:
        """The ERP's answer, or for what failed another try."""
        export = self.export(name)
        if export.state == "failed":
            self.passage.retry(export)
        elif export.state == "exporting":
            request = self.passage.request_of(export)
            if well:
                self.passage.book(request)
                # The origin ID alone lets nothing out: the passage is over with the close.
                assert self.passage.sweep() == 0
            self.passage.close(request, "success" if well else "failed", *(() if well else ("Period closed.",)))

    def step(self, act: str, name: str) -> None:
        if act == "accept":
            self.accept(name)
        else:
            self.answer(name, well=act == "succeed")
        self.passage.sweep()
        self.watch()


@pytest.fixture
def chain(financials, passage) -> Chain:
    return Chain(financials, passage)


@pytest.mark.capability("EX-11")
def test_accepted_in_reverse_they_leave_in_order_each_after_the_close_of_the_one_before(chain):
    for name in ("invoice", "change", "commitment", "vendor"):
        chain.step("accept", name)
    assert [chain.state(name) for name in PARENTS] == ["exporting", "accepted", "accepted", "accepted"]

    for name in PARENTS:
        chain.step("succeed", name)

    assert [chain.state(name) for name in PARENTS] == ["synced"] * 4
    assert chain.left == ["vendor", "commitment", "change", "invoice"]
    requests = [chain.export(name).erp_request_id for name in PARENTS]
    assert requests[:2] == sorted(requests)[:2]


@pytest.mark.capability("EX-11")
def test_a_vendor_that_failed_holds_the_rest_with_its_reason(chain):
    for name in ("change", "commitment", "vendor"):
        chain.step("accept", name)
    chain.step("fail", "vendor")

    text = "Kestrel Roofing failed in the ERP: Period closed. Retry it, or reject it and mend it."
    assert (chain.state("commitment"), chain.export("commitment").held_reason) == ("accepted", text)
    assert chain.export("change").held_reason == "Roof is accepted and has not left yet."
    chain.passage.reject(chain.export("vendor"))
    chain.passage.sweep()
    assert chain.export("commitment").held_reason == "Send Kestrel Roofing to the ERP first, or link it."


def test_what_is_held_says_on_its_page_what_it_waits_for(chain, company, approver):
    chain.step("accept", "commitment")

    checks = {one.code: one for one in seen_export(company, chain.export("commitment").pk, approver).checks}

    assert not checks["vendor_linked"].passed
    assert checks["vendor_linked"].remedy == "Kestrel Roofing waits for an approver's decision."
    assert checks["vendor_linked"].record_id == chain.records["vendor"].pk
    assert checks["project_linked"].passed


def test_a_retry_waits_for_a_parent_whose_answer_is_outstanding(chain, company):
    for name in ("vendor", "commitment"):
        chain.step("accept", name)
    chain.step("succeed", "vendor")
    chain.step("fail", "commitment")
    vendor = chain.records["vendor"]
    Record.objects.of(company).filter(pk=vendor.pk).update(origin_id=None)

    with pytest.raises(Invalid) as refused:
        chain.passage.retry(chain.export("commitment"))

    assert list(refused.value.errors) == ["vendor_linked"]


ACTS = st.sampled_from(["accept", "accept", "succeed", "succeed", "fail"])
STEPS = st.lists(st.tuples(ACTS, st.sampled_from(list(PARENTS))), max_size=25)


@pytest.mark.capability("EX-11")
@settings(
    max_examples=max(settings.default.max_examples // 10, 1),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(order=st.permutations(list(PARENTS)), steps=STEPS)
def test_no_order_of_decisions_and_answers_lets_one_out_before_its_parents(financials, passage, order, steps):
    known = dict(financials.known)
    with forgotten():
        chain = Chain(financials, passage)
        for act, name in steps:
            chain.step(act, name)
        for name in order:
            chain.step("accept", name)
        for _ in range(3):  # whatever failed is tried again, and everything answered
            for name in PARENTS:
                chain.step("succeed", name)
        assert {chain.state(name) for name in PARENTS} == {"synced"}
        assert (
            chain.left.index("vendor")
            < chain.left.index("commitment")
            < min(chain.left.index("change"), chain.left.index("invoice"))
        )
    financials.known = known
