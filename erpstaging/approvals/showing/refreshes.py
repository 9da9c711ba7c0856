"""How fresh a list is, and its Sync button."""

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from erpstaging.approvals.formats import age_text
from erpstaging.approvals.naming import local
from erpstaging.approvals.presenters import Banner, DecisionButton
from erpstaging.approvals.telling import told
from erpstaging.catalogue.entity import Entity
from erpstaging.companies.actors import Actor
from erpstaging.companies.models import Company
from erpstaging.core.errors import Refused
from erpstaging.staging.models import Refresh, RefreshState
from erpstaging.staging.refreshing import refuse_refresher


def refresh_button(company: Company, entity: Entity, latest: Refresh | None, actor: Actor) -> DecisionButton:
    """Closed, with the reason, while the last question is open, and to whom has no right to ask."""
    why = ""
    try:
        refuse_refresher(actor)
    except Refused as refusal:
        why = told(refusal.message)
    if not why and latest is not None and latest.state == RefreshState.RUNNING:
        why = _("%(name)s asked for it; the integration has not answered yet.") % {"name": latest.asked_by_name}
    url = reverse("approvals:refresh", args=[company.pk, entity.item_type])
    return DecisionButton(act="refresh", label=_("Sync now"), url=url, icon="refresh", why_not=why)


def freshness(entity: Entity, latest: Refresh | None) -> str:
    if latest is None:
        return _("%(list)s: not synced by request yet") % {"list": local(entity.plural)}
    now = timezone.now()
    if latest.state == RefreshState.RUNNING:
        return _("%(list)s are being synced, asked %(age)s ago") % {
            "list": local(entity.plural),
            "age": age_text(latest.asked_at, now),
        }
    said = {"list": local(entity.plural), "age": age_text(latest.closed_at or now, now), "name": latest.closed_by_name}
    if latest.state == RefreshState.SUCCEEDED:
        return _("%(list)s synced %(age)s ago by %(name)s") % said
    return _("%(list)s: the last sync failed %(age)s ago") % said


def refresh_banner(entity: Entity, latest: Refresh | None) -> Banner | None:
    """What the integration said when a refresh failed, until the next one."""
    if latest is None or latest.state not in {RefreshState.FAILED, RefreshState.STALE}:
        return None
    title = _("%(list)s could not be synced.") % {"list": local(entity.plural)}
    messages = [told(one) for one in latest.messages] or [_("The integration gave no reason.")]
    return Banner(tone="amber", icon="refresh", title=title, text=messages[0], items=messages[1:])
