"""The command of each flow: its flags, checks and output. Prefect is imported only when it is needed."""
