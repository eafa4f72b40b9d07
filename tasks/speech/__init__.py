"""Speech services of others."""
