"""Values of fields: what is stored, and what is refused with words and never with anything else."""

from contextlib import suppress
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from erpstaging.catalogue import fields
from erpstaging.catalogue.entity import clean_data, clean_origin_code, clean_origin_id
from erpstaging.catalogue.registry import ENTITIES

ODD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.decimals(allow_nan=False) | st.text() | st.floats(allow_nan=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
)


@pytest.mark.parametrize(
    ("field", "value", "stored"),
    [
        (fields.text("f", "F"), "ä", "ä"),
        (fields.text("f", "F"), 7, "7"),
        (fields.text("f", "F"), Decimal("1.50"), "1.50"),
        (fields.integer("f", "F"), "-12", -12),
        (fields.integer("f", "F"), 2**63 - 1, 2**63 - 1),
        (fields.boolean("f", "F"), "YES", True),
        (fields.boolean("f", "F"), 0, False),
        (fields.number("f", "F"), "1", "1.0"),
        (fields.number("f", "F"), Decimal("0.1234"), "0.1234"),
        (fields.money("f", "F"), "-" + "9" * 19 + ".9999", "-" + "9" * 19 + ".9999"),
        (fields.money("f", "F"), "1.50000", "1.5"),
        (fields.date("f", "F"), "2026-02-28", "2026-02-28"),
        (fields.choice("f", "F", "Draft", "Void"), "Void", "Void"),
        (fields.integers("f", "F"), [1, "2"], [1, 2]),
        (fields.reference("f", "F", "vendor"), "35", 35),
        (fields.position(), 0, 0),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_value_is_stored(field, value, stored):
    assert field.clean(value) == stored
    assert field.clean(None) is None


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        (fields.text("f", "F"), True, "must be text"),
        (fields.text("f", "F"), ["x"], "must be text"),
        (fields.text("f", "F"), "x" * 256, "is too long (maximum 255 characters)"),
        (fields.long_text("f", "F"), "x" * 20_001, "is too long (maximum 20000 characters)"),
        (fields.integer("f", "F"), True, "must be a whole number"),
        (fields.integer("f", "F"), "1.0", "must be a whole number"),
        (fields.integer("f", "F"), "١٢", "must be a whole number"),
        (fields.integer("f", "F"), 2**63, "is out of range"),
        (fields.boolean("f", "F"), "maybe", "must be true or false"),
        (fields.boolean("f", "F"), 2, "must be true or false"),
        (fields.number("f", "F"), True, "must be a number"),
        (fields.number("f", "F"), "1e3", "must be a plain decimal number"),
        (fields.number("f", "F"), Decimal("1E+3"), "must be a plain decimal number"),
        (fields.number("f", "F"), "NaN", "must be a plain decimal number"),
        (fields.number("f", "F"), "Infinity", "must be a plain decimal number"),
        (fields.number("f", "F"), "١٢", "must be a plain decimal number"),
        (fields.number("f", "F"), "1,5", "must be a plain decimal number"),
        (fields.number("f", "F"), "1.00001", "has more than 4 decimal places"),
        (fields.money("f", "F"), "1" + "0" * 19, "has more than 19 digits before the decimal point"),
        (fields.date("f", "F"), "2026-W01-1", "must be a date (YYYY-MM-DD)"),
        (fields.date("f", "F"), "2026-02-30", "must be a date (YYYY-MM-DD)"),
        (fields.date("f", "F"), "20260228", "must be a date (YYYY-MM-DD)"),
        (fields.date("f", "F"), 20260228, "must be a date (YYYY-MM-DD)"),
        (fields.choice("f", "F", "Draft"), "draft", "must be one of Draft"),
        (fields.choice("f", "F", "Draft"), ["Draft"], "must be one of Draft"),
        (fields.integers("f", "F"), "1", "must be a list of ids (at most 1000)"),
        (fields.integers("f", "F"), [1] * 1001, "must be a list of ids (at most 1000)"),
        (fields.reference("f", "F", "vendor"), 0, "must be an id"),
        (fields.position(), -1, "is out of range"),
        (fields.position(), 2**31, "is out of range"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_value_is_refused_in_words(field, value, reason):
    with pytest.raises(ValueError) as refused:  # noqa: PT011 - the words are compared below
        field.clean(value)

    assert str(refused.value) == reason


@given(st.sampled_from(sorted(ENTITIES)), st.data())
def test_no_value_of_any_type_breaks_an_entity(item_type, data):
    entity = ENTITIES[item_type]
    names = sorted(entity.staged_names | entity.by_name.keys())
    sent = data.draw(st.dictionaries(st.sampled_from(names), ODD))

    cleaned, errors = clean_data(entity, sent, frozenset(names))

    assert cleaned.keys() | errors.keys() == sent.keys()
    again, none = clean_data(entity, cleaned, frozenset(names))
    assert (again, none) == (cleaned, {})


@given(ODD)
def test_an_origin_id_is_text_or_refused(value):
    for clean in (clean_origin_id, clean_origin_code):
        with suppress(ValueError):
            cleaned = clean(value)
            assert cleaned is None or len(cleaned) <= 255
