"""Documents of callers that nobody here reads: they come back as they were sent."""

from decimal import Decimal
from typing import Any


def plain(document: Any) -> Any:
    """The JSON document with the types that a JSON column keeps.

    The strict parser reads fractions as Decimal, for the sake of amounts; stored like that a number would come back as
    text. What is an amount never passes through here.
    """
    if isinstance(document, Decimal):
        return float(document)
    if isinstance(document, dict):
        return {name: plain(value) for name, value in document.items()}
    if isinstance(document, list):
        return [plain(value) for value in document]
    return document
