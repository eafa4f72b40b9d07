"""What a hypothesis scored: pure functions."""
