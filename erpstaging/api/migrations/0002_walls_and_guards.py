from django.db import migrations

from erpstaging.core.policies import company_wall


class Migration(migrations.Migration):
    dependencies = [("api", "0001_initial")]

    operations = [
        migrations.RunSQL("ALTER TABLE api_ratewindow SET UNLOGGED", "ALTER TABLE api_ratewindow SET LOGGED"),
        migrations.RunSQL(
            [
                "ALTER TABLE api_ratewindow SET UNLOGGED",
                # Room for the next count beside this one, so that no index is touched.
                "ALTER TABLE api_ratewindow SET (fillfactor = 50)",
            ],
            ["ALTER TABLE api_ratewindow RESET (fillfactor)", "ALTER TABLE api_ratewindow SET LOGGED"],
        ),
        company_wall("api_idempotencykey", referenced=False),
    ]
