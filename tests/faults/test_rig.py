"""Processes of every kind, all at once; `python -m tests.faults.rig` kills hundreds."""

import os
from pathlib import Path

import pytest

from tests.faults.rig import KINDS, run_rig, told

KILLS = int(os.environ.get("ERPSTAGING_RIG_KILLS", "5"))


@pytest.mark.slow
@pytest.mark.broker
@pytest.mark.capability("WH-04")
def test_whatever_is_killed_nothing_is_lost_and_nothing_is_done_twice(tmp_path: Path) -> None:
    figures = run_rig(tmp_path / "faults", dict.fromkeys(KINDS, KILLS), together=True, beats=3)

    assert figures.sound, told(figures)
    assert {kind: one.kills for kind, one in figures.kinds.items()} == dict.fromkeys(KINDS, KILLS)
    assert figures.verdict.accepted > 0
