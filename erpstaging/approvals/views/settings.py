"""A company's settings: the ways in, ERP settings, lock lists, custom fields, the configuration file."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils.text import slugify
from django.utils.translation import gettext as _

from erpstaging.approvals.naming import local
from erpstaging.approvals.presenters import Link, Place, Toast
from erpstaging.approvals.showing import settings as shown
from erpstaging.approvals.views.base import status_of
from erpstaging.approvals.views.queue import AccountingView
from erpstaging.catalogue.registry import ENTITIES
from erpstaging.connections.custom_field_changes import add_custom_field, change_custom_field, remove_custom_field
from erpstaging.connections.metadata import Metadata
from erpstaging.connections.models import CustomField, ErpConnection
from erpstaging.connections.services import (
    change_settings,
    connection_of,
    metadata_of,
)
from erpstaging.core.errors import Invalid, NotFound, NotPermitted, Refused
from erpstaging.staging.configuration import configuration_of, written

VERSIONS_SHOWN = 100
MAX_DOCUMENT = 1_000_000


class SettingsView(AccountingView):
    """ERP administrators change the settings, auditors read them; to everybody else they are closed."""

    object_type = "settings"

    def get(self, request: HttpRequest, **ids: Any) -> HttpResponseBase:
        if not self.actor.rights & {"erp_admin", "auditor"}:
            raise NotPermitted("Settings are open to ERP administrators. Ask one of them.")
        return self.shown_page()

    def post(self, request: HttpRequest, **ids: Any) -> HttpResponseBase:
        self.actor.require("erp_admin", "Changing settings needs the level Admin on the ERP tool.")
        return self.changed()

    def shown_page(self) -> HttpResponseBase:
        raise NotImplementedError

    def changed(self) -> HttpResponseBase:
        raise NotFound()

    @property
    def may_change(self) -> bool:
        return self.actor.may("erp_admin")

    @property
    def connection(self) -> ErpConnection | None:
        return connection_of(self.company.pk)

    @property
    def metadata(self) -> Metadata:
        return metadata_of(self.company.pk)

    def url(self, name: str, *ids: int) -> str:
        return reverse(f"approvals:{name}", args=[self.company.pk, *ids])

    def settings_page(
        self, template: str, title: str, context: Mapping[str, Any], status: int = 200
    ) -> HttpResponseBase:
        place = Place(back=Link(_("Settings"), self.url("settings")), name=title)
        return self.page(
            f"approvals/settings/{template}.html",
            {"title": title, "place": place, "may_change": self.may_change, **context},
            status=status,
        )

    def fallback_path(self) -> str:
        return self.url("settings")

    def done(self, text: str, url: str) -> HttpResponseBase:
        self.say(Toast(text=text))
        return HttpResponseRedirect(url)


class Overview(SettingsView):
    """`settings/`."""

    def shown_page(self) -> HttpResponseBase:
        return self.page("approvals/settings/overview.html", {"kinds": shown.overview(self.company, self.connection)})


class ErpSettingsPage(SettingsView):
    """`settings/erp/`: what the metadata leaves to the company."""

    def shown_page(self) -> HttpResponseBase:
        return self._form()

    def changed(self) -> HttpResponseBase:
        post, offered = self.request.POST, shown.settings_fields(self.metadata, self.metadata.erp)
        changes: dict[str, Any] = {}
        for one in offered:
            text = post.getlist(one.name)[-1:] or [""]
            changes[one.name] = text[0] == "true" if one.kind == "boolean" else text[0].strip()
        direct = {
            one.name.removeprefix(shown.DIRECT): post.getlist(one.name)[-1:] == ["true"]
            for one in shown.direct_export_fields(self.company, self.metadata)
            if one.name in post
        }
        if direct:
            changes["direct_export"] = {**(self.metadata.erp.document.get("direct_export") or {}), **direct}
        change_settings(self.company.pk, changes, actor=self.actor)
        return self.done(_("Saved the ERP settings"), self.url("erp_settings"))

    def refused(self, refusal: Refused) -> HttpResponseBase:
        if self.request.method != "POST" or not isinstance(refusal, Invalid):
            return super().refused(refusal)
        typed = {key: str(value) for key, value in self.request.POST.items()}
        return self._form(typed, refusal.errors.get("erp_settings", [refusal.message]), status_of(refusal))

    def _form(
        self, typed: Mapping[str, str] | None = None, errors: Sequence[str] = (), status: int = 200
    ) -> HttpResponseBase:
        metadata = self.metadata
        fields = shown.settings_fields(metadata, metadata.erp, typed, errors)
        return self.settings_page(
            "erp",
            _("ERP settings"),
            {
                "fields": fields,
                "direct": shown.direct_export_fields(self.company, metadata),
                "errors": errors,
                "erp_name": metadata.erp_name,
            },
            status,
        )


class Locks(SettingsView):
    """`settings/locks/`: what is closed to people while an object is linked, one type at a time."""

    @property
    def item_type(self) -> str:
        asked = self.request.POST.get("item_type") or self.request.GET.get("item_type") or "work_order_contract"
        if asked not in ENTITIES:
            raise NotFound()
        return asked

    def shown_page(self) -> HttpResponseBase:
        lock = shown.lock_shown(self.metadata, ENTITIES[self.item_type])
        tabs = shown.lock_tabs(self.company, self.item_type)
        context = {"lock": lock, "tabs": tabs, "connected": self.connection is not None}
        return self.settings_page("locks", _("Lock lists"), context)

    def changed(self) -> HttpResponseBase:
        locks = dict(self.metadata.erp.document.get("locks") or {})
        locks.pop(self.item_type, None)
        if "default" not in self.request.POST:
            locks[self.item_type] = self._list()
        change_settings(self.company.pk, {"locks": locks}, actor=self.actor)
        text = _("Saved the lock list of %(kind)s") % {"kind": local(ENTITIES[self.item_type].plural)}
        return self.done(text, f"{self.url('locks')}?item_type={self.item_type}")

    def _list(self) -> dict[str, Any]:
        ticked = {name for name in self.request.POST if self.request.POST[name] == "true"}
        names = [name.removeprefix("field-") for name in sorted(ticked) if name.startswith("field-")]
        found: dict[str, Any] = {"fields": names, "whole": "whole" in ticked, "deletion": "deletion" in ticked}
        if ENTITIES[self.item_type].line_type:
            found["lines"] = "lines" in ticked
        return found


class CustomFieldsPage(SettingsView):
    """`settings/custom_fields/`: the company's own fields, and adding one."""

    def shown_page(self) -> HttpResponseBase:
        return self._page()

    def changed(self) -> HttpResponseBase:
        field = add_custom_field(self.company.pk, self.values(), actor=self.actor)
        return self.done(_("Added %(label)s") % {"label": field.label}, self.url("custom_fields"))

    def refused(self, refusal: Refused) -> HttpResponseBase:
        if self.request.method != "POST" or not isinstance(refusal, Invalid):
            return super().refused(refusal)
        return self._page(self.typed, refusal.errors, status_of(refusal))

    @property
    def typed(self) -> dict[str, str]:
        return {key: str(value) for key, value in self.request.POST.items()}

    def values(self) -> dict[str, Any]:
        """What the form says, as the service takes it. A closed input sends nothing."""
        post = self.request.POST
        found: dict[str, Any] = {
            name: post[name].strip() for name in ("item_type", "key", "label", "data_type") if name in post
        }
        found["choices"] = [line.strip() for line in post.get("choices", "").splitlines() if line.strip()]
        found["required"] = post.get("required") == "true"
        if post.get("position", "").strip():
            text = post["position"].strip()
            found["position"] = int(text) if text.isascii() and text.isdigit() and len(text) < 8 else text
        return found

    def _page(
        self,
        typed: Mapping[str, str] | None = None,
        errors: Mapping[str, Sequence[str]] | None = None,
        status: int = 200,
    ) -> HttpResponseBase:
        context = {
            "rows": shown.custom_field_rows(self.company),
            "fields": shown.custom_field_form(None, typed, errors),
            "failed": bool(errors),
        }
        return self.settings_page("custom_fields", _("Custom fields"), context, status)


