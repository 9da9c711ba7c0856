"""What must hold in the stored data whatever happened: each promise as a query that finds what breaks it."""

from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db import connection, models

SHOWN = 100


@dataclass(frozen=True, slots=True)
class Breach:
    """One row that breaks a promise, in the words of the promise."""

    invariant: str
    company_id: int
    object_id: int
    text: str


@dataclass(frozen=True, slots=True)
class Invariant:
    """A promise. `query` answers (company id, object id) of what breaks it; it may see every company's rows."""

    name: str
    text: str
    query: str

    def breaches(self) -> list[Breach]:
        """The first of them, oldest first."""
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT * FROM ({self.query}) AS found ORDER BY 2 LIMIT {SHOWN}")  # noqa: S608 - our own text
            return [Breach(self.name, company_id, row_id, self.text) for company_id, row_id in cursor.fetchall()]


def walls() -> list[Invariant]:
    """No row points into another company: one query per reference between tables of companies."""
    return [
        Invariant(
            f"same_company.{model._meta.db_table}.{field.name}",
            f"{model.__name__} points to a {field.related_model.__name__} of another company",
            f"SELECT row.company_id, row.id FROM {model._meta.db_table} row "  # noqa: S608 - names are the models'
            f"JOIN {field.related_model._meta.db_table} target ON target.id = row.{field.column} "
            "WHERE target.company_id <> row.company_id",
        )
        for model in apps.get_models()
        for field in _references(model)
    ]


def _references(model: type[models.Model]) -> "list[models.ForeignKey[Any, Any]]":
    """Those from one company's row to another row of a company."""
    names = {field.name for field in model._meta.concrete_fields}
    keys = [field for field in model._meta.concrete_fields if isinstance(field, models.ForeignKey)]
    return [key for key in keys if "company" in names and hasattr(key.related_model, "company_id")]
