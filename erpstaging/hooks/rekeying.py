"""Encrypting what is stored for hooks with the first of the keys, so that the others can be retired."""

import functools
from dataclasses import dataclass, field

from django.core.exceptions import ImproperlyConfigured

from erpstaging.companies.models import Company
from erpstaging.core.encryption import decrypt, encrypt, uses_first_key
from erpstaging.core.locks import lock
from erpstaging.core.scope import in_company
from erpstaging.hooks.models import Hook

ENCRYPTED = ("encrypted_headers", "encrypted_secret", "encrypted_old_secret")
CHUNK = 200


@dataclass(slots=True)
class Rekeyed:
    """Values that were written anew, and those that had the first key already; `trouble` says why, by hook."""

    rewritten: int = 0
    already: int = 0
    trouble: dict[int, str] = field(default_factory=dict)


def rekey_company(company: Company, told: Rekeyed) -> None:
    """Go through a company's hooks, deleted ones too, a chunk in a transaction of its own each.

    Stopped at any place it can be called again: what has the first key is left as it is. A value that no key opens
    stays as it is, and is told.
    """
    last = 0
    while True:
        done = in_company(company.pk, functools.partial(_rekey_chunk, company, last))
        if done is None:
            return
        last, chunk = done
        told.rewritten += chunk.rewritten
        told.already += chunk.already
        told.trouble |= chunk.trouble


def _rekey_chunk(company: Company, after: int) -> tuple[int, Rekeyed] | None:
    """The id that the chunk ended with, and what became of it."""
    wanted = Hook.objects.of(company).filter(pk__gt=after).order_by("pk").values_list("pk", flat=True)[:CHUNK]
    hooks: list[Hook] = lock(Hook.objects.of(company).filter(pk__in=list(wanted)))
    if not hooks:
        return None
    told, changed = Rekeyed(), []
    for hook in hooks:
        try:
            rewritten = _rekey(hook, told)
        except ImproperlyConfigured as exc:
            told.trouble[hook.pk] = str(exc)
            continue
        if rewritten:
            changed.append(hook)
            told.rewritten += rewritten
    Hook.objects.of(company).bulk_update(changed, list(ENCRYPTED))
    return hooks[-1].pk, told


def _rekey(hook: Hook, told: Rekeyed) -> int:
    """Raises ImproperlyConfigured when no key opens a value."""
    stale = {name: getattr(hook, name) for name in ENCRYPTED if getattr(hook, name)}
    told.already += sum(uses_first_key(value) for value in stale.values())
    fresh = {name: encrypt(decrypt(value)) for name, value in stale.items() if not uses_first_key(value)}
    for name, value in fresh.items():
        setattr(hook, name, value)
    return len(fresh)
