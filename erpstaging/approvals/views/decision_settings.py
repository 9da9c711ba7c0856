"""`settings/decisions/`: the codes of rejections, and the limits of answers and decisions."""

from collections.abc import Mapping, Sequence

from django.http import HttpResponseBase
from django.utils.translation import gettext as _

from erpstaging.approvals.showing import decision_settings as shown
from erpstaging.approvals.views.base import status_of
from erpstaging.approvals.views.settings import SettingsView
from erpstaging.connections.services import change_settings
from erpstaging.core.errors import Invalid, Refused


class DecisionSettings(SettingsView):
    def shown_page(self) -> HttpResponseBase:
        return self._form()

    def changed(self) -> HttpResponseBase:
        typed = self.typed
        changes = {
            "reject_codes": shown.read_codes(typed.get("reject_codes", "")),
            "answer_within_hours": shown.read_limits(typed, shown.ANSWERS),
            "decide_within_hours": shown.read_limits(typed, shown.DECISIONS),
            "runbooks": shown.read_runbooks(typed.get("runbooks", "")),
        }
        change_settings(self.company.pk, changes, actor=self.actor)
        return self.done(_("Saved the settings of decisions"), self.url("decision_settings"))

    def refused(self, refusal: Refused) -> HttpResponseBase:
        if self.request.method != "POST" or not isinstance(refusal, Invalid):
            return super().refused(refusal)
        return self._form(self.typed, refusal.errors.get("erp_settings", [refusal.message]), status_of(refusal))

    @property
    def typed(self) -> dict[str, str]:
        return {key: str(value) for key, value in self.request.POST.items()}

    def _form(
        self, typed: Mapping[str, str] | None = None, errors: Sequence[str] = (), status: int = 200
    ) -> HttpResponseBase:
        erp = self.metadata.erp
        told = {text for text in errors if any(word in text for word in shown.SHOWN_WITH_FIELDS)}
        context = {
            "codes": shown.codes_field(erp, typed, errors),
            "limits": shown.limit_fields(erp, shown.ANSWERS, typed, errors),
            "decisions": shown.limit_fields(erp, shown.DECISIONS, typed, errors),
            "runbooks": shown.runbooks_field(erp, typed, errors),
            "errors": [text for text in errors if text not in told],
            "connected": self.connection is not None,
        }
        return self.settings_page("decisions", _("Decisions"), context, status)
