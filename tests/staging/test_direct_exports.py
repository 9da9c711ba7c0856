"""Direct export: a setting accepts what is sent in an approver's place, and its decision is kept like his."""

import pytest

from erpstaging.audit.models import Entry
from erpstaging.connections.services import change_settings, store_metadata
from erpstaging.core.errors import Invalid
from erpstaging.erp_requests.models import ErpRequest
from erpstaging.records.editing import create_record, edit_record
from erpstaging.staging.direct_exports import send_to_erp, switched_on
from erpstaging.staging.exports import reject_export
from erpstaging.staging.models import Decision
from tests.fixtures.ledger import ON, metadata

pytestmark = pytest.mark.capability("AP-14")


@pytest.fixture
def vendor_here(company, connection, project_user):
    return create_record(company, actor=project_user, item_type="vendor", data={"name": "Kestrel Roofing"})


@pytest.fixture
def direct(company, connection, admin):
    """`direct(True, actor)`: switch direct export of vendors on or off."""

    def switch(on: bool, actor=admin) -> None:
        change_settings(company.pk, {"direct_export": {"vendor": on}}, actor=actor)

    return switch


def requests_of(company) -> list[str]:
    return list(ErpRequest.objects.of(company).order_by("pk").values_list("request_name", flat=True))


def test_what_is_sent_leaves_at_once_and_the_rule_s_decision_is_kept(company, vendor_here, direct, project_user):
    direct(True)

    export = send_to_erp(company, vendor_here.pk, actor=project_user)

    assert (export.state, export.decided_by_name, requests_of(company)) == (
        "exporting",
        "rule:direct_export",
        ["create_vendor"],
    )
    decision = Decision.objects.of(company).get(object_type="export", object_id=export.pk)
    assert (decision.verdict, decision.actor_kind, decision.actor_name) == ("accept", "rule", "rule:direct_export")
    assert (decision.reason, decision.version) == ("ERP settings, version 1, by Admin.", 1)
    assert bytes(decision.content_hash) == bytes(export.content_hash)
    told = Entry.objects.of(company).get(action="export.accepted", object_id=export.pk)
    assert (told.actor_kind, told.after["reason"]) == ("rule", decision.reason)


def test_without_the_setting_it_waits(company, vendor_here, direct, project_user):
    direct(False)

    assert send_to_erp(company, vendor_here.pk, actor=project_user).state == "ready_to_export"
    assert not Decision.objects.of(company).exists()


def test_who_switched_it_on_waits_for_an_approver_like_everybody_without_it(company, direct, admin):
    direct(True)
    own = create_record(company, actor=admin, item_type="vendor", data={"name": "Brook & Stone"})

    assert send_to_erp(company, own.pk, actor=admin).state == "ready_to_export"
    assert requests_of(company) == []


def test_a_later_version_by_somebody_else_does_not_make_him_the_author(company, direct, admin, make_person):
    direct(True)
    other = make_person("other_admin", erp_level="admin", project_level="admin")
    change_settings(company.pk, {"procore_contract_number": True}, actor=other)

    setting = switched_on(company.pk, "vendor")

    assert (setting.version, setting.author_id) == (1, admin.id)
    direct(False)
    direct(True, other)
    assert switched_on(company.pk, "vendor").author_id == other.id


def test_who_answers_for_the_account_that_switched_it_on_waits_too(company, direct, admin, integration):
    direct(True, integration)  # the admin answers for it
    own = create_record(company, actor=admin, item_type="vendor", data={"name": "Brook & Stone"})

    assert send_to_erp(company, own.pk, actor=admin).state == "ready_to_export"


@pytest.mark.parametrize(
    "rules",
    [
        {"fields": {"code": {"enabled": True, "validation": {"present": {"enabled": True, "message": "Number?"}}}}},
        {"warning_message": {"enabled": True, "message": "Really?"}},
    ],
    ids=["an input", "a warning"],
)
def test_where_something_has_to_be_typed_or_confirmed_it_waits_as_usual(
    company, vendor_here, direct, project_user, integration, approver, rules
):
    on = {"enabled": True, "configs": {"export": ON, "import": ON}, "tab": ON, "rules": {"export": rules}}
    store_metadata(company.pk, metadata(vendors=on), actor=integration)
    direct(True)

    export = send_to_erp(company, vendor_here.pk, actor=project_user)

    assert (export.state, export.version, requests_of(company)) == ("ready_to_export", 1, [])


def test_what_came_back_once_is_looked_at_by_a_person(company, vendor_here, direct, project_user, approver):
    export = send_to_erp(company, vendor_here.pk, actor=project_user)
    reject_export(company, export.pk, actor=approver, version=export.version, reason="Wrong name")
    direct(True)

    assert send_to_erp(company, vendor_here.pk, actor=project_user).state == "ready_to_export"


def test_an_update_of_a_synced_object_waits_for_an_approver(
    company, connection, project, project_user, admin, integration
):
    on = {"enabled": True, "configs": {"export": ON, "import": ON, "update": ON}, "tab": ON}
    store_metadata(company.pk, metadata(jobs=on), actor=integration)
    change_settings(company.pk, {"direct_export": {"project": True}}, actor=admin)
    edit_record(company, project.pk, actor=project_user, data={"city": "Golden"})

    export = send_to_erp(company, project.pk, actor=project_user)

    assert (export.action, export.state) == ("update", "ready_to_export")


def test_the_prerequisites_hold_as_ever(company, direct, project_user, contract, admin):
    change_settings(company.pk, {"direct_export": {"work_order_contract": True}}, actor=admin)
    contract.data["status"] = contract.status = "Draft"
    contract.save(update_fields=["data", "status"])

    with pytest.raises(Invalid) as refused:
        send_to_erp(company, contract.pk, actor=project_user)

    assert list(refused.value.errors) == ["status_approved"]
