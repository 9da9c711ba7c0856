"""The entities and events of the ERP interface as data: fields, levels, references, locks, wire names."""
