"""The files of a flywheel: paths, records, and everything that is read from or written to them."""
