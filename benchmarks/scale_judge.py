"""What it costs to judge images by what is believed of a million others, for `benchmarks.scale`.

A predictor as of photos, whose nearest items judge, is sent and opened as engines do it; one core
judges by it and finds clusters. And parts of photos of 1,280 × 960 are made: read, described,
judged and written, which is all that `fewclicks predict --into` does for an image. They are small,
since there are few photos here, and a fiftieth of the items judges them: a whole part compares its
4,096 images with all items at once, which costs less than to do so for a few at a time.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from benchmarks import common, scale_rows
from benchmarks.engines import N_NEAR, photos
from fewclicks import settings
from fewclicks.clusters import codewords_for
from fewclicks.engine import in_shards
from fewclicks.engine.parcel import Packer
from fewclicks.features import Encoder, Projection
from fewclicks.items import open_source
from fewclicks.items.shelf import Shelf
from fewclicks.models import NeighbourInduction
from fewclicks.rows import nearest
from fewclicks.workflows.describing import Describer
from fewclicks.workflows.judging import Look, Predictor
from fewclicks.workflows.parts import PartMaker, Shard, part_name

ANSWERS = 2_000
PHOTOS, PER_PART = 256, 128
N_COMPONENTS = 512
"""Principal components of photos, of which `N_NEAR` tell how near they are."""


def measure(
    n: int, data_dir: Path | None, *, quick: bool
) -> tuple[list[dict[str, Any]], list[common.Target]]:
    """Images per second of one core among a fiftieth, a fifth and all of `n` items, and bytes."""
    with tempfile.TemporaryDirectory() as name, threadpool_limits(1):
        folder = Path(name)
        scale_rows.write_rows(folder, n, N_NEAR, np.float32)
        X, y = np.load(folder / "rows.npy", mmap_mode="r"), np.load(folder / "classes.npy")
        source = open_source(photos(PER_PART if quick else PHOTOS, data_dir, folder))
        rows = []
        for n_items in (n // 50, n // 5, n):
            predictor = predictor_of(X[:n_items], y[:n_items])
            rows += [*judged(predictor, X), *sent(predictor)]
            if n_items == n // 50:
                rows.append(whole(predictor, source, Shelf(folder / "parts")))
    return rows, []


def predictor_of(X: Any, y: Any) -> Predictor:
    """What judges by these items, as it is sent for photos."""
    answered = np.random.default_rng(0).choice(len(X), min(ANSWERS, len(X)), replace=False)
    near = NeighbourInduction().fit(X, y, answered=answered)
    width = Encoder().width()
    basis = np.random.default_rng(0).normal(size=(N_COMPONENTS, width)).astype(np.float32)
    learnt = Projection.from_arrays(
        {"mean_": np.zeros(width, np.float32), "components_": basis / np.float32(width**0.5)}
    )
    names = {int(number): f"class {number}" for number in near.classes_}
    return Predictor(names, Describer(Encoder(), learnt, N_NEAR), near)


def judged(predictor: Predictor, X: Any) -> list[dict[str, Any]]:
    """Images of a part per second of the core, once they have been described."""
    n_items = len(X) if predictor.near is None else len(predictor.near._rows)
    rng = np.random.default_rng(1)
    look = Look(X[rng.choice(len(X), settings.PART_ITEMS)] + np.float32(0.01))
    codebook = np.array(X[: codewords_for(n_items)])
    start = time.process_time()
    predictor.guesses_look(look)
    seconds = time.process_time() - start
    start = time.process_time()
    nearest(look.rows, codebook)
    assigned = time.process_time() - start
    return [
        row("judged, images per second and core", n_items, settings.PART_ITEMS / seconds),
        row("clusters found, images per second and core", n_items, settings.PART_ITEMS / assigned),
    ]


def sent(predictor: Predictor) -> list[dict[str, Any]]:
    """Bytes that a worker receives, and seconds to make them ready and to open them."""
    assert predictor.near is not None
    n_items = len(predictor.near._rows)
    start = time.perf_counter()
    packer = Packer(predictor.guesses_look)
    packed = time.perf_counter() - start
    size = len(packer.parcel.content) + sum(Path(f).stat().st_size for f in packer.parcel.files)
    start = time.perf_counter()
    packer.parcel.opened()
    opened = time.perf_counter() - start
    packer.close()
    return [
        row("bytes to a worker", n_items, size),
        row("seconds to pack them", n_items, packed),
        row("seconds to open them", n_items, opened),
    ]


def whole(predictor: Predictor, source: Any, shelf: Shelf) -> dict[str, Any]:
    """Photos per second of the core from file to part, the network loaded."""
    assert predictor.near is not None
    codebook = np.array(predictor.near._rows[:N_NEAR])
    maker = PartMaker(source, predictor, codebook, 0.9, shelf)
    shards = [
        Shard(part_name(number, part), part)
        for number, part in enumerate(in_shards(source.entries(), PER_PART))
    ]
    maker.rows(shards[0].entries[:1])  # which loads the network
    start = time.process_time()
    done = sum(maker(shard).n_images for shard in shards)
    rate = done / (time.process_time() - start)
    return row(f"parts of {PER_PART}, photos per second and core", len(predictor.near._rows), rate)


def row(step: str, n_items: int, value: float) -> dict[str, Any]:
    """One line of the table."""
    return {"what": "judge", "step": step, "items": n_items, "value": value}
