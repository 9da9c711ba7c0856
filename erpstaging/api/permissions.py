"""Who may call a view. A view that declares nothing is closed."""

from typing import TYPE_CHECKING

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

if TYPE_CHECKING:  # the framework's views load this module while they load themselves
    from rest_framework.views import APIView


class Nobody(BasePermission):
    """The default: a view without a declared permission answers nobody."""

    def has_permission(self, request: Request, view: "APIView") -> bool:
        return False


class DeclaredRights(BasePermission):
    """The view says with `requires` which rights it needs; the base view checks them as soon as the company is known.

    Without the declaration the view stays closed.
    """

    def has_permission(self, request: Request, view: "APIView") -> bool:
        return getattr(view, "requires", None) is not None
