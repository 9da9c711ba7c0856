"""Codes that the ERP writes straight into their objects."""

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from erpstaging.catalogue.registry import ENTITIES
from erpstaging.companies import actors
from erpstaging.companies.models import ServiceAccount
from erpstaging.core.errors import NotFound
from erpstaging.core.scope import company_scope
from erpstaging.records.editing import create_record
from erpstaging.records.models import OriginIdHistory, Record
from erpstaging.staging.direct import sync_records
from tests.fixtures.ledger import imported

UNKNOWN_ID = {"id": ["Entity with this ID not found"]}


@pytest.fixture
def sync(company, integration, project):
    """`sync({...}, {...})`: one call for the project's cost codes."""

    def call(*updates, actor=integration, item_type="cost_code", **scope):
        scope = scope or ({"project_id": project.pk} if item_type == "cost_code" else {})
        return sync_records(company, ENTITIES[item_type], updates, actor=actor, scope=scope)

    return call


@pytest.fixture
def other_project(company, integration, approver, connection):
    sent = {"item_type": "project", "origin_id": "SITE-8", "data": {"name": "Quarry", "project_number": "Q"}}
    return imported(company, integration, approver, sent)


def code(origin_id: str | None, number: str, name: str = "Steel", **more):
    return {"name": name, "code": number, **({"origin_id": origin_id} if origin_id else {}), **more}


def stored(company, origin_id: str) -> Record:
    return Record.objects.of(company).get(item_type="cost_code", origin_id=origin_id, deleted_at=None)


@pytest.mark.parametrize(
    ("id_sent", "origin_sent", "outcome"),
    [
        (None, None, "new"),
        ("unknown", None, UNKNOWN_ID),
        ("A", None, "A"),
        (None, "new", "new"),
        (None, "A", "A"),
        ("A", "new", "A"),
        ("A", "A", "A"),
        ("A", "B", {"origin_id": ["B is already the origin ID of cost code {B} (Steel)."]}),
        ("unknown", "new", UNKNOWN_ID),
        ("unknown", "A", UNKNOWN_ID),
    ],
)
def test_which_code_is_meant(company, sync, id_sent, origin_sent, outcome):
    first, second = (entity["id"] for entity in sync(code("A", "01"), code("B", "02")).entities)
    ids = {"A": first, "B": second, "unknown": second + 1000}
    sent = code({"new": "NEW"}.get(origin_sent, origin_sent), "01" if outcome == "A" else "03", "Changed")
    sent |= {"id": ids[id_sent]} if id_sent else {}

    answer = sync(sent)

    if isinstance(outcome, dict):
        expected = {name: [text.format(**ids) for text in texts] for name, texts in outcome.items()}
        assert answer.errors == [{**sent, "errors": expected}]
    else:
        (entity,) = answer.entities
        assert (entity["id"] in ids.values(), entity["data"]["name"]) == (outcome == "A", "Changed")


def test_a_thousand_codes_cost_no_more_statements_than_one(sync):
    def statements(*updates) -> int:
        with CaptureQueriesContext(database) as captured:
            assert sync(*updates).errors == []
        return len(captured)

    one = statements(code("one", "one"))
    thousand = [code(f"{n}", f"{n}") for n in range(1000)]

    # Audit and outbox write 500 rows to a statement.
    assert statements(*thousand) <= one + 4
    assert statements(*thousand) <= one


def test_parents_may_stand_after_their_children(company, sync):
    answer = sync(code("C", "30", parent_origin_id="B"), code("B", "20", parent_origin_id="A"), code("A", "10"))

    assert answer.errors == []
    assert [entity["data"]["full_code"] for entity in answer.entities] == ["10-20-30", "10-20", "10"]


def test_a_code_may_come_with_its_parents_prefix(company, sync):
    sync(code("A", "10"), code("B", "10-20", parent_origin_id="A"))
    sync(code("B", "10-20", "Renamed"))

    assert (stored(company, "B").data["code"], stored(company, "B").data["full_code"]) == ("20", "10-20")


