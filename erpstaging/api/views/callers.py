"""Who am I, and where may I work. Shapes: the public description of the Procore API, Companies and Me."""

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from erpstaging.api.openapi import FLAG, ID, TEXT, Operation, array_of, component, nullable, object_of
from erpstaging.api.paging import paged_response, read_page
from erpstaging.api.views.base import CompanyAPIView, PersonAPIView, TokenAPIView
from erpstaging.companies.bearers import companies_of

COMPANY = component(
    "Company",
    object_of(
        {
            "id": ID,
            "name": TEXT,
            "is_active": FLAG,
            "logo_url": nullable(TEXT),
            "pcn_business_experience": FLAG,
            "my_company": FLAG,
        }
    ),
)
CALLER = component("Caller", object_of({"id": ID, "login": TEXT, "name": TEXT}))
PERSON = component("Person", object_of({"id": ID, "login": TEXT, "name": TEXT, "rights": array_of(TEXT)}))


class Companies(TokenAPIView):
    """The companies that the token reaches. A service account has no company of its own: `my_company` is false."""

    requires = frozenset[str]()
    operations = {"GET": Operation("List the caller's companies", array_of(COMPANY), paged=True)}

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
    operations = {"GET": Operation("Show the caller", CALLER)}

    def get(self, request: Request) -> Response:
        caller = self.bearer.person or self.bearer.account
        return Response({"id": caller.pk, "login": self.login, "name": caller.name})


class MeInCompany(CompanyAPIView):
    """The caller, in a company that has to be one of his."""

    requires = frozenset({"member"})
    operations = {"GET": Operation("Show the caller in a company", CALLER)}

    def get(self, request: Request) -> Response:
        return Response({"id": self.actor.id, "login": self.login, "name": self.actor.name})


class PersonInCompany(PersonAPIView):
    """The signed-in person and what he may do in the company."""

    requires = frozenset({"member"})
    operations = {"GET": Operation("Show the person and his rights", PERSON)}

    def get(self, request: Request) -> Response:
        return Response(
            {
                "id": self.user.pk,
                "login": self.user.username,
                "name": self.user.name,
                "rights": sorted(self.actor.rights),
            }
        )
