"""Imported in place of the real package: see tests/fakes/python."""

raise ImportError("a fake script runs without it")
