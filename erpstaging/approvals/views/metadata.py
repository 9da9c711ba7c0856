"""The pages of a company's metadata: reading it, trying and storing a draft, its versions."""

import json
from collections.abc import Sequence
from typing import Any

from django.http import HttpResponseBase
from django.utils.translation import gettext as _

from erpstaging.approvals.showing import metadata as shown
from erpstaging.approvals.views.base import status_of
from erpstaging.approvals.views.settings import SettingsView
from erpstaging.catalogue.names import METADATA_NAMES
from erpstaging.connections.comparing import differences
from erpstaging.connections.document import checked, warnings_of
from erpstaging.connections.metadata import Metadata
from erpstaging.connections.models import ErpConnection
from erpstaging.connections.services import metadata_version, metadata_versions, restore_metadata, store_metadata
from erpstaging.core.documents import plain
from erpstaging.core.errors import Invalid, NotFound, Refused, StaleVersion
from erpstaging.staging.trial import tried_exports

VERSIONS_SHOWN = 100
MAX_DOCUMENT = 1_000_000


class MetadataPage(SettingsView):
    """`settings/metadata/`: what the document says, one entity at a time."""

    def shown_page(self) -> HttpResponseBase:
        connection, metadata = self.connection, self.metadata
        names = shown.entity_names(metadata)
        asked = self.request.GET.get("entity", "")
        current = asked if asked in names else next(iter(names), "")
        newest = metadata_versions(self.company.pk).first()
        tried = tried_exports(self.company, metadata, metadata, current)
        return self.settings_page(
            "metadata",
            _("Company metadata"),
            {
                "connection": connection,
                "metadata": metadata,
                "newest": newest,
                "tabs": shown.entity_tabs(self.company, metadata, current),
                "entity": shown.entity_shown(metadata, current) if current else None,
                "preview": shown.preview_of(self.company, metadata, current, tried, ()) if current else None,
                "warnings": warnings_of(metadata.document) if metadata.document is not None else [],
                "edit_url": f"{self.url('edit_metadata')}?entity={current}",
                "versions_url": self.url("metadata_versions"),
            },
        )


class EditMetadata(SettingsView):
    """`settings/metadata/edit/`: the document as JSON, tried before it is stored."""

    def shown_page(self) -> HttpResponseBase:
        self.actor.require("erp_admin", "Changing settings needs the level Admin on the ERP tool.")
        connection = self._connected()
        text = shown.written(connection.metadata or {"settings": {"entities": {}}})
        return self._form(text, connection.metadata_version)

    def changed(self) -> HttpResponseBase:
        document = self._document()
        if "preview" in self.request.POST:
            return self._form(self.typed, self._version(), document=checked(document))
        connection = store_metadata(self.company.pk, document, actor=self.actor, version=self._version())
        text = _("Version %(version)d is live") % {"version": connection.metadata_version}
        return self.done(text, f"{self.url('metadata')}?entity={self.entity}")

    def refused(self, refusal: Refused) -> HttpResponseBase:
        if self.request.method != "POST" or not isinstance(refusal, (Invalid, StaleVersion)):
            return super().refused(refusal)
        errors = refusal.errors.get("metadata") or [refusal.message]
        return self._form(self.typed, self._version(), errors=errors, status=status_of(refusal))

    @property
    def typed(self) -> str:
        return self.request.POST.get("document", "")

    @property
    def entity(self) -> str:
        return (self.request.POST.get("entity") or self.request.GET.get("entity") or "")[:100]

    def _version(self) -> int:
        given = self.request.POST.get("version", "")
        return int(given) if given.isascii() and given.isdigit() and len(given) < 10 else 0

    def _connected(self) -> ErpConnection:
        connection = self.connection
        if connection is None:
            raise NotFound()
        return connection

    def _document(self) -> Any:
        if len(self.typed) > MAX_DOCUMENT:
            raise Invalid.field("metadata", f"is longer than {MAX_DOCUMENT} characters")
        try:
            return plain(json.loads(self.typed, parse_constant=_no_constant))
        except json.JSONDecodeError as exc:
            text = _("Line %(line)d, column %(column)d: %(text)s")
            raise Invalid.field("metadata", text % {"line": exc.lineno, "column": exc.colno, "text": exc.msg}) from None
        except (ValueError, RecursionError) as exc:
            raise Invalid.field("metadata", str(exc)) from None

    def _form(
        self,
        text: str,
        version: int,
        *,
        document: dict[str, Any] | None = None,
        errors: Sequence[str] = (),
        status: int = 200,
    ) -> HttpResponseBase:
        standing = self.metadata
        preview = None
        if document is not None:
            draft = Metadata(document, standing.erp, standing.custom)
            names = shown.entity_names(draft)
            entity = self.entity if self.entity in names else next(iter(names), "")
            tried = tried_exports(self.company, draft, standing, entity)
            preview = shown.preview_of(self.company, draft, entity, tried, warnings_of(document))
        return self.settings_page(
            "edit_metadata",
            _("Edit metadata"),
            {
                "text": text,
                "version": version,
                "entity": self.entity,
                "entities": list(METADATA_NAMES.items()),
                "errors": list(errors),
                "preview": preview,
                "changes": differences(standing.document or {}, document) if document is not None else None,
                "cancel_url": self.url("metadata"),
            },
            status=status,
        )


def _no_constant(word: str) -> Any:
    raise ValueError(f"{word} is no JSON")


class MetadataVersions(SettingsView):
    """`settings/metadata/versions/`: who stored what when; two of them side by side with `?from=3&to=5`."""

    def shown_page(self) -> HttpResponseBase:
        versions = list(metadata_versions(self.company.pk).defer("document")[:VERSIONS_SHOWN])
        numbers = [one.number for one in versions]
        later = self._asked("to", numbers[0] if numbers else 0)
        earlier = self._asked("from", numbers[1] if len(numbers) > 1 else later)
        compared = None
        if later and earlier and later != earlier:
            old, new = (metadata_version(self.company.pk, number) for number in (earlier, later))
            compared = differences(old.document, new.document)
        return self.settings_page(
            "versions",
            _("Versions of the metadata"),
            {
                "versions": versions,
                "earlier": earlier,
                "later": later,
                "compared": compared,
                "newest": numbers[0] if numbers else 0,
                "restore_url": self.url("restore_metadata"),
                "metadata_url": self.url("metadata"),
            },
        )

    def _asked(self, name: str, default: int) -> int:
        given = self.request.GET.get(name, "")
        return int(given) if given.isascii() and given.isdigit() and len(given) < 10 else default


class RestoreMetadata(SettingsView):
    """`settings/metadata/restore/`: an older version once more, as a new one."""

    http_method_names = ["post"]

    def changed(self) -> HttpResponseBase:
        given = self.request.POST.get("number", "")
        if not (given.isascii() and given.isdigit() and len(given) < 10):
            raise NotFound()
        connection = restore_metadata(self.company.pk, int(given), actor=self.actor)
        values = {"old": int(given), "version": connection.metadata_version}
        return self.done(_("Version %(old)d is back as version %(version)d") % values, self.url("metadata_versions"))
