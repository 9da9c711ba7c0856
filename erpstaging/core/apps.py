from django.apps import AppConfig
from django.core.checks import register

from erpstaging.core.checks import database_roles


class CoreConfig(AppConfig):
    name = "erpstaging.core"

    def ready(self) -> None:
        register(database_roles, deploy=True)
