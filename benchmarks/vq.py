"""Vector quantisation against scikit-learn's and faiss's k-means, at its real size.

Every rival is timed by itself on the same rows in memory, seed after seed in turns; distortions
are measured alike, as the mean squared distance of all rows to their nearest codeword.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import mean, median
from typing import Any

import faiss
import numpy as np
from sklearn.cluster import KMeans

from benchmarks import common
from fewclicks.clusters import VectorQuantizer

SEEDS = (0, 1, 2)
ROWS_PER_CODEWORD = 234
"""60,000 rows make 256 codewords, 2,000 make 8."""

Job = Callable[[Any, int, int], Any]


def measure(images: Any) -> tuple[list[dict[str, Any]], list[common.Target]]:
    """Quantise images by every method, with three seeds, and compare."""
    X = images.reshape(len(images), -1).astype(np.float32) / 255
    n_codewords = max(2, len(X) // ROWS_PER_CODEWORD)
    found = {
        (how, seed): timed(job, X, n_codewords, seed) for seed in SEEDS for how, job in JOBS.items()
    }
    rows = [row(how, [found[how, seed] for seed in SEEDS], found, n_codewords) for how in JOBS]
    return rows, targets({how: [found[how, seed] for seed in SEEDS] for how in JOBS})


def fewclicks_kmeans(X: Any, n_codewords: int, seed: int) -> Any:
    return VectorQuantizer(n_codewords, random_state=seed).fit(X).codebook_


def fewclicks_batches(X: Any, n_codewords: int, seed: int) -> Any:
    return VectorQuantizer(n_codewords, batch_size=4096, random_state=seed).fit(X).codebook_


def fewclicks_lbg(X: Any, n_codewords: int, seed: int) -> Any:
    return VectorQuantizer(n_codewords, method="lbg").fit(X).codebook_


def faiss_kmeans(X: Any, n_codewords: int, seed: int) -> Any:
    kmeans = faiss.Kmeans(
        X.shape[1], n_codewords, niter=25, seed=seed, max_points_per_centroid=len(X)
    )
    kmeans.train(X)
    return kmeans.centroids


def sklearn_kmeans(X: Any, n_codewords: int, seed: int) -> Any:
    return KMeans(n_codewords, n_init=1, random_state=seed).fit(X).cluster_centers_


JOBS: dict[str, Job] = {
    "fewclicks kmeans": fewclicks_kmeans,
    "faiss 25 iterations": faiss_kmeans,
    "fewclicks lbg": fewclicks_lbg,
    "fewclicks mini-batches": fewclicks_batches,
    "scikit-learn": sklearn_kmeans,
}


def timed(job: Job, X: Any, n_codewords: int, seed: int) -> tuple[float, float]:
    """Seconds and distortion of one run."""
    start = time.perf_counter()
    codebook = job(X, n_codewords, seed)
    seconds = time.perf_counter() - start
    return seconds, distortion(X, np.ascontiguousarray(codebook, dtype=np.float32))


def distortion(X: Any, codebook: Any) -> float:
    """Mean squared distance of the rows to their nearest codeword, measured pair by pair."""
    _, nearest = faiss.knn(X, codebook, 1)
    total = 0.0
    for start in range(0, len(X), 8192):
        offsets = X[start : start + 8192] - codebook[nearest[start : start + 8192, 0]]
        total += float(np.square(offsets).sum(dtype=np.float64))
    return total / len(X)


def row(
    how: str,
    runs: list[tuple[float, float]],
    found: dict[tuple[str, int], tuple[float, float]],
    n_codewords: int,
) -> dict[str, Any]:
    """One line of the table: medians over the seeds, and times as long as fewclicks'."""
    ours = [found["fewclicks kmeans", seed] for seed in SEEDS]
    return {
        "what": "vq",
        "how": how,
        "codewords": n_codewords,
        "seconds": median(seconds for seconds, _ in runs),
        "ratio": median(a / b for (a, _), (b, _) in zip(runs, ours, strict=True)),
        "distortion": mean(value for _, value in runs),
        "seconds_by_seed": " ".join(f"{seconds:.2f}" for seconds, _ in runs),
        "distortion_by_seed": " ".join(f"{value:.3f}" for _, value in runs),
    }


def targets(runs: dict[str, list[tuple[float, float]]]) -> list[common.Target]:
    """The figures asked for: time as the median over the seeds, distortion as their mean."""
    seconds = {how: median(taken for taken, _ in values) for how, values in runs.items()}
    lost = {how: mean(value for _, value in values) for how, values in runs.items()}
    ours, rival, peer = "fewclicks kmeans", "scikit-learn", "faiss 25 iterations"
    return [
        common.at_least("times faster than scikit-learn", seconds[rival] / seconds[ours], 10),
        common.at_most("distortion over scikit-learn's", lost[ours] / lost[rival], 1.005),
        common.at_most("seconds over faiss's", seconds[ours] / seconds[peer], 1.1),
        common.at_most("distortion over faiss's", lost[ours] / lost[peer], 1),
    ]
