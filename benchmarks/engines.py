"""What a photo costs one core, and what a Ray cluster adds to it, for `benchmarks.scale`.

Photos of 1,280 × 960 are read, decoded and made thumbnails of; thumbnails are described as a
project describes photos. Through every engine in turns, on the same cores; and once in this
process alone, in seconds of its core, which others at work on the machine hardly change. What the
driver itself can pass on is measured by workers that give rows without computing any.
"""

from __future__ import annotations

import io
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from PIL import Image

from benchmarks import common, sources
from fewclicks import settings
from fewclicks.engine import Engine, LocalEngine, RayEngine, in_shards
from fewclicks.features import Encoder
from fewclicks.items import open_source
from fewclicks.items.base import Source
from fewclicks.items.ingest import Ingested, ingest
from fewclicks.items.thumbnails import SentThumbnails
from fewclicks.workflows.describing import describe_shard

SIZE = (1280, 960)
REPEATS = 3
KEPT = 0.9
"""Share of the local engine's rate that Ray is to keep on the same cores."""

Step = tuple[Callable[[Any], Any], list[Any]]
"""What is done, and the shards."""


def measure_engine(
    n: int, data_dir: Path | None, *, quick: bool
) -> tuple[list[dict[str, Any]], list[common.Target]]:
    """Photos per second of each step by each engine, and of one core."""
    with tempfile.TemporaryDirectory() as folder:
        source = open_source(photos(n, data_dir, Path(folder)))
        steps = steps_of(source)
        rows = list(alone(steps, n))
        local = LocalEngine()
        engines: dict[str, Engine] = {"local": local, "ray": RayEngine(workers=local.workers)}
        taken: dict[tuple[str, str], list[float]] = {}
        for _ in range(1 if quick else REPEATS):
            for step, (function, shards) in steps.items():
                for name, engine in engines.items():
                    start = time.perf_counter()
                    for _ in engine.map(function, shards):
                        pass
                    taken.setdefault((step, name), []).append(time.perf_counter() - start)
    rates = {key: n / median(seconds) for key, seconds in taken.items()}
    rows += [row(step, name, rate) for (step, name), rate in rates.items()]
    shares = {step: rates[step, "ray"] / rates[step, "local"] for step in ("import", "describe")}
    return rows, [
        common.at_least(f"{step}: Ray's rate / the local engine's", share, KEPT)
        for step, share in shares.items()
    ]


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
    shards = list(in_shards(source.entries(), settings.SENT_ITEMS // 8))
    found = [one for shard in shards for one in ingest(source, shard)]
    made = [one.thumbnail for one in found if isinstance(one, Ingested)]
    sent = [
        SentThumbnails(range(at, at + len(part)), part)
        for at, part in enumerate(in_shards(made, settings.SENT_ITEMS // 8))
    ]
    encoder = Encoder()
    return {
        "import": (partial(ingest, source), shards),
        "describe": (partial(describe_shard, encoder), sent),
        "describe, one view": (partial(describe_shard, Encoder(views="one")), sent),
        "pass on": (partial(empty_rows, encoder.width()), sent),
    }


def empty_rows(width: int, thumbnails: SentThumbnails) -> Any:
    """Rows as wide as the encoder's, at no cost."""
    return np.zeros((len(thumbnails.ids), width), np.float32)


def alone(steps: dict[str, Step], n: int) -> Iterator[dict[str, Any]]:
    """Photos per second of one core, and the bytes of a thumbnail."""
    for step, (function, shards) in steps.items():
        function(shards[0])  # which loads the network
        start = time.process_time()
        for shard in shards:
            function(shard)
        yield row(step, "one core", n / (time.process_time() - start))
    sent: list[SentThumbnails] = steps["describe"][1]
    size = sum(len(one) for shard in sent for one in shard.encoded) / n
    yield row("bytes of a thumbnail", "", size)


def row(step: str, way: str, value: float) -> dict[str, Any]:
    """One line of the table."""
    return {"what": "engine", "step": step, "way": way, "photos_per_second": value}
