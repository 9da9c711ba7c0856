"""What a failure opens: one problem for each cause, and one notice of it however many rows fail for it."""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils import timezone, translation

from erpstaging.companies.models import Company
from erpstaging.core import sets
from erpstaging.core.scope import Again
from erpstaging.core.statuses import Status
from erpstaging.notices.services import owe
from erpstaging.staging.causes import CANCELLED, NO_ANSWER, Cause, advice_on
from erpstaging.staging.models import StagedExport
from erpstaging.staging.owners import owners_of_integration
from erpstaging.staging.problem_models import Problem

MAX_TITLE = 120
TRIES = 3
# Of these no notice goes out.
KNOWN_TO_WHO_DID_IT = frozenset({CANCELLED})
# Held until the commit, so that nobody closes a problem that is getting another row; those who add rows do not wait
# for each other.
_STANDING = (
    "SELECT cause FROM staging_problem WHERE company_id = %s AND cause = ANY(%s) AND closed_at IS NULL "
    "ORDER BY cause FOR SHARE"
)
_ONE_PER_CAUSE = "ON CONFLICT (company_id, cause) WHERE closed_at IS NULL DO NOTHING"


@dataclass(frozen=True, slots=True)
class Told:
    """What a notice says of a problem: its cause, how many rows there are so far, and who approved them."""

    code: str
    text: str
    rows: int
    approvers: frozenset[int | None]

    @classmethod
    def of(cls, cause: Cause, exports: Sequence[StagedExport]) -> "Told":
        return cls(cause.code, cause.text, len(exports), frozenset(one.decided_by_id for one in exports))

    def context(self) -> dict[str, Any]:
        with translation.override(settings.LANGUAGE_CODE):  # a stored text is English, whoever's act failed
            advice = advice_on(self.code)
            explanation, next_step = str(advice.explanation), str(advice.next_step)
        return {
            "title": self.text[:MAX_TITLE],
            "code": self.code,
            "reason": self.text,
            "count": self.rows,
            "explanation": explanation,
            "next_step": next_step,
            "status": Status.STALE if self.code == NO_ANSWER else Status.FAILED,
        }


def note_failures(company: Company, failed: Sequence[StagedExport]) -> None:
    """Open a problem for each cause that has none, and tell of it; in the transaction of the failures."""
    by_cause: dict[str, list[StagedExport]] = {}
    for export in failed:
        by_cause.setdefault(export.cause, []).append(export)
    opened: dict[str, int] = {}
    missing = set(by_cause)
    for _again in range(TRIES):
        missing -= {cause for (cause,) in sets.fetch(_STANDING, [company.pk, sorted(missing)])} if missing else set()
        if not missing:
            break
        made = _open(company.pk, by_cause, missing)
        opened |= made
        missing -= made.keys()
    if missing:
        raise Again("A problem was closed while it got another row.")
    told = {
        opened[cause]: Told.of(by_cause[cause][0].cause_found, by_cause[cause])
        for cause in opened
        if by_cause[cause][0].cause_found.code not in KNOWN_TO_WHO_DID_IT
    }
    tell_of_problems(company, told)


def _open(company_id: int, by_cause: dict[str, list[StagedExport]], causes: Collection[str]) -> dict[str, int]:
    """New problems by cause; what somebody else opened meanwhile is missing from them."""
    now = timezone.now()
    mutes = _mutes(company_id, causes, now)
    rows = []
    for cause in sorted(causes):
        found, mute = by_cause[cause][0].cause_found, mutes.get(cause)
        rows.append(
            {
                "cause": cause,
                "code": found.code,
                "text": found.text,
                "muted_until": mute.muted_until if mute else None,
                "muted_by_id": mute.muted_by_id if mute else None,
                "muted_by_name": mute.muted_by_name if mute else "",
            }
        )
    shared = {"company_id": company_id, "opened_at": now}
    answers = sets.insert(Problem, rows, shared=shared, returning=("id", "cause"), on_conflict=_ONE_PER_CAUSE)
    return {cause: problem_id for problem_id, cause in answers}


def _mutes(company_id: int, causes: Collection[str], now: dt.datetime) -> dict[str, Problem]:
    """The last problem of each cause that people muted for longer than it stood."""
    rows = Problem.objects.of(company_id).filter(cause__in=causes).order_by("cause", "-pk").distinct("cause")
    return {one.cause: one for one in rows if one.muted_until is not None and one.muted_until > now}


def tell_of_problems(company: Company, told: Mapping[int, Told], *, cause: str = "opened") -> None:
    """Owe the notice of problems, by id: to those who answer for the integration, and to those who approved the rows.

    A muted one is told of when its time is over.
    """
    if not told:
        return
    muted = Problem.objects.of(company).filter(pk__in=told, muted_until__isnull=False).values_list("pk", flat=True)
    loud = {problem_id: one for problem_id, one in told.items() if problem_id not in set(muted)}
    owners = owners_of_integration(company) if loud else set()
    owe(
        company.pk,
        [
            (person_id, "problem_opened", problem_id, cause, one.context())
            for problem_id, one in loud.items()
            for person_id in (owners | one.approvers) - {None}
        ],
    )
