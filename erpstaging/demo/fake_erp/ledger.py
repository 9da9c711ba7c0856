"""The stand-in's books: one SQLite file in which each of our objects stands once, however often it is booked."""

import sqlite3
from collections.abc import Iterable
from pathlib import Path

TABLES = """
CREATE TABLE IF NOT EXISTS posting (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    item_type TEXT NOT NULL,
    item_id INTEGER NOT NULL,
    erp_request_id INTEGER NOT NULL,
    removed INTEGER NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX IF NOT EXISTS each_object_once ON posting (item_type, item_id) WHERE NOT removed;
"""
PREFIXES = {
    "vendor": "V",
    "project": "JOB",
    "sub_job": "SUB",
    "work_order_contract": "SC",
    "purchase_order_contract": "PO",
    "change_order": "CO",
    "line_item": "L",
    "requisition": "INV",
    "contract_payment": "PAY",
    "budget": "BUD",
}


class Ledger:
    """Bookings survive the program: one that is killed after booking finds the same number again."""

    def __init__(self, file: Path) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        self.books = sqlite3.connect(file, isolation_level=None)
        self.books.execute("PRAGMA journal_mode = WAL")
        self.books.executescript(TABLES)

    def book(self, items: Iterable[tuple[str, int]], *, erp_request_id: int) -> dict[tuple[str, int], str]:
        """The origin ID of each object, new or as it stands; all in one transaction."""
        wanted = list(items)
        with self.books:
            self.books.execute("BEGIN IMMEDIATE")
            self.books.executemany(
                "INSERT INTO posting (item_type, item_id, erp_request_id) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
                [(item_type, item_id, erp_request_id) for item_type, item_id in wanted],
            )
            return {item: self._origin_id(item) for item in wanted}

    def remove(self, items: Iterable[tuple[str, int]]) -> None:
        with self.books:
            self.books.execute("BEGIN IMMEDIATE")
            self.books.executemany("UPDATE posting SET removed = 1 WHERE item_type = ? AND item_id = ?", list(items))

    def standing(self) -> dict[str, int]:
        """How many objects of each type are booked."""
        rows = self.books.execute("SELECT item_type, count(*) FROM posting WHERE NOT removed GROUP BY item_type")
        return dict(rows.fetchall())

    def _origin_id(self, item: tuple[str, int]) -> str:
        (number,) = self.books.execute(
            "SELECT number FROM posting WHERE item_type = ? AND item_id = ? AND NOT removed", item
        ).fetchone()
        return f"{PREFIXES.get(item[0], item[0].upper()[:3])}-{number:06d}"
