"""Display codes that may not stand on two commitments, with two approvers at once."""

import pytest

from erpstaging.connections.services import store_metadata
from erpstaging.core.errors import Invalid
from erpstaging.core.scope import company_scope
from erpstaging.records.editing import create_record
from erpstaging.records.lines import LineEdit
from erpstaging.records.models import Record
from erpstaging.staging.exports import accept_export
from erpstaging.staging.models import StagedExport
from tests.fixtures.gate import UNDO
from tests.fixtures.ledger import metadata
from tests.fixtures.parallel import at_once, within

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("undo", [UNDO, None], ids=["accepted", "released"])
def test_two_accepts_at_once_do_not_give_one_code_twice(gate, project_user, second_approver, integration, undo):
    company = gate.company
    document = metadata()
    document["settings"]["entities"]["commitments"]["rules"] = {"export": {"fields": {"code": {"enabled": True}}}}
    gate.run(lambda: store_metadata(company.pk, document, actor=integration))

    def another() -> Record:
        line = Record.objects.of(company).filter(parent=gate.contract).first()
        codes = {name: line.data[name] for name in ("cost_code_id", "line_item_type_id")}
        kept = {name: gate.contract.data[name] for name in ("status", "vendor_id")}
        return create_record(
            company, actor=project_user, item_type="work_order_contract", project_id=gate.contract.project_id,
            data={**kept, "number": "SC-2", "title": "Roof"}, lines=[LineEdit(None, {"amount": "5", **codes})],
        )  # fmt: skip

    exports = [gate.send(), gate.send(gate.run(another))]
    more = {"undo": undo} if undo else {}

    def accept(export, approver):
        return within(
            company,
            lambda: accept_export(
                company, export.pk, actor=approver, version=export.version, inputs={"code": "NW-7"}, **more
            ),
        )

    outcomes = at_once([accept(exports[0], gate.approver), accept(exports[1], second_approver)])

    (refused,) = [one for one in outcomes if isinstance(one, Exception)]
    assert isinstance(refused, Invalid)
    assert refused.errors == {"code": ["NW-7 is the code of another commitment already."]}
    with company_scope(company.pk):
        states = sorted(StagedExport.objects.of(company).values_list("state", flat=True))
    assert states == sorted(["accepted" if undo else "exporting", "ready_to_export"])
