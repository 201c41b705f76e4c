"""Seconds and peak memory of one batch, in a process of its own: ours, and other packages'.

The rows lie around 50 centres on disk, five to each of ten classes; 200 have an answer, and 100
are asked for.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from benchmarks import common, peers
from benchmarks.cdd import peak_mb
from fewclicks.models import CalibratedLinear, Committee
from fewclicks.queries import STRATEGIES, make_strategy

WIDTH, CENTRES, CLASSES = 128, 50, 10
ANSWERS, BATCH = 200, 100
LADDER = (2_000, 5_000, 10_000, 20_000, 50_000, 100_000)
"""Sizes that others are given, one after the other, until one takes too long or too much."""

PATIENCE = 120
MEMORY_MB = 8192
OURS = "fewclicks"


def write_rows(folder: Path, n: int) -> None:
    """Write `n` rows and their classes, a block at a time."""
    rng = np.random.default_rng(0)
    centres = rng.normal(size=(CENTRES, WIDTH)).astype(np.float32)
    which = rng.integers(0, CENTRES, n)
    np.save(folder / "classes.npy", which % CLASSES)
    rows = np.lib.format.open_memmap(
        folder / "rows.npy", mode="w+", dtype=np.float32, shape=(n, WIDTH)
    )
    for start in range(0, n, 50_000):
        block = rows[start : start + 50_000]
        block[:] = rng.normal(size=block.shape) + centres[which[start : start + 50_000]]


def model_for(strategy: str) -> Any:
    """What a strategy asks: a committee where it counts votes, else one model."""
    votes = STRATEGIES[strategy].__module__ == "fewclicks.queries.committee"
    return Committee(random_state=0) if votes else CalibratedLinear()


def measure_ours(folder: Path, n: int, names: list[str]) -> Iterator[dict[str, Any]]:
    """Rows of each of our strategies on all `n` rows."""
    for name in names:
        found = apart(folder, name, OURS, n)
        yield row(name, OURS, n, found, "" if "seconds" in found else str(found["failed"]))


def measure_peer(folder: Path, sizes: list[int], name: str, package: str) -> list[dict[str, Any]]:
    """Rows of another package's strategy and ours, at the largest size that the other ends."""
    if not peers.installed(package):
        return [row(name, package, sizes[-1], {}, "not installed")]
    best, note = None, ""
    for n in sizes:
        if best is not None and best[1]["seconds"] * n / best[0] > PATIENCE:
            note = f"would take over {PATIENCE} s at {n:,}"
            break
        found = apart(folder, name, package, n)
        if "seconds" not in found:
            note = f"{found['failed']} at {n:,}"
            break
        best = n, found
    if best is None:
        return [row(name, package, sizes[0], {}, note)]
    n, theirs = best
    ours = [apart(folder, name, OURS, n) for _ in range(2)]
    theirs = faster(theirs, apart(folder, name, package, n) if theirs["seconds"] < 10 else theirs)
    mean = {key: median(one[key] for one in ours) for key in ("seconds", "cpu_seconds", "mb")}
    return [row(name, package, n, theirs, note), row(name, OURS, n, mean, f"beside {package}")]


