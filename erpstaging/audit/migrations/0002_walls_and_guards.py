from django.db import migrations

from erpstaging.core.policies import company_wall


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial")]

    operations = [
        company_wall("audit_entry", nullable=True, referenced=False),
        migrations.RunSQL(
            [
                """
                CREATE FUNCTION audit_entry_is_final() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN
                    RAISE EXCEPTION 'audit entries are never changed or removed' USING ERRCODE = 'insufficient_privilege';
                END $$
                """,
                "CREATE TRIGGER audit_entry_rows_are_final BEFORE UPDATE OR DELETE ON audit_entry "
                "FOR EACH ROW EXECUTE FUNCTION audit_entry_is_final()",
                "CREATE TRIGGER audit_entry_table_is_final BEFORE TRUNCATE ON audit_entry "
                "FOR EACH STATEMENT EXECUTE FUNCTION audit_entry_is_final()",
            ],
            [
                "DROP TRIGGER audit_entry_table_is_final ON audit_entry",
                "DROP TRIGGER audit_entry_rows_are_final ON audit_entry",
                "DROP FUNCTION audit_entry_is_final()",
            ],
        ),
    ]
