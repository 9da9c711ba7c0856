"""The status set is the one the market knows, and every status can be told without colour."""

import re
from pathlib import Path

import pytest
from django.conf import settings

from erpstaging.approvals import icons
from erpstaging.approvals.presenters import StatusChip
from erpstaging.approvals.statuses import LOOKS, Status

SPRITE = (Path(settings.BASE_DIR) / "erpstaging/approvals/static/approvals/icons.svg").read_text()
WORDS = [
    "Draft", "Invalid", "Waiting for parent", "Ready to import", "Ready to export", "Ready to update",
    "Partly approved", "On hold", "Held by freeze", "Accepted", "Exporting", "Uncertain", "Stale", "Failed",
    "Partly failed", "Rejected", "Retrieved", "Synced", "Unlinking", "Conflict", "Archived",
]  # fmt: skip


@pytest.mark.capability("LK-08")
def test_every_status_has_its_own_word_and_icon() -> None:
    assert [str(LOOKS[status].word) for status in Status] == WORDS
    assert len({look.icon for look in LOOKS.values()}) == len(Status)


def test_every_icon_of_a_status_is_in_the_sprite() -> None:
    drawn = set(re.findall(r'<symbol id="i-([\w-]+)"', SPRITE))

    assert {look.icon for look in LOOKS.values()} <= drawn


def test_the_list_of_own_icons_is_the_sprite_s() -> None:
    assert set(re.findall(r'<symbol id="i-([\w-]+)" viewBox="0 0 16 16"', SPRITE)) == icons.OWN


def test_the_sprite_names_whose_drawings_it_uses() -> None:
    assert "@tabler/icons 3 (MIT, Copyright (c) 2020-2026 Paweł Kuna)" in SPRITE


def test_a_chip_counts_the_approvals_it_has() -> None:
    chip = StatusChip.of(Status.PARTLY_APPROVED, given=1, needed=2)

    assert (chip.word, chip.icon, chip.tone) == ("1 of 2 approved", "half", "blue")
