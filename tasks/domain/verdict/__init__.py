"""The verdict from the scores of two models: pure functions."""
