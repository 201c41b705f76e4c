"""What a photo costs one core, and what a Ray cluster adds to it, for `benchmarks.scale`.

Photos of 1,280 × 960 are read, decoded and made thumbnails of; thumbnails are described as a
project describes photos. Through every engine in turns, on the same cores; and once in this
process alone, in seconds of its core, which others at work on the machine hardly change. What the
driver itself can pass on is measured by workers that give rows without computing any.
"""

from __future__ import annotations

import io
import os
import tempfile
import time
import tracemalloc
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from itertools import cycle, islice
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from PIL import Image

from benchmarks import common, sources
from fewclicks import settings
from fewclicks.engine import Engine, LocalEngine, RayEngine, in_shards
from fewclicks.features import Encoder
from fewclicks.features.matrix import FeatureMatrix
from fewclicks.items import open_source
from fewclicks.items.base import Source
from fewclicks.items.ingest import Ingested, ingest
from fewclicks.items.thumbnails import SentThumbnails
from fewclicks.neighbours import knn_graph
from fewclicks.records import Entry
from fewclicks.rows import nearest
from fewclicks.store import Store
from fewclicks.store.items import NewItem
from fewclicks.workflows.collection import N_CANDIDATES
from fewclicks.workflows.describing import describe_shard

SIZE = (1280, 960)
REPEATS = 3
PER_SHARD = 32
"""Photos per shard, an eighth of what travels in a project: there are few photos here."""
SOME, N_NEAR, N_CODEWORDS = 20_000, 256, 1024
"""Rows, their width as of photos, and codewords as many items have."""
ROWS = 20 * settings.SHARD_ITEMS
PASSED_ON = 40
"""Whole shards that are passed on."""
KEPT = 0.9
"""Share of the local engine's rate that Ray is to keep on the same cores."""

Step = tuple[Callable[[Any], Any], list[Any], int]
"""What is done, the shards, and how many photos each of them has."""


