"""Telling integrators about events: hooks, triggers, deliveries and every attempt."""
