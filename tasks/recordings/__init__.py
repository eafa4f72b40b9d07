"""People's speech: recorded on a page of this machine, or imported."""
