"""Why an item is asked about, in one plain sentence."""

from __future__ import annotations

import numpy as np

from fewclicks.records import FloatArray


def shares_in_words(shares: FloatArray, who: str = "The model gives") -> str:
    """Say how the belief in one item is split, given its shares of shape (n_classes,)."""
    if len(shares) < 2:
        return "Only one class is known so far; is it of that class too?"
    first, second = np.sort(shares)[::-1][:2]
    return f"{who} {first:.0%} to the likeliest class and {second:.0%} to the next."
