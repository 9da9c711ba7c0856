from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("audit", "0001_initial"),
        ("companies", "0003_failed_attempts_by_time"),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="entry",
            name="audit_by_record",
        ),
        migrations.AddIndex(
            model_name="entry",
            index=models.Index(
                condition=models.Q(("record_id__isnull", False)),
                fields=["company", "record_id", "id"],
                name="audit_by_record",
            ),
        ),
    ]