@pytest.mark.parametrize("change", [{"name": "Renamed"}, {"position": 4}, {"code": "21"}], ids=str)
def test_a_code_keeps_its_place_under_a_parent_that_the_call_does_not_name(company, sync, change):
    sync(code("A", "10"), code("B", "20", parent_origin_id="A"))

    sync({"origin_id": "B", **change})

    code_now = change.get("code", "20")
    assert (stored(company, "B").data["full_code"], stored(company, "B").number) == (f"10-{code_now}",) * 2


@pytest.mark.parametrize("by", ["origin_id", "id"])
def test_a_code_of_another_project_is_neither_moved_nor_changed(company, sync, project, other_project, by):
    (standing,) = sync(code("A", "01"), project_id=project.pk).entities
    sent = code("A", "01", "Stolen") if by == "origin_id" else {"id": standing["id"], "name": "Stolen"}

    answer = sync(sent, project_id=other_project.pk)

    assert list(answer.errors[0]["errors"]) == [by]
    assert (stored(company, "A").project_id, stored(company, "A").title) == (project.pk, "Steel")


def test_the_call_says_which_project_and_its_elements_do_not(company, sync, project, other_project):
    sync(code("A", "01", project_id=other_project.pk), project_id=project.pk)

    assert stored(company, "A").project_id == project.pk == stored(company, "A").data["project_id"]


@pytest.mark.parametrize("field", ["parent_id", "sub_job_id", "standard_cost_code_id"])
def test_a_reference_to_nothing_is_an_error_of_its_element(company, vendor, sync, field):
    for wrong in (2**62, vendor.pk):
        answer = sync(code("A", "01", **{field: wrong}), code("B", "02"))

        assert [list(error["errors"]) for error in answer.errors] == [[field]]
        assert [entity["origin_id"] for entity in answer.entities] == ["B"]


def test_the_scope_has_to_exist_in_the_company(company, other_company, integration, project, vendor, sync):
    for wrong in (2**62, vendor.pk):
        with pytest.raises(NotFound):
            sync(code("A", "01"), project_id=wrong)
    with company_scope(other_company.pk), pytest.raises(NotFound):
        sync_records(other_company, ENTITIES["cost_code"], [], actor=integration, scope={"project_id": project.pk})


def test_a_taken_code_is_refused_and_a_free_one_can_be_given_on(company, sync):
    sync(code("A", "01"), code("B", "02"))

    refused = sync(code("C", "01"), code("B", "01"))
    moved = sync(code("A", "03"), code("B", "01"), code("C", "02"))

    assert [list(error["errors"]) for error in refused.errors] == [["code"], ["code"]]
    assert moved.errors == []
    assert [stored(company, one).data["code"] for one in "ABC"] == ["03", "01", "02"]


def test_an_origin_id_can_be_given_on_within_a_call(company, sync):
    first, second = (entity["id"] for entity in sync(code("A", "01"), code("B", "02")).entities)

    answer = sync({"id": first, "origin_id": "Z"}, {"id": second, "origin_id": "A"}, code("B", "03"))

    assert answer.errors == []
    assert (stored(company, "Z").pk, stored(company, "A").pk) == (first, second)
    assert set(OriginIdHistory.objects.of(company).values_list("record_id", "origin_id")) == {
        (first, "A"),
        (second, "B"),
    }


def test_a_second_integration_does_not_take_a_code_over(company, admin, sync):
    (standing,) = sync(code("A", "01")).entities
    account = ServiceAccount.machine(name="Second connector", owner_id=admin.id)
    account.save()
    second = actors.service_account(account, frozenset({"read", "write", "erp"}))

    answer = sync({"id": standing["id"], "origin_id": "B"}, actor=second)

    assert list(answer.errors[0]["errors"]) == ["origin_id"]
    assert stored(company, "A").pk == standing["id"]


