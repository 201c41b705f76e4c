"""The self-organising map against other packages that are installed, at its real size.

Every package learns the same rows in memory on a square map; errors are measured alike, with the
eight neighbours of a rectangular grid. Ours runs at its defaults, before, between and after the
others. MiniSom takes minutes for one pass over 60,000 rows, so it is given twenty times our
seconds, with its schedules set for as many rows as it can show in them; how long one pass would
take is extrapolated from that and said to be so. (A faster copy of its algorithm, not MiniSom
itself, came to our error after 20,000 to 30,000 rows, and after a whole pass to one about 0.1 lower
than ours, as online k-means would: two rows in three off the map's order.)

`make bench` installs MiniSom and fastersom, the fastest found; XPySom is compared if it is there.
susi, python-som, quicksom and torchsom took longer at 2,000 rows; somoclu did not build.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from statistics import mean, median
from typing import Any

import numpy as np

from benchmarks import common
from fewclicks.clusters import som_quality
from fewclicks.clusters.som import END_RADIUS, SelfOrganizingMap
from fewclicks.clusters.som_grid import Grid

SEEDS = (0, 1, 2)
EPOCHS = 10
"""Epochs of the other batch maps at their own radii: the default of the fastest."""

PATIENCE = 20
"""How many times our seconds MiniSom is given."""

TRIAL = 50
"""Rows shown to MiniSom to learn how many it can show in a second."""


@dataclass(frozen=True, slots=True)
class Learnt:
    """One map that was learnt: how long it took, and how good it is."""

    seconds: float
    quantisation_error: float
    topographic_error: float


def measure(images: Any) -> tuple[list[dict[str, Any]], list[common.Target]]:
    """Learn images by every package that is installed, and compare."""
    n = len(images)
    X = images.reshape(n, -1).astype(np.float32) / 255
    side = map_side(n)
    ours, others = [], {}
    for seed in SEEDS:
        ours.append(timed(fewclicks, X, side, seed))
        for name, (package, job) in list(OTHERS.items())[seed :: len(SEEDS)]:
            if installed(package):
                others[name] = timed(job, X, side, 0)
    usual = Learnt(
        median(one.seconds for one in ours),
        mean(one.quantisation_error for one in ours),
        mean(one.topographic_error for one in ours),
    )
    rows = [row("fewclicks, mean of 3 seeds", n, side, usual, usual)]
    rows += [row(name, n, side, usual, one) for name, one in others.items()]
    targets = other_targets(usual, others)
    if installed("minisom"):
        shown, found = patient_minisom(X, side, PATIENCE * usual.seconds)
        rows.append(row(f"MiniSom, {shown} rows shown", n, side, usual, found))
        a_pass = found.seconds * n / shown
        rows.append(minisom_pass(n, side, usual, a_pass, run=shown == n))
        targets += minisom_targets(usual, found, a_pass, shown, n)
    return rows, targets


def map_side(n: int) -> int:
    """Rows and columns of the map: 40 for 60,000 items, 10 for 2,000."""
    return min(40, max(10, round(math.sqrt(n) / 6)))


def installed(package: str) -> bool:
    """Tell whether a package is there, on the console where it is not."""
    there = find_spec(package) is not None
    if not there:
        common.console.print(f"{package} is not installed and is left out.")
    return there


def timed(job: Callable[[Any, int, int], Any], X: Any, side: int, seed: int) -> Learnt:
    """Time one run and measure its map."""
    start = time.perf_counter()
    codebook = job(X, side, seed)
    return judged(time.perf_counter() - start, X, codebook, side)


def judged(seconds: float, X: Any, codebook: Any, side: int) -> Learnt:
    """Measure a map that was learnt in so many seconds."""
    units = np.ascontiguousarray(np.reshape(codebook, (side * side, -1)), dtype=np.float32)
    return Learnt(
        seconds,
        som_quality.quantisation_error(X, units),
        som_quality.topographic_error(X, units, Grid((side, side))),
    )


def fewclicks(X: Any, side: int, seed: int) -> Any:
    return SelfOrganizingMap((side, side), random_state=seed).fit(X).codebook_


def fastersom(X: Any, side: int, seed: int) -> Any:
    made = import_module("fastersom").SOM(side, side, n_epochs=EPOCHS, random_state=seed)
    return made.fit(X).weights_


def fastersom_same_radii(X: Any, side: int, seed: int) -> Any:
    """The fastest package with our radii and epochs."""
    made = import_module("fastersom").SOM(
        side,
        side,
        n_epochs=SelfOrganizingMap().n_epochs,
        sigma_initial=side / 4,
        sigma_final=END_RADIUS["gaussian"],
        init="sample",
        random_state=seed,
    )
    return made.fit(X).weights_


def xpysom(X: Any, side: int, seed: int) -> Any:
    made = import_module("xpysom").XPySom(side, side, X.shape[1], random_seed=seed)
    made.train(X, EPOCHS)
    return made.get_weights()


OTHERS: dict[str, tuple[str, Callable[[Any, int, int], Any]]] = {
    "XPySom, its defaults": ("xpysom", xpysom),
    "fastersom, its defaults": ("fastersom", fastersom),
    "fastersom, our radii and epochs": ("fastersom", fastersom_same_radii),
}


def patient_minisom(X: Any, side: int, seconds: float) -> tuple[int, Learnt]:
    """Train MiniSom at its defaults for about so long; the rows shown, one pass at most."""
    start = time.perf_counter()
    minisom(X, side, TRIAL)
    each = (time.perf_counter() - start) / TRIAL
    shown = max(TRIAL, min(len(X), int(seconds / each)))
    start = time.perf_counter()
    codebook = minisom(X, side, shown)
    return shown, judged(time.perf_counter() - start, X, codebook, side)


def minisom(X: Any, side: int, shown: int) -> Any:
    made = import_module("minisom").MiniSom(side, side, X.shape[1], random_seed=0)
    made.random_weights_init(X)
    made.train(X, shown, random_order=True)
    return made.get_weights()


def row(how: str, n: int, side: int, usual: Learnt, found: Learnt) -> dict[str, Any]:
    return {
        "what": "som",
        "how": how,
        "n": n,
        "map": f"{side}×{side}",
        "seconds": found.seconds,
        "times_ours": found.seconds / usual.seconds,
        "quantisation_error": found.quantisation_error,
        "topographic_error": found.topographic_error,
    }


def minisom_pass(n: int, side: int, usual: Learnt, seconds: float, *, run: bool) -> dict[str, Any]:
    """The row of one whole pass, whose errors are known only where it was run."""
    how = f"MiniSom, one pass{'' if run else ', extrapolated'}"
    unknown = Learnt(seconds, math.nan, math.nan)
    return {
        **row(how, n, side, usual, unknown),
        "quantisation_error": None,
        "topographic_error": None,
    }


def other_targets(usual: Learnt, others: dict[str, Learnt]) -> list[common.Target]:
    """Ours against the fastest of the others, and against the best of them."""
    if not others:
        return []
    fastest = min(others, key=lambda name: others[name].seconds)
    ratio = others[fastest].seconds / usual.seconds
    best = min(one.quantisation_error for one in others.values()) / usual.quantisation_error
    return [
        common.at_least(f"times faster than the fastest other package ({fastest})", ratio, 1.5),
        common.at_least("lowest quantisation error of the others over ours", best, 1),
    ]


def minisom_targets(
    usual: Learnt, found: Learnt, a_pass: float, shown: int, n: int
) -> list[common.Target]:
    """Ours against MiniSom: the time of one pass, and its error after twenty times our time."""
    how = "" if shown == n else ", extrapolated"
    worse = found.quantisation_error / usual.quantisation_error
    return [
        common.at_least(
            f"times faster than MiniSom (one pass{how})", a_pass / usual.seconds, PATIENCE
        ),
        common.at_least(f"quantisation error of MiniSom over ours ({shown} rows shown)", worse, 1),
    ]
