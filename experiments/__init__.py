"""One program per paper: every table and figure it reports, reproduced beside its own numbers."""
