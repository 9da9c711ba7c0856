from django.apps import AppConfig


class NoticesConfig(AppConfig):
    name = "erpstaging.notices"

    def ready(self) -> None:
        # Imported here because models have to be loaded first.
        from erpstaging.notices.services import wake_up_calls
        from erpstaging.notices.tasks import bell

        wake_up_calls.append(bell.ring)
