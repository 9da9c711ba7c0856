"""Fixtures and rules of every test."""

# `scope` before `people`, which imports it: pytest rewrites assertions only of what it imports first.
pytest_plugins = [
    "tests.fixtures.database",
    "tests.fixtures.outside",
    "tests.fixtures.scope",
    "tests.fixtures.people",
    "tests.fixtures.ledger",
    "tests.fixtures.gate",
    "tests.fixtures.hooks",
    "tests.fixtures.callers",
    "tests.fixtures.demo",
]
