from django.db import migrations

from erpstaging.core.policies import company_wall


class Migration(migrations.Migration):
    dependencies = [("outbox", "0001_initial")]

    operations = [
        company_wall("outbox_event", everywhere="SELECT, UPDATE, INSERT"),
        migrations.RunSQL("CREATE SEQUENCE outbox_position_seq", "DROP SEQUENCE outbox_position_seq"),
    ]
