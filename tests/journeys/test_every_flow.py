"""The stand-in integrator works off every event of the catalogue by itself, and goes down in the middle of it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from erpstaging.catalogue.events import EVENTS
from erpstaging.demo.fake_erp.client import CallFailed, Client
from erpstaging.demo.fake_erp.faults import Faults
from erpstaging.demo.fake_erp.ledger import Ledger
from erpstaging.demo.fake_erp.program import FakeErp
from tests.fixtures.ledger import metadata
from tests.journeys.acts import ACTS
from tests.journeys.world import World


class WorldClient(Client):
    """Its calls go to the service in this process."""

    def __init__(self, world: World, faults: Faults) -> None:
        super().__init__("", world.company.pk, "", "", faults)
        self.world = world

    def call(self, method: str, path: str, *, query: Mapping[str, Any] | None = None, body: Any = None) -> Any:
        for _ in range(2 if method != "GET" and self.faults.repeats() else 1):
            answer = self.world.erp(method, f"{path}?{urlencode(query or {})}", body)
        if answer.status == 404 and method == "DELETE":
            return None
        if answer.status >= 300:
            raise CallFailed(str(answer))
        return answer.body


@pytest.mark.parametrize("name", sorted(EVENTS))
@pytest.mark.django_db
@pytest.mark.capability("DX-04")
def test_the_stand_in_brings_every_event_to_its_end(name: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    registered = ACTS[name]
    world: World = request.getfixturevalue("world" if registered.connected else "bare_world")
    faults = Faults(duplicate=0.5, restart=0.3, seed=1)
    erp = FakeErp(lambda: WorldClient(world, faults), lambda: Ledger(tmp_path / "books"), faults, metadata=metadata())
    erp.begin()

    check = registered.act(world)
    erp.run_once()
    told = erp.told()

    assert told.troubles == []
    assert list(erp.client.open_details()) == []
    assert told.doubles == 0
    check()
    erp.ledger.close()
