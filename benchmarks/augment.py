"""Images augmented per second, and a picture of what augmentation makes of them.

    python -m benchmarks.augment --data-dir DATA
    python -m benchmarks.augment --data-dir DATA --picture docs/images/augmentation.png

The figures are medians of runs in turns. With --picture nothing is timed: each line of the picture
is an image and eight views of it.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import torch
from PIL import Image

from benchmarks import common
from fewclicks.items import decode, open_source
from fewclicks.models import GLYPHS, GUIDED_GLYPHS, PHOTOS, Augmentation

SIDES = {"glyphs": 28, "guided_glyphs": 28, "glyphs, not elastic": 28, "photos": 32}
ASKED = ("glyphs", "guided_glyphs")
AUGMENTATIONS = {
    "glyphs": GLYPHS,
    "guided_glyphs": GUIDED_GLYPHS,
    "glyphs, not elastic": replace(GLYPHS, elastic_alpha=0),
    "photos": PHOTOS,
}
BATCHES = (256, 2048)
REPEATS = 3
N_IMAGES = 10_000

SHOWN = {"mnist/train-images-idx3-ubyte.gz": GLYPHS, "cifar10/train.parquet": PHOTOS}
N_VIEWS = 8
FIRST = 20
"""Row of the first image shown: from here on all ten digits come soon."""
SIDE, GAP = 56, 4


def measure(images: Any) -> tuple[list[dict[str, Any]], list[common.Target]]:
    """Augment at most 10,000 grey images (n, 28, 28), and as many photos of noise, in batches."""
    images = images[:N_IMAGES]
    pools = {28: as_batch(images), 32: torch.rand(len(images), 3, 32, 32)}
    taken: dict[tuple[str, int], list[float]] = {}
    for repeat in range(REPEATS + 1):
        for name, augmentation in AUGMENTATIONS.items():
            for size in BATCHES:
                seconds = timed(augmentation, pools[SIDES[name]], size)
                if repeat:  # the first is a warming up
                    taken.setdefault((name, size), []).append(seconds)
    rows = [row(name, size, len(images), median(all_)) for (name, size), all_ in taken.items()]
    slowest = min(r["images_per_second"] for r in rows if r["how"] in ASKED)
    return rows, [common.at_least("28×28 images per second, elastic", slowest, 20_000)]


def row(name: str, size: int, n: int, seconds: float) -> dict[str, Any]:
    side = f"{SIDES[name]}×{SIDES[name]}"
    return {
        "what": "augment", "how": name, "size": side, "batch": size, "n": n, "seconds": seconds,
        "images_per_second": n / seconds,
    }  # fmt: skip


def timed(augmentation: Augmentation, pool: torch.Tensor, size: int) -> float:
    generator = torch.Generator().manual_seed(0)
    start = time.perf_counter()
    for first in range(0, len(pool), size):
        augmentation(pool[first : first + size], generator)
    return time.perf_counter() - start


def as_batch(images: Any) -> torch.Tensor:
    """Grey (n, h, w) or colour (n, h, w, 3) images of bytes as the tensor a network takes."""
    pixels = torch.tensor(np.array(images), dtype=torch.float32) / 255
    return pixels[:, None] if pixels.ndim == 3 else pixels.permute(0, 3, 1, 2)


def draw(data_dir: Path | None, target: Path) -> None:
    """Write the picture: the digits with their views, and beside them the photos."""
    halves = []
    for place, augmentation in SHOWN.items():
        source = common.require_data(data_dir, *place.split("/"))
        halves.append(grid(as_batch(list(one_per_class(source))), augmentation))
    gap = np.full((len(halves[0]), 4 * GAP, 3), 255, np.uint8)
    picture = Image.fromarray(np.hstack([halves[0], gap, halves[1]]))
    picture.quantize(192).save(target, optimize=True)


def one_per_class(source: Path) -> Iterator[Any]:
    """The first images of ten classes, smallest name of class first."""
    labels = source.with_name("train-labels-idx1-ubyte.gz") if source.suffix == ".gz" else None
    listing = open_source(source, labels=labels)
    entries = list(islice(listing.entries(), FIRST, FIRST + 200))
    firsts = {entry.label: entry.key for entry in reversed(entries)}
    for content in listing.read([firsts[label] for label in sorted(firsts, key=str)]):
        yield np.asarray(decode(content)) if isinstance(content, bytes) else content


def grid(batch: torch.Tensor, augmentation: Augmentation) -> Any:
    """Images in the first column and their views beside them, uint8 of shape (h, w, 3)."""
    generator = torch.Generator().manual_seed(0)
    views = [batch] + [augmentation(batch, generator) for _ in range(N_VIEWS)]
    lines = [np.hstack([tile(view[i]) for view in views]) for i in range(len(batch))]
    return np.vstack(lines)


def tile(pixels: torch.Tensor) -> Any:
    grown = (pixels.permute(1, 2, 0).numpy() * 255).round().astype(np.uint8)
    grown = np.broadcast_to(grown, (*grown.shape[:2], 3))
    image = Image.fromarray(np.ascontiguousarray(grown)).resize((SIDE, SIDE))
    return np.pad(np.asarray(image), ((0, GAP), (0, GAP), (0, 0)), constant_values=255)


def main() -> None:
    """Run the benchmark from the command line, or draw the picture."""
    from benchmarks.speed import FULL, QUICK, digits  # which imports this module

    parser = common.parser(__doc__)
    parser.add_argument("--picture", type=Path, help="draw this PNG instead")
    arguments = parser.parse_args()
    if arguments.picture:
        draw(arguments.data_dir, arguments.picture)
        return
    rows, targets = measure(digits(QUICK if arguments.quick else FULL, arguments.data_dir))
    common.finish(rows, targets, arguments.json)


if __name__ == "__main__":
    main()
