"""Metadata documents: what is refused, and that what is accepted can always be read."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from erpstaging.catalogue.registry import ENTITIES
from erpstaging.connections.document import checked
from erpstaging.connections.metadata import Metadata
from erpstaging.connections.validation import CHECKS, DEFAULT_MESSAGES, Rule, failures
from erpstaging.core.errors import Invalid
from tests.fixtures.ledger import metadata

NAMES = sorted({entity.metadata_name for entity in ENTITIES.values() if entity.metadata_name})
LEAVES = st.none() | st.booleans() | st.integers() | st.decimals(allow_nan=False) | st.text(max_size=20)
JSON = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
)
SWITCH = st.fixed_dictionaries({}, optional={"enabled": st.booleans() | JSON, "text": JSON, "message": JSON})


def sometimes(**parts: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """An object with some of these keys, or now and then something else altogether."""
    return st.one_of(st.fixed_dictionaries({}, optional=parts), st.fixed_dictionaries({}, optional=parts), JSON)


RULE = sometimes(enabled=st.booleans() | JSON, length=st.integers(-1, 50) | JSON, message=st.text(max_size=9) | JSON)
VALIDATION = st.dictionaries(st.sampled_from([*CHECKS, "format", "of_theirs"]), RULE, max_size=4) | JSON
FIELD = sometimes(enabled=st.booleans() | JSON, validation=VALIDATION)
FIELDS = st.dictionaries(st.sampled_from(["code", "origin_code", "name", "title", "amount"]), FIELD, max_size=3) | JSON
CUSTOM = sometimes(
    key=st.sampled_from(["a", "b", "date"]) | JSON,
    label=st.text(max_size=9) | JSON,
    type=st.sampled_from(["date", "string"]) | JSON,
    rules=sometimes(validation=VALIDATION),
)
ENTITY = sometimes(
    enabled=st.booleans() | JSON,
    configs=sometimes(
        **{
            "export": sometimes(
                enabled=st.booleans(), create=SWITCH, update=SWITCH, custom_fields=st.lists(CUSTOM, max_size=3) | JSON
            ),
            "import": SWITCH | JSON,
            "export_subcontracts": SWITCH | JSON,
        }
    ),
    tab=sometimes(enabled=st.booleans(), columns=st.dictionaries(st.just("code"), SWITCH | JSON, max_size=1) | JSON),
    rules=sometimes(save=sometimes(fields=FIELDS), export=sometimes(fields=FIELDS, warning_message=SWITCH | JSON)),
)
SETTINGS = sometimes(
    labels=st.dictionaries(st.sampled_from(["name", "id_name", "short_name"]), st.text(max_size=9) | JSON) | JSON,
    configurations=sometimes(settings=sometimes(cost_codes_segment_delimiter=JSON)),
    entities=st.dictionaries(st.sampled_from(NAMES), ENTITY, max_size=3) | JSON,
)
DOCUMENTS = st.fixed_dictionaries({"settings": SETTINGS}) | SETTINGS | JSON


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(document=DOCUMENTS, values=st.dictionaries(st.sampled_from(["code", "name", "title", "amount"]), JSON))
def test_a_document_is_refused_or_can_be_read_to_its_end(document, values):
    try:
        stored = checked(document)
    except Invalid:
        return

    read = Metadata(stored)

    assert all(isinstance(text, str) for text in (read.erp_name, read.short_name, read.id_name, read.code_delimiter))
    read.tabs(ENTITIES.values())
    for entity in ENTITIES.values():
        read.is_on(entity)
        rules = read.of(entity)
        if rules is None:
            continue
        assert {type(switch) for switch in (rules.enabled, rules.may_import, rules.may_export, rules.may_update)} == {
            bool
        }
        assert rules.warning is None or isinstance(rules.warning, str)
        inputs = [*filter(None, [rules.code_input()]), *rules.custom_inputs()]
        for found in (rules.save_failures(values, {}), rules.export_failures(values, {})):
            assert all(isinstance(text, str) for texts in found.values() for text in texts)
        for one in inputs:
            failures({one.key: one.rules}, values, {one.key: one.label})


@pytest.mark.parametrize(
    "document", [None, 7, "{}", [], {}, {"labels": {}}, {"settings": 7}, {"settings": []}], ids=repr
)
def test_what_is_no_document_is_refused(document):
    with pytest.raises(Invalid) as refused:
        checked(document)

    assert list(refused.value.errors) == ["metadata"]


@pytest.mark.parametrize(
    ("entity", "path"),
    [
        (7, "settings.entities.vendors"),
        ({"enabled": "yes"}, "settings.entities.vendors.enabled"),
        ({"configs": {"import": True}}, "settings.entities.vendors.configs.import"),
        ({"configs": {"import": {"enabled": "false"}}}, "settings.entities.vendors.configs.import.enabled"),
        (
            {"configs": {"export": {"create": {"enabled": 1}}}},
            "settings.entities.vendors.configs.export.create.enabled",
        ),
        ({"configs": {"export": {"custom_fields": [{}]}}}, "settings.entities.vendors.configs.export.custom_fields[0]"),
        (
            {"configs": {"export": {"custom_fields": [{"key": "a"}, {"key": "a"}]}}},
            "settings.entities.vendors.configs.export.custom_fields",
        ),
        (
            {"configs": {"export": {"custom_fields": [{"key": "code"}]}}},
            "settings.entities.vendors.configs.export.custom_fields",
        ),
        *(
            (
                {"rules": {"save": {"fields": {"name": {"validation": {"max_length": rule}}}}}},
                "settings.entities.vendors.rules.save.fields.name.validation.max_length",
            )
            for rule in (
                {"enabled": True},
                {"enabled": True, "length": 0},
                {"enabled": True, "length": "thirty"},
                {"enabled": True, "length": 2.5},
                {"enabled": True, "length": True},
            )
        ),
    ],
    ids=lambda value: str(value)[:70],
)
def test_a_fault_is_named_by_its_path(entity, path):
    with pytest.raises(Invalid) as refused:
        checked(metadata(vendors=entity))

    assert refused.value.errors["metadata"][0].startswith(path)


def test_names_that_we_do_not_know_are_kept():
    document = metadata(spaceships={"enabled": True}, vendors={"rules": {"save": {"fields": {"hull": {}}}}})

    assert checked(document) == document


@pytest.mark.parametrize(
    ("switches", "may_export", "may_update"),
    [
        ({}, False, False),
        ({"export": {"enabled": True}}, True, False),
        ({"export": {"enabled": False, "create": {"enabled": True}}}, False, False),
        ({"export": {"enabled": True, "create": {"enabled": False}}}, False, False),
        ({"export": {"enabled": True, "create": {}}}, False, False),
        ({"export": {"enabled": True, "update": {"enabled": True}}}, True, True),
        ({"update": {"enabled": True}}, False, True),
    ],
    ids=str,
)
def test_what_may_leave_follows_the_switches(switches, may_export, may_update):
    rules = Metadata(metadata(jobs={"enabled": True, "configs": switches})).rules("jobs")

    assert (rules.may_export, rules.may_update) == (may_export, may_update)


def test_an_entity_that_is_off_or_missing_is_off_in_everything():
    for document in (metadata(vendors={**metadata()["settings"]["entities"]["vendors"], "enabled": False}), {}):
        rules = Metadata({"settings": document.get("settings", {})}).rules("vendors")
        assert not any((rules.enabled, rules.may_import, rules.may_export, rules.may_update, rules.shows_tab))


# Validations (metadata, section 5)


@pytest.mark.parametrize(
    ("check", "length", "passes", "fails"),
    [
        ("present", None, ["x", 0, False, [1]], [None, "", " \t", []]),
        ("numeric", None, ["1", "-1.50", "+3", 7, "007"], ["1e3", ".5", "5.", "1,5", "NaN", "x", True, "١٢", "1 2"]),
        ("positive", None, ["0.0001", 1, "+2"], ["0", "0.00", -1, "x", "-0.1"]),
        ("max_length", 3, ["abc", "äöü", "🏗🏗🏗", 123], ["abcd", 1234]),
        (
            "max_line_length",
            3,
            ["abc\nabc", "abc\r\nabc", "\n\n", "abc\n"],
            ["abcd", "abc\nabcd", "ab\u2028cd", "ab\x0bcd"],
        ),
        ("max_length_decimal", 2, ["1.25", "1.2500", "7", 1], ["1.255", "-0.001"]),
        ("max_length_units", 2, ["12.999", "-12", "0012", "+12.5"], ["123", "-123.0"]),
    ],
)
def test_a_validation_passes_and_fails(check, length, passes, fails):
    rules = {"field": [Rule(check, length, "no")]}

    assert [value for value in passes if failures(rules, {"field": value}, {})] == []
    assert [value for value in fails if not failures(rules, {"field": value}, {})] == []


@pytest.mark.parametrize("check", [name for name in CHECKS if name != "present"])
@pytest.mark.parametrize("empty", [None, "", "  ", []], ids=repr)
def test_only_present_looks_at_empty_values(check, empty):
    assert failures({"field": [Rule(check, 1, "no")]}, {"field": empty}, {}) == {}


@pytest.mark.parametrize(
    ("message", "text"),
    [
        ("At most %{length} letters.", "At most 3 letters."),
        ("100% sure, %{who}?", "100% sure, %{who}?"),
        ("", "Short name is too long (maximum 3 characters)"),
    ],
)
def test_messages_are_the_companys_or_ours(message, text):
    rules = {"abbreviated_name": [Rule("max_length", 3, message)]}

    assert failures(rules, {"abbreviated_name": "abcd"}, {"abbreviated_name": "Short name"}) == {
        "abbreviated_name": [text]
    }


def test_every_check_has_a_message():
    assert CHECKS.keys() == DEFAULT_MESSAGES.keys()


def test_all_failures_are_collected():
    rules = {"a": [Rule("numeric", None, "number"), Rule("max_length", 1, "long")], "b": [Rule("present", None, "b")]}

    assert failures(rules, {"a": "xx"}, {}) == {"a": ["number", "long"], "b": ["b"]}
