"""What a JSON Schema finds wrong with a document, in words that begin with the path."""

from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError


def faults_of(validator: Draft202012Validator, document: Any, *, root: str) -> list[str]:
    """Every fault, by path: "settings.entities.vendors.enabled: 'yes' is not of type 'boolean'"."""
    found = sorted(validator.iter_errors(document), key=lambda error: list(map(str, error.path)))
    return [_say(error, root) for error in found]


def _say(error: ValidationError, root: str) -> str:
    path = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in (root, *error.path))
    return f"{path.lstrip('.')}: {error.message}"[:500]
