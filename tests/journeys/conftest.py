"""Companies for journeys over HTTP."""

from collections.abc import Callable

import pytest

from erpstaging.companies.actors import Actor
from erpstaging.companies.models import Company
from erpstaging.connections.models import ErpConnection
from erpstaging.records.models import Record
from tests.fixtures.callers import Caller
from tests.fixtures.documents import everything
from tests.fixtures.people import MakePerson
from tests.journeys.world import World, done

PEOPLE = ("approver", "second_approver", "project_user", "admin", "super_user", "second_super_user", "auditor")


@pytest.fixture
def second_super_user(make_person: MakePerson) -> Actor:
    return make_person("second_super_user", super_user=True)


@pytest.fixture
def people(sign_in: Callable[..., Caller], request: pytest.FixtureRequest) -> Callable[[str], Caller]:
    """`people("approver")`: somebody of the company, signed in once."""
    callers: dict[str, Caller] = {}

    def find(name: str) -> Caller:
        if name not in callers:
            actor: Actor = request.getfixturevalue(name)
            callers[name] = sign_in(actor)
        return callers[name]

    for name in PEOPLE:  # a person is made in the company's own scope, before anybody calls
        request.getfixturevalue(name)
    return find


@pytest.fixture
def world(
    company: Company,
    integrator: Caller,
    people: Callable[[str], Caller],
    project: Record,
    vendor: Record,
    cost_code: Record,
    cost_type: Record,
) -> World:
    """A connected company with everything switched on, a project, a vendor and codes of the ERP."""
    ids = {"project": project.pk, "vendor": vendor.pk, "cost_code": cost_code.pk, "line_item_type": cost_type.pk}
    made = World(company, integrator, people, ids)
    done(made.erp.patch("erp_connections/metadata_configuration", {"metadata": everything()}))
    # A code below a division, as most are.
    division = {"name": "Metals", "code": "05", "origin_id": "SITE-7|05"}
    below = {"origin_id": cost_code.origin_id, "parent_origin_id": "SITE-7|05"}
    made.erp_flat("PATCH", f"cost_codes/sync?project_id={project.pk}", {"updates": [division, below]})
    return made


@pytest.fixture
def bare_world(company: Company, integrator: Caller, people: Callable[[str], Caller]) -> World:
    """A company that was connected and has not sent its metadata."""
    integrator.post("erp_connections", {"service_url": "https://ledger.example/erp"})
    assert ErpConnection.objects.of(company).exists()
    return World(company, integrator, people, {})
