from django.db import migrations, models


class Migration(migrations.Migration):
    """PostgreSQL's NUMERIC takes NaN, which is larger than every amount and spoils every sum."""

    dependencies = [("staging", "0002_export_out")]

    operations = [
        migrations.AddConstraint(
            model_name=model,
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("amount__isnull", True), models.Q(("amount", models.Value("NaN")), _negated=True), _connector="OR"
                ),
                name=name,
            ),
        )
        for model, name in (
            ("stagedrecord", "staged_amount_is_a_number"),
            ("stagedexport", "export_amount_is_a_number"),
        )
    ]
