"""Acts that need a second person: asking for them, and the other one's answer."""

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from erpstaging.api.openapi import FLAG, ID, TEXT, TIME, Operation, array_of, component, nullable, object_of
from erpstaging.api.views.base import PersonAPIView
from erpstaging.api.views.people.answers import acts_json
from erpstaging.api.views.people.decisions import ExportAct
from erpstaging.api.views.people.records import RecordAct
from erpstaging.companies.actors import Actor
from erpstaging.records.reuse import CONFIRM
from erpstaging.records.snapshots import timestamp
from erpstaging.staging.acts import confirmation_acts
from erpstaging.staging.confirmations import Asked, Confirmation, ConfirmationState
from erpstaging.staging.confirming import confirm, confirmation_of, decline, waiting_confirmations
from erpstaging.staging.marking import mark_synced
from erpstaging.staging.resetting import reset_record

ACT = object_of({"act": TEXT, "enabled": FLAG, "code": nullable(TEXT), "reason": nullable(TEXT)})
CONFIRMATION = component(
    "Confirmation",
    object_of(
        {
            "id": ID,
            "act": {"type": "string", "enum": list(Asked.values)},
            "status": {"type": "string", "enum": list(ConfirmationState.values)},
            "record_id": ID,
            "export_id": nullable(ID),
            "item_type": TEXT,
            "number": TEXT,
            "title": TEXT,
            "origin_id": nullable(TEXT),
            "reason": TEXT,
            "asked_by": TEXT,
            "asked_at": TIME,
            "expires_at": TIME,
            "answered_by": nullable(TEXT),
            "answered_at": nullable(TIME),
            "erp_request_id": nullable(ID),
            "acts": array_of(ACT),
        }
    ),
)
ASKED = object_of({"confirmation_id": ID, "status": TEXT, "expires_at": TIME})


class Reset(RecordAct):
    """`{"reason"}`: asks for a reset, which another super user confirms within 24 hours."""

    operations = {
        "POST": Operation(
            "Ask for a reset", ASKED, status=202, body=object_of({"reason": TEXT, "version": ID}, required=["reason"])
        )
    }

    def post(self, request: Request, record_id: int) -> Response:
        confirmation = reset_record(
            self.company, record_id, actor=self.actor, reason=self.given.get("reason"), version=self.seen_version()
        )
        return asked(confirmation)


class MarkSynced(ExportAct):
    """`{"origin_id", "reason"}`: a failed export counts as synced, once another person has confirmed it.

    202 with the confirmation; 200 with the export where the company asks for no second person.
    """

    operations = {
        "POST": Operation(
            "Mark a failed export as synced",
            {},
            status="2XX",
            body=object_of(
                {"origin_id": TEXT, "reason": TEXT, "version": ID, CONFIRM: FLAG}, required=["origin_id", "reason"]
            ),
        )
    }

    def post(self, request: Request, export_id: int) -> Response:
        marking = mark_synced(
            self.company,
            export_id,
            actor=self.actor,
            origin_id=self.given.get("origin_id"),
            reason=self.given.get("reason"),
            version=self.seen_version(),
            confirm_reuse=self.given.get(CONFIRM) is True,
        )
        return asked(marking.confirmation) if marking.confirmation is not None else self.answer(export_id)


def asked(confirmation: Confirmation) -> Response:
    answer = {"confirmation_id": confirmation.pk, "status": confirmation.state}
    return Response({**answer, "expires_at": timestamp(confirmation.expires_at)}, status=202)


class Confirmations(PersonAPIView):
    """What waits for a second person, of the acts that the caller has the right for; his own questions too."""

    requires = frozenset({"member"})
    open_to = frozenset({"super_user", "push", "auditor"})
    http_method_names = ["get"]
    operations = {
        "GET": Operation("List what waits for a second person", object_of({"confirmations": array_of(CONFIRMATION)}))
    }

    def get(self, request: Request) -> Response:
        waiting = waiting_confirmations(self.company, self.actor)
        return Response({"confirmations": [confirmation_json(one, self.actor) for one in waiting]})


class ConfirmationOf(PersonAPIView):
    requires = frozenset({"member"})
    open_to = frozenset({"super_user", "push", "auditor"})
    needs_body = frozenset()
    object_type = "confirmation"
    http_method_names = ["get"]
    operations = {"GET": Operation("Show what was asked for", CONFIRMATION)}

    def get(self, request: Request, confirmation_id: int) -> Response:
        return self.answer(confirmation_id)

    def answer(self, confirmation_id: int) -> Response:
        return Response(confirmation_json(confirmation_of(self.company, confirmation_id), self.actor))


class Confirm(ConfirmationOf):
    """The second person's yes."""

    http_method_names = ["post"]
    operations = {"POST": Operation("Confirm", CONFIRMATION)}

    def post(self, request: Request, confirmation_id: int) -> Response:
        confirm(self.company, confirmation_id, actor=self.actor)
        return self.answer(confirmation_id)


class Decline(ConfirmationOf):
    """The second person's no, or taking one's own question back."""

    http_method_names = ["post"]
    operations = {"POST": Operation("Decline", CONFIRMATION)}

    def post(self, request: Request, confirmation_id: int) -> Response:
        decline(self.company, confirmation_id, actor=self.actor)
        return self.answer(confirmation_id)


def confirmation_json(one: Confirmation, actor: Actor) -> dict[str, Any]:
    return {
        "id": one.pk,
        "act": one.act,
        "status": one.state,
        "record_id": one.record_id,
        "export_id": one.export_id,
        "item_type": one.record.item_type,
        "number": one.record.number,
        "title": one.record.title,
        "origin_id": one.seen.get("origin_id"),
        "reason": one.reason,
        "asked_by": one.asked_by_name,
        "asked_at": timestamp(one.asked_at),
        "expires_at": timestamp(one.expires_at),
        "answered_by": one.answered_by_name or None,
        "answered_at": timestamp(one.answered_at),
        "erp_request_id": one.erp_request_id,
        "acts": acts_json(confirmation_acts(one, actor)),
    }
