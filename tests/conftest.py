"""Fixtures and rules of every test."""

import os

from hypothesis import settings

# How long an example takes depends on who else uses the machine. The same commit sees the same examples, so that a
# build says the same twice; the long profile, for nights, draws new ones.
settings.register_profile("short", deadline=None, derandomize=True)
settings.register_profile("long", deadline=None, max_examples=1000, stateful_step_count=50)
settings.load_profile(os.environ.get("ERPSTAGING_TESTS_PROFILE", "short"))

# `scope` before `people`, which imports it: pytest rewrites assertions only of what it imports first.
pytest_plugins = [
    "tests.fixtures.database",
    "tests.fixtures.outside",
    "tests.fixtures.scope",
    "tests.fixtures.people",
    "tests.fixtures.ledger",
    "tests.fixtures.financials",
    "tests.fixtures.gate",
    "tests.fixtures.linked",
    "tests.fixtures.passage",
    "tests.fixtures.failed",
    "tests.fixtures.hooks",
    "tests.fixtures.callers",
    "tests.fixtures.demo",
]
