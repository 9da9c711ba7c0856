"""What makes two failures one cause: the code, and the first thing that was said without what differs from row to row.

The key is the hash of both. A code is what the ERP put before its text, `[FI-204] ...` or `period_closed: ...`, or a
word of ours. Of the text, the object's own number and title and every word with a digit become `#`; case, spaces and
closing punctuation do not count. So 500 refusals that name 500 objects are one cause, and two texts are two.
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

NO_ANSWER, NO_ORIGIN_ID, CANCELLED, REFUSED = "no_answer", "no_origin_id", "cancelled", "refused"
# What we say ourselves of a failure, where the ERP said nothing.
SAID_WITHOUT_ORIGIN_ID = "no origin id received"
SAID_OF_CANCELLED = "cancelled the request before the integrator fetched it."
MAX_CODE, MAX_TEXT = 60, 500
READ_OF_IT = 2000
# A shorter number or title is a word like any other.
SHORTEST_NAME = 3
_IN_BRACKETS = re.compile(r"\[([A-Za-z0-9][A-Za-z0-9_.-]{0,59})\]:?\s+")
_BEFORE_COLON = re.compile(r"([A-Za-z][A-Za-z0-9]*(?:_[A-Za-z0-9]+)+):\s+")
_WORD = re.compile(r"[^\s,;:()\[\]\"']+")
_SAME = re.compile(r"#(?:[\s,]*#)+")


@dataclass(frozen=True, slots=True)
class Cause:
    """`text` is what was said of this row, without the code before it."""

    key: str
    code: str
    text: str


@dataclass(frozen=True, slots=True)
class Advice:
    """What a code means in plain words, and what to do about it."""

    explanation: str | Promise
    next_step: str | Promise


_REFUSED_BY_ERP = Advice(
    _("The ERP refused these exports, each for the same reason."),
    _("Put right in the ERP what it says, then retry. A retry sends the same content; a change needs an approval."),
)
ADVICE: Mapping[str, Advice] = {
    NO_ANSWER: Advice(
        _("The integrator did not report back in time. Whether the ERP has these objects is not known."),
        _("See whether the integration runs. Mark as synced what the ERP has already, and retry the rest."),
    ),
    NO_ORIGIN_ID: Advice(
        _("The integrator reported success but sent no origin ID, so these objects are not linked."),
        _("An origin ID that comes later ends this by itself. Else mark them as synced with the ID of the ERP."),
    ),
    CANCELLED: Advice(
        _("People took these requests back before the integrator fetched them."),
        _("Retry what should leave after all, and reject the rest to its senders."),
    ),
}


def advice_on(code: str) -> Advice:
    return ADVICE.get(code, _REFUSED_BY_ERP)


def cause_of(messages: Sequence[str], *, unanswered: bool, own_words: Sequence[str]) -> Cause:
    """`own_words` are the object's number and title; `unanswered` says that nobody reported back in time."""
    said = " ".join((messages[0][:READ_OF_IT] if messages else "").split())
    code, text = _code_and_text(said, unanswered=unanswered, own_words=own_words)
    key = hashlib.sha256(f"{code.casefold()}\n{_without_differences(text, own_words)}".encode()).hexdigest()[:32]
    return Cause(key, code, text[:MAX_TEXT])


def _code_and_text(said: str, *, unanswered: bool, own_words: Sequence[str]) -> tuple[str, str]:
    if unanswered:
        return NO_ANSWER, said
    if said == SAID_WITHOUT_ORIGIN_ID:
        return NO_ORIGIN_ID, said
    if said.endswith(SAID_OF_CANCELLED):
        return CANCELLED, SAID_OF_CANCELLED
    found = _IN_BRACKETS.match(said) or _BEFORE_COLON.match(said)
    own = {one.casefold() for one in own_words}
    if found is None or found[1].casefold() in own or len(found[1]) > MAX_CODE or found.end() == len(said):
        return REFUSED, said
    return found[1], said[found.end() :]


def _without_differences(text: str, own_words: Sequence[str]) -> str:
    for own in sorted(own_words, key=len, reverse=True):
        if len(own) >= SHORTEST_NAME:
            text = re.sub(rf"(?<!\w){re.escape(own)}(?!\w)", "#", text, flags=re.IGNORECASE)
    text = _SAME.sub("#", _WORD.sub(_without_digits, text))
    return " ".join(text.casefold().split()).rstrip(" .!")


def _without_digits(word: re.Match[str]) -> str:
    return "#" if any(letter.isdigit() for letter in word[0]) else word[0]
