"""Codes of rejections, notes pinned to fields, and how often each code is used."""

from datetime import timedelta

import pytest
from django.utils import timezone

from erpstaging.connections.services import change_settings, metadata_of
from erpstaging.core.errors import Invalid
from erpstaging.notices.models import Notice
from erpstaging.staging.export_chunks import Wanted
from erpstaging.staging.exports import reject_exports
from erpstaging.staging.imports import reject_import
from erpstaging.staging.rejections import rejections_by_code
from tests.staging.conftest import vendor_sent

pytestmark = pytest.mark.capability("AP-03")
CODES = [{"code": "WRONG-COST-CODE", "label": "The cost code is wrong"}, {"code": "RATE", "label": "Rate"}]


@pytest.fixture
def codes(company, connection, admin) -> None:
    change_settings(company.pk, {"reject_codes": CODES}, actor=admin)


def test_a_code_is_one_of_those_that_are_configured(gate, codes):
    export = gate.send()

    for code, text in (("", "can't be blank"), ("OTHER", "must be one of WRONG-COST-CODE, RATE"), (7, "must be text")):
        with pytest.raises(Invalid) as refused:
            gate.reject(export, code=code)
        assert refused.value.errors["code"][0].startswith(text)
    assert gate.export().state == "ready_to_export"

    gate.reject(export, code="RATE")
    assert gate.export().reason_code == "RATE"


def test_a_missing_code_is_a_missing_reason(gate, codes):
    with pytest.raises(Invalid) as refused:
        gate.reject(gate.send())

    assert refused.value.code == "reason_required"


def test_without_codes_none_is_asked_for(gate):
    assert gate.reject(gate.send()).reason_code == ""


@pytest.mark.parametrize(
    "path",
    [
        {"field": "title"},
        {"field": "work_order_contract.title"},
        {"pointer": "/title"},
        {"pointer": "/data/title"},
        {"pointer": "/work_order_contract/title"},
    ],
    ids=str,
)
def test_a_note_is_pinned_to_a_field_however_it_is_named(gate, path):
    gate.reject(gate.send(), pins=[{**path, "note": " Too long. "}])

    assert gate.export().pins == [
        {"pointer": "/title", "field": "title", "label": "Title", "line_id": None, "note": "Too long."}
    ]


def test_a_note_is_pinned_to_a_field_of_a_line(gate):
    export = gate.send()

    gate.reject(export, pins=[{"pointer": "/line_items/1/cost_code_id", "note": "05-125"}])

    (pin,) = gate.export().pins
    assert (pin["field"], pin["label"]) == ("line_items.1.cost_code_id", "Line 2, cost code")
    assert pin["line_id"] == export.snapshot["lines"][1]["id"]


@pytest.mark.parametrize(
    ("pins", "named"),
    [
        ("title", "pins"),
        ([{"field": "title", "note": "no"}] * 51, "pins"),
        (["title"], "pins.0"),
        ([{"field": "title"}], "pins.0.note"),
        ([{"field": "title", "note": " "}], "pins.0.note"),
        ([{"field": "title", "note": "x" * 501}], "pins.0.note"),
        ([{"note": "x"}], "pins.0.field"),
        ([{"field": 7, "note": "x"}], "pins.0.field"),
        ([{"field": "warp_speed", "note": "x"}], "pins.0.field"),
        ([{"pointer": "/line_items/2/quantity", "note": "x"}], "pins.0.pointer"),
        ([{"pointer": "/line_items/-1/quantity", "note": "x"}], "pins.0.pointer"),
        ([{"pointer": "/line_items/0/warp_speed", "note": "x"}], "pins.0.pointer"),
        ([{"pointer": "/line_items", "note": "x"}], "pins.0.pointer"),
    ],
)
def test_a_pin_that_cannot_be_read_is_refused_naming_it(gate, pins, named):
    export = gate.send()

    with pytest.raises(Invalid) as refused:
        gate.reject(export, pins=pins)

    assert list(refused.value.errors) == [named]
    assert gate.export().state == "ready_to_export"


def test_the_mail_names_the_code_its_meaning_and_the_pinned_fields(gate, codes, project_user):
    gate.reject(gate.send(), code="RATE", pins=[{"field": "title", "note": "Too long."}])

    (notice,) = Notice.objects.of(gate.company)
    assert notice.person_id == project_user.id
    assert (notice.context["code"], notice.context["code_label"]) == ("RATE", "Rate")
    assert [(pin["label"], pin["note"]) for pin in notice.context["pins"]] == [("Title", "Too long.")]


def test_rejections_are_counted_by_code(gate, codes, company, approver, stage, row):
    gate.reject(gate.send(), code="RATE")
    gate.reject(gate.send(), code="RATE")
    stage(vendor_sent("V-1"))
    reject_import(company, row("V-1").pk, actor=approver, version=1, reason="Who?", code="WRONG-COST-CODE")
    now = timezone.now()
    metadata = metadata_of(company.pk)

    counts = rejections_by_code(company, metadata, since=now - timedelta(days=1), until=now)

    assert [(one.code, one.label, one.exports, one.imports, one.total) for one in counts] == [
        ("RATE", "Rate", 2, 0, 2),
        ("WRONG-COST-CODE", "The cost code is wrong", 0, 1, 1),
    ]
    unused = rejections_by_code(company, metadata, since=now, until=now + timedelta(days=1))
    assert [(one.code, one.total, one.latest) for one in unused] == [("RATE", 0, None), ("WRONG-COST-CODE", 0, None)]


def test_of_many_only_those_without_the_pinned_field_are_refused(gate, company, approver):
    export = gate.send()
    wanted = [Wanted(export.pk, export.version), Wanted(2**62, 1)]

    good, missing = reject_exports(
        company, wanted, actor=approver, reason="Wrong", pins=[{"field": "title", "note": "No."}]
    )

    assert good.export is not None
    assert missing.refusal is not None


@pytest.mark.parametrize(
    ("codes", "text"),
    [
        ([{"code": "A", "label": "x"}, {"code": "A", "label": "y"}], "stands there already"),
        ([{"code": "two words", "label": "x"}], "reject_codes"),
        ([{"code": "A"}], "reject_codes"),
        ("A", "reject_codes"),
    ],
)
def test_codes_that_make_no_sense_are_refused(company, connection, admin, codes, text):
    with pytest.raises(Invalid, match=text):
        change_settings(company.pk, {"reject_codes": codes}, actor=admin)
