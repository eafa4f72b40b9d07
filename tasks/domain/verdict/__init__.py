"""What follows from the scores of two models: pure functions."""
