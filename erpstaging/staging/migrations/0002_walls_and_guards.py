from django.db import migrations

from erpstaging.core.policies import company_wall, transition_guard

# As the models' transitions stood when this migration was written; a test compares them with the newest guard.
STAGED_RECORD_MOVES = [
    ("staged", "imported"),
    ("staged", "invalid"),
    ("staged", "archived"),
    ("archived", "staged"),
    ("imported", "staged"),
    ("invalid", "staged"),
]

STAGED_EXPORT_MOVES = [
    ("ready_to_export", "accepted"),
    ("accepted", "ready_to_export"),
    ("accepted", "exporting"),
    ("failed", "exporting"),
    ("ready_to_export", "rejected"),
    ("failed", "rejected"),
    ("exporting", "rejected"),
    ("ready_to_export", "retrieved"),
    ("failed", "retrieved"),
    ("exporting", "failed"),
    ("exporting", "synced"),
    ("failed", "synced"),
    ("synced", "unlinked"),
    ("unlinking", "unlinked"),
    ("unlinking", "synced"),
]

LINK_MOVES = [("linked", "released"), ("linked", "undone")]

REFRESH_MOVES = [
    ("running", "succeeded"),
    ("running", "failed"),
    ("running", "stale"),
    ("stale", "succeeded"),
    ("stale", "failed"),
]


class Migration(migrations.Migration):
    dependencies = [
        ("staging", "0001_initial"),
        ("records", "0002_walls_and_guards"),
        ("erp_requests", "0003_walls_and_guards"),
    ]

    operations = [
        company_wall(
            "staging_stagedrecord",
            references=[("parent_id", "staging_stagedrecord"), ("record_id", "records_record")],
        ),
        company_wall("staging_intake"),
        company_wall(
            "staging_stagedchange",
            references=[("staged_record_id", "staging_stagedrecord"), ("intake_id", "staging_intake")],
            referenced=False,
        ),
        company_wall(
            "staging_stagedexport",
            references=[
                ("record_id", "records_record"),
                ("project_id", "records_record"),
                ("vendor_id", "records_record"),
                ("erp_request_id", "erp_requests_erprequest"),
            ],
        ),
        company_wall("staging_decision", referenced=False),
        company_wall("staging_conflict", references=[("record_id", "records_record")], referenced=False),
        transition_guard("staging_stagedrecord", "status", STAGED_RECORD_MOVES),
        transition_guard("staging_stagedexport", "state", STAGED_EXPORT_MOVES),
        company_wall(
            "staging_stagedlink",
            references=[
                ("staged_record_id", "staging_stagedrecord"),
                ("record_id", "records_record"),
                ("erp_request_id", "erp_requests_erprequest"),
            ],
            referenced=False,
        ),
        company_wall(
            "staging_refresh",
            references=[
                ("erp_request_id", "erp_requests_erprequest"),
                ("detail_id", "erp_requests_erprequestdetail"),
            ],
            referenced=False,
        ),
        transition_guard("staging_stagedlink", "state", LINK_MOVES),
        transition_guard("staging_refresh", "state", REFRESH_MOVES),
    ]
