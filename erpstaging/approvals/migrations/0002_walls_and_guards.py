from django.db import migrations

from erpstaging.core.policies import company_wall


class Migration(migrations.Migration):
    dependencies = [("approvals", "0001_initial")]

    operations = [
        company_wall("approvals_savedfilter"),
        company_wall(
            "approvals_queuechoice",
            references=[("default_filter_id", "approvals_savedfilter")],
            referenced=False,
        ),
    ]
