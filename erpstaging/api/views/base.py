"""What every view of the API shares: caller, company, rights, body, transaction, and how refusals are answered."""

import logging
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from rest_framework.exceptions import MethodNotAllowed
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from erpstaging.api import company_choice
from erpstaging.api.authentication import bearer_of, require_csrf_token
from erpstaging.api.errors import RateLimited, Unauthorized, UnsupportedMediaType
from erpstaging.api.filters import Filter, described_sort, lookups, read_filters, read_sort
from erpstaging.api.idempotency import KEYED, KeyedCall, key_in, once
from erpstaging.api.openapi import COMPANY_HEADER, IDEMPOTENCY_KEY, PAGING, Operation, Schema, WireSchema
from erpstaging.api.paging import Page, paged_response, read_page
from erpstaging.api.parsers import checked_query, declared_length
from erpstaging.api.permissions import DeclaredRights
from erpstaging.api.ratelimits import Window, count_call
from erpstaging.audit.denials import audit_denied, is_denial
from erpstaging.companies import actors
from erpstaging.companies.accounts import require_network
from erpstaging.companies.actors import Actor
from erpstaging.companies.bearers import Bearer, active_company, named_company
from erpstaging.companies.models import Company, Membership, User
from erpstaging.core.addresses import caller_address
from erpstaging.core.errors import BadRequest, NotPermitted, Refused
from erpstaging.core.scope import in_company

logger = logging.getLogger(__name__)
READING = frozenset({"GET", "HEAD"})
NO_STORE = "no-store, must-revalidate, private, max-age=0"
Body = dict[str, Any] | list[Any]


