"""Names of the catalogue and of metadata, in the language of a page.

The catalogue is English, because its names stand in the wire's answers and in the documentation. `catalogue_names`
lists them for translators. A company's own labels are no part of it, and stay as they were typed.
"""

from django.utils.functional import Promise
from django.utils.translation import get_language, gettext


def local(text: str | Promise) -> str:
    return gettext(str(text)) if text else ""


def within(text: str | Promise) -> str:
    """The name inside a sentence: in English without its capital; German nouns keep theirs."""
    said = local(text)
    return said.lower() if get_language() in (None, "en") else said
