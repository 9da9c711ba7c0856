from django.db import migrations

from erpstaging.core.policies import company_wall

# Spelled out for every collation a server may have: the classes of regular expressions know other letters in each.
# Accents come off, apostrophes and full stops go, other punctuation separates, and words that say only what kind of
# firm it is are left out unless nothing else is there.
PLAIN = (
    r"btrim(regexp_replace(regexp_replace(normalize(lower(left(data ->> 'name', 400)), NFKD), "
    r"'[\u0300-\u036f.''`\u2019]', '', 'g'), '[\s!-/:-@\[-`{-\u00bf]+', ' ', 'g'))"
)

KINDS_OF_FIRM = "the|and|inc|incorporated|llc|ltd|limited|corp|corporation|co|company|gmbh|ag|kg|sarl|sa|srl|spa|bv|nv|plc|lp|llp|pty|oy|ab|as"

FUNCTIONS = {
    "name": f"""left(coalesce(nullif(btrim(regexp_replace(' ' || {PLAIN} || ' ', ' ({KINDS_OF_FIRM})(?= )', '', 'g')), ''),
        nullif({PLAIN}, '')), 255)""",
    "tax": r"(SELECT CASE WHEN length(id) > 3 THEN left(id, 60) END "
    r"FROM regexp_replace(lower(data ->> 'license_number'), '[^a-z0-9]+', '', 'g') AS id)",
    "mail": r"(SELECT CASE WHEN mail LIKE '_%@_%' THEN left(mail, 255) END "
    r"FROM btrim(lower(data ->> 'email_address')) AS mail)",
    "phone": r"(SELECT CASE WHEN length(digits) > 6 THEN right(digits, 9) END "
    r"FROM regexp_replace(coalesce(nullif(data ->> 'business_phone', ''), data ->> 'mobile_phone'), '[^0-9]+', '', 'g') AS digits)",
    "place": r"left(lower(regexp_replace(split_part(data ->> 'zip', '-', 1), '[^A-Za-z0-9]+', '', 'g')) || ' ' || "
    r"substring(data ->> 'address' from '[0-9]+'), 60)",
}


def forward() -> list[str]:
    statements = []
    for name, body in FUNCTIONS.items():
        column = f"match_{name}"
        statements += [
            f"CREATE FUNCTION records_{column}(data jsonb) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN {body}",
            f'ALTER TABLE records_record ADD COLUMN {column} text COLLATE "C" '
            f"GENERATED ALWAYS AS (CASE WHEN item_type = 'vendor' THEN records_{column}(data) END) STORED",
            f"CREATE INDEX record_{column} ON records_record (company_id, {column}, id) "
            f"WHERE {column} IS NOT NULL AND deleted_at IS NULL",
        ]
    return statements


def backward() -> list[str]:
    statements = []
    for name in FUNCTIONS:
        statements += [
            f"ALTER TABLE records_record DROP COLUMN match_{name}",
            f"DROP FUNCTION records_match_{name}(jsonb)",
        ]
    return statements


class Migration(migrations.Migration):
    dependencies = [("records", "0001_initial")]

    operations = [
        company_wall(
            "records_record",
            references=[
                ("project_id", "records_record"),
                ("parent_id", "records_record"),
                ("vendor_id", "records_record"),
            ],
        ),
        company_wall("records_originidhistory", references=[("record_id", "records_record")], referenced=False),
        migrations.RunSQL(forward(), backward()),
    ]
