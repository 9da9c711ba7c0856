from django.apps import AppConfig
from django.core.checks import register
from django.urls import register_converter

from erpstaging.core.checks import database_roles
from erpstaging.core.converters import WireId


class CoreConfig(AppConfig):
    name = "erpstaging.core"

    def ready(self) -> None:
        register_converter(WireId, "id")
        register(database_roles, deploy=True)
