"""A rented machine: what it costs, and the commands that are given to it."""
