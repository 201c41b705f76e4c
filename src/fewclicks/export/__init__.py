"""Labels leave: as tables, or as one folder per class."""
