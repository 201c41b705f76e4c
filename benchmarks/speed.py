"""Seconds and memory of one step at its real size.

    python -m benchmarks.speed --what import|knn|vq|som|cdd|round|augment|page|export

What is compared runs side by side in one process, in turns; ratios are what to quote, since
machines are noisy.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from PIL import Image

import fewclicks as fc
from benchmarks import cdd, common, page, rounds, som, vq
from fewclicks.neighbours import knn_graph

FULL, QUICK = 60_000, 2_000
Result = tuple[list[dict[str, Any]], list[common.Target]]


def digits(n: int, data_dir: Path | None) -> Any:
    """The first n MNIST training images, (n, 28, 28) uint8; heaps of noise where absent."""
    path = None if data_dir is None else data_dir / "mnist" / "train-images-idx3-ubyte.gz"
    if path is None or not path.exists():
        rng = np.random.default_rng(0)
        heaps = rng.integers(0, 192, (500, 28, 28), dtype=np.uint8)
        return heaps[rng.integers(0, 500, n)] + rng.integers(0, 64, (n, 28, 28), dtype=np.uint8)
    import gzip

    with gzip.open(path) as file:
        file.read(16)
        return np.frombuffer(file.read(n * 784), np.uint8).reshape(n, 28, 28)


def measure_import(n: int, data_dir: Path | None) -> Result:
    """Small image files on disk: listed, hashed, thumbnailed, committed."""
    rows: list[dict[str, Any]] = []
    for suffix, side in ((".png", 28), (".jpg", 64)):
        with tempfile.TemporaryDirectory() as folder:
            photos = Path(folder) / "photos"
            write_images(digits(n, data_dir), photos, suffix, side)
            start = time.perf_counter()
            fc.Project.create(Path(folder) / "project", photos).close()
            seconds = time.perf_counter() - start
        rows.append(
            {
                "what": "import",
                "files": f"{side}×{side} {suffix}",
                "n": n,
                "seconds": seconds,
                "files_per_second": n / seconds,
            }
        )
    slowest = min(row["files_per_second"] for row in rows)
    return rows, [common.at_least("files imported per second", slowest, 1500)]


def write_images(images: Any, folder: Path, suffix: str, side: int) -> None:
    """Write images as small files, a thousand per folder."""
    for number, pixels in enumerate(images):
        path = folder / f"{number // 1000:03d}" / f"{number:06d}{suffix}"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).resize((side, side)).save(path)


def measure_knn(n: int, data_dir: Path | None) -> Result:
    """Ten nearest neighbours of every item, exhaustively and approximately, in turns."""
    rows_in = np.ascontiguousarray(digits(n, data_dir).reshape(n, -1)[:, ::8], np.float32)
    seconds = in_turns(
        {
            "exact": lambda: knn_graph(rows_in, 10, exact=True),
            "approximate": lambda: knn_graph(rows_in, 10, exact=False),
        },
        repeats=2,
    )
    exact = knn_graph(rows_in, 10, exact=True).indices
    found = knn_graph(rows_in, 10, exact=False).indices
    recall = float(np.mean([np.isin(a, b).mean() for a, b in zip(exact, found, strict=True)]))
    rows = [
        {"what": "knn", "how": how, "n": n, "d": rows_in.shape[1], "seconds": taken}
        for how, taken in seconds.items()
    ]
    return rows, [common.at_least("recall of approximate neighbours", recall, 0.95)]


def measure_cdd(n: int, data_dir: Path | None) -> Result:
    """Confusing data detection against plain cdist and partition, and on a million rows on disk."""
    return cdd.measure(digits(n, data_dir), n_big=1_000_000 if n == FULL else 20_000)


def measure_round(n: int, data_dir: Path | None) -> Result:
    """A round of the default workflow on rows on disk."""
    return rounds.measure(n)


def measure_vq(n: int, data_dir: Path | None) -> Result:
    """Vector quantisation against scikit-learn and faiss."""
    return vq.measure(digits(n, data_dir))


def measure_som(n: int, data_dir: Path | None) -> Result:
    """The self-organising map against other packages."""
    return som.measure(digits(n, data_dir))


def measure_augment(n: int, data_dir: Path | None) -> Result:
    """New random views of glyphs and photos."""
    from benchmarks import augment  # torch, which nothing else here needs

    return augment.measure(digits(n, data_dir))


def measure_export(n: int, data_dir: Path | None) -> Result:
    """Labels of n items to each table format."""
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as folder:
        images = Path(folder) / "images.npy"
        np.save(images, np.random.default_rng(0).integers(0, 256, (n, 8, 8), dtype=np.uint8))
        with fc.Project.create(Path(folder) / "project", images) as project:
            for item in range(min(n, 200)):
                project.answer("ana", fc.Reply("class", str(item % 10)), item=item)
            for suffix in (".csv", ".parquet", ".jsonl"):
                done = project.export(Path(folder) / f"labels{suffix}")
                rows.append(
                    {
                        "what": "export",
                        "format": suffix[1:],
                        "n": done.rows,
                        "seconds": done.seconds,
                    }
                )
    return rows, [
        common.at_most("seconds of the slowest format", max(row["seconds"] for row in rows), 10)
    ]


def measure_page(n: int, data_dir: Path | None) -> Result:
    """The page in real Chromium: a cluster of 500 items visible, an answer acknowledged."""
    return page.measure(digits(n, data_dir))


def in_turns(jobs: dict[str, Callable[[], Any]], repeats: int) -> dict[str, float]:
    """Median seconds of each job, run in turns A B A B."""
    taken: dict[str, list[float]] = {name: [] for name in jobs}
    for _ in range(repeats):
        for name, job in jobs.items():
            start = time.perf_counter()
            job()
            taken[name].append(time.perf_counter() - start)
    return {name: median(values) for name, values in taken.items()}


MEASURES: dict[str, tuple[Callable[[int, Path | None], Result], int]] = {
    "import": (measure_import, FULL),
    "knn": (measure_knn, FULL),
    "vq": (measure_vq, FULL),
    "som": (measure_som, FULL),
    "cdd": (measure_cdd, FULL),
    "round": (measure_round, 1_000_000),
    "augment": (measure_augment, FULL),
    "page": (measure_page, FULL),
    "export": (measure_export, 100_000),
}


def main() -> None:
    """Run the benchmark from the command line."""
    parser = common.parser(__doc__)
    parser.add_argument("--what", choices=sorted(MEASURES), required=True)
    arguments: argparse.Namespace = parser.parse_args()
    measure, size = MEASURES[arguments.what]
    rows, targets = measure(QUICK if arguments.quick else size, arguments.data_dir)
    common.finish(rows, targets, arguments.json)


if __name__ == "__main__":
    main()
