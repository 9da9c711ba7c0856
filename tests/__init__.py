"""Tests are sentences about the product, one folder per room."""
