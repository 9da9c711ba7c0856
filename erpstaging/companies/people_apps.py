"""Apps that act for people: registered with their addresses, they get tokens by authorization code with PKCE."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError

from erpstaging.companies.accounts import issue_secret, require_account_admin, valid_name
from erpstaging.companies.actors import Actor
from erpstaging.companies.models import Company, ServiceAccount
from erpstaging.companies.witness import tell
from erpstaging.core.errors import Invalid

SCOPES = ["read", "write"]


@dataclass(frozen=True, slots=True)
class RegisteredApp:
    """`client_secret` only for an app that can keep one, and only now."""

    app: ServiceAccount
    client_secret: str | None


def register_app(
    name: str, *, company: Company, actor: Actor, redirect_uris: Sequence[str], confidential: bool = False
) -> RegisteredApp:
    """Let an app act for people of the company, who have to agree each. It never gets more than they may.

    `confidential`: it runs on a server and keeps a secret. Raises Invalid for addresses that are not https.
    """
    require_account_admin(actor)
    app = ServiceAccount(
        name=valid_name(name),
        client_type=ServiceAccount.CLIENT_CONFIDENTIAL if confidential else ServiceAccount.CLIENT_PUBLIC,
        authorization_grant_type=ServiceAccount.GRANT_AUTHORIZATION_CODE,
        client_secret="",
        redirect_uris=" ".join(redirect_uris),
        allowed_scopes=SCOPES,
        directions=[],
        owner_id=actor.user_id,
    )
    try:
        app.clean()
    except ValidationError as exc:
        raise Invalid("An address cannot be used.", errors=exc.message_dict) from None
    app.save()
    app.companies.add(company)
    after = {"name": app.name, "client_id": app.client_id, "redirect_uris": list(redirect_uris)}
    tell(company.pk, actor, "app_registered", "service_account", app.pk, after=after)
    secret = issue_secret(app.pk, company=company, actor=actor).client_secret if confidential else None
    return RegisteredApp(app, secret)


def app_called(client_id: str) -> ServiceAccount:
    found: ServiceAccount = ServiceAccount.objects.get(client_id=client_id)
    return found


def origin_of(redirect_uri: str) -> str:
    """Scheme, host and port of where an app takes over again."""
    parts = urlsplit(redirect_uri)
    return f"{parts.scheme}://{parts.netloc}"
