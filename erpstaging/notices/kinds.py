"""The kinds of mail that tell of one cause: their words, and where their links lead.

Texts are filled with the notice's context; `named` is the title with its number. A kind that tells of several objects
at once has its words for many: the context then carries `count` and `items`, each with `text`, `note` and `place`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from erpstaging.core.statuses import Status
from erpstaging.notices.letters import Fact

Text = str | Promise


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """`place` lies below the company's pages. `facts` are the codes, pins and changes that the context carries."""

    subject: Text
    place: str
    lead: Text
    button: Text
    ask: Text = ""
    status: Status | None = None
    many: "Kind | None" = None

    def told(self, context: Mapping[str, Any]) -> "Kind":
        """This one, or its words for many."""
        return self.many if self.many is not None and context.get("count", 1) > 1 else self


OPEN = gettext_lazy("Open %(title)s")
DECIDE = gettext_lazy("Decide on it here:")
SEE = gettext_lazy("See it here:")
FAILING, PROBLEM = gettext_lazy("Exports fail: %(title)s"), "problems/#problem-%(object_id)s"
WHAT_NEXT = gettext_lazy(
    "%(explanation)s Next step: %(next_step)s More rows that fail for the same cause are counted on the page; no other "
    "mail comes for them while the problem is open."
)
KINDS: Mapping[str, Kind] = {
    "export_rejected": Kind(
        subject=gettext_lazy("%(title)s was rejected"),
        place="records/%(object_id)s/",
        lead=gettext_lazy("%(by)s rejected %(named)s with this reason:"),
        ask=gettext_lazy("It is open for you again. Mend it and send it once more:"),
        button=OPEN,
        status=Status.REJECTED,
        many=Kind(
            subject=gettext_lazy("%(count)s objects were rejected"),
            place="mine/",
            lead=gettext_lazy("%(by)s rejected %(count)s objects of yours with this reason:"),
            ask=gettext_lazy("They are open for you again. Mend them and send them once more:"),
            button=gettext_lazy("Open your items"),
            status=Status.REJECTED,
        ),
    ),
    "export_resubmitted": Kind(
        subject=gettext_lazy("%(title)s came back corrected"),
        place="exports/%(object_id)s/?tab=changes",
        lead=gettext_lazy("%(by)s sent %(named)s again. You had rejected it with this reason:"),
        ask=DECIDE,
        button=OPEN,
        status=Status.READY_TO_EXPORT,
    ),
    "staged_resubmitted": Kind(
        subject=gettext_lazy("%(title)s came back corrected"),
        place="staged/%(object_id)s/?tab=changes",
        lead=gettext_lazy("%(by)s staged %(named)s again. You had rejected it with this reason:"),
        ask=DECIDE,
        button=OPEN,
        status=Status.READY_TO_IMPORT,
    ),
    "hold_ended": Kind(
        subject=gettext_lazy("%(title)s is back from hold"),
        place="exports/%(object_id)s/",
        lead=gettext_lazy("%(named)s waits for a decision again. You had put it on hold with this note:"),
        ask=DECIDE,
        button=OPEN,
        status=Status.READY_TO_EXPORT,
    ),
    "problem_opened": Kind(
        subject=FAILING,
        place=PROBLEM,
        lead=gettext_lazy("An export failed:"),
        ask=WHAT_NEXT,
        button=gettext_lazy("Open the problem"),
        status=Status.FAILED,
        many=Kind(
            subject=FAILING,
            place=PROBLEM,
            lead=gettext_lazy("%(count)s exports failed:"),
            ask=WHAT_NEXT,
            button=gettext_lazy("Open the problem"),
            status=Status.FAILED,
        ),
    ),
    "refresh_stale": Kind(
        subject=gettext_lazy("No news of %(title)s"),
        place="queue/",
        lead=gettext_lazy(
            "The integrator did not answer the request %(erp_request_id)s for news of %(title)s in time. The list can "
            "be asked for again. An answer that comes later still counts."
        ),
        ask=SEE,
        button=gettext_lazy("Open the queue"),
        status=Status.STALE,
    ),
    "confirmation_wanted": Kind(
        subject=gettext_lazy("%(title)s waits for a second person"),
        place="confirmations/",
        lead=gettext_lazy(
            "%(by)s asks for a second person: %(what)s, %(named)s. Read it and confirm or decline it within 24 hours."
        ),
        ask=SEE,
        button=gettext_lazy("Open confirmations"),
    ),
    "hook_paused": Kind(
        subject=gettext_lazy("Notifications to %(title)s are paused"),
        place="hooks/%(object_id)s/",
        lead=gettext_lazy(
            "Notifications to %(title)s (%(address)s) are paused. Nothing is lost: what comes meanwhile is held, and "
            "leaves in order when somebody presses Resume."
        ),
        ask=SEE,
        button=gettext_lazy("Open the hook"),
    ),
    "hook_resumed": Kind(
        subject=gettext_lazy("Notifications to %(title)s go on"),
        place="hooks/%(object_id)s/",
        lead=gettext_lazy(
            "Notifications to %(title)s (%(address)s) go on. %(by)s resumed them; what was held leaves in order."
        ),
        ask=SEE,
        button=gettext_lazy("Open the hook"),
    ),
    "deliveries_gave_up": Kind(
        subject=gettext_lazy("Notifications to %(title)s gave up"),
        place="gave_up/",
        lead=gettext_lazy(
            "%(count)s notifications to %(title)s (%(address)s) gave up. They stay listed with their reason, and can "
            "be sent again."
        ),
        ask=SEE,
        button=gettext_lazy("Open what gave up"),
    ),
}
OWN_WORDS = ("explanation", "next_step", "what")
BLANK = {"title": "", "number": "", "by": "", "count": 1}


def filled(text: Text, context: Mapping[str, Any]) -> str:
    return str(text) % context if text else ""


def values_of(context: Mapping[str, Any], object_id: int) -> dict[str, Any]:
    values = {**BLANK, **context, "object_id": object_id}
    # What we said ourselves is stored in English.
    values |= {name: _(context[name]) for name in OWN_WORDS if context.get(name)}
    numbered = _("%(title)s (%(number)s)") % values
    return {**values, "named": numbered if values["number"] else values["title"]}


def facts_of(context: Mapping[str, Any]) -> Iterator[Fact]:
    """The code of a rejection, its notes to fields, and what changed since."""
    if context.get("code"):
        yield Fact(_("Code"), ", ".join(filter(None, [context["code"], context.get("code_label")])))
    for pin in context.get("pins") or ():
        yield Fact(_(pin["label"]), pin["note"])
    for change in context.get("changes") or ():
        yield Fact(_(change["label"]), f"{change['before']} → {change['after']}")
    if context.get("changes") == []:
        yield Fact(_("Changes"), _("nothing in it changed"))
    if context.get("more"):
        yield Fact(_("And more"), str(context["more"]))
