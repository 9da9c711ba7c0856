from django.db import migrations

from erpstaging.core.policies import company_wall, transition_guard

HOOK_MOVES = [
    ("active", "paused"),
    ("active", "idle"),
    ("paused", "active"),
    ("paused", "idle"),
    ("idle", "active"),
    ("idle", "paused"),
]

DELIVERY_MOVES = [
    ("pending", "leased"),
    ("failing", "leased"),
    ("leased", "pending"),
    ("leased", "failing"),
    ("leased", "ok"),
    ("leased", "failed"),
    ("leased", "discarded"),
    ("pending", "discarded"),
    ("failing", "discarded"),
    ("failing", "pending"),
    ("ok", "pending"),
    ("failed", "pending"),
    ("discarded", "pending"),
]


class Migration(migrations.Migration):
    dependencies = [
        ("hooks", "0001_initial"),
        ("records", "0002_walls_and_guards"),
        ("outbox", "0002_walls_and_guards"),
    ]

    operations = [
        company_wall("hooks_hook", references=[("project_id", "records_record")]),
        company_wall("hooks_allowednetwork", referenced=False),
        company_wall("hooks_trigger", references=[("hook_id", "hooks_hook")], referenced=False),
        company_wall(
            "hooks_delivery",
            references=[("hook_id", "hooks_hook"), ("event_id", "outbox_event")],
            everywhere="SELECT, UPDATE, INSERT",
        ),
        company_wall(
            "hooks_deliveryattempt",
            references=[("delivery_id", "hooks_delivery"), ("hook_id", "hooks_hook")],
            everywhere="SELECT, UPDATE, INSERT",
            referenced=False,
        ),
        transition_guard("hooks_hook", "state", HOOK_MOVES),
        transition_guard("hooks_delivery", "state", DELIVERY_MOVES),
    ]