class WireView(APIView):
    """Answers in JSON, counts calls, and turns every exception into an error of the one shape.

    Handlers find `self.body` and get the ids of the path as keyword arguments, never `company_id`.
    """

    format_kwarg = None
    http_method_names = ["get", "head", "post", "put", "patch", "delete"]
    # The callers are found by `identify`, together with the company.
    authentication_classes: list[Any] = []
    permission_classes = [DeclaredRights]
    # The rights that every method needs; a view without the declaration is closed.
    requires: ClassVar[frozenset[str] | None] = None
    # Further rights per method, such as {"DELETE": frozenset({"erp_admin"})}.
    requires_for: ClassVar[Mapping[str, frozenset[str]]] = {}
    # Methods that have nothing to do without a body.
    needs_body: ClassVar[frozenset[str]] = frozenset({"POST", "PUT", "PATCH"})
    # Whether a bare JSON array is accepted in place of an object.
    takes_list: ClassVar[bool] = False
    # Whether errors carry the further key `error`, as those of the webhook calls do.
    names_error: ClassVar[bool] = False
    # What the last id of the path names, for the audit entry of a refusal.
    object_type: ClassVar[str] = ""
    # What each method takes and answers, for the OpenAPI description.
    operations: ClassVar[Mapping[str, Operation]] = {}
    schema = WireSchema()

    actor: Actor
    company: Company
    body: Body
    scopes: frozenset[str]
    address: str | None
    rate: Window | None = None
    version_from_header = False

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """As the framework's, with the handler run by `perform`."""
        self.args, self.kwargs, self.headers = args, kwargs, {}
        self.request = wrapped = self.initialize_request(request, *args, **kwargs)
        try:
            handler = self.handler_for(wrapped)
            self.initial(wrapped, *args, **kwargs)
            ids = {name: value for name, value in kwargs.items() if name != "company_id"}
            answer: HttpResponseBase = self.perform(lambda: handler(wrapped, **ids))
        except Exception as exc:
            answer = self.handle_exception(exc)
            self.leave_trace(exc)
        self.response = self.finalize_response(wrapped, answer, *args, **kwargs)
        return self.response

    def handler_for(self, request: Request) -> Callable[..., Response]:
        """The view's method; headers that want to override the method are not looked at."""
        name = (request.method or "").lower()
        handler = getattr(self, name, None) if name in self.http_method_names else None
        if handler is None:
            raise MethodNotAllowed(request.method or "")
        return handler  # type: ignore[no-any-return]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        request.accepted_renderer, request.accepted_media_type = self.perform_content_negotiation(request)
        checked_query(request.query_params, request.META.get("QUERY_STRING", ""))
        self.address = caller_address(request.META)
        self.check_permissions(request)
        self.identify(request, kwargs.get("company_id"))
        self.check_rights(request.method or "")

    def identify(self, request: Request, path_id: int | None) -> None:
        """Set what the handler finds on `self`, or refuse."""
        raise NotImplementedError

    def check_rights(self, method: str) -> None:
        """Raises NotPermitted when the caller may not call the method here."""
        scope = "read" if method in READING else "write"
        if scope not in self.scopes:
            raise NotPermitted(f"The access token lacks the scope {scope}.", code="missing_scope")

    def perform(self, handler: Callable[[], Response]) -> Response:
        return handler()

    def leave_trace(self, exc: Exception) -> None:
        """What was refused for a missing privilege or a wrong state stands in the audit, in its own transaction."""
        if not (isinstance(exc, Refused) and is_denial(exc) and hasattr(self, "actor")):
            return
        ids = [value for name, value in self.kwargs.items() if name != "company_id" and isinstance(value, int)]
        try:
            audit_denied(
                self.company.pk if hasattr(self, "company") else None,
                self.actor,
                exc,
                attempted=f"{self.request.method} {self.request.path}"[:200],
                object_type=self.object_type or "call",
                object_id=ids[-1] if ids else None,
            )
        except Exception:
            logger.exception("A refusal could not be written to the audit.")

    def seen(self, credential: str) -> dict[str, str]:
        """From where the actor calls, for the audit."""
        return {
            "address": self.address or "",
            "user_agent": self.request.headers.get("User-Agent", ""),
            "credential": credential,
        }

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        answer = super().finalize_response(request, response, *args, **kwargs)
        answer.headers.setdefault("Cache-Control", NO_STORE)
        if self.rate is not None:
            for name, value in self.rate.headers.items():
                answer[name] = value
        return answer

    def count(self, subject: str) -> None:
        """Raises RateLimited when this call is one too many for the subject."""
        self.rate = count_call(subject)
        if self.rate is not None and self.rate.exceeded:
            raise RateLimited("Too many calls. Try again later.", retry_after=self.rate.reset_in_s)

    def read_body(self, request: Request) -> Body:
        """The body as plain Python; `{}` when there is none and none is needed."""
        if request.method in READING:
            return {}
        if declared_length(request.META) == 0:
            if request.method in self.needs_body:
                raise BadRequest("The call needs a JSON body.", code="body_required")
            return {}
        if request.META.get("HTTP_CONTENT_ENCODING", "").strip().lower() not in {"", "identity"}:
            raise UnsupportedMediaType("Bodies are not decompressed: send them without Content-Encoding.")
        body = request.data
        if not isinstance(body, dict) and not (self.takes_list and isinstance(body, list)):
            raise BadRequest("The body has to be a JSON object.", code="body_required")
        return body

    def seen_version(self) -> int | None:
        """The version that the caller decides on: from If-Match, else `version` in the body; None when he names none.

        A stale one from the header is answered 412, one from the body 409.
        """
        header = self.request.headers.get("If-Match", "").strip()
        given: Any = self.body.get("version") if isinstance(self.body, dict) else None
        if header:
            given, self.version_from_header = header.removeprefix("W/").strip('"'), True
        if given is None:
            return None
        text = "" if isinstance(given, bool) else str(given)
        if not (text.isascii() and text.isdigit()) or len(text) > 18:
            raise BadRequest("The version is not a whole number.", errors={"version": ["must be a whole number"]})
        return int(text)

    @classmethod
    def described_parameters(cls, path: str, method: str, *, paged: bool) -> list[Schema]:
        """OpenAPI parameters besides those of the path."""
        return list(PAGING) if paged else []

    @classmethod
    def described_security(cls, method: str) -> list[Schema]:
        """OpenAPI security requirements, one of which a call fulfils."""
        return []


