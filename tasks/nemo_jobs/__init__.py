"""Scripts that run where NeMo is; they take the overrides of NeMo's stock scripts."""