@pytest.mark.parametrize("blank", [None, ""])
def test_what_is_required_cannot_be_blanked(company, sync, blank):
    sync(code("A", "01"))

    answer = sync({"origin_id": "A", "name": blank}, {"origin_id": "B", "name": blank, "code": "02"})

    assert [error["errors"] for error in answer.errors] == [{"name": ["can't be blank"]}] * 2
    assert stored(company, "A").title == "Steel"


@pytest.mark.parametrize("by", ["parent_id", "parent_origin_id"])
def test_codes_do_not_stand_in_a_circle(company, sync, by):
    answer = sync(code("A", "10"), code("B", "20", parent_origin_id="A"), code("C", "30", parent_origin_id="B"))
    ids = {entity["origin_id"]: entity["id"] for entity in answer.entities}

    def parent(origin_id: str):
        return ids[origin_id] if by == "parent_id" else origin_id

    refused = sync(
        {"origin_id": "A", by: parent("C")},
        {"origin_id": "B", by: parent("B")},
        code("X", "1", parent_origin_id="Y"),
        code("Y", "2", parent_origin_id="X"),
    )

    assert [list(error["errors"]) for error in refused.errors] == [
        [by],
        [by],
        ["parent_origin_id"],
        ["parent_origin_id"],
    ]
    assert stored(company, "C").data["full_code"] == "10-20-30"


def test_a_chain_without_end_is_refused_from_some_level_on(company, sync):
    chain = [code("0", "0"), *(code(f"{n}", f"{n}", parent_origin_id=f"{n - 1}") for n in range(1, 1000))]

    answer = sync(*chain)

    assert len(answer.entities) + len(answer.errors) == 1000
    assert answer.entities[0]["origin_id"] == "0"
    assert {tuple(error["errors"]) for error in answer.errors} == {("parent_origin_id",)}


def test_a_full_code_that_is_too_long_is_refused(company, sync):
    answer = sync(code("A", "x" * 200), code("B", "y" * 100, parent_origin_id="A"))

    assert [error["errors"] for error in answer.errors] == [{"code": ["is too long with those of its parents"]}]


def test_what_waits_for_approval_is_not_written(gate, company, sync):
    sync(code("A", "01"))
    Record.objects.of(company).filter(origin_id="A").update(lock="waiting")

    answer = sync(code("A", "01", "Late"))

    assert list(answer.errors[0]["errors"]) == ["base"]


def test_a_code_of_people_is_linked_by_its_id(company, sync, project_user, connection):
    made = create_record(
        company,
        actor=project_user,
        item_type="line_item_type",
        data={"name": "Subcontract", "code": "S", "base_type": "commitment"},
    )

    sync({"id": made.pk, "origin_id": "SUB"}, item_type="line_item_type")

    assert Record.objects.of(company).get(pk=made.pk).origin_id == "SUB"


@pytest.mark.parametrize(
    "sent",
    [
        {"name": "Twin", "code": "10", "parent_origin_id": "A"},
        {"name": "Twin", "code": "A-10", "parent_origin_id": "A"},
        {"origin_id": "C", "code": "10"},
        {"origin_id": "D", "parent_origin_id": "A"},
    ],
    ids=["new", "with prefix", "renamed", "moved"],
)
def test_a_code_that_is_taken_below_its_parent_is_an_error_of_its_element(company, sync, sent):
    sync(code("A", "A"), code("B", "10", parent_origin_id="A"), code("C", "20", parent_origin_id="A"), code("D", "10"))

    answer = sync(sent, code("E", "30"))

    assert [list(error["errors"]) for error in answer.errors] == [["code"]]
    assert [entity["origin_id"] for entity in answer.entities] == ["E"]


def test_a_code_of_a_sub_job_is_taken_there_alone(company, sync, project):
    sub_job = sync({"name": "North", "code": "N"}, item_type="sub_job", project_id=project.pk).entities[0]["id"]
    below = {"project_id": project.pk, "sub_job_id": sub_job}
    sync(code("A", "01"), code("B", "02"), **below)

    assert sync(code("C", "01")).errors == []
    assert [list(error["errors"]) for error in sync({"origin_id": "B", "code": "01"}).errors] == [["code"]]
