"""The OpenAPI description and its browsable form, from own static files and without inline code."""

from functools import cache
from typing import Any

from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.views import SpectacularSwaggerSplitView
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

METHODS = ["get", "head"]


@cache
def description() -> dict[str, Any]:
    """The whole description. It depends on the code alone, so each process makes it once."""
    generator: Any = SchemaGenerator
    return dict(generator().get_schema(request=None, public=True))


class Description(APIView):
    """OpenAPI 3.1 in JSON."""

    http_method_names = METHODS
    permission_classes = [AllowAny]
    schema = None

    def get(self, request: Request) -> Response:
        return Response(description())


class Browse(SpectacularSwaggerSplitView):
    """Swagger UI."""

    http_method_names = METHODS
    permission_classes = [AllowAny]
    schema: Any = None
    url_name = "api-schema"
    template_name = "api/docs.html"
