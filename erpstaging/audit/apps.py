from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "erpstaging.audit"

    def ready(self) -> None:
        # Models exist only now.
        from erpstaging.audit.witness import write_entry
        from erpstaging.companies.witness import appoint

        appoint(write_entry)
