"""Origin IDs from outside: who may write them, onto what, and that each names one object only."""

import dataclasses

import pytest

from erpstaging.companies import actors
from erpstaging.companies.models import ServiceAccount
from erpstaging.core.errors import Invalid, NotPermitted, TooLarge
from erpstaging.core.scope import company_scope
from erpstaging.records.editing import create_record
from erpstaging.records.models import OriginIdHistory, Record
from erpstaging.staging.closeout import close_detail, close_details
from erpstaging.staging.external import destroy_external_data, sync_external_data


@pytest.fixture
def set_links(company, integration):
    """`set_links({...}, {...})`: the errors of each element of one call."""

    def call(*updates, actor=integration):
        return [element.errors for element in sync_external_data(company, updates, actor=actor)]

    return call


@pytest.fixture
def make_vendor(company, connection, project_user):
    def make(name: str = "Kestrel Roofing", **columns) -> Record:
        made = create_record(company, actor=project_user, item_type="vendor", data={"name": name})
        Record.objects.of(company).filter(pk=made.pk).update(**columns)
        return made

    return make


@pytest.fixture
def second_integration(company, admin):
    account = ServiceAccount.machine(name="Second connector", owner_id=admin.id)
    account.save()
    account.companies.add(company)
    return actors.service_account(account, frozenset({"read", "write", "erp"}))


def about(record: Record, origin_id, **more):
    return {"item_type": record.item_type, "item_id": record.pk, "origin_id": origin_id, **more}


def origin_ids(*records: Record) -> list[str | None]:
    return [Record.objects.of(record.company_id).get(pk=record.pk).origin_id for record in records]


def history(company) -> list[tuple[int, str]]:
    return list(OriginIdHistory.objects.of(company).order_by("pk").values_list("record_id", "origin_id"))


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        (7, "base"),
        ([], "base"),
        ({}, "item_id"),
        ({"item_id": None}, "item_id"),
        ({"item_id": True}, "item_id"),
        ({"item_id": 1.5}, "item_id"),
        ({"item_id": []}, "item_id"),
        ({"item_id": "²"}, "item_id"),
        ({"item_id": "-1"}, "item_id"),
        ({"item_id": 0}, "item_id"),
        ({"item_id": 2**63}, "item_id"),
        ({"item_id": 2**62}, "item_id"),
        ({"item_type": "spaceship"}, "item_type"),
        ({"item_type": ["vendor"]}, "item_type"),
        ({"item_type": "project"}, "item_id"),
        ({"origin_id": " "}, "origin_id"),
        ({"origin_id": True}, "origin_id"),
        ({"origin_id": ["A"]}, "origin_id"),
        ({"origin_id": {"A": 1}}, "origin_id"),
        ({"origin_id": "x" * 256}, "origin_id"),
        ({"origin_code": 1.5}, "origin_code"),
        ({"origin_code": "x" * 256}, "origin_code"),
    ],
    ids=lambda value: str(value)[:50],
)
def test_a_bad_element_is_an_error_of_its_own(make_vendor, set_links, sent, field):
    first, second = make_vendor(), make_vendor()
    bad = sent if not isinstance(sent, dict) else sent if sent == {} else {**about(first, "A"), **sent}

    errors = set_links(bad, about(second, "B"))

    assert [list(error) for error in errors] == [[field], []]
    assert origin_ids(first, second) == [None, "B"]


def test_keys_that_are_not_sent_stay(make_vendor, set_links):
    vendor = make_vendor()
    set_links(about(vendor, "A", origin_code="12", origin_data={"rev": 4}))

    set_links({"item_type": "vendor", "item_id": vendor.pk, "origin_data": None})

    stored = Record.objects.of(vendor.company_id).get(pk=vendor.pk)
    assert (stored.origin_id, stored.origin_code, stored.origin_data) == ("A", "12", None)


def test_numbers_are_taken_as_digits_and_blanks_as_none(make_vendor, set_links):
    vendor = make_vendor()

    assert set_links(about(vendor, 700)) == [{}]
    assert origin_ids(vendor) == ["700"]
    assert set_links(about(vendor, "")) == [{}]
    assert origin_ids(vendor) == [None]


# One origin ID, one object


