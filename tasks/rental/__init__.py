"""Renting a machine, whole: what it costs, what is done on it over ssh, and how it is ended."""
