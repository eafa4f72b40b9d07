"""One NeMo job: on this host or in a container, what it logs, and why it failed."""
