"""The names by which a company's metadata document may speak of entities, in the order of the pages."""

METADATA_NAMES: dict[str, str] = {
    "standard_cost_codes": "Standard cost codes",
    "standard_categories": "Cost types",
    "vendors": "Companies",
    "jobs": "Jobs",
    "sub_jobs": "Sub jobs",
    "budgets": "Budgets",
    "job_costs": "Job costs",
    "job_cost_transactions": "Job cost transactions",
    "commitments": "Commitments",
    "commitment_items": "Commitment lines",
    "commitment_change_orders": "Commitment change orders",
    "commitment_change_order_items": "Change order lines",
    "company_level_direct_costs": "Direct costs",
    "requisitions": "Subcontractor invoices",
    "contract_payments": "Payments",
    "payment_applications": "Owner invoices",
    "prime_contracts": "Prime contracts",
    "prime_contract_change_orders": "Prime contract change orders",
}
