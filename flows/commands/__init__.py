"""What is typed to run a flow: its flags, and what is said without it. Prefect loads when it is needed."""
