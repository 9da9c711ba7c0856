"""How the time of a list grows from 1,000 to 1,000,000 staged rows: the queue by cursor, Procore's with `Total`.

The rows are made by SQL. Each list is called beside a page that asks the database for next to nothing, because two
sizes cannot be measured at the same moment.
"""

import base64
import json
import statistics
import sys
import time
from collections.abc import Callable
from typing import NamedTuple

import psycopg
import requests

from tests.fixtures.demo import Demo

FEW, CALLS = 1_000, 40
ROWS = """
    INSERT INTO staging_stagedrecord (
        company_id, item_type, origin_id, status, archived_with_parent, data, number, title, messages, waiting_for,
        project_origin_id, vendor_origin_id, account_id, changed_by_kind, changed_by_name, created_at, updated_at,
        version, changed_since_import
    )
    SELECT %(company)s, 'vendor', 'L-' || n, 'staged', false, jsonb_build_object('name', 'Vendor ' || n), n,
        'Vendor ' || n, '[]', '[]', CASE WHEN n %% 20 = 0 THEN %(project)s::text ELSE '' END,
        CASE WHEN n %% 20 = 0 THEN %(vendor)s::text ELSE '' END,
        CASE WHEN n %% 20 = 0 THEN %(account)s::bigint END, 'system', 'bench', now() + n * interval '1 ms', now(), 1,
        false
    FROM generate_series(%(first)s::int, %(last)s::int) n
"""
# One row in twenty names these.
NAMED = """
    SELECT p.id, p.origin_id, v.id, v.origin_id, a.id
    FROM records_record p, records_record v, companies_serviceaccount a
    WHERE p.company_id = %(company)s AND p.item_type = 'project' AND p.origin_id IS NOT NULL
        AND v.company_id = %(company)s AND v.item_type = 'vendor' AND v.origin_id IS NOT NULL
    ORDER BY p.id, v.id, a.id LIMIT 1
"""
DEEP = """
    SELECT created_at, id FROM staging_stagedrecord WHERE company_id = %s AND origin_id = %s AND deleted_at IS NULL
"""


def measure(demo: Demo, connection: psycopg.Connection, many: int) -> None:
    """Print each list's median at both sizes, and how many times longer it takes, the machine's own drift taken out."""
    named = _named(demo, connection)
    few_took, few_plain = _times(demo, _filled(demo, connection, named, 1, FEW), named)
    many_took, many_plain = _times(demo, _filled(demo, connection, named, FEW + 1, many), named)
    drift = many_plain / few_plain
    sys.stdout.write(f"{'list of 50':34} {FEW:>10,} {many:>12,} rows\n")
    for name, few in few_took.items():
        growth = many_took[name] / few / drift
        line = f"{name:34} {few * 1000:7.1f} ms {many_took[name] * 1000:9.1f} ms      x {growth:.2f}\n"
        sys.stdout.write(line)


class Named(NamedTuple):
    project_id: int
    project: str
    vendor_id: int
    vendor: str
    account: int


def _named(demo: Demo, connection: psycopg.Connection) -> Named:
    with connection.transaction():
        connection.execute("SELECT set_config('erpstaging.company', %s, true)", [str(demo.company_id)])
        found = connection.execute(NAMED, {"company": demo.company_id}).fetchone()
    assert found is not None
    return Named(*found)


def _filled(demo: Demo, connection: psycopg.Connection, named: Named, first: int, last: int) -> str:
    """Insert the rows; returns the cursor of the page in their middle."""
    with connection.transaction():
        connection.execute("SELECT set_config('erpstaging.company', %s, true)", [str(demo.company_id)])
        connection.execute(ROWS, {"company": demo.company_id, "first": first, "last": last, **named._asdict()})
        middle = connection.execute(DEEP, [demo.company_id, f"L-{last // 2}"]).fetchone()
    connection.execute("VACUUM (ANALYZE) staging_stagedrecord")
    assert middle is not None
    return base64.urlsafe_b64encode(json.dumps([middle[0].isoformat(), middle[1]]).encode()).decode().rstrip("=")


def _times(demo: Demo, cursor: str, named: Named) -> tuple[dict[str, float], float]:
    """The median of each list in seconds, called by turns, and that of the page beside them."""
    desk, erp = demo.person("approver"), demo.integrator()
    view = "queue?view=ready_to_import&limit=50"
    lists: dict[str, Callable[[], requests.Response]] = {
        "plain": lambda: desk.get(f"{demo.base_url}/readyz", timeout=20),
        "queue": lambda: desk.call("GET", view),
        "queue, deep page": lambda: desk.call("GET", f"{view}&cursor={cursor}"),
        "queue of a type": lambda: desk.call("GET", f"{view}&item_type=vendor"),
        "queue of a type, deep page": lambda: desk.call("GET", f"{view}&item_type=vendor&cursor={cursor}"),
        "queue of archived rows": lambda: desk.call("GET", "queue?view=archived&limit=50"),
        "queue of a project": lambda: desk.call("GET", f"{view}&project_id={named.project_id}"),
        "queue of a vendor": lambda: desk.call("GET", f"{view}&vendor_id={named.vendor_id}"),
        "queue of a sender": lambda: desk.call("GET", f"{view}&sender=account-{named.account}"),
        "queue since a day": lambda: desk.call("GET", f"{view}&received_from=2020-01-01"),
        "queue that I can decide": lambda: desk.call("GET", f"{view}&decidable=true"),
        "queue, newest first": lambda: desk.call("GET", f"{view}&sort=-since"),
        "Procore list, exact Total": lambda: erp.call("GET", "staged_records?per_page=50"),
    }
    taken: dict[str, list[float]] = {name: [] for name in lists}
    for _ in range(CALLS):
        for name, call in lists.items():
            began = time.perf_counter()
            answer = call()
            taken[name].append(time.perf_counter() - began)
            assert answer.status_code == 200, (name, answer.text[:300])
    medians = {name: statistics.median(times) for name, times in taken.items()}
    return medians, medians.pop("plain")
