"""What the queue counts: to its limit, and no further."""

import pytest

from erpstaging.approvals.showing.queue import type_tabs
from erpstaging.staging import queue
from erpstaging.staging.intake import stage_records
from erpstaging.staging.queue import Asked, View, queue_part, tabs, type_counts, view_counts
from erpstaging.staging.queue_filters import Filters
from tests.staging.conftest import vendor_sent


@pytest.fixture
def five_vendors(company, connection, integration):
    stage_records(company.pk, [vendor_sent(f"V-{n}", f"Vendor {n}") for n in range(5)], actor=integration)


@pytest.fixture
def counting_to_three(monkeypatch):
    for module in ("erpstaging.staging.queue", "erpstaging.approvals.showing.queue"):
        monkeypatch.setattr(f"{module}.COUNTED_TO", 3)


def tabs_with_rows(company):
    asked = Asked(View.READY_TO_IMPORT)
    shown = type_tabs(company, asked, tabs(company), type_counts(company, asked.view))
    return [(tab.count, tab.capped) for tab in shown if tab.count]


def test_within_the_limit_every_count_is_exact(company, five_vendors):
    part = queue_part(company, Asked(View.READY_TO_IMPORT))

    assert (part.total, part.capped) == (5, False)
    assert type_counts(company, View.READY_TO_IMPORT) == {"vendor": 5}
    assert tabs_with_rows(company) == [(5, False), (5, False)]


def test_beyond_the_limit_nothing_is_counted(company, five_vendors, counting_to_three):
    part = queue_part(company, Asked(View.READY_TO_IMPORT))

    assert (part.total, part.capped) == (3, True)
    assert view_counts(company)[View.READY_TO_IMPORT] == queue.COUNTED_TO + 1
    assert tabs_with_rows(company) == [(3, True), (3, True)]


def test_what_a_filter_cannot_find_is_not_counted(company, five_vendors):
    nowhere = Asked(View.READY_TO_IMPORT, filters=Filters(project_ids=(0,)))

    assert type_counts(company, View.READY_TO_IMPORT, asked=nowhere) == {}
