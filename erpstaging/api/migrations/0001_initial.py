from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="RateWindow",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("subject", models.CharField(max_length=100)),
                ("period_s", models.IntegerField()),
                ("started", models.BigIntegerField()),
                ("calls", models.IntegerField()),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("subject", "period_s"), name="rate_window_once")],
            },
        ),
        migrations.RunSQL("ALTER TABLE api_ratewindow SET UNLOGGED", "ALTER TABLE api_ratewindow SET LOGGED"),
    ]
