"""Bringing everything under a new key."""

import json
from io import StringIO

import pytest
from cryptography.fernet import Fernet
from django.core.management import CommandError, call_command

from erpstaging.core.encryption import first_key_id, uses_first_key
from erpstaging.core.scope import company_scope
from erpstaging.hooks import rekeying
from erpstaging.hooks.models import Hook
from erpstaging.hooks.rotation import rotate_secret
from erpstaging.hooks.signing import signing_secret_of
from erpstaging.hooks.subscriptions import headers_of
from tests.fixtures.hooks import ADMIN, Tenant

OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()
HEADERS = {"Authorization": "Bearer abc-12345"}


def rotated() -> dict:
    out = StringIO()
    call_command("rotate_keys", "--json", stdout=out)
    return json.loads(out.getvalue())


def stored(tenant: Tenant) -> list[Hook]:
    with company_scope(tenant.company.pk):
        return list(Hook.objects.of(tenant.company).order_by("pk"))


@pytest.fixture
def hooks(tenant, other_tenant, receiver, settings):
    """Two hooks of one company, the second with two secrets, and one of another: seven values under the old key."""
    settings.FIELD_KEYS = [OLD]
    tenant.hook(receiver.url, destination_headers=HEADERS)
    second = tenant.hook(receiver.url + "/second")
    with company_scope(tenant.company.pk):
        rotate_secret(tenant.company, ADMIN, second.pk)
    other_tenant.hook(receiver.url)


@pytest.mark.capability("WH-03")
def test_every_value_comes_under_the_first_key_and_the_old_one_can_go(tenant, other_tenant, hooks, settings):
    secrets = [signing_secret_of(hook) for hook in stored(tenant)]
    settings.FIELD_KEYS = [NEW, OLD]

    first, again = rotated(), rotated()

    settings.FIELD_KEYS = [NEW]
    assert first == {"key": first_key_id(), "rewritten": 7, "already": 0, "trouble": {}}
    assert again == {"key": first_key_id(), "rewritten": 0, "already": 7, "trouble": {}}
    assert [signing_secret_of(hook) for hook in stored(tenant)] == secrets
    assert headers_of(stored(tenant)[0]) == HEADERS
    assert uses_first_key(stored(other_tenant)[0].encrypted_secret)


def test_a_command_that_was_stopped_goes_on_where_it_was(tenant, hooks, settings, monkeypatch):
    settings.FIELD_KEYS = [NEW, OLD]
    monkeypatch.setattr(rekeying, "CHUNK", 1)
    calls = []

    def broken(hook, told, rekey=rekeying._rekey):
        calls.append(hook.pk)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return rekey(hook, told)

    monkeypatch.setattr(rekeying, "_rekey", broken)
    with pytest.raises(KeyboardInterrupt):
        rotated()
    first, second = stored(tenant)

    assert (uses_first_key(first.encrypted_secret), uses_first_key(second.encrypted_secret)) == (True, False)
    assert signing_secret_of(second)
    assert rotated()["rewritten"] == 5
    assert all(uses_first_key(hook.encrypted_secret) for hook in stored(tenant))


def test_a_value_that_no_key_opens_is_told_and_stays(tenant, hooks, settings):
    settings.FIELD_KEYS = [NEW]
    before = [hook.encrypted_secret for hook in stored(tenant)]
    out = StringIO()

    with pytest.raises(CommandError, match="3 hooks"):
        call_command("rotate_keys", "--json", stdout=out)

    assert set(json.loads(out.getvalue())["trouble"]) >= {str(hook.pk) for hook in stored(tenant)}
    assert [hook.encrypted_secret for hook in stored(tenant)] == before
