"""An object that the ERP took without some of its lines, and trying those again."""

import pytest

from erpstaging.records.models import Record
from erpstaging.staging.closeout import close_details

pytestmark = pytest.mark.capability("EX-04")
REFUSED = "Cost code 05-100 is closed."


@pytest.fixture
def lines(gate) -> list[int]:
    rows = Record.objects.of(gate.company).filter(parent=gate.contract).order_by("position")
    return list(rows.values_list("pk", flat=True))


def outcome(line_id: int, status: str = "failed", *messages: str) -> dict:
    return {"item_type": "line_item", "item_id": line_id, "status": status, "messages": list(messages)}


def close(gate, items, status="failed", *messages, place=-1):
    update = {"id": gate.details()[place].pk, "status": status, "messages": list(messages), "items": items}
    (element,) = gate.run(lambda: close_details(gate.company, [update], actor=gate.integration))
    return element


def sent(gate) -> list[list[int]]:
    """The lines of each request, oldest first."""
    return [[line["id"] for line in one.request_data["commitment_items"]] for one in gate.requests()]


@pytest.mark.parametrize("status", ["failed", "success"])
def test_a_refused_line_makes_the_export_fail_in_part(gate, lines, status):
    gate.bring_to("exporting")
    gate.link("ORD-9")

    element = close(gate, [outcome(lines[0], "success"), outcome(lines[1], "failed", REFUSED)], status)

    assert element.errors == {}
    export = gate.export()
    assert (export.state, export.status, export.messages) == ("failed", "partially_failed", [REFUSED])
    assert export.failed_items == [{"item_type": "line_item", "item_id": lines[1], "messages": [REFUSED]}]
    assert gate.record().lock == "exporting"


def test_what_the_whole_says_stands_before_what_the_lines_say(gate, lines):
    gate.bring_to("exporting")

    close(gate, [outcome(lines[1], "FAILED", REFUSED)], "failed", "One line is missing.")

    assert gate.export().messages == ["One line is missing."]


def test_a_retry_sends_the_header_with_its_origin_id_and_the_refused_lines_alone(gate, lines):
    gate.bring_to("exporting")
    gate.link("ORD-9")
    close(gate, [outcome(lines[1], "failed", REFUSED)])

    gate.retry(gate.export())

    assert sent(gate) == [lines, [lines[1]]]
    assert gate.requests()[-1].request_data["commitment"]["origin_id"] == "ORD-9"
    gate.close("success")
    assert (gate.export().state, gate.export().failed_items) == ("synced", [])


def test_a_line_that_went_through_never_leaves_again(gate, lines):
    """The second attempt fails without a word about lines, and the third goes unanswered."""
    gate.bring_to("exporting")
    gate.link("ORD-9")
    close(gate, [outcome(lines[1], "failed", REFUSED)])
    gate.retry(gate.export())
    gate.close("failed", "Period closed.")
    assert gate.export().status == "partially_failed"
    gate.retry(gate.export())
    gate.close("stale")

    gate.retry(gate.export())

    assert sent(gate) == [lines, [lines[1]], [lines[1]], [lines[1]]]


def test_of_what_the_erp_does_not_have_at_all_everything_leaves_again(gate, lines):
    gate.bring_to("exporting")
    close(gate, [outcome(lines[1], "failed", REFUSED)])

    gate.retry(gate.export())

    assert sent(gate) == [lines, lines]


def test_an_origin_id_after_a_success_in_part_does_not_sync(gate, lines):
    gate.bring_to("exporting")
    close(gate, [outcome(lines[1], "failed", REFUSED)], "success")

    gate.link("ORD-9")

    assert gate.export().status == "partially_failed"


def test_outcomes_that_are_all_good_change_nothing(gate, lines):
    gate.bring_to("exporting")
    gate.link("ORD-9")

    close(gate, [outcome(line, "success") for line in lines], "success")

    assert gate.export().state == "synced"


@pytest.mark.parametrize("before", ["stale", "failed", "success"])
def test_what_the_erp_took_of_a_failed_export_after_all_never_leaves_again(gate, lines, before):
    """It said nothing in time, or no, or a yes without its origin ID, and then which line it refused."""
    gate.bring_to("exporting")
    gate.close(before)
    version = gate.export().version
    gate.link("ORD-9") if before != "success" else None

    close(gate, [outcome(lines[1], "failed", REFUSED)], "success" if before == "failed" else "failed")

    export = gate.export()
    assert (export.status, export.messages, export.version) == ("partially_failed", [REFUSED], version + 1)
    gate.link("ORD-9")
    gate.retry(export)
    assert sent(gate)[-1] == [lines[1]]


def test_an_older_attempt_that_succeeded_in_part_does_not_sync(gate, lines):
    gate.bring_to("failed")
    gate.retry(gate.export())
    gate.link("ORD-9")

    close(gate, [outcome(lines[1], "failed", REFUSED)], "success", place=0)

    assert (gate.export().state, gate.details()[-1].state) == ("exporting", "in_progress")


@pytest.mark.parametrize("again", [True, False], ids=["by a retry", "by a correction"])
def test_a_whole_success_forgets_the_refused_lines_and_waits_for_its_origin_id_alone(gate, lines, again):
    gate.bring_to("exporting")
    close(gate, [outcome(lines[1], "failed", REFUSED)])
    if again:
        gate.retry(gate.export())

    gate.close("success")

    assert (gate.export().status, gate.export().messages) == ("failed", ["no origin id received"])
    gate.link("ORD-9")
    assert gate.export().state == "synced"


@pytest.mark.parametrize(
    ("items", "named"),
    [
        ({}, "items"),
        ([1], "items.0"),
        ([{}], "items.0.item_type"),
        ([{"item_type": "line_item", "item_id": "1"}], "items.0.item_id"),
        ([{"item_type": "line_item", "item_id": True}], "items.0.item_id"),
        ([outcome(2**62)], "items.0.item_id"),
        ([outcome(1, "stale")], "items.0.status"),
        ([{**outcome(1), "messages": 5}], "items.0.messages"),
    ],
    ids=str,
)
def test_outcomes_that_cannot_be_read_are_refused_and_nothing_moves(gate, items, named):
    gate.bring_to("exporting")

    element = close(gate, items)

    assert list(element.errors) == [named]
    assert (gate.export().state, gate.details()[-1].state) == ("exporting", "in_progress")


def test_an_outcome_of_another_type_is_refused(gate, lines):
    gate.bring_to("exporting")

    element = close(gate, [{**outcome(lines[0]), "item_type": "vendor"}])

    assert list(element.errors) == ["items.0.item_type"]
