"""Confusing data detection: against plain cdist and partition, and at a million rows on disk."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from scipy.spatial.distance import cdist

from benchmarks import common
from fewclicks.clusters import VectorQuantizer
from fewclicks.confusion import ConfusingDataDetector
from fewclicks.simulate import peak_rss_mb

N_CENTROIDS = 256
REPEATS = 3
BIG_WIDTH, BIG_CENTROIDS = 256, 1000


def measure(images: Any, n_big: int) -> tuple[list[dict[str, Any]], list[common.Target]]:
    """Seconds and memory of methods 1 and 2 on pixels, then on `n_big` rows of float16 on disk."""
    X = images.reshape(len(images), -1).astype(np.float32) / 255
    codebook = VectorQuantizer(N_CENTROIDS, max_iter=5, random_state=0).fit(X).codebook_
    taken: dict[str, list[float]] = {"fewclicks": [], "cdist": []}
    for _ in range(REPEATS):
        start = time.perf_counter()
        ConfusingDataDetector(codebook, method=1).fit(X)
        middle = time.perf_counter()
        np.partition(cdist(X, codebook), 1, axis=1)[:, :2]
        taken["fewclicks"].append(middle - start)
        taken["cdist"].append(time.perf_counter() - middle)
    ratio = median(taken["cdist"]) / median(taken["fewclicks"])
    rows: list[dict[str, Any]] = [
        {"what": "cdd", "how": how, "n": len(X), "d": X.shape[1], "centroids": N_CENTROIDS,
         "seconds": median(values), "mb_above_input": None}
        for how, values in taken.items()
    ]  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        np.save(Path(folder) / "rows.npy", X)
        np.save(Path(folder) / "codebook.npy", codebook)
        rows[0]["mb_above_input"] = apart(Path(folder), in_memory=True)["mb_above_input"]
    with tempfile.TemporaryDirectory() as folder:
        write_big(Path(folder), n_big)
        big = apart(Path(folder), in_memory=False)
    rows.append(
        {"what": "cdd", "how": "fewclicks, float16 on disk", "n": n_big, "d": BIG_WIDTH,
         "centroids": BIG_CENTROIDS, "seconds": big["seconds"],
         "mb_above_input": big["mb_above_input"]}
    )  # fmt: skip
    return rows, [
        common.at_least("times faster than cdist and partition", ratio, 3),
        common.at_most("MB above the input", rows[0]["mb_above_input"], 200),
        common.at_most(f"seconds for {n_big:,} rows of float16 on disk", big["seconds"], 20),
        common.at_most("peak MB there", big["peak_rss_mb"], 1024),
    ]


def write_big(folder: Path, n: int) -> None:
    """Write `n` random rows and the centroids, a block at a time."""
    rng = np.random.default_rng(0)
    centroids = rng.normal(size=(BIG_CENTROIDS, BIG_WIDTH)).astype(np.float32)
    np.save(folder / "codebook.npy", centroids)
    rows = np.lib.format.open_memmap(
        folder / "rows.npy", mode="w+", dtype=np.float16, shape=(n, BIG_WIDTH)
    )
    for start in range(0, n, 50_000):
        block = rows[start : start + 50_000]
        block[:] = (
            rng.normal(size=block.shape) + centroids[rng.integers(0, BIG_CENTROIDS, len(block))]
        )


def apart(folder: Path, *, in_memory: bool) -> dict[str, float]:
    """Seconds and memory of one detection in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.cdd", str(folder), str(int(in_memory))]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    result: dict[str, float] = json.loads(done.stdout)
    return result


def peak_mb(process: int | str = "self") -> float:
    """Most memory a process held. On Linux `getrusage` would count what its parent held."""
    status = Path(f"/proc/{process}/status")
    found = re.search(r"VmHWM:\s+(\d+) kB", status.read_text()) if status.exists() else None
    return int(found.group(1)) / 1024 if found else peak_rss_mb()


def detect(folder: Path, in_memory: bool) -> None:
    """Detect in the rows of a folder with methods 1 and 2; print seconds of the slower, and MB."""
    rows = np.load(folder / "rows.npy", mmap_mode=None if in_memory else "r")
    codebook = np.load(folder / "codebook.npy")
    # what the libraries need once is not the method's
    ConfusingDataDetector(codebook[:2]).fit(rows[:10])
    before, taken = peak_mb(), []
    for method in (1, 2):
        start = time.perf_counter()
        ConfusingDataDetector(codebook, method=method).fit(rows)
        taken.append(time.perf_counter() - start)
    peak = peak_mb()
    print(json.dumps({"seconds": max(taken), "peak_rss_mb": peak, "mb_above_input": peak - before}))


if __name__ == "__main__":
    detect(Path(sys.argv[1]), sys.argv[2] == "1")
