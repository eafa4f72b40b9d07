"""The stages of a cycle, one module each, and what they stand on."""
