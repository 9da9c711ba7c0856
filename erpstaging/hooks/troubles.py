"""What the service itself stops or gives up is told: to the audit, and by mail to whoever answers for the hook."""

from collections.abc import Sequence

from django.utils import timezone

from erpstaging.audit import log as audit
from erpstaging.audit.log import Act
from erpstaging.companies.actors import SYSTEM
from erpstaging.hooks.models import Delivery, DeliveryState, Hook
from erpstaging.hooks.owners import owe_to_owners

NOTHING_TAKEN = "The receiver took nothing in the whole retry time."


def tell_paused(hook: Hook) -> None:
    """A durable hook was paused after its retry time: everything is held until somebody resumes it."""
    after = {"state": hook.state, "reason": hook.pause_reason}
    audit.record(hook.company_id, SYSTEM, [Act("pause_hook", "hook", hook.pk, after=after)])
    owe_to_owners(hook, "hook_paused", f"paused-{hook.paused_at}", {"reason": hook.pause_reason})


def tell_gave_up(hook: Hook, gave_up: Sequence[Delivery], *, discarded: int) -> None:
    """Deliveries that nobody will try again by himself: a discarded queue each time, others once a day.

    A hook that was paused for them has had its mail already.
    """
    now = timezone.now()
    if discarded:
        audit.record(hook.company_id, SYSTEM, [Act("discard_deliveries", "hook", hook.pk, after={"count": discarded})])
        context = {"count": discarded, "reason": "They were discarded twelve hours after the first failure."}
        owe_to_owners(hook, "deliveries_gave_up", f"discarded-{now}", context)
    refused = [one for one in gave_up if one.state == DeliveryState.FAILED]
    if refused:
        context = {"count": len(refused), "reason": "The receiver refused for good."}
        owe_to_owners(hook, "deliveries_gave_up", f"refused-{now.date()}", context)
    held = [one for one in gave_up if one.state == DeliveryState.FAILING]
    if held and not discarded and not hook.waits_for_resume:
        context = {"count": len(held), "reason": "They failed in the whole retry time and wait for Resume."}
        owe_to_owners(hook, "deliveries_gave_up", f"held-{now.date()}", context)
