"""Herding: the items that leave the least doubt uncovered, for few answers and for many."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

import faiss
import numpy as np

from fewclicks import checks
from fewclicks.queries.batch import ByBatch, Pool, threads_for
from fewclicks.queries.coreset import Centred
from fewclicks.queries.strategy import ByScore
from fewclicks.queries.uncertainty import Margin
from fewclicks.records import BoolArray, FloatArray, IntArray
from fewclicks.rows import spans

BLOCK = 512
"""Candidates whose kernels with the whole sample are held at a time: 20 MB for 10,000."""

LOOKED_AT = 64
"""Candidates of the highest known gains, looked at together until another may be better."""

PER_PICK, MOST = 4, 2**17
"""Items sampled for each one wanted, at least; items sampled at most."""

MOST_ANSWERS = 65_536
"""Answers that the sample is measured against: with 128 columns 3 seconds at most."""

FEWEST = 100
"""Answers whose distances tell the radius, at least: of fewer, the nearest two tell little."""

ASKED = 1000
"""Answers whose nearest is looked for, at most."""

EQUALS = 8
"""Nearest looked at: an answer with so many equals tells nothing of the radius."""


@dataclass(frozen=True, slots=True)
class Herding(ByBatch):
    """Ask the item that lessens the doubt nobody near has been asked about the most, and so on.

    Uncertainty coverage (Bae, Oliveira and Sutherland 2025, "Uncertainty Herding", section 3): the
    score of each item counts as far as no answered or picked item is like it, by a Gaussian kernel
    exp(−‖x − x'‖² / radius²), and every pick is the best next one. Where scores are much alike,
    with few answers, that covers the pool as MaxHerding does (Bae, Noh and Sutherland 2024); as
    answers become dense the radius shrinks, and in the end it asks by score.

    Ours differs from the paper in three things. The radius is the median distance of an answer to
    its nearest that is not equal to it, a rule of ours in the place of theirs. Shares of belief are
    taken as the model gives them, without a temperature of their own. And of a large pool a sample
    stands for the rest: `sample` items, or four per pick up to 131,072, drawn in proportion to
    their scores, of which each then counts alike; of more than 65,536 answers that many are drawn.
    Costs sample² · d multiplications and about sample · d for each pick: gains only shrink, so
    that most need not be looked at again.

    Parameters
    ----------
    score : ByScore, optional
        The doubt about each item, at least 0; None for coverage alone, which needs no model.
    radius : float, optional
        Distance at which items are a third (1/e) alike. By default the median distance to the
        nearest answer, of random open items in place of the answers that 100 lack.
    sample : int, default 10_000
    """

    score: ByScore | None = field(default_factory=Margin)
    radius: float | None = None
    sample: int = 10_000
    name: ClassVar[str] = "herding"

    def __post_init__(self) -> None:
        checks.between(self.sample, 1, MOST, "sample", integer=True)
        if self.radius is not None:
            checks.between(self.radius, 1e-9, np.inf, "radius")

    def choose(self, pool: Pool, n: int, random_state: int) -> IntArray:
        """See `ByBatch`; what is left once all is covered is drawn at random."""
        rng = np.random.default_rng(random_state)
        scores = self.scores(pool, random_state)
        ids, weights = drawn(scores, pool.open, max(self.sample, min(PER_PICK * n, MOST)), rng)
        centred = Centred.of(pool.rows)
        rows = centred.take(ids)
        checks.finite(rows, "features")
        known = np.flatnonzero(pool.answered)
        if len(known) > MOST_ANSWERS:
            known = rng.choice(known, MOST_ANSWERS, replace=False)
        answered = centred.take(known)
        checks.finite(answered, "features")
        with threads_for(BLOCK * rows.size):
            radius = spacing(answered, rows, rng) if self.radius is None else self.radius
            covered = coverage(rows, answered, radius)
            found = Herd(rows, weights, covered, radius).pick(n)
        return pool.filled(ids[found], n, rng)

    def scores(self, pool: Pool, random_state: int) -> FloatArray:
        """Return the doubt about every item, (n_items,); 1 for all where there is none."""
        if self.score is None:
            return np.ones(len(pool.open))
        scores = self.score.score(
            pool.model, pool.X, y=pool.y, features=pool.rows, random_state=random_state
        )
        scores = scores - min(0, scores[pool.open].min())
        return scores if scores[pool.open].any() else np.ones(len(scores))


def drawn(
    scores: FloatArray, open_: BoolArray, most: int, rng: np.random.Generator
) -> tuple[IntArray, FloatArray]:
    """Draw items that stand for all open ones: ids (n,), and how much each counts, (n,) float32.

    Up to `most` open items are all taken and count by their scores; of more, `most` are drawn in
    proportion to their scores, without replacement (Efraimidis and Spirakis 2006), and count alike,
    but those of score 0, which come last, not at all.
    """
    ids = rng.permutation(np.flatnonzero(open_))
    if len(ids) <= most:
        return ids, scores[ids].astype(np.float32)
    with np.errstate(divide="ignore"):
        keys = -rng.exponential(size=len(ids)) / scores[ids]  # −∞ for a score of 0
    best = np.argpartition(-keys, most - 1)[:most]
    return ids[best], (scores[ids[best]] > 0).astype(np.float32)


def spacing(answered: FloatArray, rows: FloatArray, rng: np.random.Generator) -> float:
    """Return the median distance of an answer to its nearest that is not equal to it.

    Below `FEWEST` of them, random `rows` make up for the rest; of more than `ASKED`, that many are
    looked at. 1 if all are equal.
    """
    some = answered
    if len(some) < FEWEST:
        some = np.concatenate([some, rows[rng.permutation(len(rows))[: FEWEST - len(some)]]])
    asked = some if len(some) <= ASKED else some[rng.choice(len(some), ASKED, replace=False)]
    squared = faiss.knn(asked, some, min(EQUALS, len(some)))[0]
    gaps = np.where(squared > 0, squared, np.inf).min(axis=1)
    gaps = gaps[np.isfinite(gaps)]
    return float(np.sqrt(np.median(gaps))) if len(gaps) else 1.0


def coverage(rows: FloatArray, answered: FloatArray, radius: float) -> FloatArray:
    """Return how alike each row is to the most alike answer, (n_rows,) float32; 0 with none."""
    if not len(answered):
        return np.zeros(len(rows), np.float32)
    return likeness(faiss.knn(rows, answered, 1)[0][:, 0], radius)


def likeness(squared: FloatArray, radius: float) -> FloatArray:
    """Turn squared distances into how alike rows are, in [0, 1], in place."""
    np.maximum(squared, 0, out=squared)
    squared *= np.float32(-1 / radius**2)
    return np.exp(squared, out=squared)


@dataclass(slots=True, eq=False)
class Herd:
    """Rows, and how far each is covered.

    Attributes
    ----------
    rows : ndarray of shape (n_rows, d), float32
    weights, covered : ndarray of shape (n_rows,), float32
        How much each row counts, and how far it is covered, in [0, 1].
    radius : float
        Of the kernel, above 0.
    """

    rows: FloatArray
    weights: FloatArray
    covered: FloatArray
    radius: float

    def pick(self, n: int) -> IntArray:
        """Pick what adds the most weighted coverage, again and again; cover what is like it.

        A gain only shrinks when something else is picked, so a candidate whose last known gain is
        less than another's gain now need not be looked at (Minoux 1978).

        Returns
        -------
        ndarray of shape (at most n,), int64
            Numbers of rows, in the order picked; fewer once nothing is gained.
        """
        blocks = (np.arange(part.start, part.stop) for part in spans(len(self.rows), BLOCK))
        bounds = np.concatenate([self._gains(self.alike(ids)) for ids in blocks])
        picked: list[int] = []
        while len(picked) < n and bounds.max() > 0:
            some = np.argpartition(-bounds, min(LOOKED_AT, len(bounds)) - 1)[:LOOKED_AT]
            others = np.delete(bounds, some).max(initial=0)
            self._pick_among(some, others, bounds, picked, n)
        return np.array(picked, dtype=np.int64)

    def _pick_among(
        self, some: IntArray, others: float, bounds: FloatArray, picked: list[int], n: int
    ) -> None:
        """Pick of some rows as long as one gains more than the bound of all others."""
        alike = self.alike(some)
        while len(picked) < n:
            bounds[some] = np.minimum(bounds[some], self._gains(alike))
            best = int(bounds[some].argmax())
            if bounds[some[best]] <= 0 or bounds[some[best]] < others:
                return
            picked.append(int(some[best]))
            np.maximum(self.covered, alike[best], out=self.covered)
            bounds[some[best]] = 0

    def _gains(self, alike: FloatArray) -> FloatArray:
        """Return how much weighted coverage rows would add that are so alike to all, (n,)."""
        more = alike - self.covered
        return np.asarray(np.maximum(more, 0, out=more) @ self.weights)

    def alike(self, ids: IntArray) -> FloatArray:
        """Return how alike some rows are to all, (n, n_rows) float32 in [0, 1]."""
        some = self.rows[ids]
        squared = some @ (-2 * self.rows.T)
        squared += np.einsum("ij,ij->i", some, some)[:, None]
        squared += np.einsum("ij,ij->i", self.rows, self.rows)
        found = likeness(squared, self.radius)
        found[np.arange(len(ids)), ids] = 1  # whatever the rounding of a distance to itself
        return found
