"""What the lists of failures show of one, besides what every row has."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FailureFacts:
    """`said` is what the ERP said, `long` that it takes more than two lines; `answered_at` is None where nobody did."""

    code: str
    said: Sequence[str]
    long: bool
    tries: int
    answered_at: dt.datetime | None = None
