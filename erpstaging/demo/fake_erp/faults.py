"""Trouble on demand: refusals, repeated calls, lost answers, restarts and delays, drawn from one seeded source."""

import random
import time
from dataclasses import dataclass, field

PERIOD_CLOSED = "The period is closed. Open it, or give a later accounting date."


class AnswerLost(Exception):
    """The call was made; its answer never came."""


class Restarted(Exception):
    """The program went down in the middle of its work; what it had in mind is gone."""


@dataclass(slots=True)
class Faults:
    """Shares are between 0 and 1; `delay` is seconds before each request is worked off."""

    fail: float = 0.0
    duplicate: float = 0.0
    lose: float = 0.0
    restart: float = 0.0
    delay: float = 0.0
    seed: int | None = None
    source: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self.source = random.Random(self.seed)  # noqa: S311 - nothing here is a secret

    def wait(self) -> None:
        time.sleep(self.delay)

    def refuses(self) -> bool:
        return self.source.random() < self.fail

    def repeats(self) -> bool:
        return self.source.random() < self.duplicate

    def loses_answer(self) -> bool:
        return self.source.random() < self.lose

    def may_restart(self) -> None:
        """Raises Restarted."""
        if self.source.random() < self.restart:
            raise Restarted
