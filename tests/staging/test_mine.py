"""What a sender sees of his own is what the approvers see of it, whatever happens to it."""

import random
from datetime import timedelta

import pytest
from django.db import connection as database
from django.db import transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from erpstaging.approvals.showing.acts import Colleagues
from erpstaging.approvals.showing.mine import MineAsked, mine_shown
from erpstaging.approvals.showing.queue import QueueShown
from erpstaging.approvals.statuses import Status
from erpstaging.connections.services import metadata_of, store_metadata
from erpstaging.core.scope import in_company
from erpstaging.records.models import Record
from erpstaging.staging.holding import hold_export
from erpstaging.staging.mine import Standing, Wanted, my_counts, my_items
from erpstaging.staging.models import StagedExport
from erpstaging.staging.queue import MAX_LIMIT, Asked, View, queue_part
from erpstaging.staging.sending import send_record
from tests.fixtures.documents import everything
from tests.staging.life import CONTRACT, Life
from tests.staging.lived import Service
from tests.staging.test_random_lives import commands, outcome, state, with_two_lines

STEPS = 30


def seen_by_sender(company, sender, record):
    """The row of My items, however it stands there."""
    items = mine_shown(company, sender, MineAsked(), [])
    rows = [*items.rows, *(one.row for one in items.returned)]
    return next((row for row in rows if row.key == f"record-{record.pk}"), None)


def seen_by_approver(company, approver, record):
    """Its status in the queue: that of its record where it stands under Synced, else that of its newest export."""
    newest = StagedExport.objects.of(company).filter(record=record).latest("pk")
    records = Record.objects.of(company).in_bulk([record.pk])
    shown = QueueShown(company, approver, metadata_of(company.pk), records, Colleagues(company, approver.id))
    found = {}
    for view in View:
        for row in queue_part(company, Asked(view, limit=MAX_LIMIT)).rows:
            if (row.kind == "export" and row.object.pk == newest.pk) or (
                row.kind == "record" and row.object.pk == record.pk
            ):
                found[row.kind] = shown.row(row).status
    return found.get("record") or found.get("export")


@pytest.mark.capability("UI-12")
@pytest.mark.parametrize("seed", range(4))
def test_my_items_say_what_the_approvers_see_over_a_random_life(seed, company, financials, actors, integration):
    chance = random.Random(seed)  # noqa: S311 - the same lives in every run
    store_metadata(company.pk, everything(), actor=integration)
    service, life = Service(company, with_two_lines(financials, CONTRACT), actors, integration), Life(CONTRACT)
    statuses = set()

    for _step in range(STEPS):
        taken = [(one, later) for one in commands(life) if (later := outcome(life, one)) and later != life]
        moving = [(one, later) for one, later in taken if state(later) != state(life)]
        command, later = chance.choice(moving or taken)
        with transaction.atomic():
            getattr(service, command[0])(*command[1])
        life = later
        sender = actors["project_user"]
        if not StagedExport.objects.of(company).filter(sent_by_id=sender.id).exists():
            continue  # what another sent stands among his
        mine = seen_by_sender(company, sender, service.record)
        theirs = seen_by_approver(company, actors["approver"], service.record)
        if theirs is None:  # with its sender again, and in no list of accounting's
            assert mine.status.status in {Status.RETRIEVED, Status.DRAFT}, command
        else:
            assert (mine.status.status, str(mine.status.word)) == (theirs.status, str(theirs.word)), command
        assert str(mine.next_step), command
        assert mine.since is not None
        statuses.add(mine.status.status)

    assert len(statuses) >= 4


@pytest.mark.capability("UI-12")
def test_an_object_that_a_colleague_sent_again_stands_as_it_is_now(gate, make_person, project_user):
    gate.reject(gate.send())
    colleague = make_person("colleague", project_level="admin")

    gate.run(lambda: send_record(gate.company, gate.contract.pk, actor=colleague))

    mine = seen_by_sender(gate.company, project_user, gate.contract)
    assert mine.status.status == Status.READY_TO_EXPORT
    assert my_counts(gate.company, project_user.id, Wanted()) == {
        Standing.RETURNED: 0, Standing.UNDER_WAY: 1, Standing.DONE: 0,
    }  # fmt: skip


def test_what_is_on_hold_says_until_when_and_why(gate, project_user, approver):
    export, tomorrow = gate.send(), (timezone.now() + timedelta(days=1)).isoformat()
    said = {"note": "Waits for the bond", "until": tomorrow}

    gate.run(lambda: hold_export(gate.company, export.pk, actor=approver, **said))

    assert "Waits for the bond" in str(seen_by_sender(gate.company, project_user, gate.contract).next_step)


def test_pages_miss_and_repeat_none_and_cost_the_same(company, refusals, project_user):
    refusals.send(7)

    def page(before, limit=3):
        with CaptureQueriesContext(database) as queries:
            part = my_items(company, project_user.id, Wanted(before=before, limit=limit))
        return part, len(queries)

    seen, before, costs = [], None, set()
    while True:
        part, cost = page(before)
        seen += [one.record_id for one in part.exports]
        costs.add(cost)
        before = part.before
        if before is None:
            break

    assert len(seen) == len(set(seen)) == 7
    assert seen == sorted(seen, reverse=True)
    assert costs == {2}


def test_filters_narrow_by_where_it_is_what_it_is_and_its_name(company, refusals, gate, project_user):
    refusals.send(2)
    gate.reject(gate.send())

    def found(**wanted):
        return len(my_items(company, project_user.id, Wanted(**wanted)).exports)

    assert found() == 3
    assert found(standing=Standing.RETURNED) == 1
    assert found(standing=Standing.UNDER_WAY) == 2
    assert found(standing=Standing.DONE) == 0
    assert found(item_type="vendor") == 2
    assert found(text="kestrel roofing 2") == 1
    assert found(rejected=True) == 1
    assert found(rejected=False) == 2


def test_what_others_sent_is_not_mine(company, refusals, approver, other_company, project_user):
    refusals.send(1)

    assert my_items(company, approver.id, Wanted()).exports == []
    assert in_company(other_company.pk, lambda: my_items(other_company, project_user.id, Wanted()).exports) == []
