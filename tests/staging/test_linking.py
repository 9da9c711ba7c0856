"""Linking staged vendors to vendors that stand already: nothing is created, and it can be taken back in time."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from erpstaging.companies.models import ErpLevel
from erpstaging.core.errors import Invalid, NotFound, NotPermitted, StaleVersion, VersionMissing, WrongState
from erpstaging.erp_requests.models import ErpRequest, ErpRequestDetail
from erpstaging.records.editing import create_record
from erpstaging.records.models import OriginIdHistory, Record
from erpstaging.staging import matching
from erpstaging.staging.external import sync_external_data
from erpstaging.staging.imports import accept_import
from erpstaging.staging.linking import Pair, link_all, link_staged_record, undo_link, unlink_record
from erpstaging.staging.matching import Known, candidates, score
from erpstaging.staging.models import Decision, StagedLink, StagedRecord
from erpstaging.staging.sending import send_record
from erpstaging.staging.tasks import sweep
from tests.fixtures.scope import no_scope
from tests.staging.conftest import contract_sent, vendor_sent

UNDO = timedelta(seconds=10)


@pytest.fixture
def ledger(request) -> Any:
    """The company is connected; `connection` is the database's here."""
    return request.getfixturevalue("connection")


@pytest.fixture
def meridian(company, ledger, project_user) -> Record:
    return vendor_made(
        company, project_user, "Meridian Electrical", license_number="94-3318207", zip="94607", city="Oakland"
    )


@pytest.fixture
def staged(stage, row, ledger) -> StagedRecord:
    stage(
        vendor_sent(
            "V-0436",
            "Meridian Electric LLC",
            origin_code="0436",
            origin_data={"ledger": 7},
            data={"name": "Meridian Electric LLC", "license_number": "94 3318207", "zip": "94607", "city": "Oakland"},
        )
    )
    return row("V-0436")


def vendor_made(company, actor, name: str, **data: Any) -> Record:
    return create_record(company, actor=actor, item_type="vendor", data={"name": name, **data})


def link(company, staged, record, approver, **values: Any) -> StagedRecord:
    values = {"version": staged.version, **values}
    return link_staged_record(company, staged.pk, record.pk, actor=approver, **values)


def requests(company, name: str) -> list[Any]:
    return [one.request_data for one in ErpRequest.objects.of(company).filter(request_name=name).order_by("pk")]


def swept() -> None:
    with no_scope():
        sweep()


def again(one: Any) -> Any:
    return type(one).objects.of(one.company_id).get(pk=one.pk)


@pytest.mark.capability("LK-07")
def test_linking_sets_the_origin_id_and_creates_nothing(company, staged, meridian, approver):
    vendors = Record.objects.of(company).filter(item_type="vendor").count()

    row = link(company, staged, meridian, approver)

    linked = again(meridian)
    assert (linked.origin_id, linked.origin_code, linked.origin_data) == ("V-0436", "0436", {"ledger": 7})
    assert (linked.data["name"], linked.account_id) == ("Meridian Electrical", staged.account_id)
    assert (row.status, again(staged).status, again(staged).record_id) == ("imported", "imported", meridian.pk)
    assert Record.objects.of(company).filter(item_type="vendor").count() == vendors
    assert requests(company, "link_vendor") == [
        {"vendor": {"id": meridian.pk, "origin_id": "V-0436"}, "company_id": company.pk}
    ]
    assert requests(company, "create_vendor_in_procore") == []
    assert Decision.objects.of(company).get(object_id=staged.pk).verdict == "link"
    assert not ErpRequestDetail.objects.of(company).exists()


@pytest.mark.capability("LK-07")
def test_a_link_is_told_when_its_undo_time_is_over_and_not_before(company, staged, meridian, approver):
    link(company, staged, meridian, approver, undo=UNDO)
    swept()
    assert requests(company, "link_vendor") == []

    StagedLink.objects.of(company).update(release_at=timezone.now() - timedelta(seconds=1))
    swept()
    swept()

    assert len(requests(company, "link_vendor")) == 1
    assert StagedLink.objects.of(company).get().state == "released"
    with pytest.raises(WrongState, match="undo time is over"):
        undo_link(company, staged.pk, actor=approver)


