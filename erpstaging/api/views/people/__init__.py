"""The REST for people: the pages' acts, by the same services."""
