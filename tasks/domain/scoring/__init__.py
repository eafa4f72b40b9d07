"""Scoring of hypotheses: pure functions."""
