"""`settings/networks/`: networks that the company's hooks may reach although they are not public."""

from collections.abc import Mapping, Sequence

from django.conf import settings
from django.http import HttpResponseBase
from django.utils.translation import gettext as _

from erpstaging.approvals.presenters import FormField
from erpstaging.approvals.views.base import status_of
from erpstaging.approvals.views.settings import SettingsView
from erpstaging.core.errors import Invalid, NotFound, Refused
from erpstaging.hooks.networks import MAX_NOTE, add_network, list_networks, remove_network


class NetworksPage(SettingsView):
    """The list, opening one, and closing one."""

    def shown_page(self) -> HttpResponseBase:
        return self._page({}, {})

    def changed(self) -> HttpResponseBase:
        post = self.request.POST
        if "remove" in post:
            removed = remove_network(self.company, self.actor, _id(post["remove"]))
            return self.done(_("Closed %(network)s") % {"network": removed.network}, self.url("networks"))
        added = add_network(self.company, self.actor, network=post.get("network"), note=post.get("note"))
        return self.done(_("Opened %(network)s") % {"network": added.network}, self.url("networks"))

    def refused(self, refusal: Refused) -> HttpResponseBase:
        if self.request.method != "POST" or not isinstance(refusal, Invalid):
            return super().refused(refusal)
        typed = {name: str(value) for name, value in self.request.POST.items()}
        return self._page(typed, refusal.errors, status_of(refusal))

    def _page(
        self, typed: Mapping[str, str], errors: Mapping[str, Sequence[str]], status: int = 200
    ) -> HttpResponseBase:
        may_open = ", ".join(map(str, settings.EGRESS_COMPANIES_MAY_OPEN))
        fields = [
            FormField(
                name="network",
                label=_("Network"),
                value=typed.get("network", ""),
                hint=_("For example 10.20.0.0/16, or one address. Possible here: %(networks)s")
                % {"networks": may_open},
                max_length=49,
                required=True,
                errors=[*errors.get("network", []), *errors.get("base", [])],
            ),
            FormField(
                name="note",
                label=_("What is there"),
                value=typed.get("note", ""),
                max_length=MAX_NOTE,
                errors=list(errors.get("note", [])),
            ),
        ]
        context = {"rows": list_networks(self.company), "fields": fields, "may_open": may_open}
        return self.settings_page("networks", _("Networks of hooks"), context, status)


def _id(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or len(text) > 18:
        raise NotFound
    return int(text)
