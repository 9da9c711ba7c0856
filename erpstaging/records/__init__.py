"""The objects of record, their lines, their origin IDs (external data) and locks."""
