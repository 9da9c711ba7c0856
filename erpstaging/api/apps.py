from django.apps import AppConfig
from django.urls import register_converter

from erpstaging.api.converters import WireId


class ApiConfig(AppConfig):
    name = "erpstaging.api"

    def ready(self) -> None:
        register_converter(WireId, "id")
