"""Service accounts and their secrets: issued once, kept as hashes, rotated with an overlap, ended at once.

The acts run inside the scope of the company that the actor works in, and each leaves an audit entry there.
"""

import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address, ip_network
from typing import cast

from django.contrib.auth.hashers import get_hasher
from django.db.models import Q, QuerySet
from django.db.models.functions import Now
from django.utils import timezone
from oauth2_provider.models import AccessToken, RefreshToken

from erpstaging.companies.actors import Actor
from erpstaging.companies.models import (
    Company,
    Direction,
    Membership,
    ServiceAccount,
    ServiceAccountSecret,
    User,
    full_scopes,
)
from erpstaging.companies.witness import tell
from erpstaging.core.errors import Invalid, NotFound, NotPermitted, WrongState
from erpstaging.core.locks import lock

MAX_ACTIVE_SECRETS = 2
SECRET_BYTES = 96  # 128 characters in base64
DEFAULT_OVERLAP = timedelta(days=1)
# Noting every use would make each token call a write of the same row.
NOTE_USE_EVERY = timedelta(minutes=1)
IDLE_AFTER, WARN_BEFORE = timedelta(days=90), timedelta(days=14)


@dataclass(frozen=True, slots=True)
class IssuedSecret:
    """A secret at the only moment it can be seen."""

    account: ServiceAccount
    secret_id: int
    client_secret: str
    expires_at: datetime | None


def create_account(
    name: str,
    *,
    company: Company,
    actor: Actor,
    owner: User | None = None,
    scopes: Collection[str] | None = None,
    directions: Collection[str] | None = None,
    item_types: Collection[str] | None = None,
    networks: Sequence[str] = (),
    lifetime: timedelta | None = None,
) -> IssuedSecret:
    """Make a service account of the company with its first secret.

    `scopes` and `directions` default to all, `item_types` of None means all; `owner` is who answers for it, the acting
    person unless somebody else is named. Raises Invalid for words that do not exist, NotPermitted without ERP Admin.
    """
    require_account_admin(actor)
    account = ServiceAccount.machine(
        name=valid_name(name),
        owner=_owner(owner, company, actor),
        allowed_scopes=_words("scopes", scopes, full_scopes()),
        directions=_words("directions", directions, list(Direction.values)),
        item_types=None if item_types is None else sorted(set(item_types)),
        allowed_networks=_networks(networks),
    )
    account.save()
    account.companies.add(company)
    after = {
        "name": account.name,
        "client_id": account.client_id,
        "scopes": account.allowed_scopes,
        "directions": account.directions,
        "item_types": account.item_types,
        "networks": account.allowed_networks,
        "owner_id": account.owner_id,
    }
    tell(company.pk, actor, "account_created", "service_account", account.pk, after=after)
    return _issue(account, company, actor, lifetime)


def issue_secret(account_id: int, *, company: Company, actor: Actor, lifetime: timedelta | None = None) -> IssuedSecret:
    """Give an account a further secret. Raises WrongState when it has two that are valid."""
    require_account_admin(actor)
    account = lock_account(account_id, company)
    if _valid_secrets(account).count() >= MAX_ACTIVE_SECRETS:
        raise WrongState(f"The account has {MAX_ACTIVE_SECRETS} valid secrets: retire one first, or rotate.")
    return _issue(account, company, actor, lifetime)


def rotate_secret(
    account_id: int,
    *,
    company: Company,
    actor: Actor,
    overlap: timedelta = DEFAULT_OVERLAP,
    lifetime: timedelta | None = None,
) -> IssuedSecret:
    """Issue a new secret; the newest valid one stays usable for `overlap`, an older one ends now."""
    require_account_admin(actor)
    account = lock_account(account_id, company)
    for position, secret in enumerate(_valid_secrets(account).order_by("-id")):
        _end(secret, overlap if position == 0 else timedelta(0), company, actor)
    return _issue(account, company, actor, lifetime)


def retire_secret(secret_id: int, *, company: Company, actor: Actor) -> None:
    """End one secret now. Tokens that were got with it live on until they expire; disabling the account ends them."""
    require_account_admin(actor)
    found = ServiceAccountSecret.objects.filter(pk=secret_id, account__companies=company).first()
    if found is None:
        raise NotFound
    lock_account(found.account_id, company)
    _end(found, timedelta(0), company, actor)


def disable_account(account_id: int, *, company: Company, actor: Actor) -> ServiceAccount:
    """End the account: its secrets get no token any more, and its tokens open nothing from now on."""
    require_account_admin(actor)
    account = lock_account(account_id, company)
    if not account.is_active:
        raise WrongState("The account is disabled already.")
    account.is_active = False
    account.save(update_fields=["is_active"])
    RefreshToken.objects.filter(application=account).delete()
    AccessToken.objects.filter(application=account).delete()
    change = {"before": {"is_active": True}, "after": {"is_active": False}}
    tell(company.pk, actor, "account_disabled", "service_account", account.pk, **change)
    return account


def lock_account(account_id: int, company: Company) -> ServiceAccount:
    """The account, locked. Raises NotFound unless it is one of the company's."""
    if not ServiceAccount.companies.through.objects.filter(serviceaccount=account_id, company=company).exists():
        raise NotFound
    (account,) = lock(ServiceAccount.objects.filter(pk=account_id))
    return cast("ServiceAccount", account)


def account_called(client_id: str) -> ServiceAccount | None:
    if not client_id.isprintable() or len(client_id) > 255:
        return None
    found: ServiceAccount | None = ServiceAccount.objects.filter(client_id=client_id).first()
    return found


