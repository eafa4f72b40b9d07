"""Everything that uses Prefect, and the commands."""
