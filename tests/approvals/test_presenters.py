"""What the values say about themselves."""

from erpstaging.approvals.presenters import Choice, DecisionButton, FormField, Person
from tests.approvals import samples


def test_a_closed_decision_names_whom_to_ask() -> None:
    closed = DecisionButton(act="accept", label="Accept", url="/", why_not="You sent this item.")

    assert not closed.enabled
    assert closed.reason == "You sent this item."
    assert _asking(closed, "Marcus Bell") == "You sent this item. Ask Marcus Bell."
    assert _asking(closed, "Marcus Bell", "Sofia Reyes") == "You sent this item. Ask Marcus Bell or Sofia Reyes."
    assert _asking(closed, "A", "B", "C") == "You sent this item. Ask A, B or C."


def _asking(closed: DecisionButton, *names: str) -> str:
    return DecisionButton(act=closed.act, label=closed.label, url="/", why_not=closed.why_not, whom_to_ask=names).reason


def test_initials_are_those_of_the_first_and_last_name() -> None:
    assert [Person(name).initials for name in ("Ines Duarte", "Juan de la Cruz", "Cher", "")] == ["ID", "JC", "C", ""]


def test_a_closed_choice_shows_its_word() -> None:
    field = FormField(name="state", label="State", kind="choice", value="CA", choices=[Choice("CA", "California")])

    assert field.value_label == "California"


def test_a_field_points_at_every_text_below_it() -> None:
    field = FormField(name="title", label="Title", hint="Short", pin="Shorter", errors=["too long"])

    assert field.described_by == "id_title_hint id_title_note id_title_error"


def test_a_detail_counts_its_checks() -> None:
    detail = samples.blocked_detail()

    assert (detail.passed, len(detail.failed_checks)) == (5, 2)
