"""A company's configuration and its custom fields, for ERP administrators."""

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from erpstaging.api.openapi import FLAG, ID, TEXT, Operation, array_of, component, object_of
from erpstaging.api.views.base import PersonAPIView
from erpstaging.connections.custom_field_changes import add_custom_field, change_custom_field, remove_custom_field
from erpstaging.connections.custom_fields import custom_fields_of, said_of
from erpstaging.connections.models import CustomField, DataType
from erpstaging.core.errors import NotFound
from erpstaging.staging.configuration import configuration_of, put_configuration

_SAID = {
    "item_type": TEXT,
    "key": TEXT,
    "label": TEXT,
    "data_type": {"type": "string", "enum": list(DataType.values)},
    "choices": array_of(TEXT),
    "required": FLAG,
    "position": {"type": "integer", "minimum": 0},
    "active": FLAG,
}
CUSTOM_FIELD = component("CustomField", object_of({"id": ID, **_SAID}))
NEW_FIELD = component("NewCustomField", object_of(_SAID, required=["item_type", "key", "label", "data_type"]))
CHANGED_FIELD = component("ChangedCustomField", object_of(_SAID, required=[]))
CONFIGURATION = component(
    "Configuration",
    object_of(
        {
            "format": {"type": "integer", "const": 1},
            "connection": object_of({"service_url": TEXT}, required=[]),
            "custom_fields": array_of(NEW_FIELD),
            "erp_settings": {"type": "object"},
            "metadata": {"type": "object"},
        },
        required=["format"],
    ),
)


def custom_field_json(field: CustomField) -> dict[str, Any]:
    return {"id": field.pk, **said_of(field)}


class SettingsView(PersonAPIView):
    """What ERP administrators set."""

    requires = frozenset({"erp_admin"})

    @property
    def given(self) -> dict[str, Any]:
        body = self.body if isinstance(self.body, dict) else {}
        return {name: value for name, value in body.items() if name != "company_id"}


class Configuration(SettingsView):
    """The company's metadata, ERP settings and custom fields as one document, without secrets."""

    object_type = "configuration"
    operations = {
        "GET": Operation("The company's configuration", CONFIGURATION),
        "PUT": Operation("Bring the company to a configuration", CONFIGURATION, body=CONFIGURATION),
    }

    def get(self, request: Request) -> Response:
        return Response(configuration_of(self.company.pk))

    def put(self, request: Request) -> Response:
        return Response(put_configuration(self.company, self.given, actor=self.actor))


class CustomFields(SettingsView):
    """The fields that the company adds to its objects, removed ones too, and adding one."""

    object_type = "custom_field"
    operations = {
        "GET": Operation("The company's custom fields", array_of(CUSTOM_FIELD), paged=True),
        "POST": Operation("Add a custom field", CUSTOM_FIELD, status=201, body=NEW_FIELD),
    }

    def get(self, request: Request) -> Response:
        fields, page = custom_fields_of(self.company.pk, inactive=True), self.page
        shown = fields[page.offset : page.offset + page.per_page]
        return self.paged([custom_field_json(one) for one in shown], len(fields))

    def post(self, request: Request) -> Response:
        field = add_custom_field(self.company.pk, self.given, actor=self.actor)
        return Response(custom_field_json(field), status=201)


class CustomFieldOf(SettingsView):
    """One custom field. Deleting hides it; its values stay."""

    object_type = "custom_field"
    needs_body = frozenset({"PATCH"})
    operations = {
        "GET": Operation("A custom field", CUSTOM_FIELD),
        "PATCH": Operation("Change a custom field", CUSTOM_FIELD, body=CHANGED_FIELD),
        "DELETE": Operation("Remove a custom field", CUSTOM_FIELD),
    }

    def get(self, request: Request, field_id: int) -> Response:
        found = CustomField.objects.of(self.company).filter(pk=field_id).first()
        if found is None:
            raise NotFound()
        return Response(custom_field_json(found))

    def patch(self, request: Request, field_id: int) -> Response:
        return Response(custom_field_json(change_custom_field(self.company.pk, field_id, self.given, actor=self.actor)))

    def delete(self, request: Request, field_id: int) -> Response:
        return Response(custom_field_json(remove_custom_field(self.company.pk, field_id, actor=self.actor)))
