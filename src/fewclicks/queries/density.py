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
    centre = sample.mean(axis=0)
    sample = sample - centre  # squared distances by products lose few digits then
    squares = np.einsum("ij,ij->i", sample, sample)
    factor = -4 / _reach(sample)
    out = np.empty(len(rows))
    for where, block in blocks(rows):
        offsets = block - centre
        own = np.einsum("ij,ij->i", offsets, offsets)[:, None]
        squared = np.maximum(own + squares - 2 * (offsets @ sample.T), 0)
        out[where] = np.exp(squared * factor).mean(axis=1)
        checks.finite(out[where], f"the density of features from row {where.start} on")
    return out


@dataclass(frozen=True, slots=True)
class DensityWeighted(ByScore):
    """Ask where the model is unsure and many items are alike (Settles and Craven 2008).

    Information density: score · density^β (section 4.1, "information density"), with the density
    to a random sample in place of the mean similarity over all pairs.

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


def _reach(sample: FloatArray) -> np.float32:
    """Return h², above 0."""
    gaps = np.sort(cdist(sample, sample), axis=1)
    reach = np.median(gaps[:, min(NEAR, len(sample) - 1)]) ** 2
    return np.float32(reach if reach > 0 else 1)
