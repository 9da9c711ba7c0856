"""The page for readers says what the catalogue says."""

from pathlib import Path

from erpstaging.catalogue.described import entities_page
from erpstaging.catalogue.registry import DOCUMENTED, ENTITIES

PAGE = Path(__file__).parents[2] / "docs" / "entities.md"


def test_the_page_of_entities_is_made_from_the_catalogue_as_it_is():
    assert PAGE.read_text() == entities_page(), "run `make docs`"


def test_the_page_names_every_entity_and_every_field():
    page = PAGE.read_text()

    for entity in (*ENTITIES.values(), *DOCUMENTED.values()):
        assert f"`{entity.item_type}`" in page
        assert all(f"| `{field.name}` |" in page for field in entity.fields)