def measure_engine(
    n: int, data_dir: Path | None, *, quick: bool
) -> tuple[list[dict[str, Any]], list[common.Target]]:
    """Photos per second of each step by each engine, and of one core."""
    with tempfile.TemporaryDirectory() as folder:
        source = open_source(photos(n, data_dir, Path(folder)))
        steps = steps_of(source)
        rows = list(alone(steps, n))
        rates = in_turns(steps, 1 if quick else REPEATS)
        rows += [*remembered(Path(folder)), written(Path(folder))]
    rows += central(SOME // 10 if quick else SOME)
    rows += [row(step, name, rate) for (step, name), rate in rates.items()]
    shares = {step: rates[step, "ray"] / rates[step, "local"] for step in ("import", "describe")}
    return rows, [
        common.at_least(f"{step}: Ray's rate / the local engine's", share, KEPT)
        for step, share in shares.items()
    ]


def in_turns(steps: dict[str, Step], repeats: int) -> dict[tuple[str, str], float]:
    """Median rates of each step by each engine, and of this process meanwhile."""
    local = LocalEngine()
    engines: dict[str, Engine] = {"local": local, "ray": RayEngine(workers=local.workers)}
    measured: dict[tuple[str, str], list[float]] = defaultdict(list)
    for _ in range(repeats):
        for step, work in steps.items():
            for name, engine in engines.items():
                rate, own = rates_of(engine, *work)
                measured[step, name].append(rate)
                measured[step, f"{name}, driver's core"].append(own)
    return {key: median(found) for key, found in measured.items()}


def photos(n: int, data_dir: Path | None, folder: Path) -> Path:
    """Write `n` JPEG files of 1,280 × 960, of clothes enlarged; without data of smooth noise."""
    target = folder / "photos"
    target.mkdir()
    for number, image in zip(range(n), images(data_dir, folder), strict=False):
        large = image.convert("RGB").resize(SIZE, Image.Resampling.BICUBIC)
        large.save(target / f"{number:06d}.jpg", quality=90)
    return target


def images(data_dir: Path | None, folder: Path) -> Iterator[Image.Image]:
    """Photos one by one, without end."""
    if data_dir is None:
        rng = np.random.default_rng(0)
        while True:
            yield Image.fromarray(rng.integers(0, 256, (60, 80, 3), np.uint8))
    listed = open_source(sources.labelled_photos(data_dir, folder))
    entries = list(listed.entries())
    while True:
        for entry in entries:
            yield Image.open(io.BytesIO(next(iter(listed.read([entry.key])))))  # type: ignore[arg-type]


def steps_of(source: Source) -> dict[str, Step]:
    """The steps on the photos of a source; the thumbnails are made for them."""
    shards = list(in_shards(source.entries(), PER_SHARD))
    found = [one for shard in shards for one in ingest(source, shard)]
    made = [one.thumbnail for one in found if isinstance(one, Ingested)]
    sent = [
        SentThumbnails(range(at * PER_SHARD, at * PER_SHARD + len(part)), part, [""] * len(part))
        for at, part in enumerate(in_shards(made, PER_SHARD))
    ]
    encoder = Encoder()
    many = list(islice(cycle(made), settings.SENT_ITEMS))
    large = [SentThumbnails(range(len(many)), many, [""] * len(many))] * PASSED_ON
    return {
        "import": (partial(ingest, source), shards, PER_SHARD),
        "describe": (partial(describe_shard, encoder), sent, PER_SHARD),
        "describe, one view": (partial(describe_shard, Encoder(views="one")), sent, PER_SHARD),
        "pass on": (partial(empty_rows, encoder.width()), large, len(many)),
    }


def empty_rows(width: int, thumbnails: SentThumbnails) -> Any:
    """Rows as wide as the encoder's, at no cost."""
    return np.zeros((len(thumbnails.ids), width), np.float32)


def rates_of(
    engine: Engine, function: Callable[[Any], Any], shards: list[Any], per_shard: int
) -> tuple[float, float]:
    """Photos per second, by the clock and by what this process worked.

    From the first result on, since workers start once in a run of any length.
    """
    clock = (time.perf_counter, time.process_time)
    times = [[now() for now in clock] for _ in engine.map(function, shards)]
    n = per_shard * (len(shards) - 1)
    wall, own = np.subtract(times[-1], times[0])
    return float(n / wall), float(n / own)


def remembered(folder: Path) -> list[dict[str, Any]]:
    """What an item costs the driver in the database, and in memory while it is imported."""
    tracemalloc.start()
    entries = [Entry(f"2026/11/22/IMG_{number:08d}.jpg") for number in range(ROWS)]
    named = tracemalloc.get_traced_memory()[0] / len(entries)
    tracemalloc.stop()
    with closing(Store.create(folder / "store", "store", {})) as store:
        source = store.items.add_source("/photos", "folder", {})
        start = time.process_time()
        for at, part in enumerate(in_shards(entries, settings.SHARD_ITEMS)):
            items = [NewItem(entry.key, os.urandom(16), *SIZE, grey=False) for entry in part]
            store.items.add(source, at * settings.SHARD_ITEMS, items, [])
        added = ROWS / (time.process_time() - start)
    size = sum(file.stat().st_size for file in (folder / "store").glob("*.db*")) / ROWS
    return [
        row("bytes of a name in memory", "", named),
        row("bytes in the database", "", size),
        row("rows into the database", "one core", added),
    ]


def written(folder: Path) -> dict[str, Any]:
    """Rows per second into the matrix by the clock, since that waits for the disk."""
    matrix = FeatureMatrix(folder / "matrix", "", Encoder().width())
    block = np.ones((settings.SHARD_ITEMS, matrix.width), np.float32)
    start = time.perf_counter()
    for _ in range(10):
        matrix.append(block)
    rate = 10 * settings.SHARD_ITEMS / (time.perf_counter() - start)
    return row("rows into the matrix", "wall", rate)


def central(n: int) -> list[dict[str, Any]]:
    """Rows per second of one core, of what one machine does for all: the cluster does not help."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n, N_NEAR)).astype(np.float32)
    start = time.process_time()
    nearest(X, X[:N_CODEWORDS])
    assigned = n / (time.process_time() - start)
    start = time.process_time()
    knn_graph(X, N_CANDIDATES, exact=False)
    joined = n / (time.process_time() - start)
    return [
        row("rows assigned to 1,024 codewords", "one core", assigned),
        row(f"neighbours among {n:,} rows", "one core", joined),
    ]


def alone(steps: dict[str, Step], n: int) -> Iterator[dict[str, Any]]:
    """Photos per second of one core, and the bytes of a thumbnail."""
    for step in ("import", "describe", "describe, one view"):
        function, shards, _ = steps[step]
        function(shards[0])  # which loads the network
        start = time.process_time()
        for shard in shards:
            function(shard)
        yield row(step, "one core", n / (time.process_time() - start))
    sent: list[SentThumbnails] = steps["describe"][1]
    size = sum(len(one) for shard in sent for one in shard.encoded) / n
    yield row("bytes of a thumbnail", "", size)


def row(step: str, way: str, value: float) -> dict[str, Any]:
    """One line of the table; a value is photos per second unless its step says otherwise."""
    return {"what": "engine", "step": step, "way": way, "value": value}
