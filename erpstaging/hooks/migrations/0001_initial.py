import django.db.models.deletion
import django.utils.timezone
import django_fsm
from django.db import migrations, models

import erpstaging.core.states


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("companies", "0001_initial"),
        ("outbox", "0001_initial"),
        ("records", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="AllowedNetwork",
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
                ("network", models.CharField(max_length=49)),
                ("note", models.CharField(blank=True, max_length=200)),
                ("user_id", models.BigIntegerField(null=True)),
                ("added_by", models.CharField(max_length=200)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("company", "network"), name="allowed_network_once"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Hook",
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
                ("namespace", models.CharField(max_length=64)),
                ("api_version", models.CharField(max_length=8)),
                ("destination_url", models.CharField(max_length=2048)),
                ("encrypted_headers", models.TextField()),
                ("encrypted_secret", models.TextField()),
                ("encrypted_old_secret", models.TextField(blank=True)),
                ("old_secret_until", models.DateTimeField(null=True)),
                ("profile", models.CharField(choices=[("procore", "Procore"), ("durable", "Durable")], max_length=7)),
                (
                    "state",
                    django_fsm.FSMField(
                        choices=[("active", "Active"), ("paused", "Paused"), ("idle", "Idle")],
                        default="active",
                        max_length=50,
                        protected=True,
                    ),
                ),
                ("failures", models.IntegerField(default=0)),
                ("first_failure_at", models.DateTimeField(null=True)),
                ("next_attempt_at", models.DateTimeField(null=True)),
                ("paused_at", models.DateTimeField(null=True)),
                ("paused_by", models.CharField(blank=True, max_length=200)),
                ("pause_reason", models.CharField(blank=True, max_length=300)),
                ("user_id", models.BigIntegerField(null=True)),
                ("account_id", models.BigIntegerField(null=True)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("updated_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("deleted_at", models.DateTimeField(null=True)),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("deleted_at__isnull", True)),
                        fields=["company", "namespace", "id"],
                        name="hook_by_namespace",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("api_version__in", ["v1", "v1.0", "v2", "v2.0", "v3", "v3.0", "v4", "v4.0"])
                        ),
                        name="hook_api_version_is_known",
                    )
                ],
            },
            bases=(erpstaging.core.states.Moving, models.Model),
        ),
        migrations.CreateModel(
            name="Trigger",
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
                    "hook",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="hooks.hook",
                    ),
                ),
                ("resource_name", models.CharField(max_length=60)),
                (
                    "event_type",
                    models.CharField(
                        choices=[("create", "Create"), ("update", "Update"), ("delete", "Delete")], max_length=6
                    ),
                ),
                ("user_id", models.BigIntegerField(null=True)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                "indexes": [models.Index(fields=["company", "resource_name", "event_type"], name="trigger_by_event")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("hook", "resource_name", "event_type"), name="trigger_once_per_hook"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Delivery",
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
                    "hook",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="hooks.hook",
                    ),
                ),
                (
                    "event",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="outbox.event",
                    ),
                ),
                ("position", models.BigIntegerField()),
                ("resource_name", models.CharField(max_length=60)),
                ("resource_id", models.BigIntegerField()),
                (
                    "event_type",
                    models.CharField(
                        choices=[("create", "Create"), ("update", "Update"), ("delete", "Delete")], max_length=6
                    ),
                ),
                ("is_test", models.BooleanField(db_default=False, default=False)),
                ("body", models.TextField()),
                (
                    "state",
                    django_fsm.FSMField(
                        choices=[
                            ("pending", "Pending"),
                            ("leased", "Leased"),
                            ("ok", "Ok"),
                            ("failing", "Failing"),
                            ("failed", "Failed"),
                            ("discarded", "Discarded"),
                        ],
                        default="pending",
                        max_length=50,
                        protected=True,
                    ),
                ),
                ("attempts", models.IntegerField(default=0)),
                ("failures", models.IntegerField(default=0)),
                ("first_failure_at", models.DateTimeField(null=True)),
                ("next_attempt_at", models.DateTimeField(null=True)),
                ("lease_token", models.UUIDField(null=True)),
                ("leased_until", models.DateTimeField(null=True)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("completed_at", models.DateTimeField(null=True)),
                ("gave_up_at", models.DateTimeField(null=True)),
                ("replayed_at", models.DateTimeField(null=True)),
                ("replayed_by", models.CharField(blank=True, db_default="", max_length=200)),
                ("replay_reason", models.CharField(blank=True, db_default="", max_length=300)),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("completed_at__isnull", True)),
                        fields=["hook", "position"],
                        name="delivery_queue",
                    ),
                    models.Index(
                        condition=models.Q(("completed_at__isnull", True)),
                        fields=["hook", "resource_name", "resource_id", "position"],
                        name="delivery_queue_of_object",
                    ),
                    models.Index(
                        condition=models.Q(("completed_at__isnull", True)),
                        fields=["hook", "next_attempt_at", "position"],
                        name="delivery_due",
                    ),
                    models.Index(
                        condition=models.Q(("completed_at__isnull", True), ("leased_until__isnull", False)),
                        fields=["hook", "leased_until"],
                        name="delivery_leased",
                    ),
                    models.Index(fields=["company", "-created_at", "-id"], name="delivery_log"),
                    models.Index(fields=["hook", "-created_at", "-id"], name="delivery_by_hook"),
                    models.Index(fields=["hook", "state", "-created_at", "-id"], name="delivery_by_state"),
                    models.Index(
                        fields=["company", "resource_name", "event_type", "-created_at", "-id"],
                        name="delivery_log_of_event",
                    ),
                    models.Index(
                        fields=["company", "resource_id", "-created_at", "-id"], name="delivery_log_of_object"
                    ),
                    models.Index(
                        condition=models.Q(("state__in", ["failing", "failed", "discarded"])),
                        fields=["company", "state", "-created_at", "-id"],
                        name="delivery_log_of_trouble",
                    ),
                    models.Index(
                        condition=models.Q(("gave_up_at__isnull", False)),
                        fields=["company", "-gave_up_at", "-id"],
                        name="delivery_gave_up",
                    ),
                    models.Index(
                        condition=models.Q(("completed_at__isnull", True), ("is_test", True)),
                        fields=["next_attempt_at"],
                        name="delivery_test_due",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("event", "hook"), name="one_delivery_per_event_and_hook"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("completed_at__isnull", True), ("state__in", ["pending", "leased", "failing"])),
                            models.Q(("completed_at__isnull", False), ("state__in", ["ok", "failed", "discarded"])),
                            _connector="OR",
                        ),
                        name="delivery_is_open_until_completed",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="DeliveryAttempt",
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
                    "delivery",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="hooks.delivery",
                    ),
                ),
                (
                    "hook",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="hooks.hook",
                    ),
                ),
                ("number", models.IntegerField()),
                (
                    "outcome",
                    models.CharField(
                        choices=[("ok", "Ok"), ("retried", "Retried"), ("failed", "Failed")], max_length=7
                    ),
                ),
                ("started_at", models.DateTimeField()),
                ("duration_ms", models.IntegerField()),
                ("status", models.SmallIntegerField(null=True)),
                (
                    "request_headers",
                    models.JSONField(db_default=models.Value({}, models.JSONField()), default=dict),
                ),
                ("headers", models.JSONField(default=dict)),
                ("body", models.TextField(blank=True)),
                ("error", models.CharField(blank=True, max_length=500)),
            ],
            options={
                "indexes": [models.Index(fields=["hook", "-started_at"], name="attempt_of_hook")],
                "constraints": [models.UniqueConstraint(fields=("delivery", "number"), name="attempt_once_per_number")],
            },
        ),
    ]
