"""The secrets that deliveries are signed with (Standard Webhooks, https://www.standardwebhooks.com)."""

import base64
import secrets
from datetime import datetime

from erpstaging.core.encryption import decrypt
from erpstaging.hooks.models import Hook

SECRET_BYTES = 32


def new_secret() -> str:
    return "whsec_" + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def signing_secret_of(hook: Hook) -> str:
    return decrypt(hook.encrypted_secret)


def old_secret_of(hook: Hook, moment: datetime) -> str | None:
    """The secret that was replaced, while it still signs beside the new one."""
    if hook.old_secret_until is None or moment >= hook.old_secret_until:
        return None
    return decrypt(hook.encrypted_old_secret)
