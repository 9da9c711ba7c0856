"""Who presents an access token, and which company he may work in with it."""

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from oauth2_provider.models import AccessToken, RefreshToken

from erpstaging.companies.actors import membership_of
from erpstaging.companies.models import Company, Membership, ServiceAccount, User
from erpstaging.core import sets

_TOKEN = ("id", "scope", "user_id")
_ACCOUNT = ("id", "client_id", "name", "is_active", "owner_id")
_ACCOUNT_JSON = ("allowed_scopes", "directions", "item_types", "allowed_networks")
_COMPANY = ("id", "name", "time_zone", "currency", "is_active", "erp_tool_enabled", "is_demo")


def _columns(table: str, names: tuple[str, ...]) -> str:
    return ", ".join(f"{table}.{name}" for name in names)


# One narrow statement instead of the ORM's three, because every call of the API begins here. A person behind the token,
# which is the rare case, costs two more.
_BEARER = f"""
    SELECT {_columns("token", _TOKEN)}, floor(extract(epoch FROM token.created))::bigint,
           extract(epoch FROM token.expires - clock_timestamp())::int,
           {_columns("account", _ACCOUNT)}, {_columns("account", _ACCOUNT_JSON)}, {_columns("company", _COMPANY)}
    FROM oauth2_provider_accesstoken token
    JOIN companies_serviceaccount account ON account.id = token.application_id
    LEFT JOIN (
        companies_serviceaccount_companies named
        JOIN companies_company company ON company.id = named.company_id AND company.is_active
    ) ON named.serviceaccount_id = account.id AND named.company_id = %s
    WHERE token.token_checksum = %s
"""  # noqa: S608 - column names of our own tables


@dataclass(frozen=True, slots=True)
class Bearer:
    """The holder of a valid token: a machine, or a person through an app.

    `company` is the asked one when the account names it and it is active; `membership` is the person's in it.
    `created_at` is in Unix seconds.
    """

    token_id: int
    account: ServiceAccount
    scopes: frozenset[str]
    created_at: int
    expires_in_s: int
    person: User | None
    membership: Membership | None
    company: Company | None


def checksum(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def find_bearer(token: str, company_id: int | None) -> Bearer | None:
    """The holder of a token that has neither expired nor been revoked and whose account and person are usable."""
    found = sets.fetch(_BEARER, [company_id, checksum(token)])
    if not found:
        return None
    (row,) = found
    token_id, scope, user_id, created_at, expires_in_s = row[:5]
    values = iter(row[5:])
    account = _instance(ServiceAccount, _ACCOUNT, values, _ACCOUNT_JSON)
    company = _instance(Company, _COMPANY, values)
    person = None if user_id is None else User.objects.filter(pk=user_id, is_active=True).first()
    if expires_in_s <= 0 or not account.is_usable(None) or (user_id is not None and person is None):
        return None
    membership = None if person is None or company is None else membership_of(person, company)
    scopes = frozenset(scope.split()) & frozenset(account.allowed_scopes)
    return Bearer(token_id, account, scopes, created_at, expires_in_s, person, membership, company)


def _instance(model: Any, names: tuple[str, ...], values: Any, json_names: tuple[str, ...] = ()) -> Any:
    """Take this model's columns off the row; None where the outer join found nothing."""
    given = [next(values) for _ in names]
    given += [None if text is None else json.loads(text) for text in (next(values) for _ in json_names)]
    if given[0] is None:
        return None
    by_name = dict(zip([*names, *json_names], given, strict=True))
    ordered = [field.attname for field in model._meta.concrete_fields if field.attname in by_name]
    return model.from_db("default", ordered, [by_name[name] for name in ordered])


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """An access token, or the refresh token beside one, and whose it is."""

    id: int
    account: ServiceAccount
    person: User | None
    scope: str
    created_at: int


def issued_token(token: str) -> IssuedToken | None:
    """What the audit names when a token is issued or revoked; tokens themselves are never written anywhere."""
    for model in (AccessToken, RefreshToken):
        found = model.objects.filter(token_checksum=checksum(token)).select_related("application", "user").first()
        if found is not None:
            scope, created_at = getattr(found, "scope", ""), int(found.created.timestamp())
            return IssuedToken(found.pk, found.application, found.user, scope, created_at)
    return None


def named_company(account_id: int, company_id: int) -> Company | None:
    """A company that the account names, when it is active."""
    return Company.objects.filter(pk=company_id, is_active=True, service_accounts=account_id).first()


def active_company(company_id: int) -> Company | None:
    found = sets.select(Company, "id = %s AND is_active", [company_id])
    return found[0] if found else None


def companies_of(bearer: Bearer, *, offset: int, limit: int) -> tuple[list[Company], int]:
    """One page of the active companies that a token reaches, and how many there are."""
    reached = Company.objects.filter(service_accounts=bearer.account, is_active=True)
    if bearer.person is not None:
        reached = reached.filter(memberships__user=bearer.person, memberships__is_active=True)
    return list(reached.order_by("id")[offset : offset + limit]), reached.count()