class TokenAPIView(WireView):
    """A call by access token that needs no company: a service account's, or a person's through an app."""

    bearer: Bearer

    @classmethod
    def described_security(cls, method: str) -> list[Schema]:
        return [{"oauth2": ["read" if method in READING else "write"]}]

    def identify(self, request: Request, path_id: int | None) -> None:
        self.read_bearer(request, path_id)
        self.body = self.read_body(request)

    def read_bearer(self, request: Request, path_id: int | None) -> list[int]:
        """Set `bearer` and `scopes`; returns the companies that path, header and query name.

        A wrong token is answered before anything that the call says about a company.
        """
        named, trouble = [], None
        try:
            named = company_choice.named_outside_body(request._request, path_id)
        except Refused as refusal:
            trouble = refusal
        bearer = bearer_of(request._request, named[0] if named else None)
        if bearer is None:
            self.count(f"address:{self.address}")
            raise Unauthorized
        # Only a company that the account has makes a counter of its own, so inventing ids wins nothing.
        self.count(f"account:{bearer.account.pk}:{bearer.company.pk if bearer.company else 0}")
        self.bearer, self.scopes = bearer, bearer.scopes
        # A person's rights come with his company; a refusal before that is remembered under his name.
        self.actor = self.acting(None)
        if bearer.company is not None:
            self.company = bearer.company
        require_network(bearer.account, self.address)
        if trouble is not None:
            raise trouble
        return named

    def acting(self, membership: Membership | None) -> Actor:
        """The account with what its token may do, or the person with the rights of his membership."""
        seen = self.seen(f"token:{self.bearer.token_id}")
        if self.bearer.person is not None:
            return actors.person(self.bearer.person, membership, **seen)
        return actors.service_account(self.bearer.account, self.scopes, **seen)

    @property
    def login(self) -> str:
        return self.bearer.person.username if self.bearer.person else str(self.bearer.account.client_id)


class CompanyView(WireView):
    """A view whose work happens inside one company.

    Handlers also find `self.actor` and `self.company`, and run as the outermost transaction in the company's scope.
    They may run again when PostgreSQL had to break a tie, so they change nothing but the database.
    """

    # For service accounts that change something: "stage", "direct" or "export".
    direction: ClassVar[str | None] = None
    filters: ClassVar[Mapping[str, Filter]] = {}
    sorts: ClassVar[Mapping[str, str]] = {}

    def check_rights(self, method: str) -> None:
        super().check_rights(method)
        for right in sorted((self.requires or frozenset()) | self.requires_for.get(method, frozenset())):
            self.actor.require(right, f"This needs the privilege {right}.")
        if self.direction and self.actor.kind == "service_account" and method not in READING:
            self.actor.require(self.direction, f"This account may not work in the direction {self.direction}.")

    def perform(self, handler: Callable[[], Response]) -> Response:
        return in_company(self.company.pk, self.once_per_key(handler))

    def once_per_key(self, handler: Callable[[], Response]) -> Callable[[], Response]:
        """The handler, which a call with an idempotency key that came before does not reach."""
        method = self.request.method or ""
        key = key_in(self.request.headers) if method in KEYED else None
        if key is None:
            return handler
        caller = f"{self.actor.kind}:{self.actor.id}"
        body = getattr(self.request, "received_body", b"")
        call = KeyedCall(self.company.pk, caller, key, method, self.request.get_full_path(), body)
        return lambda: once(call, handler)

    @classmethod
    def described_parameters(cls, path: str, method: str, *, paged: bool) -> list[Schema]:
        described = super().described_parameters(path, method, paged=paged)
        if "{company_id}" not in path:
            described.append(COMPANY_HEADER)
        if method in READING:
            described += [each.described(name) for name, each in cls.filters.items()]
            described += described_sort(cls.sorts)
        if method in KEYED:
            described.append(IDEMPOTENCY_KEY)
        return described

    # What lists use

    @property
    def filter_values(self) -> dict[str, Any]:
        """The declared filters that the caller set, read to their types."""
        return read_filters(self.request.query_params, self.filters, zone=self.company.zone)

    @property
    def lookups(self) -> dict[str, Any]:
        """The same as keyword arguments for a query set."""
        return lookups(self.filter_values, self.filters)

    @property
    def sort_columns(self) -> list[str]:
        return read_sort(self.request.query_params, self.sorts)

    @property
    def page(self) -> Page:
        return read_page(self.request.query_params)

    def paged(self, rows: Any, total: int) -> Response:
        """One page of a Procore list, with `Total`, `Per-Page` and `Link`."""
        return paged_response(self.request, self.page, rows, total)


