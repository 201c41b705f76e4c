"""Unsure items among many like them, not outliers: information density."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, cast

import numpy as np
from scipy.spatial.distance import cdist

from fewclicks import checks
from fewclicks.queries.strategy import ByScore, feature_rows, scored
from fewclicks.queries.uncertainty import entropy, least_confidence, margin
from fewclicks.records import FloatArray
from fewclicks.rows import blocks, float32

SCORES = {"margin": margin, "entropy": entropy, "least_confidence": least_confidence}
"""What may be weighed by density, by name."""

NEAR = 10
"""The distance to so many of the sample is what counts as far: k of the neighbour graph."""

BLOCK = 2048
"""Items compared with the sample at a time: with 1,000 of it 8 MB, which fit a cache."""


def density(rows: FloatArray, sample: FloatArray) -> FloatArray:
    """Measure how like the sample each item is: the mean of exp(−4·d²/h²) over it.

    h is the median, over the sample, of the distance to the tenth nearest of it (or the farthest,
    in a smaller sample), so that an item's few nearest count, as in the neighbour graph.

    Parameters
    ----------
    rows : array or memory map of shape (n_items, d)
        Walked in blocks.
    sample : ndarray of shape (n_sample, d)
        At least one row, drawn at random from `rows`.

    Returns
    -------
    ndarray of shape (n_items,), float64
        In [0, 1]; higher is denser. 1 throughout where the sample is of a single point.

    Raises
    ------
    InvalidInput
        A row is not finite, with its number.
    """
    sample = float32(sample)
    checks.finite(sample, "features")
    centre = sample.mean(axis=0)  # squared distances by products lose few digits around it
    sample = sample - centre
    scale = -4 / _reach(sample)
    ones = np.ones((len(sample), 1), np.float32)
    likeness = np.hstack([-2 * scale * sample, ones, scale * _squares(sample)]).T  # (d + 2, s)
    out = np.empty(len(rows))
    for where, block in blocks(rows, BLOCK):
        offsets = block - centre
        own = np.hstack([offsets, scale * _squares(offsets), np.ones((len(block), 1), np.float32)])
        exponents = own @ likeness  # −4·d²/h², (n_block, s)
        np.minimum(exponents, 0, out=exponents)  # rounding must not make it more than the same
        out[where] = np.exp(exponents, out=exponents).mean(axis=1)
        checks.finite(out[where], f"the density of features from row {where.start} on")
    return out


@dataclass(frozen=True, slots=True)
class DensityWeighted(ByScore):
    """Ask where the model is unsure and many items are alike (Settles and Craven 2008).

    Information density: score · density^β, with `density` to a random sample in place of the mean
    similarity over all pairs.

    Parameters
    ----------
    uncertainty : {"margin", "entropy", "least_confidence"}, default "entropy"
        The score that is weighed.
    beta : float, default 1.0
        At least 0: how much density counts. 0 is the score alone.
    sample : int, default 1000
        Items that density is measured by, at least 1. The cost is n · sample · d multiplications.
    """

    uncertainty: str = "entropy"
    beta: float = 1.0
    sample: int = 1000
    name: ClassVar[str] = "density_weighted"

    def __post_init__(self) -> None:
        checks.one_of(self.uncertainty, SCORES, "uncertainty")
        checks.between(self.beta, 0, np.inf, "beta")
        checks.between(self.sample, 1, np.inf, "sample", integer=True)

    def score(
        self, model: Any, X: Any, *, y: Any = None, features: Any = None, random_state: int = 0
    ) -> FloatArray:
        """See the class."""
        rows = feature_rows(model, X, features)
        scores = scored(model, X, SCORES[self.uncertainty])
        size = min(self.sample, len(rows))
        drawn = np.random.default_rng(random_state).choice(len(rows), size, replace=False)
        return cast(FloatArray, scores * density(rows, rows[np.sort(drawn)]) ** self.beta)


def _squares(rows: FloatArray) -> FloatArray:
    """Return the squared length of each row, (n, 1)."""
    return cast(FloatArray, np.einsum("ij,ij->i", rows, rows)[:, None])


def _reach(sample: FloatArray) -> np.float32:
    """Return h², above 0."""
    gaps = np.sort(cdist(sample, sample), axis=1)
    reach = np.median(gaps[:, min(NEAR, len(sample) - 1)]) ** 2
    return np.float32(reach if reach > 0 else 1)
