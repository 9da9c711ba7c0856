"""All mirrored resources of the wire. Adding one is a declaration in resources/ and one line here."""

from erpstaging.catalogue.resource import Resource
from erpstaging.catalogue.resources.projects import PROJECTS
from erpstaging.catalogue.resources.vendors import VENDORS

RESOURCES: tuple[Resource, ...] = (
    VENDORS,
    PROJECTS,
)