class CompanyAPIView(CompanyView, TokenAPIView):
    """The Procore wire, `/rest/...`: by access token, in one company."""

    def identify(self, request: Request, path_id: int | None) -> None:
        outside = self.read_bearer(request, path_id)
        self.body = self.read_body(request)
        company_id = company_choice.agreed([*outside, *company_choice.named_in_body(self.body)])
        header_missing = company_choice.HEADER not in request.headers
        if company_id is None or (settings.REQUIRE_COMPANY_HEADER and header_missing):
            raise company_choice.company_required()
        self.enter(company_id)

    def enter(self, company_id: int) -> None:
        """Raises NotPermitted unless the account, and the person behind the token if there is one, belong there."""
        account, person, membership = self.bearer.account, self.bearer.person, self.bearer.membership
        company = self.bearer.company or named_company(account.pk, company_id)
        if person is not None and membership is None:
            membership = actors.membership_of(person, company_id)
        if company is None or (person is not None and membership is None):
            raise NotPermitted("App is not connected to this company", code="foreign_company")
        self.company = company
        if person is not None:
            self.actor = self.acting(membership)


class PersonAPIView(CompanyAPIView):
    """The REST for people, `/api/v1/companies/{company_id}/...`: a session with X-CSRFToken, or a person's token."""

    # Who is shown anything here: people with one of these rights. Empty where the rights of the act are enough.
    open_to: ClassVar[frozenset[str]] = frozenset()

    @classmethod
    def described_security(cls, method: str) -> list[Schema]:
        session: Schema = {"session": []} if method in READING else {"session": [], "csrf": []}
        return [session, *super().described_security(method)]

    user: User

    def check_rights(self, method: str) -> None:
        super().check_rights(method)
        if self.open_to and not self.open_to & self.actor.rights:
            raise NotPermitted("You have no role in this company that shows you this. Ask an administrator.")

    def identify(self, request: Request, path_id: int | None) -> None:
        if "Authorization" in request.headers:
            super().identify(request, path_id)
            if self.bearer.person is None:
                raise NotPermitted("This call is for people, not for service accounts.", code="forbidden")
            self.user = self.bearer.person
            return
        user = request._request.user
        if not isinstance(user, User) or not user.is_active:
            self.count(f"address:{self.address}")
            raise Unauthorized("Sign in, or send a person's access token.")
        self.scopes = frozenset({"read", "write"})
        if request.method not in READING:
            require_csrf_token(request._request)
        outside = company_choice.named_outside_body(request._request, path_id)
        self.body = self.read_body(request)
        company_id = company_choice.agreed([*outside, *company_choice.named_in_body(self.body)])
        if company_id is None:
            raise company_choice.company_required()
        self.admit(user, company_id)

    def admit(self, user: User, company_id: int) -> None:
        company: Company | None = active_company(company_id)
        membership: Membership | None = actors.membership_of(user, company_id)
        self.count(f"person:{user.pk}:{company_id if membership else 0}")
        if company is None or membership is None:
            raise NotPermitted("You have no access to this company.", code="foreign_company")
        self.company, self.user = company, user
        self.actor = actors.person(user, membership, **self.seen("session"))
