"""A few exports through a bad day; `python -m tests.faults.soak` takes thousands through it."""

import os

import pytest

from erpstaging.catalogue.registry import EXPORTED
from tests.faults.soak import soak

EXPORTS = int(os.environ.get("ERPSTAGING_SOAK_EXPORTS", "40"))


@pytest.mark.slow
@pytest.mark.capability("DX-04", "EX-01", "EX-03")
def test_a_bad_day_leaves_no_double_in_the_ledger() -> None:
    figures = soak(EXPORTS)

    assert figures.exports.keys() == EXPORTED.keys()
    assert figures.contradictions == []
    assert figures.doubles == 0
    assert figures.sound
    assert figures.kills > 0
    assert figures.details["failed"] > 0
