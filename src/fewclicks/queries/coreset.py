"""Core-set: the items that leave no item of the pool far from an answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, cast

import faiss
import numpy as np

from fewclicks import checks, settings
from fewclicks.queries.batch import ByBatch, Pool, threads_for
from fewclicks.records import FloatArray, IntArray
from fewclicks.rows import float32, spans

CONTENDERS = 16_384
"""Farthest items looked at between two passes over the pool: 8 MB of 128 columns."""

MOST_CENTRES = 2048
"""Answers that the pool is measured against: as many take 3 seconds for a million rows of 128
columns, and 100,000, which clusters named in bulk soon are, would take minutes."""

MEAN_ROWS = 4096
"""Rows, at even steps, whose mean is the origin of distances."""


@dataclass(frozen=True, slots=True)
class CoreSet(ByBatch):
    """Ask the item farthest from all answers, count it as answered, and so on.

    k-centre greedy (Sener and Savarese 2018, algorithm 1): at most twice the smallest radius within
    which every item has an answer. Needs no model beyond its features. Without any answer the first
    item falls at random, as ties do.

    The picks are those of the algorithm as it is written, but the pool is not passed over for every
    pick: distances to the nearest answer only ever shrink, so while the farthest of 16,384 held
    items is farther than any other item was at the last pass, it is the farthest of all. A pass
    costs n · d multiplications for each pick since the last; the first, for each answer.

    More than 2,048 answers are represented by that many of them, picked among the answers by the
    same algorithm. If every answer lies within r of its representative, no distance is thought
    more than r too large, so every pick lies within r of being the farthest; r is at most twice
    the smallest radius with which 2,048 balls around answers hold all of them. Choosing them costs
    2,048 · d multiplications for each answer.
    """

    name: ClassVar[str] = "core_set"

    def choose(self, pool: Pool, n: int, random_state: int) -> IntArray:
        """See `ByBatch`."""
        order = np.random.default_rng(random_state).permutation(np.flatnonzero(pool.open))
        centred = Centred.of(pool.rows)
        answered = representatives(centred, np.flatnonzero(pool.answered), MOST_CENTRES)
        return k_centres(centred, order, answered, n)


@dataclass(frozen=True, slots=True, eq=False)
class Centred:
    """Rows as offsets from about their mean, so that squared distances lose few digits."""

    rows: FloatArray
    mean: FloatArray

    @classmethod
    def of(cls, rows: FloatArray) -> Centred:
        """Take the mean of at most `MEAN_ROWS` rows."""
        some = rows[:: -(-len(rows) // MEAN_ROWS)]
        return cls(rows, float32(np.mean(some, axis=0, dtype=np.float64)))

    def take(self, ids: IntArray) -> FloatArray:
        """Return some rows as float32 offsets."""
        return float32(self.rows[ids]) - self.mean

    def shrink(self, gaps: FloatArray, ids: IntArray, centres: FloatArray) -> None:
        """Lower squared distances, in place, to those to the nearest of `centres`.

        Parameters
        ----------
        gaps : ndarray of shape (n_items,), float32
            Of all items; only those of `ids` change.
        ids : ndarray of int64, ascending
        centres : ndarray of shape (n_centres, d), float32

        Raises
        ------
        InvalidInput
            One of the rows, or a centre, holds NaN or infinity.
        """
        if not len(centres):
            return
        checks.finite(centres, "features")
        with threads_for(settings.BLOCK_ROWS * centres.size):
            for span in spans(len(ids)):
                some = ids[span]
                near = squared_to_nearest(self.take(some), centres)
                if not np.isfinite(near).all():
                    checks.finite(self.rows[some], f"features from row {some[0]} on")
                gaps[some] = np.minimum(gaps[some], near)


def k_centres(centred: Centred, order: IntArray, centres: FloatArray, n: int) -> IntArray:
    """Pick the item farthest from `centres` and what is picked, again and again.

    Parameters
    ----------
    centred : Centred
    order : ndarray of shape (n_items,), int64
        Ids to pick from; it decides between equal distances, and on the first pick if there are no
        centres.
    centres : ndarray of shape (n_centres, d), float32
    n : int
        At most the length of `order`.

    Returns
    -------
    ndarray of shape (n,), int64
        Ids in the order picked.
    """
    ids = np.sort(order)
    gaps = np.full(len(centred.rows), np.inf, np.float32)
    centred.shrink(gaps, ids, centres)
    picked: list[int] = []
    while len(picked) < n:
        contenders, bound = farthest_items(gaps, order, CONTENDERS)
        rows = centred.take(contenders)
        found = greedy(rows, gaps[contenders], bound, n - len(picked))
        picked.extend(contenders[found].tolist())
        if len(picked) < n:
            centred.shrink(gaps, ids, rows[found])
            gaps[contenders[found]] = -1
    return np.array(picked, dtype=np.int64)


def representatives(centred: Centred, ids: IntArray, most: int) -> FloatArray:
    """Return rows that stand for those of `ids`: all, or `most` that leave none far away.

    They are k-centres: within twice the smallest radius with which so many balls hold all rows.
    """
    if len(ids) > most:
        ids = k_centres(centred, ids, np.empty((0, centred.mean.size), np.float32), most)
    return centred.take(ids)


def squared_to_nearest(rows: FloatArray, centres: FloatArray) -> FloatArray:
    """Return the squared distance of each row to the nearest centre, (n,), float32."""
    squared, nearest = faiss.knn(rows, centres, 1)
    return cast(FloatArray, np.where(nearest[:, 0] < 0, np.nan, squared[:, 0]))


def farthest_items(gaps: FloatArray, order: IntArray, most: int) -> tuple[IntArray, float]:
    """Return the ids of the `most` items of `order` with the largest gaps, and the next gap.

    Items with equal gaps fall by their place in `order`. The gap is −1 where no item is left out.
    """
    if len(order) <= most:
        return order, -1.0
    found = np.argpartition(-gaps[order], most)
    return order[np.sort(found[:most])], float(gaps[order[found[most]]])


def greedy(rows: FloatArray, gaps: FloatArray, bound: float, n: int) -> list[int]:
    """Pick the row with the largest gap again and again, while it is no smaller than `bound`.

    Parameters
    ----------
    rows : ndarray of shape (n_rows, d), float32
    gaps : ndarray of shape (n_rows,)
        Squared distance of each row to the nearest answer.
    bound : float
        The largest gap of any item that is not among the rows. The first pick ignores it.
    n : int
        Picks at most.

    Returns
    -------
    list of int
        Numbers of the rows in the order picked, at least one.
    """
    gaps, squares = gaps.copy(), np.einsum("ij,ij->i", rows, rows)
    picked: list[int] = []
    while len(picked) < min(n, len(rows)):
        row = int(gaps.argmax())
        if picked and gaps[row] < bound:
            break
        picked.append(row)
        products = np.einsum("ij,j->i", rows, rows[row])  # by one thread: too little for several
        np.minimum(gaps, squares - 2 * products + squares[row], out=gaps)
        gaps[picked] = -1
    return picked
