"""Deleting what the ERP knows: asking it to agree, and the super user's acts."""

from collections.abc import Sequence
from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from erpstaging.api.openapi import ID, TEXT, Operation, array_of, object_of
from erpstaging.api.views.base import PersonAPIView
from erpstaging.staging.deletions import Told, request_deletions
from erpstaging.staging.support import support_delete, support_unlink

NAMED = object_of({"item_type": TEXT, "ids": array_of(ID)})
REQUESTS = array_of(object_of({"erp_request_id": ID, "request_name": TEXT, "item_ids": array_of(ID)}))


class ActOnMany(PersonAPIView):
    """`{"item_type", "ids"}`."""

    requires = frozenset({"member"})
    needs_body = frozenset({"POST"})
    http_method_names = ["post"]

    @property
    def named(self) -> tuple[Any, Any]:
        given = self.body if isinstance(self.body, dict) else {}
        return given.get("item_type"), given.get("ids")


class DeletionRequests(ActOnMany):
    """Asks the integrator to agree to the deletion of linked cost codes or cost type assignments."""

    open_to = frozenset({"erp"})
    operations = {
        "POST": Operation("Ask for deletions", object_of({"requests": REQUESTS}), status=202, body=NAMED),
    }

    def post(self, request: Request) -> Response:
        told = request_deletions(self.company, *self.named, actor=self.actor)
        return Response({"requests": told_json(told)}, status=202)


class SupportDelete(ActOnMany):
    """A super user deletes codes at once; the integrator is told."""

    open_to = frozenset({"super_user"})
    operations = {
        "POST": Operation("Delete codes", object_of({"deleted": array_of(ID), "requests": REQUESTS}), body=NAMED),
    }

    def post(self, request: Request) -> Response:
        told = support_delete(self.company, *self.named, actor=self.actor)
        return Response({"deleted": [item_id for one in told for item_id in one.item_ids], "requests": told_json(told)})


class SupportUnlink(ActOnMany):
    """A super user takes the origin IDs of codes away at once; the integrator is told."""

    open_to = frozenset({"super_user"})
    operations = {
        "POST": Operation("Unlink codes", object_of({"unlinked": array_of(ID), "requests": REQUESTS}), body=NAMED),
    }

    def post(self, request: Request) -> Response:
        told = support_unlink(self.company, *self.named, actor=self.actor)
        return Response(
            {"unlinked": [item_id for one in told for item_id in one.item_ids], "requests": told_json(told)}
        )


def told_json(told: Sequence[Told]) -> list[dict[str, Any]]:
    return [
        {
            "erp_request_id": one.erp_request_id,
            "request_name": one.request_name,
            "item_ids": one.item_ids,
        }
        for one in told
    ]