def faster(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """The quicker of two runs of another package, so that a busy machine does not count for us."""
    return min((one, other), key=lambda found: found.get("seconds", np.inf))


def apart(folder: Path, strategy: str, package: str, n: int) -> dict[str, Any]:
    """Seconds and megabytes of one batch in a process of its own, or why there is none."""
    command = [sys.executable, "-m", "benchmarks.strategy_scale", str(folder), strategy, package]
    common.console.print(f"{strategy} of {package}, {n:,} rows")
    try:
        done = subprocess.run(
            [*command, str(n)], capture_output=True, text=True, timeout=PATIENCE + 30
        )
    except subprocess.TimeoutExpired:
        return {"failed": f"over {PATIENCE} s"}
    if done.returncode:
        last = (done.stderr.strip().splitlines() or [f"exit {done.returncode}"])[-1]
        short = "MemoryError" in last or done.returncode < 0
        return {"failed": f"over {MEMORY_MB / 1024:g} GB" if short else last[:120]}
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result if result["seconds"] <= PATIENCE else {"failed": f"over {PATIENCE} s"}


def row(
    strategy: str, package: str, n: int, found: dict[str, Any], note: str = ""
) -> dict[str, Any]:
    """One line of the table."""
    return {
        "what": "scale",
        "strategy": strategy,
        "package": package,
        "n": n,
        "d": WIDTH,
        "seconds": found.get("seconds"),
        "cpu_seconds": found.get("cpu_seconds"),
        "peak_mb": found.get("mb"),
        "note": note,
    }


def targets(rows: list[dict[str, Any]]) -> list[common.Target]:
    """The figures asked for."""
    alone = [r for r in rows if r["package"] == OURS and not r["note"]]
    n = max((r["n"] for r in alone), default=0)
    failed = [r["strategy"] for r in rows if r["package"] == OURS and r["seconds"] is None]
    found = [
        common.at_most(
            f"{n:,} × {WIDTH}: {r['strategy']}, seconds",
            r["seconds"],
            2 if r["strategy"] in ("margin", "entropy") else 30,
        )
        for r in alone
    ]
    found += [common.Target(f"{name} ends", None, "ends", holds=False) for name in failed]
    if alone:
        most = max(alone, key=lambda r: r["peak_mb"])
        name = f"{n:,} × {WIDTH}: peak MB, worst ({most['strategy']})"
        found.append(common.at_most(name, most["peak_mb"], 2048))
    return found + ratios(rows)


def ratios(rows: list[dict[str, Any]]) -> list[common.Target]:
    """How many times faster ours are than scikit-activeml's, at the largest size both ended."""
    by = {(r["strategy"], r["note"]): r for r in rows if r["package"] == OURS}
    return [
        common.at_least(
            f"{r['strategy']}, times faster than scikit-activeml at {r['n']:,}",
            r["seconds"] / by[r["strategy"], "beside scikit-activeml"]["seconds"],
            3,
        )
        for r in rows
        if r["package"] == "scikit-activeml"
        and r["strategy"] in peers.BATCH_DIVERSE
        and r["seconds"] is not None
    ]


def pick_once(folder: Path, strategy: str, package: str, n: int) -> dict[str, float]:
    """Ask for one batch of the first `n` rows, and measure it."""
    rows = np.load(folder / "rows.npy", mmap_mode="r")[:n]
    classes = np.load(folder / "classes.npy")[:n]
    y = np.full(n, -1)
    known = np.random.default_rng(1).choice(n, ANSWERS, replace=False)
    y[known] = classes[known]
    model = model_for(strategy).fit(rows, y)
    if package != OURS:
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_MB * 2**20,) * 2)
        rows = np.array(rows)  # other packages take arrays in memory
        few = peers.Asked(rows[known], np.where(np.arange(ANSWERS) < 20, y[known], -1), model, 2, 0)
        peers.pick(strategy, package, few)  # what the libraries need once is not the strategy's
    asked = peers.Asked(rows, y, model, BATCH, 0)
    start, worked = time.perf_counter(), time.process_time()
    if package == OURS:
        picked = make_strategy(strategy).pick(model, rows, BATCH, y=y, random_state=0)
    else:
        picked = peers.pick(strategy, package, asked)
    seconds, worked = time.perf_counter() - start, time.process_time() - worked
    if len(np.unique(picked)) != BATCH or (y[picked] != -1).any():
        raise RuntimeError(f"{package} did not pick {BATCH} different open items")
    return {"seconds": seconds, "cpu_seconds": worked, "mb": peak_mb()}


if __name__ == "__main__":
    print(json.dumps(pick_once(Path(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4]))))
