"""All mirrored resources of the wire. Adding one is a declaration in resources/ and one line here."""

from erpstaging.catalogue.resource import Resource
from erpstaging.catalogue.resources.budgets import BUDGET_LINE_ITEMS, BUDGET_MODIFICATIONS, ERP_TRANSACTIONS
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
from erpstaging.catalogue.resources.direct_costs import DIRECT_COSTS
from erpstaging.catalogue.resources.insurances import INSURANCES, INSURANCES_OF_VENDOR
from erpstaging.catalogue.resources.invoices import PAYMENT_APPLICATIONS, REQUISITION_ITEMS, REQUISITIONS
from erpstaging.catalogue.resources.job_costs import ASSIGNMENTS, ASSIGNMENTS_TOO, JOB_COSTS
from erpstaging.catalogue.resources.lines import PRIME_CONTRACT_LINES, PURCHASE_ORDER_LINES, WORK_ORDER_LINES
from erpstaging.catalogue.resources.payments import CONTRACT_PAYMENTS, INVOICE_PAYMENTS
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
    BUDGET_LINE_ITEMS,
    BUDGET_MODIFICATIONS,
    ERP_TRANSACTIONS,
    ASSIGNMENTS,
    ASSIGNMENTS_TOO,
    JOB_COSTS,
    REQUISITIONS,
    *REQUISITION_ITEMS,
    CONTRACT_PAYMENTS,
    INVOICE_PAYMENTS,
    PAYMENT_APPLICATIONS,
    DIRECT_COSTS,
    INSURANCES,
    INSURANCES_OF_VENDOR,
)
