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

# Accepted and let out in one transaction: the row is written once, with the decision that stands between the two.
ACCEPTED_AND_OUT = {
    ("ready_to_export", "exporting"): (
        "NEW.decided_at IS DISTINCT FROM OLD.decided_at AND NEW.decided_at IS NOT NULL "
        "AND NEW.erp_request_id IS NOT NULL"
    )
}

LINK_MOVES = [("linked", "released"), ("linked", "undone")]

REFRESH_MOVES = [
    ("running", "succeeded"),
    ("running", "failed"),
    ("running", "stale"),
    ("stale", "succeeded"),
    ("stale", "failed"),
]

CONFIRMATION_MOVES = [("waiting", "confirmed"), ("waiting", "declined"), ("waiting", "expired")]


class Migration(migrations.Migration):
    dependencies = [
        ("staging", "0001_initial"),
        ("records", "0002_walls_and_guards"),
        ("erp_requests", "0002_walls_and_guards"),
    ]

    operations = [
        company_wall(
            "staging_stagedrecord",
            references=[("parent_id", "staging_stagedrecord"), ("record_id", "records_record")],
        ),
        company_wall("staging_intake"),
        company_wall("staging_stagedchange", referenced=False),
        company_wall(
            "staging_stagedexport",
            references=[
                ("record_id", "records_record"),
                ("project_id", "records_record"),
                ("vendor_id", "records_record"),
                ("erp_request_id", "erp_requests_erprequest"),
                ("resubmits_id", "staging_stagedexport"),
            ],
        ),
        company_wall("staging_decision", referenced=False),
        company_wall("staging_conflict", references=[("record_id", "records_record")], referenced=False),
        transition_guard("staging_stagedrecord", "status", STAGED_RECORD_MOVES),
        transition_guard("staging_stagedexport", "state", STAGED_EXPORT_MOVES, at_once=ACCEPTED_AND_OUT),
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
        company_wall("staging_problem", referenced=False),
        company_wall("staging_remindermark", referenced=False),
        company_wall("staging_bulkjob"),
        company_wall("staging_bulkitem", references=[("job_id", "staging_bulkjob")], referenced=False),
        company_wall(
            "staging_confirmation",
            references=[
                ("record_id", "records_record"),
                ("export_id", "staging_stagedexport"),
                ("erp_request_id", "erp_requests_erprequest"),
            ],
            referenced=False,
        ),
        transition_guard("staging_stagedlink", "state", LINK_MOVES),
        transition_guard("staging_refresh", "state", REFRESH_MOVES),
        transition_guard("staging_confirmation", "state", CONFIRMATION_MOVES),
    ]
