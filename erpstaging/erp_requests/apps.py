from django.apps import AppConfig


class ErpRequestsConfig(AppConfig):
    name = "erpstaging.erp_requests"
