from django.apps import AppConfig


class ConnectionsConfig(AppConfig):
    name = "erpstaging.connections"
