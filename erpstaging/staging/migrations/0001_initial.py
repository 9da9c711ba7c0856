import django.db.models.deletion
import django.utils.timezone
import django_fsm
from django.conf import settings
from django.db import migrations, models

import erpstaging.core.states


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("companies", "0001_initial"),
        ("erp_requests", "0001_initial"),
        ("records", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Problem",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "company",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="companies.company",
                    ),
                ),
                ("cause", models.CharField(max_length=32)),
                ("code", models.CharField(max_length=60)),
                ("text", models.CharField(blank=True, max_length=500)),
                ("opened_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("closed_at", models.DateTimeField(null=True)),
                ("muted_until", models.DateTimeField(null=True)),
                ("muted_by_id", models.BigIntegerField(null=True)),
                ("muted_by_name", models.CharField(blank=True, db_default="", default="", max_length=200)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["company", "-closed_at"], name="problem_closed"),
                    models.Index(condition=models.Q(("closed_at__isnull", True)), fields=["id"], name="problem_open"),
                    models.Index(fields=["company", "cause", "-id"], name="problem_by_cause"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("closed_at__isnull", True)),
                        fields=("company", "cause"),
                        name="one_open_problem_per_cause",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="BulkJob",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "company",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="companies.company",
                    ),
                ),
                ("act", models.CharField(max_length=20)),
                ("given", models.JSONField(default=dict)),
                ("total", models.IntegerField()),
                ("decided_to", models.BigIntegerField(default=0)),
                ("asked_by_id", models.BigIntegerField()),
                ("asked_by_name", models.CharField(max_length=200)),
                ("credential", models.CharField(blank=True, max_length=80)),
                ("address", models.GenericIPAddressField(null=True)),
                ("user_agent", models.CharField(blank=True, max_length=200)),
                ("correlation_id", models.CharField(blank=True, max_length=64)),
                ("asked_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("finished_at", models.DateTimeField(null=True)),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("finished_at__isnull", True)), fields=["id"], name="bulk_unfinished"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="BulkItem",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "company",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="companies.company",
                    ),
                ),
                (
                    "job",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="staging.bulkjob",
                    ),
                ),
                ("object_id", models.BigIntegerField()),
                ("version", models.IntegerField()),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("waiting", "Waiting"),
                            ("done", "Done"),
                            ("refused", "Refused"),
                            ("skipped", "Skipped"),
                        ],
                        default="waiting",
                        max_length=7,
                    ),
                ),
                ("code", models.CharField(blank=True, max_length=60)),
                ("message", models.TextField(blank=True)),
                ("errors", models.JSONField(null=True)),
                ("decided_at", models.DateTimeField(null=True)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("company", "job", "object_id"), name="one_outcome_per_row_of_a_job")
                ],
            },
        ),
        migrations.CreateModel(
            name="StagedRecord",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "company",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="companies.company",
                    ),
                ),
                ("item_type", models.CharField(max_length=40)),
                ("origin_id", models.CharField(max_length=255)),
                ("origin_code", models.CharField(max_length=255, null=True)),
                ("origin_data", models.JSONField(null=True)),
                (
                    "parent",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="staging.stagedrecord",
                    ),
                ),
                (
                    "status",
                    django_fsm.FSMField(
                        choices=[
                            ("staged", "Staged"),
                            ("archived", "Archived"),
                            ("imported", "Imported"),
                            ("invalid", "Invalid"),
                        ],
                        default="staged",
                        max_length=50,
                        protected=True,
                    ),
                ),
                ("archived_with_parent", models.BooleanField(default=False)),
                ("data", models.JSONField(default=dict)),
                ("number", models.CharField(blank=True, max_length=255)),
                ("title", models.CharField(blank=True, max_length=255)),
                ("amount", models.DecimalField(decimal_places=4, max_digits=23, null=True)),
                ("messages", models.JSONField(default=list)),
                ("waiting_for", models.JSONField(default=list)),
                ("project_origin_id", models.CharField(blank=True, max_length=255)),
                ("vendor_origin_id", models.CharField(blank=True, db_default="", max_length=255)),
                ("origin_version", models.BigIntegerField(null=True)),
                (
                    "record",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="records.record",
                    ),
                ),
                ("imported_data", models.JSONField(null=True)),
                ("changed_since_import", models.BooleanField(db_default=False, default=False)),
                (
                    "account",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.OAUTH2_PROVIDER_APPLICATION_MODEL,
                    ),
                ),
                ("changed_by_kind", models.CharField(max_length=16)),
                ("changed_by_id", models.BigIntegerField(null=True)),
                ("changed_by_name", models.CharField(max_length=200)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("updated_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("deleted_at", models.DateTimeField(null=True)),
                ("version", models.IntegerField(default=1)),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("deleted_at__isnull", True), ("parent__isnull", True)),
                        fields=["company", "status", "created_at", "id"],
                        name="staged_queue",
                    ),
                    models.Index(
                        condition=models.Q(("deleted_at__isnull", True), ("parent__isnull", True)),
                        fields=["company", "item_type", "status", "created_at", "id"],
                        name="staged_queue_of_type",
                    ),
                    models.Index(
                        condition=models.Q(
                            ("deleted_at__isnull", True),
                            ("parent__isnull", True),
                            models.Q(("project_origin_id", ""), _negated=True),
                        ),
                        fields=["company", "project_origin_id", "status", "created_at", "id"],
                        name="staged_queue_of_project",
                    ),
                    models.Index(
                        condition=models.Q(
                            ("deleted_at__isnull", True),
                            ("parent__isnull", True),
                            models.Q(("vendor_origin_id", ""), _negated=True),
                        ),
                        fields=["company", "vendor_origin_id", "status", "created_at", "id"],
                        name="staged_queue_of_vendor",
                    ),
                    models.Index(
                        condition=models.Q(
                            ("data__has_any_keys", ["project_id", "vendor_id"]),
                            ("deleted_at__isnull", True),
                            ("parent__isnull", True),
                        ),
                        fields=["company", "id"],
                        name="staged_naming_by_id",
                    ),
                    models.Index(
                        condition=models.Q(("deleted_at__isnull", True), ("parent__isnull", True)),
                        fields=["company", "account", "status", "created_at", "id"],
                        name="staged_queue_of_account",
                    ),
                    models.Index(
                        condition=models.Q(("parent__isnull", False)),
                        fields=["company", "parent", "id"],
                        name="staged_by_parent",
                    ),
                    models.Index(
                        condition=models.Q(("deleted_at__isnull", True), models.Q(("waiting_for", []), _negated=True)),
                        fields=["company", "id"],
                        name="staged_waiting",
                    ),
                    models.Index(
                        condition=models.Q(
                            ("changed_since_import", True), ("deleted_at__isnull", True), ("parent__isnull", True)
                        ),
                        fields=["company", "id"],
                        name="staged_changed_again",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("deleted_at__isnull", True)),
                        fields=("company", "item_type", "origin_id"),
                        name="one_staged_record_per_origin_id",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("origin_id", ""), _negated=True), name="staged_origin_id_is_not_blank"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("amount__isnull", True),
                            models.Q(("amount", models.Value("NaN")), _negated=True),
                            _connector="OR",
                        ),
                        name="staged_amount_is_a_number",
                    ),
                ],
            },
            bases=(erpstaging.core.states.Moving, models.Model),
        ),
        migrations.CreateModel(
            name="Intake",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "company",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="companies.company",
                    ),
                ),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.OAUTH2_PROVIDER_APPLICATION_MODEL,
                    ),
                ),
                ("path", models.CharField(max_length=400)),
                ("content_type", models.CharField(max_length=100)),
                ("body", models.BinaryField()),
                ("sha256", models.BinaryField(max_length=32)),
                ("correlation_id", models.CharField(blank=True, max_length=64)),
                ("received_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="StagedChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "company",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="companies.company",
                    ),
                ),
                (
                    "staged_record",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="staging.stagedrecord",
                    ),
                ),
                (
                    "intake",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="staging.intake",
                    ),
                ),
                ("version", models.IntegerField()),
                ("before", models.JSONField(null=True)),
                ("sent", models.JSONField(null=True)),
                ("place", models.CharField(blank=True, max_length=40)),
                ("origin_version", models.BigIntegerField(null=True)),
                ("superseded", models.BooleanField(default=False)),
                ("changed_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                "indexes": [models.Index(fields=["company", "staged_record", "id"], name="staged_change_by_row")],
            },
        ),
        migrations.CreateModel(
            name="StagedExport",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "company",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="companies.company",
                    ),
                ),
                (
                    "record",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="records.record",
                    ),
                ),
                ("item_type", models.CharField(max_length=40)),
                (
                    "action",
                    models.CharField(
                        choices=[("create", "Create"), ("update", "Update"), ("unlink", "Unlink")],
                        default="create",
                        max_length=6,
                    ),
                ),
                (
                    "state",
                    django_fsm.FSMField(
                        choices=[
                            ("ready_to_export", "Ready To Export"),
                            ("accepted", "Accepted"),
                            ("exporting", "Exporting"),
                            ("failed", "Failed"),
                            ("synced", "Synced"),
                            ("retrieved", "Retrieved"),
                            ("rejected", "Rejected"),
                            ("unlinking", "Unlinking"),
                            ("unlinked", "Unlinked"),
                        ],
                        default="ready_to_export",
                        max_length=50,
                        protected=True,
                    ),
                ),
                ("snapshot", models.JSONField()),
                ("content_hash", models.BinaryField(max_length=32)),
                ("record_version", models.IntegerField()),
                (
                    "project",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="records.record",
                    ),
                ),
                (
                    "vendor",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="records.record",
                    ),
                ),
                ("number", models.CharField(blank=True, max_length=255)),
                ("title", models.CharField(blank=True, max_length=255)),
                ("amount", models.DecimalField(decimal_places=4, max_digits=23, null=True)),
                ("currency", models.CharField(blank=True, max_length=3)),
                ("sent_by_id", models.BigIntegerField()),
                ("sent_by_name", models.CharField(max_length=200)),
                ("sent_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("decided_by_id", models.BigIntegerField(null=True)),
                ("decided_by_name", models.CharField(blank=True, max_length=200)),
                ("decided_at", models.DateTimeField(null=True)),
                ("inputs", models.JSONField(default=dict)),
                ("reason", models.TextField(blank=True)),
                ("reason_code", models.CharField(blank=True, max_length=60)),
                ("pins", models.JSONField(default=list)),
                ("messages", models.JSONField(default=list)),
                (
                    "resubmits",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="staging.stagedexport",
                    ),
                ),
                (
                    "failure",
                    models.CharField(
                        blank=True,
                        choices=[("stale", "Stale"), ("partial", "Partial")],
                        db_default="",
                        default="",
                        max_length=8,
                    ),
                ),
                ("failed_items", models.JSONField(db_default=models.Value([], models.JSONField()), default=list)),
                ("release_at", models.DateTimeField(null=True)),
                ("held_reason", models.CharField(blank=True, max_length=300)),
                ("hold_until", models.DateTimeField(null=True)),
                ("hold_note", models.CharField(blank=True, max_length=300)),
                ("held_by_id", models.BigIntegerField(null=True)),
                ("held_by_name", models.CharField(blank=True, max_length=200)),
                ("held_at", models.DateTimeField(null=True)),
                (
                    "erp_request",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="erp_requests.erprequest",
                    ),
                ),
                ("attempts", models.IntegerField(default=0)),
                ("closed_at", models.DateTimeField(null=True)),
                ("cause", models.CharField(blank=True, db_default="", default="", max_length=32)),
                ("failed_at", models.DateTimeField(null=True)),
                ("source", models.CharField(blank=True, db_default="", max_length=12)),
                ("correlation_id", models.CharField(blank=True, db_default="", max_length=64)),
                ("changed_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("version", models.IntegerField(default=1)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["company", "state", "sent_at", "id"], name="export_queue"),
                    models.Index(
                        fields=["company", "item_type", "state", "sent_at", "id"], name="export_queue_of_type"
                    ),
                    models.Index(
                        condition=models.Q(
                            ("project__isnull", False),
                            ("state__in", ("ready_to_export", "accepted", "exporting", "failed", "rejected")),
                        ),
                        fields=["company", "project", "state", "sent_at", "id"],
                        name="export_queue_of_project",
                    ),
                    models.Index(
                        condition=models.Q(
                            ("state__in", ("ready_to_export", "accepted", "exporting", "failed", "rejected")),
                            ("vendor__isnull", False),
                        ),
                        fields=["company", "vendor", "state", "sent_at", "id"],
                        name="export_queue_of_vendor",
                    ),
                    models.Index(
                        condition=models.Q(
                            ("state__in", ("ready_to_export", "accepted", "exporting", "failed", "rejected"))
                        ),
                        fields=["company", "sent_by_id", "state", "sent_at", "id"],
                        name="export_queue_of_sender",
                    ),
                    models.Index(
                        condition=models.Q(
                            ("resubmits__isnull", False),
                            ("state__in", ("ready_to_export", "accepted", "exporting", "failed", "rejected")),
                        ),
                        fields=["company", "state", "sent_at", "id"],
                        name="export_queue_resubmitted",
                    ),
                    models.Index(
                        condition=models.Q(("state", "failed")),
                        fields=["company", "failure", "sent_at", "id"],
                        name="export_queue_failed",
                    ),
                    models.Index(
                        condition=models.Q(("attempts__gt", 1), ("state", "failed")),
                        fields=["company", "sent_at", "id"],
                        name="export_queue_retried",
                    ),
                    models.Index(
                        condition=models.Q(("state", "rejected")),
                        fields=["company", "reason_code", "sent_at", "id"],
                        name="export_queue_rejected",
                    ),
                    models.Index(fields=["company", "record", "-id"], name="export_by_record"),
                    models.Index(fields=["company", "sent_by_id", "-id"], name="export_by_sender"),
                    models.Index(
                        condition=models.Q(("state", "failed")),
                        fields=["company", "-changed_at", "-id"],
                        name="export_gave_up",
                    ),
                    models.Index(
                        condition=models.Q(("state", "exporting")), fields=["company", "record"], name="export_out"
                    ),
                    models.Index(
                        condition=models.Q(("cause", ""), _negated=True),
                        fields=["company", "cause", "state", "id"],
                        name="export_of_problem",
                    ),
                    models.Index(
                        condition=models.Q(("state", "synced")),
                        fields=["company", "closed_at"],
                        name="export_synced_by_time",
                    ),
                    models.Index(condition=models.Q(("state", "accepted")), fields=["release_at"], name="export_due"),
                    models.Index(
                        condition=models.Q(("hold_until__isnull", False), ("state", "ready_to_export")),
                        fields=["hold_until"],
                        name="export_held",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(
                            ("state__in", ("ready_to_export", "accepted", "exporting", "failed", "unlinking"))
                        ),
                        fields=("company", "record"),
                        name="one_open_export_per_record",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("amount__isnull", True),
                            models.Q(("amount", models.Value("NaN")), _negated=True),
                            _connector="OR",
                        ),
                        name="export_amount_is_a_number",
                    ),
                ],
            },
            bases=(erpstaging.core.states.Moving, models.Model),
        ),
        migrations.CreateModel(
            name="Confirmation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "company",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="companies.company",
                    ),
                ),
                ("act", models.CharField(choices=[("reset", "Reset"), ("mark_synced", "Mark Synced")], max_length=12)),
                (
                    "record",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="records.record",
                    ),
                ),
                (
                    "export",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="staging.stagedexport",
                    ),
                ),
                (
                    "state",
                    django_fsm.FSMField(
                        choices=[
                            ("waiting", "Waiting"),
                            ("confirmed", "Confirmed"),
                            ("declined", "Declined"),
                            ("expired", "Expired"),
                        ],
                        default="waiting",
                        max_length=50,
                        protected=True,
                    ),
                ),
                ("seen", models.JSONField(default=dict)),
                ("reason", models.TextField()),
                ("asked_by_id", models.BigIntegerField()),
                ("asked_by_name", models.CharField(max_length=200)),
                ("asked_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("expires_at", models.DateTimeField()),
                ("answered_by_id", models.BigIntegerField(null=True)),
                ("answered_by_name", models.CharField(blank=True, max_length=200)),
                ("answered_at", models.DateTimeField(null=True)),
                (
                    "erp_request",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="erp_requests.erprequest",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["company", "record", "-id"], name="confirmation_by_record"),
                    models.Index(
                        condition=models.Q(("state", "waiting")), fields=["expires_at"], name="confirmation_due"
                    ),
                    models.Index(fields=["company", "state", "-id"], name="confirmation_by_state"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state", "waiting")),
                        fields=("company", "act", "record"),
                        name="one_confirmation_waits_per_act",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("answered_by_id__isnull", True),
                            models.Q(("state", "confirmed"), _negated=True),
                            models.Q(("answered_by_id", models.F("asked_by_id")), _negated=True),
                            _connector="OR",
                        ),
                        name="nobody_confirms_his_own",
                    ),
                ],
            },
            bases=(erpstaging.core.states.Moving, models.Model),
        ),
        migrations.CreateModel(
            name="Decision",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "company",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="companies.company",
                    ),
                ),
                ("object_type", models.CharField(max_length=16)),
                ("object_id", models.BigIntegerField()),
                ("version", models.IntegerField()),
                ("step", models.IntegerField(default=1)),
                ("verdict", models.CharField(max_length=8)),
                ("actor_kind", models.CharField(max_length=16)),
                ("actor_id", models.BigIntegerField(null=True)),
                ("actor_name", models.CharField(max_length=200)),
                ("content_hash", models.BinaryField(max_length=32, null=True)),
                ("sender_id", models.BigIntegerField(null=True)),
                ("address", models.GenericIPAddressField(null=True)),
                ("reason", models.TextField(blank=True)),
                ("reason_code", models.CharField(blank=True, db_default="", default="", max_length=60)),
                ("decided_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("verdict", "reject")),
                        fields=["company", "decided_at", "reason_code"],
                        name="rejection_by_time",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("company", "object_type", "object_id", "version", "step", "actor_kind", "actor_id"),
                        name="one_decision_per_version_and_person",
                        nulls_distinct=False,
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Conflict",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "company",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="companies.company",
                    ),
                ),
                (
                    "record",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="records.record",
                    ),
                ),
                ("kind", models.CharField(max_length=40)),
                ("message", models.CharField(max_length=500)),
                ("ours", models.JSONField()),
                ("theirs", models.JSONField()),
                ("opened_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("resolved_at", models.DateTimeField(null=True)),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("resolved_at__isnull", True)),
                        fields=["company", "id"],
                        name="conflict_open",
                    ),
                    models.Index(fields=["company", "record"], name="conflict_by_record"),
                ],
            },
        ),
        migrations.CreateModel(
            name="StagedLink",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "company",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="companies.company",
                    ),
                ),
                (
                    "staged_record",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="staging.stagedrecord",
                    ),
                ),
                (
                    "record",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="records.record",
                    ),
                ),
                (
                    "state",
                    django_fsm.FSMField(
                        choices=[("linked", "Linked"), ("released", "Released"), ("undone", "Undone")],
                        default="linked",
                        max_length=50,
                        protected=True,
                    ),
                ),
                ("before", models.JSONField()),
                ("linked_by_id", models.BigIntegerField(null=True)),
                ("linked_by_name", models.CharField(max_length=200)),
                ("linked_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("release_at", models.DateTimeField()),
                (
                    "erp_request",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="erp_requests.erprequest",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["company", "staged_record", "-id"], name="link_by_row"),
                    models.Index(condition=models.Q(("state", "linked")), fields=["release_at", "id"], name="link_due"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state", "linked")),
                        fields=("company", "record"),
                        name="one_link_under_way_per_record",
                    )
                ],
            },
            bases=(erpstaging.core.states.Moving, models.Model),
        ),
        migrations.CreateModel(
            name="Refresh",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "company",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="companies.company",
                    ),
                ),
                ("request_name", models.CharField(max_length=60)),
                ("item_type", models.CharField(max_length=40)),
                (
                    "state",
                    django_fsm.FSMField(
                        choices=[
                            ("running", "Running"),
                            ("succeeded", "Succeeded"),
                            ("failed", "Failed"),
                            ("stale", "Stale"),
                        ],
                        default="running",
                        max_length=50,
                        protected=True,
                    ),
                ),
                ("messages", models.JSONField(default=list)),
                (
                    "erp_request",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="erp_requests.erprequest",
                    ),
                ),
                (
                    "detail",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="erp_requests.erprequestdetail",
                    ),
                ),
                ("asked_by_id", models.BigIntegerField(null=True)),
                ("asked_by_name", models.CharField(max_length=200)),
                ("asked_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("closed_by_name", models.CharField(blank=True, max_length=200)),
                ("closed_at", models.DateTimeField(null=True)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["company", "request_name", "-id"], name="refresh_by_list"),
                    models.Index(fields=["company", "detail"], name="refresh_by_detail"),
                    models.Index(condition=models.Q(("state", "running")), fields=["id"], name="refresh_running"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state", "running")),
                        fields=("company", "request_name"),
                        name="one_refresh_per_list",
                    )
                ],
            },
            bases=(erpstaging.core.states.Moving, models.Model),
        ),
        migrations.CreateModel(
            name="ReminderMark",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "company",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="companies.company",
                    ),
                ),
                ("told_until", models.DateTimeField()),
                ("next_at", models.DateTimeField()),
            ],
            options={
                "indexes": [models.Index(fields=["next_at"], name="reminder_due")],
                "constraints": [models.UniqueConstraint(fields=("company",), name="one_reminder_mark")],
            },
        ),
    ]
