"""BADGE: items that would each teach the model much, and not the same."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, cast

import numpy as np

from fewclicks import checks, settings
from fewclicks.queries.batch import ByBatch, Pool, threads_for
from fewclicks.queries.strategy import shares
from fewclicks.records import FloatArray, IntArray
from fewclicks.rows import blocks, float32, spans

DRAWS = 1024
"""Items drawn between two passes over the pool."""


@dataclass(frozen=True, slots=True)
class Badge(ByBatch):
    """Ask items whose gradients are long and differ (Ash, Zhang, Krishnamurthy, Langford and
    Agarwal 2020, algorithm 1).

    The gradient of an item is what its answer would do to the model's last, linear layer if the
    answer were the likeliest class: (p − e) ⊗ x, of n_classes · d numbers. The item with the
    longest comes first, as in the authors' program; each other is drawn with a chance proportional
    to its squared distance to the nearest gradient picked so far (k-means++).

    No gradient is ever formed, since ⟨a ⊗ x, b ⊗ z⟩ = ⟨a, b⟩⟨x, z⟩. Items are drawn by the
    distances of the last pass over the pool and kept with a chance of true over stale distance,
    which gives the same law as a pass per pick. A pass costs n · (d + n_classes) multiplications
    for each pick since the last. The shares of all items are held in single precision.
    """

    name: ClassVar[str] = "badge"

    def choose(self, pool: Pool, n: int, random_state: int) -> IntArray:
        """See `ByBatch`."""
        rng = np.random.default_rng(random_state)
        gradients = Gradients.of(pool)
        most = gradients.squared.max(where=pool.open, initial=0)
        picked = [int(rng.choice(np.flatnonzero(pool.open & (gradients.squared == most))))]
        stale = np.where(pool.open, np.inf, 0)
        since = picked.copy()
        while len(picked) < n:
            gradients.shrink(stale, np.array(since))
            stale[since] = 0
            since = drawn(gradients, stale, n - len(picked), rng)
            if not since:  # nothing left would teach anything new
                break
            picked += since
        return pool.filled(np.array(picked), n, rng)


@dataclass(frozen=True, slots=True, eq=False)
class Gradients:
    """The gradients slopes[i] ⊗ rows[i] of all items, by their two factors.

    Attributes
    ----------
    slopes : ndarray of shape (n_items, n_classes), float32
        Shares of belief, less 1 at the likeliest class.
    rows : array or memory map of shape (n_items, d)
    squared : ndarray of shape (n_items,), float64
        Squared lengths of the gradients.
    """

    slopes: FloatArray
    rows: FloatArray
    squared: FloatArray

    @classmethod
    def of(cls, pool: Pool) -> Gradients:
        """Ask the model about every item; InvalidInput as `shares` raises it."""
        slopes = np.concatenate(
            [float32(shares(pool.model, pool.X, block)) for block in spans(len(pool.rows))]
        )
        slopes[np.arange(len(slopes)), slopes.argmax(axis=1)] -= 1
        squared = np.empty(len(slopes))
        for where, block in blocks(pool.rows):
            squared[where] = squares(slopes[where]) * squares(block)
            checks.finite(squared[where], f"features from row {where.start} on")
        return cls(slopes, pool.rows, squared)

    def take(self, ids: IntArray) -> Gradients:
        """Return the gradients of some items."""
        return Gradients(self.slopes[ids], float32(self.rows[ids]), self.squared[ids])

    def to(self, others: Gradients) -> FloatArray:
        """Return squared distances to some few others, (n_items, n_others), float64, not negative.

        All rows at once: for blocks of items.
        """
        products = (self.slopes @ others.slopes.T) * (self.rows @ others.rows.T)
        both = self.squared[:, None] + others.squared
        return cast(FloatArray, np.maximum(both - 2 * products, 0))

    def shrink(self, gaps: FloatArray, ids: IntArray) -> None:
        """Lower, in place, the squared distances `gaps` to those to the nearest of `ids`."""
        centres = self.take(ids)
        with threads_for(settings.BLOCK_ROWS * (centres.slopes.size + centres.rows.size)):
            for where, block in blocks(self.rows):
                part = Gradients(self.slopes[where], block, self.squared[where])
                np.minimum(gaps[where], part.to(centres).min(axis=1), out=gaps[where])


def squares(rows: FloatArray) -> FloatArray:
    """Return the squared length of each row, (n,), float64."""
    return cast(FloatArray, np.einsum("ij,ij->i", rows, rows).astype(np.float64))


def drawn(gradients: Gradients, stale: FloatArray, n: int, rng: np.random.Generator) -> list[int]:
    """Draw at most `n` items one after the other, each as likely as its gap to those before is.

    Items are proposed by their gaps before all of these draws, and refused as those have shrunk.

    Parameters
    ----------
    gradients : Gradients
    stale : ndarray of shape (n_items,)
        Squared distance of every gradient to the nearest picked before; 0 is never drawn.
    n : int
    rng : Generator

    Returns
    -------
    list of int
        At least one item, unless every gap is 0.
    """
    ends = np.cumsum(stale)
    if not ends[-1] > 0:
        return []
    places = rng.random(DRAWS) * ends[-1]
    proposed = np.minimum(np.searchsorted(ends, places, side="right"), len(stale) - 1)
    near = gradients.take(proposed)
    gaps, before = stale[proposed], stale[proposed]
    keep = rng.random(DRAWS) * before
    picked: list[int] = []
    for number, item in enumerate(proposed):
        if keep[number] < gaps[number]:
            picked.append(int(item))
            if len(picked) == n:
                break
            np.minimum(gaps, near.to(near.take(np.array([number])))[:, 0], out=gaps)
            gaps[proposed == item] = 0
    return picked
