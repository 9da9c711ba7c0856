from django.apps import AppConfig


class HooksConfig(AppConfig):
    name = "erpstaging.hooks"

    def ready(self) -> None:
        # Imported here because models have to be loaded first.
        from erpstaging.hooks.tasks import ring
        from erpstaging.outbox.events import wake_up_calls

        wake_up_calls.append(ring)
