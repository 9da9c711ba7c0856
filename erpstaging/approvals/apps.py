from django.apps import AppConfig


class ApprovalsConfig(AppConfig):
    name = "erpstaging.approvals"
