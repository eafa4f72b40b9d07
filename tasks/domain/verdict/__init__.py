"""What the scores of two models say: pure functions."""
