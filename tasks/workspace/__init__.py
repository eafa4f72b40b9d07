"""A workspace as the stages see it: cycles, rows, hypotheses, models, the ledger."""
