"""The page and its HTTP door: one process that answers at once, one that does the long work."""
