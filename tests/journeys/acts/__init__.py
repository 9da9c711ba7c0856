"""One act for each event of the catalogue: what somebody does, or the service by itself, and how it ends."""

from collections.abc import Callable
from dataclasses import dataclass

from tests.journeys.world import End, World

Act = Callable[[World], End]


@dataclass(frozen=True, slots=True)
class Registered:
    """`connected` says whether the company has sent its metadata before the act."""

    act: Act
    connected: bool = True


ACTS: dict[str, Registered] = {}


def raises(request_name: str, *, connected: bool = True) -> Callable[[Act], Act]:
    """Registers the act that raises this event. It answers with a check of the state in the end."""

    def register(act: Act) -> Act:
        assert request_name not in ACTS, f"{request_name} has two acts"
        ACTS[request_name] = Registered(act, connected)
        return act

    return register


# The modules below register their acts as they are imported.
from tests.journeys.acts import contracts, deletions, imports, jobs, links, masters, refreshes, system, unlinks  # noqa: E402, F401
