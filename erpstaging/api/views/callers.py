"""Who am I, and where may I work. Shapes: the public description of the Procore API, Companies and Me."""

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from erpstaging.api.paging import paged_response, read_page
from erpstaging.api.views.base import CompanyAPIView, TokenAPIView
from erpstaging.companies.bearers import companies_of


class Companies(TokenAPIView):
    """The companies that the token reaches. A service account has no company of its own, so `my_company` is false."""

    requires = frozenset[str]()

    def get(self, request: Request) -> Response:
        page = read_page(request.query_params)
        companies, total = companies_of(self.bearer, offset=page.offset, limit=page.per_page)
        return paged_response(request, page, [_company(each.pk, each.name) for each in companies], total)


def _company(company_id: int, name: str) -> dict[str, Any]:
    return {
        "id": company_id,
        "name": name,
        "is_active": True,
        "logo_url": None,
        "pcn_business_experience": False,
        "my_company": False,
    }


class Me(TokenAPIView):
    """The caller: a person, or the service account with its client id as login."""

    requires = frozenset[str]()

    def get(self, request: Request) -> Response:
        caller = self.bearer.person or self.bearer.account
        return Response({"id": caller.pk, "login": self.login, "name": caller.name})


class MeInCompany(CompanyAPIView):
    """The same, for a company that has to be one of the caller's."""

    requires = frozenset({"member"})

    def get(self, request: Request) -> Response:
        return Response({"id": self.actor.id, "login": self.login, "name": self.actor.name})
