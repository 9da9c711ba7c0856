"""Refusals, clock, money, correlation id, company scope, set-based writes: no table, no concept of its own."""
