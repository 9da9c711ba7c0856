from django.apps import AppConfig


class StagingConfig(AppConfig):
    name = "erpstaging.staging"

    def ready(self) -> None:
        # Imported here because models have to be loaded first.
        from erpstaging.staging.bulk import wake_up_calls
        from erpstaging.staging.tasks import bulk_bell

        wake_up_calls.append(bulk_bell.ring)