@pytest.mark.capability("LK-07")
def test_undo_puts_both_back(company, staged, meridian, approver, second_approver, stage, row, project, cost_code):
    stage(contract_sent("ORD-1", data={"vendor_origin_id": "V-0436"}))
    waits = row("ORD-1").waiting_for
    assert [one["value"] for one in waits] == ["V-0436"]
    linked = link(company, staged, meridian, approver, undo=UNDO)
    assert row("ORD-1").waiting_for == []

    undone = undo_link(company, staged.pk, actor=second_approver, version=linked.version)

    record = again(meridian)
    assert (record.origin_id, record.origin_code, record.origin_data, record.account_id) == (None, None, None, None)
    assert (undone.status, again(staged).record_id, again(staged).version) == ("staged", None, staged.version + 2)
    assert row("ORD-1").waiting_for == waits
    assert StagedLink.objects.of(company).get().state == "undone"
    swept()
    assert requests(company, "link_vendor") == []
    assert OriginIdHistory.objects.of(company).get(record=meridian).reason == "link undone"
    link(company, again(staged), record, approver)
    assert again(meridian).origin_id == "V-0436"


def test_a_link_that_the_integration_takes_away_in_time_is_never_told(company, staged, meridian, approver, integration):
    link(company, staged, meridian, approver, undo=UNDO)
    null = {"item_type": "vendor", "item_id": meridian.pk, "origin_id": None}
    assert sync_external_data(company, [null], actor=integration)[0].errors == {}
    StagedLink.objects.of(company).update(release_at=timezone.now() - timedelta(seconds=1))

    swept()

    assert requests(company, "link_vendor") == []
    assert StagedLink.objects.of(company).get().state == "undone"


@pytest.mark.capability("LK-06")
def test_a_second_object_with_the_same_origin_id_is_refused_naming_the_first(
    company, staged, meridian, approver, integration, project_user
):
    other = vendor_made(company, project_user, "Meridian Electric")
    holds = {"item_type": "vendor", "item_id": other.pk, "origin_id": "V-0436"}
    assert sync_external_data(company, [holds], actor=integration)[0].errors == {}

    with pytest.raises(Invalid) as refusal:
        link(company, again(staged), meridian, approver)

    assert (refusal.value.code, refusal.value.facts["record_id"]) == ("origin_id_taken", other.pk)
    assert again(meridian).origin_id is None


@pytest.mark.parametrize("case", ["linked", "inactive", "waiting", "project", "gone"])
def test_only_an_active_vendor_that_is_not_linked_can_be_linked(
    company, staged, meridian, approver, vendor, project, project_user, case
):
    target = {"linked": vendor, "project": project}.get(case, meridian)
    expected: Any = {"linked": "already_linked", "inactive": "not_active", "waiting": "pending_approval"}.get(case)
    if case == "inactive":
        Record.objects.of(company).filter(pk=meridian.pk).update(data={"name": "Meridian", "is_active": False})
    if case == "waiting":
        send_record(company, meridian.pk, actor=project_user)
    if case == "gone":
        Record.objects.of(company).filter(pk=meridian.pk).update(deleted_at=timezone.now())

    with pytest.raises(NotFound if case == "gone" else Invalid) as refusal:
        link(company, staged, target, approver)

    assert refusal.value.code == (expected or refusal.value.code)
    assert again(staged).status == "staged"


def test_a_link_names_the_version_that_was_seen(company, staged, meridian, approver):
    with pytest.raises(VersionMissing):
        link(company, staged, meridian, approver, version=None)
    with pytest.raises(StaleVersion):
        link(company, staged, meridian, approver, version=staged.version + 1)


def test_nobody_links_his_own_and_not_without_the_right(company, staged, meridian, admin, project_user, integration):
    for actor, code in ((admin, "self_approval"), (project_user, "missing_privilege"), (integration, None)):
        with pytest.raises(NotPermitted) as refusal:
            link(company, staged, meridian, actor)
        assert refusal.value.code == (code or refusal.value.code)
    assert again(meridian).origin_id is None


