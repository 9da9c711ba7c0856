import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("companies", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Record",
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
                ("item_type", models.CharField(max_length=40)),
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
                    "parent",
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
                ("position", models.IntegerField(null=True)),
                ("number", models.CharField(blank=True, max_length=255)),
                ("title", models.CharField(blank=True, max_length=255)),
                ("status", models.CharField(blank=True, max_length=40)),
                ("amount", models.DecimalField(decimal_places=4, max_digits=23, null=True)),
                ("currency", models.CharField(blank=True, max_length=3)),
                ("data", models.JSONField(default=dict)),
                (
                    "lock",
                    models.CharField(
                        choices=[("none", "None"), ("waiting", "Waiting"), ("exporting", "Exporting")],
                        default="none",
                        max_length=9,
                    ),
                ),
                ("origin_id", models.CharField(max_length=255, null=True)),
                ("origin_code", models.CharField(max_length=255, null=True)),
                ("origin_data", models.JSONField(null=True)),
                (
                    "account",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.OAUTH2_PROVIDER_APPLICATION_MODEL,
                    ),
                ),
                ("news_due_at", models.DateTimeField(null=True)),
                ("unique_key", models.CharField(max_length=600, null=True)),
                ("created_by_kind", models.CharField(max_length=16)),
                ("created_by_id", models.BigIntegerField(null=True)),
                ("created_by_name", models.CharField(max_length=200)),
                ("created_by_owner_id", models.BigIntegerField(null=True)),
                ("edited_by_kind", models.CharField(max_length=16)),
                ("edited_by_id", models.BigIntegerField(null=True)),
                ("edited_by_name", models.CharField(max_length=200)),
                ("edited_by_owner_id", models.BigIntegerField(null=True)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("updated_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("deleted_at", models.DateTimeField(null=True)),
                ("version", models.IntegerField(default=1)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["company", "item_type", "id"], name="record_by_type"),
                    models.Index(fields=["company", "project", "item_type", "id"], name="record_by_project"),
                    models.Index(fields=["company", "parent", "position", "id"], name="record_by_parent"),
                    models.Index(fields=["company", "vendor", "id"], name="record_by_vendor"),
                    models.Index(fields=["company", "item_type", "updated_at", "id"], name="record_by_change"),
                    models.Index(
                        condition=models.Q(
                            ("deleted_at__isnull", True), ("origin_id__isnull", False), ("parent__isnull", True)
                        ),
                        fields=["company", "-updated_at", "-id"],
                        name="record_synced",
                    ),
                    models.Index(
                        condition=models.Q(
                            ("deleted_at__isnull", True),
                            ("origin_id__isnull", False),
                            ("parent__isnull", True),
                            ("project__isnull", False),
                        ),
                        fields=["company", "project", "-updated_at", "-id"],
                        name="record_synced_of_project",
                    ),
                    models.Index(
                        condition=models.Q(
                            ("deleted_at__isnull", True),
                            ("origin_id__isnull", False),
                            ("parent__isnull", True),
                            ("vendor__isnull", False),
                        ),
                        fields=["company", "vendor", "-updated_at", "-id"],
                        name="record_synced_of_vendor",
                    ),
                    models.Index(
                        condition=models.Q(
                            ("deleted_at__isnull", True),
                            ("item_type__in", ("project", "sub_job")),
                            ("origin_id__isnull", False),
                        ),
                        fields=["news_due_at", "id"],
                        name="record_news_due",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("deleted_at__isnull", True), ("origin_id__isnull", False)),
                        fields=("company", "item_type", "origin_id"),
                        name="one_origin_id_one_object",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("deleted_at__isnull", True), ("unique_key__isnull", False)),
                        fields=("company", "item_type", "unique_key"),
                        name="record_unique_key",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("origin_id", ""), _negated=True), name="origin_id_is_not_blank"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("amount__isnull", True),
                            models.Q(("amount", models.Value("NaN")), _negated=True),
                            _connector="OR",
                        ),
                        name="amount_is_a_number",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="OriginIdHistory",
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
                ("origin_id", models.CharField(max_length=255)),
                ("until", models.DateTimeField(default=django.utils.timezone.now)),
                ("reason", models.CharField(max_length=40)),
                ("forced", models.BooleanField(db_default=False, default=False)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["company", "item_type", "origin_id"], name="origin_id_was"),
                    models.Index(fields=["company", "record", "-id"], name="origin_id_was_of"),
                ],
            },
        ),
    ]
