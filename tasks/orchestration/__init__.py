"""What touches Prefect for the stages, and the commands."""