def test_what_is_not_a_vendor_is_imported_and_never_linked(company, stage, row, project, approver, meridian):
    stage({"item_type": "project", "origin_id": "SITE-8", "data": {"name": "Canal"}})

    with pytest.raises(Invalid, match="not linked"):
        link(company, row("SITE-8"), meridian, approver)


@pytest.mark.parametrize("status", ["imported", "archived", "invalid"])
def test_what_is_decided_is_not_linked(company, stage, staged, meridian, approver, status):
    if status == "imported":
        accept_import(company, staged.pk, actor=approver, version=staged.version)
    else:
        stage(vendor_sent("V-0436", "Meridian Electric LLC", status=status))
    with pytest.raises(WrongState):
        link(company, again(staged), meridian, approver)


# Many


@pytest.mark.capability("LK-07")
def test_many_pairs_are_linked_with_one_request(company, stage, row, meridian, approver, project_user, staged):
    kestrel = vendor_made(company, project_user, "Kestrel Roofing")
    stage(vendor_sent("V-2", "Kestrel Roofing"), vendor_sent("V-3", "Nobody"))
    pairs = [
        Pair(staged.pk, meridian.pk),
        Pair(row("V-2").pk, kestrel.pk),
        Pair(row("V-3").pk, kestrel.pk),  # taken by the pair before
        Pair(staged.pk, kestrel.pk),  # decided by the first
    ]

    outcomes = link_all(company, pairs, actor=approver)

    assert [outcome.refusal and outcome.refusal.code for outcome in outcomes] == [
        None,
        None,
        "already_linked",
        "wrong_state",
    ]
    assert requests(company, "link_all_vendors") == [
        {
            "vendors": [
                {"id": meridian.pk, "origin_id": "V-0436"},
                {"id": kestrel.pk, "origin_id": "V-2"},
            ],
            "company_id": company.pk,
        }
    ]
    assert requests(company, "link_vendor") == []
    assert row("V-3").status == "staged"


def test_linking_many_takes_as_many_statements_as_linking_few(company, stage, row, approver, project_user, ledger):
    def run(start: int, count: int) -> int:
        names = [f"Firm {number}" for number in range(start, start + count)]
        stage(*(vendor_sent(f"V-{name}", name) for name in names))
        pairs = [Pair(row(f"V-{name}").pk, vendor_made(company, project_user, name).pk) for name in names]
        with CaptureQueriesContext(connection) as queries:
            assert all(outcome.refusal is None for outcome in link_all(company, pairs, actor=approver))
        return len(queries)

    assert run(0, 2) == run(100, 40)


# Unlinking


def test_unlinking_a_vendor_clears_the_link_at_once(company, staged, meridian, approver, make_person):
    link(company, staged, meridian, approver)
    standard = make_person("standard", erp_level=ErpLevel.STANDARD)

    unlink_record(company, meridian.pk, actor=standard)

    assert again(meridian).origin_id is None
    assert again(staged).status == "staged"
    assert requests(company, "unlink_vendor") == [
        {"vendor": {"id": meridian.pk, "origin_id": "V-0436"}, "company_id": company.pk}
    ]
    assert not ErpRequestDetail.objects.of(company).exists()
    assert OriginIdHistory.objects.of(company).get(record=meridian).origin_id == "V-0436"


def test_what_is_not_linked_or_no_vendor_is_not_unlinked(company, meridian, project, approver, project_user):
    with pytest.raises(WrongState, match="not linked"):
        unlink_record(company, meridian.pk, actor=approver)
    with pytest.raises(Invalid) as refusal:
        unlink_record(company, project.pk, actor=approver)
    assert refusal.value.code == "not_linkable"
    with pytest.raises(NotPermitted):
        unlink_record(company, meridian.pk, actor=project_user)


def test_a_fresh_link_is_undone_and_not_unlinked(company, staged, meridian, approver):
    link(company, staged, meridian, approver, undo=UNDO)

    with pytest.raises(WrongState, match="undo"):
        unlink_record(company, meridian.pk, actor=approver)