class CustomFieldPage(CustomFieldsPage):
    """`settings/custom_fields/<id>/`: changing one, taking it out of sight, bringing it back."""

    @property
    def field(self) -> CustomField:
        found: CustomField | None = CustomField.objects.of(self.company).filter(pk=self.kwargs["field_id"]).first()
        if found is None:
            raise NotFound()
        return found

    def changed(self) -> HttpResponseBase:
        field_id = self.kwargs["field_id"]
        if "remove" in self.request.POST:
            remove_custom_field(self.company.pk, field_id, actor=self.actor)
            text = _("Removed %(label)s; its values stay")
        elif "bring_back" in self.request.POST:
            change_custom_field(self.company.pk, field_id, {"active": True}, actor=self.actor)
            text = _("%(label)s is back")
        else:
            change_custom_field(self.company.pk, field_id, self.values(), actor=self.actor)
            text = _("Saved %(label)s")
        return self.done(text % {"label": self.field.label}, self.url("custom_fields"))

    def _page(
        self,
        typed: Mapping[str, str] | None = None,
        errors: Mapping[str, Sequence[str]] | None = None,
        status: int = 200,
    ) -> HttpResponseBase:
        field = self.field
        context = {"field": field, "fields": shown.custom_field_form(field, typed, errors)}
        place = Place(back=Link(_("Custom fields"), self.url("custom_fields")), name=field.label)
        return self.settings_page("custom_field", field.label, {**context, "place": place}, status)


class ConfigurationFile(SettingsView):
    """`settings/configuration.json`: everything that can be set, without secrets."""

    http_method_names = ["get"]

    def shown_page(self) -> HttpResponseBase:
        response = HttpResponse(
            written(configuration_of(self.company.pk)), content_type="application/json; charset=utf-8"
        )
        name = f"{slugify(self.company.name) or self.company.pk}-configuration.json"
        response["Content-Disposition"] = f'attachment; filename="{name}"'
        return response
