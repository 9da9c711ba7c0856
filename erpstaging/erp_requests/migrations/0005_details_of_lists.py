import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """The detail of a refresh is about a list, not about one record."""

    dependencies = [("erp_requests", "0004_lean_writes")]

    operations = [
        migrations.AlterField(
            model_name="erprequestdetail",
            name="item",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="records.record",
            ),
        ),
    ]