def account_with_secret(client_id: str, client_secret: str, address: str | None) -> ServiceAccount | None:
    """The usable account that this secret opens. An unknown account costs the same time as a wrong secret."""
    hasher = get_hasher("client_secret")
    found: list[ServiceAccountSecret] = []
    if client_id.isprintable() and len(client_id) <= 255:
        found = list(_valid().filter(account__client_id=client_id).select_related("account").order_by("-id")[:2])
    hashes = [secret.hash for secret in found] + [_NOBODYS] * (MAX_ACTIVE_SECRETS - len(found))
    matches = [hasher.verify(client_secret, stored) for stored in hashes]
    opened = next((secret for secret, right in zip(found, matches, strict=False) if right), None)
    if opened is None or not opened.account.is_usable(None):
        return None
    _note_use(opened, address)
    return opened.account


# Compared where there is no secret, so that the comparison takes its time all the same.
_NOBODYS = get_hasher("client_secret").encode(secrets.token_urlsafe(SECRET_BYTES), "nobody")


def _note_use(secret: ServiceAccountSecret, address: str | None) -> None:
    stale = Q(last_used_at__isnull=True) | Q(last_used_at__lt=Now() - NOTE_USE_EVERY)
    ServiceAccountSecret.objects.filter(stale, pk=secret.pk).update(last_used_at=Now(), last_used_from=address)


def require_network(account: ServiceAccount, address: str | None) -> None:
    """Raises NotPermitted when the account names networks and the caller's address is in none of them."""
    if not account.allowed_networks:
        return
    if address is None or not any(ip_address(address) in ip_network(each) for each in account.allowed_networks):
        raise NotPermitted("This account may not be used from your address.", code="address_not_allowed")


def is_idle(secret: ServiceAccountSecret, now: datetime) -> bool:
    """Not used for 90 days: worth a flag in lists."""
    return (secret.last_used_at or secret.created_at) < now - IDLE_AFTER


def expires_soon(secret: ServiceAccountSecret, now: datetime) -> bool:
    """Ends within 14 days: worth a warning."""
    return secret.expires_at is not None and now < secret.expires_at < now + WARN_BEFORE


def _valid() -> QuerySet[ServiceAccountSecret]:
    return ServiceAccountSecret.objects.filter(Q(expires_at__isnull=True) | Q(expires_at__gt=Now()))


def _valid_secrets(account: ServiceAccount) -> QuerySet[ServiceAccountSecret]:
    return _valid().filter(account=account)


def _issue(account: ServiceAccount, company: Company, actor: Actor, lifetime: timedelta | None) -> IssuedSecret:
    if not account.is_active:
        raise WrongState("The account is disabled.")
    drawn = secrets.token_urlsafe(SECRET_BYTES)
    hasher = get_hasher("client_secret")
    kept = ServiceAccountSecret.objects.create(
        account=account,
        hash=hasher.encode(drawn, hasher.salt()),
        hint=drawn[-4:],
        expires_at=None if lifetime is None else timezone.now() + lifetime,
    )
    after = {"secret_id": kept.pk, "hint": kept.hint, "expires_at": kept.expires_at}
    tell(company.pk, actor, "secret_issued", "service_account", account.pk, after=after)
    return IssuedSecret(account, kept.pk, drawn, kept.expires_at)


def _end(secret: ServiceAccountSecret, after: timedelta, company: Company, actor: Actor) -> None:
    """Let a secret end after some time, never later than it would have ended anyway."""
    moment = Now() + after
    sooner = Q(expires_at__isnull=True) | Q(expires_at__gt=moment)
    if ServiceAccountSecret.objects.filter(sooner, pk=secret.pk).update(expires_at=moment):
        ends_at = ServiceAccountSecret.objects.values_list("expires_at", flat=True).get(pk=secret.pk)
        tell(
            company.pk, actor, "secret_ended", "service_account", secret.account_id,
            before={"secret_id": secret.pk, "expires_at": secret.expires_at},
            after={"secret_id": secret.pk, "expires_at": ends_at},
        )  # fmt: skip


def require_account_admin(actor: Actor) -> None:
    """Accounts are managed by people with ERP Admin, and by the operator's commands."""
    if actor.kind == "system":
        return
    if actor.kind != "person":
        raise NotPermitted("Service accounts are managed by people.")
    actor.require("erp_admin", "Managing service accounts needs ERP Admin.")


def valid_name(given: str) -> str:
    name = given.strip()
    if not name or len(name) > 200 or not name.isprintable():
        raise Invalid.field("name", "must be 1 to 200 printable characters")
    return name


def _owner(owner: User | None, company: Company, actor: Actor) -> User | None:
    if owner is None:
        return User.objects.filter(pk=actor.user_id).first() if actor.user_id else None
    if not Membership.objects.filter(user=owner, company=company, is_active=True).exists():
        raise Invalid.field("owner", "must be a person of the company")
    return owner


def _words(field: str, given: Collection[str] | None, known: list[str]) -> list[str]:
    if given is None:
        return known
    unknown = sorted(set(given) - set(known))
    if unknown or not given:
        raise Invalid.field(field, f"must be some of {', '.join(known)}")
    return [word for word in known if word in given]


def _networks(given: Sequence[str]) -> list[str]:
    try:
        return [str(ip_network(network, strict=False)) for network in given]
    except ValueError as exc:
        raise Invalid.field("networks", str(exc)) from None
