"""The characters that a base's tokenizer can write, and text written in them."""
