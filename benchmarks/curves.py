"""Learning curves of simulated labelling: where they are looked at, their area, their means."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from itertools import pairwise
from statistics import mean
from typing import Any

LOOKS = (10, 25, 50, 100, 150, 200, 300, 400, 500, 750, 1000, 1500, 2000, 3000, 5000, 10_000)
"""Answers after which every contender is looked at, as far as the budget reaches."""


@dataclass(frozen=True, slots=True)
class Point:
    """What a contender has reached after so many answers.

    Attributes
    ----------
    right : float
        Share of all items whose label is right, answered ones included.
    met : tuple of int
        The answers, counted from 1, that named a class for the first time.
    minutes : float
        Modelled time of the person who answers.
    seconds : float
        Of compute so far.
    peak_mb : float
        Most memory that its process has held.
    """

    answers: int
    right: float
    met: tuple[int, ...]
    minutes: float
    seconds: float
    peak_mb: float

    def to_dict(self) -> dict[str, Any]:
        """The point as JSON-able data."""
        return asdict(self)

    @classmethod
    def from_dict(cls, stored: dict[str, Any]) -> Point:
        """Read what `to_dict` has given."""
        return cls(**{**stored, "met": tuple(stored["met"])})


def looks(budget: int) -> list[int]:
    """Return the numbers of answers at which to look, ascending, the budget last."""
    return [*(n for n in LOOKS if n < budget), budget]


def shares(points: list[Point], at: list[int], *, ended: bool) -> dict[int, float]:
    """Return the share right at each look that was reached.

    A contender that has `ended` by itself keeps its last share for what it did not ask; one that
    was stopped is not known beyond where it came.
    """
    reached = {point.answers: point.right for point in points}
    if ended and points:
        last = points[-1]
        reached |= {n: last.right for n in at if n > last.answers}
    return {n: reached[n] for n in at if n in reached}


def area(share: dict[int, float], at: list[int]) -> float | None:
    """Return the mean share right over the answers from the first look to the last, in [0, 1].

    That is the area under the curve, by the trapezoid rule between looks, divided by its width.
    None where a look is missing.
    """
    if any(n not in share for n in at):
        return None
    if len(at) == 1:
        return share[at[0]]
    under = sum((b - a) * (share[a] + share[b]) / 2 for a, b in pairwise(at))
    return under / (at[-1] - at[0])


def all_met(points: list[Point], n_classes: int) -> int | None:
    """Return the answer that named the last class for the first time; None if some were not met."""
    if not points or len(points[-1].met) < n_classes:
        return None
    return max(points[-1].met)


def by_contender(rows: list[dict[str, Any]]) -> dict[str, dict[int, dict[int, float]]]:
    """Return the curves of all that have some, as {name: {seed: {answers: share right}}}."""
    found: dict[str, dict[int, dict[int, float]]] = {}
    for row in rows:
        if row["curve"]:
            curve = {int(n): share for n, share in row["curve"].items()}
            found.setdefault(row["contender"], {})[row["seed"]] = curve
    return found


def ahead(
    ours: dict[int, dict[int, float]], theirs: dict[int, dict[int, float]]
) -> dict[int, float]:
    """Return by how much one is ahead of another at each look, over the seeds that both have."""
    seeds = sorted(ours.keys() & theirs.keys())
    gaps = [
        {n: ours[s][n] - theirs[s][n] for n in ours[s].keys() & theirs[s].keys()} for s in seeds
    ]
    return {n: value for n, value, *_ in spread(gaps)}


def spread(seeds: list[dict[int, float]]) -> list[tuple[int, float, float, float]]:
    """Return (answers, mean, lowest, highest) over the seeds, at the looks that all have."""
    shared = set(seeds[0]).intersection(*seeds) if seeds else set()
    found = []
    for n in sorted(shared):
        values = [curve[n] for curve in seeds]
        found.append((n, mean(values), min(values), max(values)))
    return found
