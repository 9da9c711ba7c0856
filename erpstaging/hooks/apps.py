from django.apps import AppConfig


class HooksConfig(AppConfig):
    name = "erpstaging.hooks"

    def ready(self) -> None:
        # Imported here because models have to be loaded first.
        from erpstaging.hooks.outcomes import final_refusal_calls
        from erpstaging.hooks.refusals import fail_refused_request
        from erpstaging.hooks.tasks import ring
        from erpstaging.outbox.events import wake_up_calls

        wake_up_calls.append(ring)
        final_refusal_calls.append(fail_refused_request)