@pytest.mark.parametrize("named", ["with its type", "by id alone"])
@pytest.mark.capability("LK-06")
def test_a_taken_origin_id_is_refused_naming_its_object(make_vendor, set_links, vendor, named):
    second = make_vendor()
    sent = about(second, "CRED-12")
    if named == "by id alone":
        del sent["item_type"]

    (errors,) = set_links(sent)

    assert errors == {"origin_id": [f"CRED-12 is already the origin ID of vendor {vendor.pk} (Brook & Stone)."]}
    assert origin_ids(vendor, second) == ["CRED-12", None]


@pytest.mark.capability("LK-06")
def test_one_origin_id_for_two_objects_in_one_call_goes_to_the_first(make_vendor, set_links):
    first, second = make_vendor(), make_vendor()

    errors = set_links(about(first, "A"), about(second, "A"))

    assert [list(error) for error in errors] == [[], ["origin_id"]]
    assert origin_ids(first, second) == ["A", None]


def test_objects_of_different_types_may_share_an_origin_id(make_vendor, set_links, contract):
    vendor = make_vendor()

    assert set_links(about(vendor, "7"), about(contract, "7")) == [{}, {}]


def test_an_origin_id_that_is_free_again_can_be_given_in_the_same_call(make_vendor, set_links, company):
    first, second, third = make_vendor(), make_vendor(), make_vendor()
    set_links(about(first, "A"), about(second, "B"))

    errors = set_links(about(first, None), about(second, "A"), about(third, "B"))

    assert errors == [{}, {}, {}]
    assert origin_ids(first, second, third) == [None, "A", "B"]
    assert sorted(history(company)) == [(first.pk, "A"), (second.pk, "B")]


def test_a_chain_of_renames_in_one_call_is_worked_off_in_order(make_vendor, set_links):
    vendors = [make_vendor() for _ in range(20)]
    set_links(*(about(vendor, f"{place}") for place, vendor in enumerate(vendors)))

    errors = set_links(about(vendors[0], "last"), *(about(one, f"{place}") for place, one in enumerate(vendors[1:])))

    assert errors == [{}] * 20
    assert origin_ids(*vendors) == ["last", *(f"{place}" for place in range(19))]


def test_the_history_keeps_what_really_stood_there(make_vendor, set_links, company):
    vendor = make_vendor()
    set_links(about(vendor, "A"))

    set_links(about(vendor, "B"), about(vendor, "C"))
    set_links(about(vendor, "D"), about(vendor, "C"))

    assert origin_ids(vendor) == ["C"]
    assert history(company) == [(vendor.pk, "A")]


@pytest.mark.capability("LK-06")
def test_a_second_integration_does_not_take_an_origin_id_over(make_vendor, set_links, second_integration):
    vendor = make_vendor()
    set_links(about(vendor, "A"))

    for wanted in ("B", None, "A"):
        (errors,) = set_links(about(vendor, wanted), actor=second_integration)
        assert errors == {"base": ["Another integration owns the origin ID of this record."]}

    assert origin_ids(vendor) == ["A"]


def test_an_integration_with_a_long_name_unlinks_too(make_vendor, set_links, service_account, company):
    service_account.name = "The connector between the building sites and the ledger of the group " * 3
    service_account.save()
    vendor, long_named = make_vendor(), actors.service_account(service_account, frozenset({"read", "write", "erp"}))
    set_links(about(vendor, "A"), actor=long_named)

    assert set_links(about(vendor, None), actor=long_named) == [{}]
    assert history(company) == [(vendor.pk, "A")]


def test_another_integration_takes_over_from_one_that_is_switched_off(
    make_vendor, set_links, service_account, second_integration
):
    vendor = make_vendor()
    set_links(about(vendor, "A"))
    service_account.is_active = False
    service_account.save()

    assert set_links(about(vendor, "B"), actor=second_integration) == [{}]
    stored = Record.objects.of(vendor.company_id).get(pk=vendor.pk)
    assert (stored.origin_id, stored.account_id) == ("B", second_integration.id)


# The gate


@pytest.mark.parametrize("state", ["ready_to_export", "accepted"])
def test_nothing_is_written_on_what_waits_for_approval(gate, set_links, state):
    gate.bring_to(state)
    line = Record.objects.of(gate.company).filter(parent=gate.contract).first()

    errors = set_links(about(gate.contract, "ORD-9"), about(line, "ORD-9-1"))

    assert [list(error) for error in errors] == [["base"], ["base"]]
    assert origin_ids(gate.contract, line) == [None, None]


