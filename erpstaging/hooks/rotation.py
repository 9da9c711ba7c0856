"""Giving a hook a new secret without a gap: for a while both sign, and the receiver changes when it suits him."""

from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from erpstaging.audit import log as audit
from erpstaging.audit.log import Act
from erpstaging.companies.actors import Actor
from erpstaging.companies.models import Company
from erpstaging.core.encryption import encrypt
from erpstaging.core.errors import WrongState
from erpstaging.hooks.models import Hook
from erpstaging.hooks.signing import new_secret
from erpstaging.hooks.subscriptions import locked_hook, require_manager

_SECRETS = ["encrypted_secret", "encrypted_old_secret", "old_secret_until", "updated_at"]


def rotate_secret(company: Company, actor: Actor, hook_id: int, *, project_id: int | None = None) -> tuple[Hook, str]:
    """Give a hook a new secret, which is never shown again; the present one signs beside it for the overlap.

    One that was replaced before signs no more. Raises NotPermitted, NotFound.
    """
    require_manager(actor)
    hook, secret, now = locked_hook(company, hook_id, project_id), new_secret(), timezone.now()
    hook.encrypted_old_secret, hook.encrypted_secret = hook.encrypted_secret, encrypt(secret)
    hook.old_secret_until = now + timedelta(hours=settings.WEBHOOK_SECRET_OVERLAP_HOURS)
    hook.updated_at = now
    hook.save(update_fields=_SECRETS)
    after = {"old_secret_until": hook.old_secret_until.isoformat()}
    audit.record(company.pk, actor, [Act("rotate_hook_secret", "hook", hook.pk, after=after)])
    return hook, secret


def end_old_secret(company: Company, actor: Actor, hook_id: int, *, project_id: int | None = None) -> Hook:
    """Sign with the new secret alone from now on, when the receiver has it or the old one leaked.

    Raises NotPermitted, NotFound, WrongState when no old one signs.
    """
    require_manager(actor)
    hook, now = locked_hook(company, hook_id, project_id), timezone.now()
    if hook.old_secret_until is None or hook.old_secret_until <= now:
        raise WrongState(f"Hook {hook_id} signs with one secret only.")
    before = {"old_secret_until": hook.old_secret_until.isoformat()}
    hook.encrypted_old_secret, hook.old_secret_until, hook.updated_at = "", None, now
    hook.save(update_fields=_SECRETS)
    audit.record(company.pk, actor, [Act("end_old_hook_secret", "hook", hook.pk, before=before)])
    return hook
