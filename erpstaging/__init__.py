"""Stages ERP objects of construction projects for accounting approval."""