def test_a_linked_object_is_closed_at_once(gate, set_links):
    gate.bring_to("exporting")

    set_links(about(gate.contract, "ORD-9"))

    assert (gate.export().state, gate.record().origin_id, gate.record().lock) == ("exporting", "ORD-9", "exporting")


@pytest.mark.capability("EX-03")
def test_an_export_whose_origin_id_is_taken_back_still_hears_its_answer(gate, set_links):
    gate.bring_to("exporting")
    set_links(about(gate.contract, "ORD-9"))

    set_links(about(gate.contract, None))
    gate.close("failed", "Posted twice; taken back.")

    assert (gate.export().state, gate.export().messages) == ("failed", ["Posted twice; taken back."])


def test_unlinking_a_contract_unlinks_its_lines_and_reopens_it(gate, set_links, company):
    lines = list(Record.objects.of(company).filter(parent=gate.contract).order_by("position"))
    gate.bring_to("exporting")
    set_links(about(gate.contract, "ORD-9"), about(lines[0], "ORD-9-1"))
    gate.close("success")

    set_links(about(gate.contract, None))

    assert origin_ids(gate.contract, *lines) == [None, None, None]
    assert (gate.export().state, gate.record().lock) == ("unlinked", "none")
    assert sorted(history(company)) == [(gate.contract.pk, "ORD-9"), (lines[0].pk, "ORD-9-1")]


# Who may, and where


def test_another_companys_object_does_not_exist(vendor, other_company, integration):
    with company_scope(other_company.pk):
        (element,) = sync_external_data(other_company, [about(vendor, "A")], actor=integration)

    assert element.errors == {"item_id": ["does not exist"]}
    assert origin_ids(vendor) == ["CRED-12"]


def test_an_account_for_vendors_links_and_closes_vendors_alone(gate, set_links, integration):
    gate.bring_to("exporting")
    of_vendors = dataclasses.replace(integration, item_types=frozenset({"vendor"}))
    close = {"id": gate.details()[0].pk, "status": "failed"}

    (linking,) = set_links(about(gate.contract, "ORD-9"), actor=of_vendors)
    (closing,) = close_details(gate.company, [close], actor=of_vendors)

    assert list(linking) == list(closing.errors) == ["item_type"]
    with pytest.raises(NotPermitted):
        close_detail(gate.company, close["id"], close, actor=of_vendors)
    assert (gate.record().origin_id, gate.export().state) == (None, "exporting")


# Taking many away


def test_many_are_unlinked_and_unknown_ones_passed_over(make_vendor, set_links, company, integration):
    first, second = make_vendor(), make_vendor()
    set_links(about(first, "A"), about(second, "B"))

    destroy_external_data(company, "vendor", [first.pk, second.pk, 2**62, "7x"], actor=integration)

    assert origin_ids(first, second) == [None, None]


@pytest.mark.parametrize("item_type", [None, "", "spaceship", ["vendor"], 7], ids=repr)
def test_unlinking_many_needs_their_type(vendor, company, integration, item_type):
    with pytest.raises(Invalid) as refused:
        destroy_external_data(company, item_type, [vendor.pk], actor=integration)

    assert list(refused.value.errors) == ["item_type"]
    assert origin_ids(vendor) == ["CRED-12"]


@pytest.mark.parametrize("item_ids", [None, 7, "7", {"7": 7}, [[7]], [True], [1.5]], ids=repr)
def test_unlinking_many_needs_ids(vendor, company, integration, item_ids):
    with pytest.raises(Invalid) as refused:
        destroy_external_data(company, "vendor", item_ids, actor=integration)

    assert list(refused.value.errors) in (["item_ids"], ["item_id"])


def test_unlinking_too_many_is_refused(vendor, company, integration):
    with pytest.raises(TooLarge):
        destroy_external_data(company, "vendor", [vendor.pk] * 1001, actor=integration)


def test_unlinking_says_what_it_could_not_do(gate, vendor, company, integration, second_integration):
    with pytest.raises(Invalid) as refused:
        destroy_external_data(company, "vendor", [vendor.pk], actor=second_integration)
    assert refused.value.code == "owned_by_another"

    assert origin_ids(vendor) == ["CRED-12"]
