"""ProbCover: the items whose balls cover the most of the pool."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import faiss
import numpy as np
from numpy.typing import NDArray

from fewclicks import checks
from fewclicks.queries.batch import ByBatch, Pool, threads_for
from fewclicks.queries.clustering import clustered
from fewclicks.queries.coreset import Centred
from fewclicks.records import BoolArray, FloatArray, IntArray
from fewclicks.rows import spans

Bits = NDArray[np.uint8]

BLOCK = 512
"""Rows whose distances to the whole sample are held at a time: 41 MB for 20,000."""


MOST_ANSWERS = 65_536
"""Answers whose balls are looked at: with 128 columns 3 seconds at most."""

ANSWERS_AT_A_TIME = 4096
"""Answers between two looks at which rows are still uncovered."""


@dataclass(frozen=True, slots=True)
class ProbCover(ByBatch):
    """Ask the item with the most uncovered items within `delta`, count these as covered, and so on.

    Greedy maximum cover (Yehuda, Dekel, Hacohen and Weinshall 2022, algorithm 1); what lies within
    `delta` of an answer is covered from the start. For few answers: it needs no model beyond its
    features. When everything is covered, the rest of the batch is drawn at random.

    The paper joins all pairs of items. Here candidates and what they cover are a random sample of
    the open items (all of them, where they are no more): the share of the pool that a ball covers
    is seen to within about √(share / sample). Pairs are kept as bits, 50 MB for 20,000 items, and
    cost sample² · d multiplications whatever the pool's size. Of more than 65,536 answers that many
    are drawn at random: an item within `delta` of k of m answers then counts as uncovered with a
    chance of about (1 − 65,536 / m)ᵏ.

    Parameters
    ----------
    delta : float, optional
        Radius of the balls. By default the paper's rule (section 3.3): the largest with which
        `purity` of the balls hold items of one k-means cluster only.
    purity : float, default 0.95
    n_classes : int, optional
        Clusters for that rule; by default the classes that have answers, and no fewer than 10.
    sample : int, default 20_000
    """

    delta: float | None = None
    purity: float = 0.95
    n_classes: int | None = None
    sample: int = 20_000
    name: ClassVar[str] = "probcover"

    def __post_init__(self) -> None:
        checks.between(self.purity, 0, 1, "purity")
        checks.between(self.sample, 1, 2**17, "sample", integer=True)
        if self.delta is not None:
            checks.between(self.delta, 0, np.inf, "delta")
        if self.n_classes is not None:
            checks.between(self.n_classes, 2, 2**17, "n_classes", integer=True)

    def choose(self, pool: Pool, n: int, random_state: int) -> IntArray:
        """See `ByBatch`."""
        rng = np.random.default_rng(random_state)
        ids = rng.permutation(np.flatnonzero(pool.open))[: self.sample]
        centred = Centred.of(pool.rows)
        rows = centred.take(ids)
        checks.finite(rows, "features")
        answered = np.flatnonzero(pool.answered)
        if len(answered) > MOST_ANSWERS:
            answered = rng.choice(answered, MOST_ANSWERS, replace=False)
        answers = centred.take(answered)
        with threads_for(BLOCK * rows.size):
            delta = self.radius(rows, pool, random_state) if self.delta is None else self.delta
            found = greedy_cover(joined(rows, delta), within(rows, answers, delta), n)
        return pool.filled(ids[found], n, rng)

    def radius(self, rows: FloatArray, pool: Pool, random_state: int) -> float:
        """Return the radius by the paper's rule."""
        n_classes = self.n_classes or max(10, len(np.unique(pool.y[pool.answered])))
        cluster, _ = clustered(rows, min(n_classes, len(rows)), random_state)
        return pure_radius(rows, cluster, self.purity)


def pure_radius(rows: FloatArray, cluster: IntArray, purity: float) -> float:
    """Return the radius up to which so large a share of the balls is pure.

    A ball around a row is pure until it reaches the nearest row of another cluster, so the radius
    is a quantile of these distances. Infinite with one cluster.

    Parameters
    ----------
    rows : ndarray of shape (n, d), float32
    cluster : ndarray of shape (n,)
    purity : float
        In [0, 1].
    """
    squared = np.full(len(rows), np.inf)
    for one in np.unique(cluster):
        inside = cluster == one
        if not inside.all():
            squared[inside] = faiss.knn(rows[inside], rows[~inside], 1)[0][:, 0]
    impure = int(np.floor((1 - purity) * len(rows) + 1e-9))  # how many balls may be impure
    return float(np.sqrt(np.sort(squared)[min(impure, len(rows) - 1)]))


def within(rows: FloatArray, centres: FloatArray, radius: float) -> BoolArray:
    """Return which rows lie within `radius` of a centre, (n,)."""
    checks.finite(centres, "features")
    inside = np.zeros(len(rows), bool)
    for part in spans(len(centres), ANSWERS_AT_A_TIME):
        left = np.flatnonzero(~inside)
        if not len(left):
            break
        inside[left] = faiss.knn(rows[left], centres[part], 1)[0][:, 0] <= radius**2
    return inside


def joined(rows: FloatArray, radius: float) -> Bits:
    """Return which rows lie within `radius` of each row, as bits.

    Returns
    -------
    ndarray of shape (n, ⌈n / 8⌉), uint8
        Bit j of row i, the highest of a byte first, tells whether j is within the radius of i. Its
        own bit is set.
    """
    squares = np.einsum("ij,ij->i", rows, rows)
    bits = np.empty((len(rows), -(-len(rows) // 8)), np.uint8)
    for part in spans(len(rows), BLOCK):
        squared = rows[part] @ (-2 * rows.T)
        squared += squares[part, None]
        squared += squares
        near = squared <= radius**2
        near[np.arange(len(near)), np.arange(part.start, part.stop)] = True
        bits[part] = np.packbits(near, axis=1)
    return bits


def greedy_cover(bits: Bits, covered: BoolArray, n: int) -> IntArray:
    """Pick what is joined to the most uncovered items, again and again.

    Parameters
    ----------
    bits : ndarray of shape (n_items, ⌈n_items / 8⌉), uint8
        As `joined` gives them.
    covered : ndarray of shape (n_items,), bool
        Items that count no more.
    n : int
        Picks at most.

    Returns
    -------
    ndarray of shape (at most n,), int64
        Numbers of items, in the order picked, the smaller on a tie; fewer once all are covered.
    """
    covered = covered.copy()
    gains = joined_to(bits, np.flatnonzero(~covered))
    picked: list[int] = []
    while len(picked) < n and gains.max() > 0:
        item = int(gains.argmax())
        picked.append(item)
        column = bits[:, item >> 3] >> (7 - (item & 7)) & 1
        new = np.flatnonzero((column == 1) & ~covered)
        gains -= joined_to(bits, new)
        covered[new] = True
    return np.array(picked, dtype=np.int64)


def joined_to(bits: Bits, ids: IntArray) -> IntArray:
    """Return to how many of `ids` each item is joined, (n_items,), int64."""
    counts = np.zeros(len(bits), np.int64)
    for part in spans(len(ids), BLOCK):
        some = np.unpackbits(bits[ids[part]], axis=1, count=len(bits))
        counts += some.sum(axis=0, dtype=np.int64)
    return counts
