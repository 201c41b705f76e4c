"""Rows on disk by the million, and steps of which each runs in a process of its own.

The rows lie around many centres, a class to every twenty of them, spread in a few directions that
all share and a little in every other: about as an encoder lays out photos.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import common
from benchmarks.cdd import peak_mb

FULL, QUICK = 1_150_000, 20_000
CENTRES, CLASSES = 2_000, 100
DIRECTIONS, SPREAD, NOISE = 24, 0.7, 0.1
"""Directions that rows vary in around their centre, standard deviation in the first of them (and
ever less in those that follow), and in every column."""

BLOCK = 20_000


def write_rows(folder: Path, n: int, width: int, dtype: Any) -> None:
    """Write `n` rows and their classes, a block at a time."""
    rng = np.random.default_rng(0)
    centres = rng.normal(scale=width**-0.5, size=(CENTRES, width)).astype(np.float32)
    basis = np.linalg.qr(rng.normal(size=(width, DIRECTIONS)))[0].T
    scales = SPREAD / (1 + np.arange(DIRECTIONS)) ** 0.5
    basis = np.asarray(scales[:, None] * basis, np.float32)
    which = rng.integers(0, CENTRES, n)
    np.save(folder / "classes.npy", which % CLASSES)
    rows = np.lib.format.open_memmap(folder / "rows.npy", mode="w+", dtype=dtype, shape=(n, width))
    for start in range(0, n, BLOCK):
        here = which[start : start + BLOCK]
        block = rng.standard_normal((len(here), width), np.float32)
        block *= NOISE * width**-0.5
        block += centres[here]
        block += rng.standard_normal((len(here), DIRECTIONS), np.float32) @ basis
        rows[start : start + BLOCK] = block
    rows.flush()


def apart(module: str, folder: Path | str, *arguments: object) -> dict[str, Any]:
    """Run a step in a process of its own; return what it found, its seconds and its peak MB."""
    command = [sys.executable, "-m", f"benchmarks.{module}", str(folder), *map(str, arguments)]
    common.console.print(f"{module} {' '.join(map(str, arguments))}")
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def tell(**found: Any) -> None:
    """Print what a step found for `apart`, with its processor time and the most memory it held."""
    print(json.dumps({**found, "cpu_seconds": time.process_time(), "peak_mb": peak_mb()}))


@contextmanager
def timed(into: dict[str, float], name: str) -> Iterator[None]:
    """Note the seconds that a block takes."""
    start = time.perf_counter()
    yield
    into[name] = time.perf_counter() - start
