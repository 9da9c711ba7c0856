"""Typed reads of environment variables, and the two files that stand in for them on an embedded installation."""

import json
import os
import secrets
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from psycopg.conninfo import conninfo_to_dict, make_conninfo

TRUE, FALSE = {"1", "true", "yes", "on"}, {"0", "false", "no", "off", ""}
MINIMUM_SECRET_LENGTH = 50


def text(name: str, default: str = "") -> str:
    return os.environ.get(name, default).strip()


def flag(name: str, *, default: bool) -> bool:
    value = text(name, str(default)).lower()
    if value not in TRUE | FALSE:
        raise ImproperlyConfigured(f"{name} must be one of 1, 0, true, false, yes, no, on, off; it is {value!r}.")
    return value in TRUE


def number(name: str, default: float, *, minimum: float = 0, maximum: float = float("inf")) -> float:
    value = text(name, str(default))
    try:
        parsed = float(value)
    except ValueError:
        raise ImproperlyConfigured(f"{name} must be a number; it is {value!r}.") from None
    if not minimum <= parsed <= maximum:
        raise ImproperlyConfigured(f"{name} must be from {minimum} to {maximum}; it is {value}.")
    return parsed


def whole(name: str, default: int, *, minimum: int = 0, maximum: int = 2**31) -> int:
    value = number(name, default, minimum=minimum, maximum=maximum)
    if not value.is_integer():
        raise ImproperlyConfigured(f"{name} must be a whole number; it is {value}.")
    return int(value)


def words(name: str, default: str = "") -> list[str]:
    return [word.strip() for word in text(name, default).split(",") if word.strip()]


def database(address: str) -> dict[str, Any]:
    """Django's database settings from a PostgreSQL address, or `key=value` string, as libpq reads it."""
    try:
        parts: dict[str, Any] = dict(conninfo_to_dict(address))
    except Exception as exc:
        raise ImproperlyConfigured(f"The database address cannot be read: {exc}") from None
    names = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}
    known = {setting: str(parts.pop(key, "") or "") for key, setting in names.items()}
    return {"ENGINE": "django.db.backends.postgresql", **known, "OPTIONS": parts}


def database_addresses(data_dir: Path) -> tuple[str, str]:
    """The application's and the owner's database address; one given address plays both.

    Without DATABASE_URL they stand in `database.json`, which the embedded server writes while it runs.
    """
    app, owner = text("DATABASE_URL"), text("ERPSTAGING_OWNER_DATABASE_URL")
    if not app and not owner:
        try:
            addresses = json.loads((data_dir / "database.json").read_text())
        except FileNotFoundError:
            # Commands that need no database (demo, serve, check) still start; others say that no server runs here.
            nowhere = make_conninfo(host=str(data_dir / "no-server-runs"), dbname="erpstaging")
            return nowhere, nowhere
        app, owner = addresses["app"], addresses["owner"]
    return app or owner, owner or app


def secret_key(data_dir: Path, *, may_draw: bool) -> str:
    """ERPSTAGING_SECRET_KEY, or the one that `demo` and `serve` drew and keep in the data folder.

    `may_draw`: without either, a key for this process alone, so that commands such as `demo` and `check` can start.
    """
    given = text("ERPSTAGING_SECRET_KEY")
    if given:
        return given
    try:
        return (data_dir / "secret_key").read_text().strip()
    except FileNotFoundError:
        if may_draw:
            return secrets.token_urlsafe(64)
        raise ImproperlyConfigured(
            "ERPSTAGING_SECRET_KEY is missing. Every host of one installation needs the same."
        ) from None
