"""Stands in the way of the real one: see tests/fakes/python."""

raise ImportError("a fake script runs without it")
