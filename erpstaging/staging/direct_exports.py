"""Sending an object to the ERP; where the company exports its kind directly, a rule accepts it in an approver's place.

The rule decides by the same checks as a person, and its decision is kept with the version of the setting. Where it may
not decide, or something has to be typed, the object waits for an approver as usual.
"""

from dataclasses import dataclass

from erpstaging.catalogue.registry import ENTITIES
from erpstaging.companies import actors
from erpstaging.companies.actors import Actor
from erpstaging.companies.models import Company, ServiceAccount
from erpstaging.connections.models import SettingsVersion
from erpstaging.connections.services import metadata_of
from erpstaging.staging.export_chunks import Wanted
from erpstaging.staging.exports import accept_exports
from erpstaging.staging.models import Action, ExportState, StagedExport
from erpstaging.staging.sending import send_record

RULE = "rule:direct_export"
# An object that an approver sent back, or that was taken back, is looked at by a person again.
CAME_BACK = (ExportState.REJECTED, ExportState.RETRIEVED)


@dataclass(frozen=True, slots=True)
class Setting:
    """Direct export of one kind, as it stands: the version that switched it on, and who did."""

    version: int
    author_kind: str
    author_id: int | None
    author_name: str

    def is_by(self, actor: Actor) -> bool:
        """Whether he switched it on himself, or an account that he answers for did."""
        owner_id = None
        if self.author_kind == "service_account":
            owner_id = ServiceAccount.objects.filter(pk=self.author_id).values_list("owner_id", flat=True).first()
        return actor.same_person_as(self.author_kind, self.author_id, owner_id)


def send_to_erp(company: Company, record_id: int, *, actor: Actor) -> StagedExport:
    """Send an object; answers with its export, which is on its way already where the company exports directly.

    Raises as `send_record`.
    """
    export = send_record(company, record_id, actor=actor)
    setting = _setting_for(company, export)
    if setting is None or setting.is_by(actor):
        return export
    rule = actors.rule(RULE, setting.author_id if setting.author_kind == "person" else None)
    reason = f"ERP settings, version {setting.version}, by {setting.author_name}."
    (outcome,) = accept_exports(company, [Wanted(export.pk, export.version)], actor=rule, reason=reason)
    return outcome.export if outcome.export is not None else export


def _setting_for(company: Company, export: StagedExport) -> Setting | None:
    """None where the kind waits for an approver, or this object does: an update, or because it came back once."""
    directly = metadata_of(company.pk).erp.exports_directly(ENTITIES[export.item_type])
    if not directly or export.action != Action.CREATE:
        return None
    earlier = StagedExport.objects.of(company).filter(record_id=export.record_id, pk__lt=export.pk).order_by("-pk")
    last = earlier.values_list("state", flat=True).first()
    return None if last in CAME_BACK else switched_on(company.pk, export.item_type)


def switched_on(company_id: int, item_type: str) -> Setting | None:
    """The version of the ERP settings that switched direct export of a kind on, if it is on."""
    rows = SettingsVersion.objects.of(company_id).order_by("-number")
    on = {"document__contains": {"direct_export": {item_type: True}}}
    last_off = rows.exclude(**on).values_list("number", flat=True).first() or 0
    found = rows.filter(**on, number__gt=last_off).last()
    return None if found is None else Setting(found.number, found.author_kind, found.author_id, found.author_name)
