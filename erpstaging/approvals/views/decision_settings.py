"""`settings/decisions/`: the codes of rejections, and the limits of answers."""

from collections.abc import Mapping, Sequence

from django.http import HttpResponseBase
from django.utils.translation import gettext as _

from erpstaging.approvals.showing import decision_settings as shown
from erpstaging.approvals.views.base import status_of
from erpstaging.approvals.views.settings import SettingsView
from erpstaging.connections.services import change_settings
from erpstaging.core.errors import Invalid, Refused

TOLD_AT_FIELDS = ("reject_codes", "answer_within_hours.", "decide_within_hours", "runbooks")


class DecisionSettings(SettingsView):
    def shown_page(self) -> HttpResponseBase:
        return self._form()

    def changed(self) -> HttpResponseBase:
        typed = self.typed
        changes = {
            "reject_codes": shown.read_codes(typed.get("reject_codes", "")),
            "answer_within_hours": shown.read_limits(typed),
            "decide_within_hours": shown.read_waiting(typed.get("decide_within_hours", "")),
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
        codes, limits = shown.codes_field(erp, typed, errors), shown.limit_fields(erp, typed, errors)
        told = {text for text in errors if any(name in text for name in TOLD_AT_FIELDS)}
        context = {
            "codes": codes,
            "limits": limits,
            "waiting": shown.waiting_field(erp, typed, errors),
            "runbooks": shown.runbooks_field(erp, typed, errors),
            "errors": [text for text in errors if text not in told],
            "connected": self.connection is not None,
        }
        return self.settings_page("decisions", _("Decisions"), context, status)
