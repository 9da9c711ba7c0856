"""What makes two failures one."""

import pytest

from erpstaging.staging.causes import Cause, cause_of

NAMES = {"INV-2160": "September progress", "INV-2163": "Switchgear deposit"}


def cause(*messages: str, number: str = "INV-2160", unanswered: bool = False) -> Cause:
    return cause_of(messages, unanswered=unanswered, own_words=[number, NAMES.get(number, "")])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Period 2026-10 is closed.", "period 2026-10  IS closed"),
        ("Period 2026-10 is closed.", "Period 2026-11 is closed."),
        ("INV-2160: Period is closed", "INV-2163: Period is closed"),
        ("Cannot post September progress", "Cannot post Switchgear deposit"),
        ("period_closed: 310,000.00 USD not posted", "period_closed: 88,415.00 USD not posted"),
        ("Lines 3, 4, 5 are wrong", "Lines 7 are wrong"),
    ],
)
def test_what_differs_from_row_to_row_does_not_make_another_cause(one, other):
    assert cause(one).key == cause(other, number="INV-2163").key


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Period is closed.", "Vendor is blocked."),
        ("[FI-204] Posting refused.", "[FI-205] Posting refused."),
        ("period_closed: Refused", "Refused"),
    ],
)
def test_other_words_or_another_code_are_another_cause(one, other):
    assert cause(one).key != cause(other).key


@pytest.mark.parametrize(
    ("message", "code", "text"),
    [
        ("[FI-204] Posting refused.", "FI-204", "Posting refused."),
        ("period_closed: Period 10 is closed.", "period_closed", "Period 10 is closed."),
        ("INV-2160: Period is closed", "refused", "INV-2160: Period is closed"),
        ("[INV-2160] Period is closed", "refused", "[INV-2160] Period is closed"),
        ("Vendor V-1003: blocked", "refused", "Vendor V-1003: blocked"),
        ("period_closed: ", "refused", "period_closed:"),
        ("no origin id received", "no_origin_id", "no origin id received"),
        (
            "Ruth Okafor cancelled the request before the integrator fetched it.",
            "cancelled",
            "cancelled the request before the integrator fetched it.",
        ),
    ],
)
def test_a_code_stands_before_the_text_or_is_ours(message, code, text):
    found = cause(message)

    assert (found.code, found.text) == (code, text)


def test_silence_is_one_cause_whatever_was_said():
    assert cause("No answer.", unanswered=True).code == "no_answer"
    assert cause("", unanswered=False).code == "refused"


def test_only_the_first_message_counts():
    assert cause("Period is closed.", "Line 3").key == cause("Period is closed.", "Something else").key


@pytest.mark.parametrize("text", ["#" * 5000, "[" * 5000, "(a_" * 3000, "1," * 5000, "\x00", "a" * 100_000])
def test_odd_texts_have_a_cause_too(text):
    found = cause(text)

    assert len(found.key) == 32
    assert len(found.text) <= 500
    assert len(found.code) <= 60
