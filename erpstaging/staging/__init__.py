"""The gate: staged records, staged exports, the approver's decisions and their close-out."""
