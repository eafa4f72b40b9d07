"""The report of a decided cycle."""
