"""One label per item, with who or what decided it; and which of a model's labels may stay."""

from fewclicks.labels.pac import Cut, cut_sample, pac_cut, pac_cut_by_class
from fewclicks.labels.selection import conformal_selection, learn_then_test

__all__ = [
    "Cut",
    "conformal_selection",
    "cut_sample",
    "learn_then_test",
    "pac_cut",
    "pac_cut_by_class",
]
