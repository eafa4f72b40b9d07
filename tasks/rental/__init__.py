"""Renting a machine: providers, what is done on a machine over ssh, and how it is ended."""
