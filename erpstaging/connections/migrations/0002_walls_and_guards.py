from django.db import migrations

from erpstaging.core.policies import company_wall


class Migration(migrations.Migration):
    dependencies = [("connections", "0001_initial")]

    operations = [
        company_wall("connections_erpconnection"),
        company_wall("connections_metadataversion", referenced=False),
        company_wall("connections_customfield", referenced=False),
        company_wall("connections_settingsversion", referenced=False),
    ]
