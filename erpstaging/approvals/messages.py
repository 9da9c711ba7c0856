"""What one page leaves for the next to say: toasts after an act, banners after a refusal.

Django's messages carry them over the redirect, as JSON inside the message's text.
"""

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import dataclass, field

from django.contrib import messages
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from erpstaging.approvals.formats import moment_text
from erpstaging.approvals.presenters import Banner, DecisionButton, Toast
from erpstaging.core.correlation import correlation_id
from erpstaging.core.errors import Refused


@dataclass(slots=True)
class Said:
    """Toasts and banners that wait to be shown."""

    toasts: list[Toast] = field(default_factory=list)
    banners: list[Banner] = field(default_factory=list)

    def clear(self) -> None:
        self.toasts.clear()
        self.banners.clear()


def undo_button(url: str, version: int) -> DecisionButton:
    return DecisionButton(act="undo", label=_("Undo"), url=url, version=version, key="u")


def said_by(refusal: Refused) -> str:
    """Who was faster and when, where somebody was."""
    by, at = refusal.facts.get("decided_by"), refusal.facts.get("decided_at")
    if not by or not isinstance(at, dt.datetime):
        return ""
    return _("%(name)s, %(at)s") % {"name": by, "at": moment_text(at, timezone.now())}


def refusal_banner(refusal: Refused, *, more: Sequence[str] = ()) -> Banner:
    """What was refused, in plain words first and with the code in small print; `more` is told in lines below."""
    texts = [text for field_texts in refusal.errors.values() for text in field_texts if text != refusal.message]
    return Banner(
        tone="red",
        icon="x",
        title=refusal.message,
        text=said_by(refusal),
        items=[*texts, *more],
        code=refusal.code,
        correlation_id=correlation_id(),
    )


def leave(request: HttpRequest, said: Said) -> None:
    """Keep them for the next page."""
    for toast in said.toasts:
        undo = {"url": toast.undo.url, "version": toast.undo.version} if toast.undo else None
        until = toast.undo_until.isoformat() if toast.undo_until else None
        messages.success(request, json.dumps({"text": str(toast.text), "undo": undo, "until": until}))
    for banner in said.banners:
        kept = {
            "tone": banner.tone,
            "icon": banner.icon,
            "title": str(banner.title),
            "text": str(banner.text),
            "items": [str(text) for text in banner.items],
            "code": banner.code,
            "correlation_id": banner.correlation_id,
        }
        messages.error(request, json.dumps(kept))


def pick_up(request: HttpRequest) -> Said:
    """What the page before left; it is shown once."""
    said = Said()
    for message in messages.get_messages(request):
        kept = json.loads(str(message.message))
        if message.level == messages.ERROR:
            said.banners.append(Banner(**kept))
        else:
            said.toasts.append(_toast(kept))
    return said


def _toast(kept: dict[str, object]) -> Toast:
    undo, until = kept["undo"], kept["until"]
    return Toast(
        text=str(kept["text"]),
        undo=undo_button(**undo) if isinstance(undo, dict) else None,
        undo_until=dt.datetime.fromisoformat(until) if isinstance(until, str) else None,
    )