# Matches


@pytest.mark.capability("LK-07")
def test_matches_are_ranked_with_their_reasons(company, staged, meridian, project_user, vendor):
    elevator = vendor_made(company, project_user, "Meridian Elevator Services", zip="94607")
    vendor_made(company, project_user, "Zebra Glass", zip="10001")
    supply = vendor_made(company, project_user, "Meridian Electrical Supply", city="San Jose")
    Record.objects.of(company).filter(pk=supply.pk).update(origin_id="V-0102")

    found = candidates(company, staged)

    assert [one.record_id for one in found] == [meridian.pk, elevator.pk, supply.pk]
    assert [reason.text for reason in found[0].reasons] == ["same tax ID", "name 94 %", "same postcode"]
    assert found[0].percent > 90 > found[1].percent
    assert found[2].closed == "already linked, origin ID V-0102"


@pytest.mark.capability("LK-07")
@pytest.mark.parametrize(
    ("ours", "theirs", "kind"),
    [
        ({"name": "Kestrel Roofing"}, {"name": "KESTREL  roofing"}, "same_name"),
        ({"name": "The Kestrel Roofing Co."}, {"name": "Kestrel Roofing, Inc."}, "same_name"),
        ({"name": "Lindqvist Fassäden"}, {"name": "Lindqvist Fassaden GmbH"}, "same_name"),
        ({"name": "O'Brien & Sons"}, {"name": "OBrien and Sons"}, "same_name"),
        ({"name": "Alpha Glass"}, {"name": "Beta Paint", "license_number": "9433 18207"}, "tax_id"),
        ({"name": "Alpha Glass"}, {"name": "Beta Paint", "email_address": "Office@Firm.example "}, "email"),
        ({"name": "Alpha Glass"}, {"name": "Beta Paint", "business_phone": "+1 (303) 555-0101"}, "phone"),
        (
            {"name": "Alpha Glass"},
            {"name": "Beta Paint", "zip": "94607-1234", "address": "1180 Harbor Boulevard"},
            "address",
        ),
    ],
)
def test_a_vendor_is_found_by_any_of_its_marks(company, stage, row, ledger, project_user, ours, theirs, kind):
    marks = {"license_number": "94-3318207", "email_address": "office@firm.example", "business_phone": "303-555-0101"}
    place = {"zip": "94607", "address": "1180 Harbor Blvd"}
    stage(vendor_sent("V-1", data={**marks, **place, **ours}))
    made = vendor_made(company, project_user, **theirs)

    (found,) = candidates(company, row("V-1"))

    assert found.record_id == made.pk
    assert kind in {reason.kind for reason in found.reasons}


def test_a_different_tax_id_makes_a_match_doubtful():
    ours = Known("Kestrel", keys={"name": "kestrel", "tax": "1234"})
    theirs = Known("Kestrel", keys={"name": "kestrel", "tax": "9999"})

    percent, reasons = score(ours, theirs)

    assert percent < 50
    assert [reason.text for reason in reasons] == ["same name", "different tax ID"]


@pytest.mark.capability("LK-07")
def test_matches_are_looked_for_by_index_and_not_one_by_one(company, staged, meridian):
    others = [Record(company=company, item_type="vendor", data={"name": f"Firm {n:04}"}) for n in range(2000)]
    Record.objects.bulk_create(others)
    with connection.cursor() as cursor:
        # The planner's choice must not hang on how full the table happens to be thought.
        cursor.execute("ANALYZE records_record")
        cursor.execute("SET LOCAL enable_seqscan = off")
        asked = {"company": company.pk, "ids": [staged.pk], "nearest": 40, "sharing": 20}
        cursor.execute(f"EXPLAIN {matching.LIKELY_ONES}", asked)
        plan = "\n".join(line for (line,) in cursor.fetchall())

    for key in matching.KEYS:
        assert f"record_match_{key}" in plan
        assert f"Index Cond: ((company_id = {company.pk}) AND (match_{key} " in plan.replace("'", "").replace(
            "::bigint", ""
        )
