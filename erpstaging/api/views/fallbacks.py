"""What answers where nothing else does: unknown addresses, and the list of error codes."""

from typing import Any

from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from erpstaging.api.error_codes import CODES
from erpstaging.core.errors import NotFound


class UnknownAddress(APIView):
    """Every method of every address that nobody serves: 404 in JSON."""

    permission_classes = [AllowAny]
    schema = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        raise NotFound


class ErrorCodes(APIView):
    """All codes that error answers carry, or one of them."""

    permission_classes = [AllowAny]
    schema = None

    def get(self, request: Request, code: str = "") -> Response:
        known = {name: {"title": each.title, "meaning": each.meaning} for name, each in CODES.items()}
        if not code:
            return Response(known)
        if code not in known:
            raise NotFound
        return Response({"code": code, **known[code]})
