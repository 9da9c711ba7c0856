"""A company's ERP connection and its metadata: entities switched on, labels, columns, rules."""
