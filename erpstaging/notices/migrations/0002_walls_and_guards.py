from django.db import migrations

from erpstaging.core.policies import company_wall


class Migration(migrations.Migration):
    dependencies = [("notices", "0001_initial")]

    operations = [
        company_wall("notices_notice", everywhere="SELECT", referenced=False),
        company_wall("notices_mailsettings", everywhere="SELECT", referenced=False),
    ]
