"""All mirrored resources of the wire. Adding one is a declaration in resources/ and one line here."""

from erpstaging.catalogue.resource import Resource
from erpstaging.catalogue.resources.change_orders import (
    CHANGE_ORDER_PACKAGES,
    COMMITMENT_CHANGE_ORDERS,
    PRIME_CHANGE_ORDERS,
)
from erpstaging.catalogue.resources.codes import (
    COST_CODES,
    LINE_ITEM_TYPES,
    STANDARD_COST_CODE_LISTS,
    STANDARD_COST_CODES,
    TAX_CODES,
)
from erpstaging.catalogue.resources.contracts import COMMITMENTS, PURCHASE_ORDER_CONTRACTS, WORK_ORDER_CONTRACTS
from erpstaging.catalogue.resources.lines import PRIME_CONTRACT_LINES, PURCHASE_ORDER_LINES, WORK_ORDER_LINES
from erpstaging.catalogue.resources.prime_contracts import PRIME_CONTRACT, PRIME_CONTRACTS
from erpstaging.catalogue.resources.projects import PROJECTS
from erpstaging.catalogue.resources.sub_jobs import SUB_JOBS
from erpstaging.catalogue.resources.vendors import VENDORS

RESOURCES: tuple[Resource, ...] = (
    VENDORS,
    PROJECTS,
    SUB_JOBS,
    STANDARD_COST_CODE_LISTS,
    STANDARD_COST_CODES,
    LINE_ITEM_TYPES,
    COST_CODES,
    TAX_CODES,
    WORK_ORDER_CONTRACTS,
    WORK_ORDER_LINES,
    PURCHASE_ORDER_CONTRACTS,
    PURCHASE_ORDER_LINES,
    COMMITMENTS,
    CHANGE_ORDER_PACKAGES,
    COMMITMENT_CHANGE_ORDERS,
    PRIME_CHANGE_ORDERS,
    PRIME_CONTRACTS,
    PRIME_CONTRACT,
    PRIME_CONTRACT_LINES,
)
