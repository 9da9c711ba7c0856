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
CREATE TABLE IF NOT EXISTS asked_again (
    number INTEGER NOT NULL,
    erp_request_id INTEGER NOT NULL,
    PRIMARY KEY (number, erp_request_id)
);
CREATE TABLE IF NOT EXISTS mark (name TEXT PRIMARY KEY, value INTEGER NOT NULL);
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
Item = tuple[str, int]


class Ledger:
    """Bookings survive the program: one that is killed after booking finds the same number again.

    An object that is booked already and is asked for by another request is noted: that is what a ledger without such
    care would hold twice.
    """

    def __init__(self, file: Path) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        self.books = sqlite3.connect(file, isolation_level=None, timeout=30)
        self.books.execute("PRAGMA journal_mode = WAL")
        self.books.executescript(TABLES)

    def close(self) -> None:
        self.books.close()

    def book(self, items: Iterable[Item], *, erp_request_id: int) -> dict[Item, str]:
        """The origin ID of each object, new or as it stands; all in one transaction."""
        wanted = list(items)
        with self.books:
            self.books.execute("BEGIN IMMEDIATE")
            self.books.executemany(
                "INSERT INTO posting (item_type, item_id, erp_request_id) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
                [(*item, erp_request_id) for item in wanted],
            )
            self.books.executemany(
                "INSERT INTO asked_again SELECT number, ? FROM posting WHERE item_type = ? AND item_id = ? "
                "AND NOT removed AND erp_request_id <> ? ON CONFLICT DO NOTHING",
                [(erp_request_id, *item, erp_request_id) for item in wanted],
            )
            return {item: self._origin_id(item) for item in wanted}

    def holds(self, items: Iterable[Item]) -> bool:
        """Whether any of the objects is booked."""
        one = "SELECT 1 FROM posting WHERE item_type = ? AND item_id = ? AND NOT removed"
        return any(self.books.execute(one, item).fetchone() for item in items)

    def remove(self, items: Iterable[Item]) -> None:
        with self.books:
            self.books.execute("BEGIN IMMEDIATE")
            self.books.executemany("UPDATE posting SET removed = 1 WHERE item_type = ? AND item_id = ?", list(items))

    def standing(self) -> dict[str, int]:
        """How many objects of each type are booked."""
        rows = self.books.execute("SELECT item_type, count(*) FROM posting WHERE NOT removed GROUP BY item_type")
        return dict(rows.fetchall())

    def doubles(self) -> int:
        """How many objects were to be booked by more than one request."""
        (count,) = self.books.execute("SELECT count(DISTINCT number) FROM asked_again").fetchone()
        return int(count)

    def origin_ids(self) -> dict[Item, str]:
        """Every object that is booked, with its origin ID."""
        rows = self.books.execute("SELECT item_type, item_id FROM posting WHERE NOT removed").fetchall()
        return {item: self._origin_id(item) for item in rows}

    def mark(self, name: str) -> int | None:
        found = self.books.execute("SELECT value FROM mark WHERE name = ?", [name]).fetchone()
        return None if found is None else int(found[0])

    def set_mark(self, name: str, value: int) -> None:
        self.books.execute("INSERT OR REPLACE INTO mark (name, value) VALUES (?, ?)", [name, value])

    def _origin_id(self, item: Item) -> str:
        (number,) = self.books.execute(
            "SELECT number FROM posting WHERE item_type = ? AND item_id = ? AND NOT removed", item
        ).fetchone()
        return f"{PREFIXES.get(item[0], item[0].upper()[:3])}-{number:06d}"
