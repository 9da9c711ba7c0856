"""32 threads on one object, half with one command and half with another, for every pair of commands in every state.

The short run takes each command beside its neighbour in the list; ERPSTAGING_TESTS_PROFILE=long takes every pair.
Whatever the threads do to each other, the end is one that the reference model reaches by doing the same commands one
after the other in some order, and as many of each were taken and refused.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import combinations_with_replacement
from typing import Any

import pytest
from hypothesis import settings

from erpstaging.companies.actors import Actor
from erpstaging.companies.models import Company
from erpstaging.core.errors import Busy, NotFound
from erpstaging.core.errors import Refused as ServiceRefused
from erpstaging.core.scope import company_scope, in_company
from tests.fixtures.callers import Caller
from tests.fixtures.financials import Financials
from tests.fixtures.gate import Gate
from tests.fixtures.parallel import within
from tests.fixtures.thread_pool import THREADS, ThreadPool, thread_pool
from tests.staging.life import CONTRACT, COST, LINES, Kind, Life, Refused
from tests.staging.lived import Command, Service, command

pytestmark = pytest.mark.django_db(transaction=True)


def act(name: str, *about: Any) -> Command:
    return name, about


SENT = (act("send", "project_user"),)
ACCEPTED = (*SENT, act("accept", "approver", 1, True))
EXPORTING = (*SENT, act("accept", "approver", 1, False))
LINKED = (*EXPORTING, act("link", "ORD-1"))
FAILED = (*EXPORTING, act("close", 0, "failed"))
EDIT, RETRIEVE = act("edit", "project_user"), act("retrieve", "project_user")
SWEEP, LINK, NULL = act("sweep"), act("link", "ORD-1"), act("link", None)
SUCCESS, FAIL = act("close", 0, "success"), act("close", 0, "failed")
REJECTED, STALE = act("close", 0, "rejected"), act("close", 0, "stale")
RETRY, CANCEL = act("retry", "approver"), act("cancel", "approver")
UNDO, REJECT = act("undo", "approver"), act("reject", "second_approver", 4)
SYNCED = (*LINKED, SUCCESS)
UNLINK, UNLINK_TOO = act("unlink", "approver"), act("unlink", "second_approver")
UNLINKING = (*SYNCED, UNLINK)
GONE, KEPT, UNSURE = act("close", 1, "success"), act("close", 1, "failed"), act("close", 1, "stale")
MARK, MARK_TOO = act("mark", "accountant", "ORD-1"), act("mark", "second_accountant", "ORD-1")
CONFIRM_MARK, DECLINE_MARK = act("confirm", 0, "second_accountant"), act("decline", 0, "accountant")
RESET, RESET_TOO = act("reset", "super_user"), act("reset", "second_super_user")
CONFIRM_RESET, DECLINE_RESET = act("confirm", 0, "second_super_user"), act("decline", 0, "super_user")
IN_PART = act("close", 0, "failed", LINES[1:])
LONG = settings.default.max_examples >= 1000
# A cost has one line here, and nothing of it is refused alone.
RESETTABLE = replace(COST, lines=LINES[:1])
# How an object gets there; what may be done to it there, each beside each; and what never may, beside the first.
Case = tuple[tuple[Command, ...], tuple[Command, ...], tuple[Command, ...]]
CASES: dict[str, Case] = {
    "not sent": ((), (SENT[0], EDIT, LINK), (NULL, RETRIEVE)),
    "ready to export": (
        SENT,
        (
            act("accept", "approver", 1, False),
            act("accept", "second_approver", 1, True),
            act("reject", "second_approver", 1),
            act("hold", "approver"),
            act("resume", "second_approver"),
            RETRIEVE,
        ),
        (EDIT, LINK, SENT[0], UNDO),
    ),
    "hold is over": (
        (*SENT, act("hold", "approver"), act("a_day_ends")),
        (SWEEP, act("accept", "second_approver", 2, False), act("reject", "approver", 2), RETRIEVE),
        (),
    ),
    "accepted": (ACCEPTED, (UNDO, act("undo_time_ends"), SWEEP), (RETRIEVE, LINK, EDIT, CANCEL)),
    "undo time is over": ((*ACCEPTED, act("undo_time_ends")), (SWEEP, CANCEL), (UNDO,)),
    "exporting": (
        EXPORTING,
        (CANCEL, SUCCESS, FAIL, REJECTED, STALE, LINK),
        (act("take"), EDIT, RETRIEVE, RETRY, SENT[0]),
    ),
    "exporting with an origin ID": (LINKED, (SUCCESS, FAIL, REJECTED, STALE, NULL, CANCEL), (EDIT, RETRIEVE)),
    "overdue": ((*LINKED, act("a_day_ends")), (SWEEP, SUCCESS, FAIL, CANCEL), ()),
    "failed": (FAILED, (RETRY, REJECT, RETRIEVE, LINK, SUCCESS), (EDIT, SENT[0])),
    "failed with an origin ID": ((*LINKED, FAIL), (RETRY, SUCCESS, REJECT, RETRIEVE, NULL), (EDIT,)),
    "answered without an origin ID": ((*EXPORTING, SUCCESS), (LINK, RETRY, REJECT, RETRIEVE), ()),
    "tried again": (
        (*FAILED, RETRY, LINK),
        (SUCCESS, act("close", 1, "success"), act("close", 1, "failed"), act("close", 1, "rejected"), NULL, CANCEL),
        (),
    ),
    "failed, for people to mark": (FAILED, (MARK, MARK_TOO, RETRY, LINK), (RESET,)),
    "mark is asked": (
        (*FAILED, MARK),
        (CONFIRM_MARK, DECLINE_MARK, RETRY, REJECT, RETRIEVE, LINK, SUCCESS),
        (act("confirm", 0, "accountant"), MARK_TOO),
    ),
    "mark was asked a day ago": ((*FAILED, MARK, act("a_day_ends")), (MARK_TOO, SWEEP, RETRY), (CONFIRM_MARK,)),
    "in part": ((*LINKED, IN_PART), (RETRY, SUCCESS, REJECT, RETRIEVE, MARK), (SENT[0],)),
    "exporting, some lines refused": (LINKED, (IN_PART, act("close", 0, "success", LINES[:1]), SUCCESS), ()),
    "synced": (SYNCED, (NULL, act("link", "ORD-2"), FAIL, UNLINK, UNLINK_TOO), (EDIT, SENT[0], RETRY, RESET)),
    "unlinking": (UNLINKING, (GONE, KEPT, act("cancel", "approver"), NULL), (EDIT, SENT[0], UNLINK_TOO, RETRIEVE)),
    "unlinking, overdue": ((*UNLINKING, act("a_day_ends")), (SWEEP, GONE, KEPT, CANCEL), ()),
    "unlinking, its link gone": ((*UNLINKING, NULL), (GONE, KEPT, UNSURE, LINK), (SENT[0], CANCEL)),
}
RESET_CASES: dict[str, Case] = {
    "synced cost": (SYNCED, (RESET, RESET_TOO, UNLINK, NULL), (MARK,)),
    "reset is asked": (
        (*SYNCED, RESET),
        (CONFIRM_RESET, DECLINE_RESET, NULL, act("link", "ORD-2"), UNLINK),
        (act("confirm", 0, "super_user"), RESET_TOO),
    ),
    "reset was asked a day ago": ((*SYNCED, RESET, act("a_day_ends")), (RESET_TOO, SWEEP), (CONFIRM_RESET,)),
}
KINDS: dict[str, tuple[Kind, Case]] = {
    **{name: (CONTRACT, case) for name, case in CASES.items()},
    **{name: (RESETTABLE, case) for name, case in RESET_CASES.items()},
}


@pytest.fixture
def pool(company: Company) -> Iterator[ThreadPool]:
    with thread_pool() as pool:
        yield pool


def pairs_of(movers: Sequence[Command], others: Sequence[Command]) -> list[tuple[Command, Command]]:
    neighbours = list(zip(movers, [*movers[1:], *movers[:1]], strict=True))[: 1 if len(movers) == 2 else None]
    every = list(combinations_with_replacement(movers, 2))
    return [*(every if LONG else neighbours), *((movers[0], other) for other in others)]


@pytest.mark.parametrize("case", KINDS)
@pytest.mark.capability("LK-03", "EX-03", "IN-10", "EX-09", "LK-04", "LK-05")
def test_every_pair_has_one_legal_outcome(
    case: str,
    company: Company,
    financials: Financials,
    actors: dict[str, Actor],
    integration: Actor,
    pool: ThreadPool,
) -> None:
    kind, (way, movers, others) = KINDS[case]
    number = "number" if kind == CONTRACT else "invoice_number"
    for place, (one, other) in enumerate(pairs_of(movers, others)):
        # One of its own for each pair, with an origin ID that no other has before it.
        record = financials.make(kind.item_type, **{number: f"P-{place}"})
        with company_scope(company.pk):
            service = Service(company, record, actors, integration)
        life = Life(kind)
        for step in way:
            in_company(company.pk, command(service, step))
            life = life.after(step[0], *step[1])

        both = [one, other] * (THREADS // 2)
        outcomes = pool.at_once([run(company, service, each) for each in both])

        faults = [each for each in outcomes if isinstance(each, Exception) and not isinstance(each, ServiceRefused)]
        assert faults == [], (one, other)
        assert not any(isinstance(each, Busy | NotFound) for each in outcomes), (one, other)
        taken = [not isinstance(each, Exception) for each in outcomes]
        with company_scope(company.pk):
            end = (service.facts(), sum(taken[::2]), sum(taken[1::2]))
        legal = ends(life, one, other)
        assert fingerprint(end) in legal, (one, other, end, sorted(legal))


@pytest.mark.parametrize("other", ["accept", "reject", "retrieve"])
@pytest.mark.capability("IN-10", "LK-03")
def test_over_http_one_of_two_decisions_is_taken_and_the_others_are_conflicts(
    other: str, gate: Gate, sign_in: Callable[..., Caller], second_approver: Actor, pool: ThreadPool
) -> None:
    """As the pairs above, from the outside: one 200, and 409 with who and when for everybody else."""
    export = gate.send()
    first, second, sender = sign_in(gate.approver), sign_in(second_approver), sign_in(gate.sender)
    accept = partial(first.post, f"exports/{export.pk}/accept", {"version": 1})
    against = partial(second.post, f"exports/{export.pk}/{other}", {"version": 1, "reason": "Wrong retainage"})
    if other == "retrieve":
        against = partial(sender.post, f"records/{gate.contract.pk}/retrieve")

    answers = pool.at_once([accept, against] * (THREADS // 2))

    assert sorted({one.status for one in answers}) == [200, 409]
    assert [one.status for one in answers].count(200) == 1
    late = [one.body for one in answers[::2] if one.status == 409]
    assert len({(one["decided_by"], one["decided_at"]) for one in late}) == 1
    assert len(gate.requests()) == (gate.export().state == "exporting")


def run(company: Company, service: Service, named: Command) -> Any:
    doing = command(service, named)
    return doing if named == SWEEP else within(company, doing)


def fingerprint(end: Any) -> str:
    return repr(end)


def ends(life: Life, one: Command, other: Command) -> set[str]:
    """What the model can come to by doing each command as often as the threads did, in any order."""
    half = THREADS // 2
    lives: dict[Any, Life] = {life.key(): life}
    steps: dict[tuple[Any, Command], tuple[Any, int]] = {}

    def after(key: Any, done: Command) -> tuple[Any, int]:
        if (key, done) not in steps:
            try:
                later = lives[key].after(done[0], *done[1])
                lives.setdefault(later.key(), later)
                steps[key, done] = later.key(), 1
            except Refused:
                steps[key, done] = key, 0
        return steps[key, done]

    found: dict[tuple[int, int], set[Any]] = defaultdict(set)
    found[0, 0] = {(life.key(), 0, 0)}
    for first in range(half + 1):
        for second in range(half + 1):
            for key, wins, others in found[first, second]:
                if first < half:
                    later, won = after(key, one)
                    found[first + 1, second].add((later, wins + won, others))
                if second < half:
                    later, won = after(key, other)
                    found[first, second + 1].add((later, wins, others + won))
    return {fingerprint((lives[key].facts(), wins, others)) for key, wins, others in found[half, half]}
