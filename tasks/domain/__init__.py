"""The method itself: pure functions and records, no I/O, clock, environment or Prefect."""
