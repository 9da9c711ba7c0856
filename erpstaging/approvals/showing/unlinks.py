"""What a record's page says of its unlinking."""

from django.utils.translation import gettext as _

from erpstaging.approvals.presenters import Banner
from erpstaging.approvals.telling import told
from erpstaging.records.models import Record
from erpstaging.staging.models import ExportState, StagedExport


def unlink_banner(export: StagedExport, record: Record) -> Banner | None:
    """How the newest unlinking stands, or how it ended."""
    if export.state == ExportState.UNLINKING:
        text = _("%(name)s asked. The integrator looks whether the ERP has let go of it.") % {
            "name": export.sent_by_name
        }
        return Banner(tone="amber", icon="unlinking", title=_("It is being unlinked."), text=text)
    if export.state == ExportState.SYNCED and export.messages:
        title = _("It could not be unlinked: %(message)s") % {"message": told(export.messages[0])}
        return Banner(tone="red", icon="x", title=title, items=[told(one) for one in export.messages[1:]])
    if export.state == ExportState.UNLINKED and not record.synced:
        text = _("It can be changed and sent again.")
        return Banner(tone="green", icon="check", title=_("Successfully unlinked."), text=text)
    return None
