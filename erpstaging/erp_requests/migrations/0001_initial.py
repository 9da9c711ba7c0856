import django.db.models.deletion
import django.utils.timezone
import django_fsm
from django.db import migrations, models

import erpstaging.core.states


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("companies", "0001_initial"),
        ("records", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="ErpRequest",
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
                ("request_data", models.JSONField()),
                ("taken_at", models.DateTimeField(null=True)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("updated_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                "indexes": [models.Index(fields=["company", "request_name", "id"], name="erp_request_by_name")],
            },
        ),
        migrations.CreateModel(
            name="ErpRequestDetail",
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
                    "state",
                    django_fsm.FSMField(
                        choices=[
                            ("in_progress", "In Progress"),
                            ("success", "Success"),
                            ("failed", "Failed"),
                            ("rejected", "Rejected"),
                            ("stale", "Stale"),
                        ],
                        default="in_progress",
                        max_length=50,
                        protected=True,
                    ),
                ),
                ("messages", models.JSONField(default=list)),
                ("item_type", models.CharField(max_length=40)),
                (
                    "item",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="records.record",
                    ),
                ),
                ("item_version", models.IntegerField()),
                ("attempt", models.IntegerField(default=1)),
                (
                    "first",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="erp_requests.erprequestdetail",
                    ),
                ),
                ("current", models.BooleanField(default=True)),
                ("due_at", models.DateTimeField()),
                ("closed_at", models.DateTimeField(null=True)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("updated_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["company", "item", "-id"], name="detail_by_item"),
                    models.Index(fields=["company", "erp_request"], name="detail_by_request"),
                    models.Index(
                        condition=models.Q(("current", True), ("state", "in_progress")),
                        fields=["due_at"],
                        name="detail_due",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("current", True)),
                        fields=("company", "item", "item_version"),
                        name="one_current_detail_per_version",
                    )
                ],
            },
            bases=(erpstaging.core.states.Moving, models.Model),
        ),
    ]
