"""One label per item, with who or what decided it."""
