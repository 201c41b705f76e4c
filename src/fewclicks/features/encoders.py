"""Photos as a network sees them that others trained on a million others."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np

from fewclicks import checks
from fewclicks.errors import InvalidInput
from fewclicks.extras import lacking, needed
from fewclicks.features import pretrained
from fewclicks.features.base import ImageTransformer
from fewclicks.features.canvas import Canvases, Pictures, squares
from fewclicks.features.gradients import ColourHOG, unit_rows
from fewclicks.features.pretrained import Precision, Pretrained
from fewclicks.features.sessions import Device
from fewclicks.pretraining import LITE_SIDES, LITE_WIDTH, Scaling
from fewclicks.records import FloatArray

SHAPES = ColourHOG(side=32)
"""What is set beside the network's numbers."""

MARGIN = 8 / 7
"""Of the side: ten crops are taken from a square so many times as large."""

Views = Literal["one", "flip", "ten"]


class Encoder(ImageTransformer):
    """What a network pretrained on other photos gives before its classifier.

    The photo is stretched to a square. EfficientNet-Lite (Liu, "Higher accuracy on vision models
    with EfficientNet-Lite", 2020) gives 1,280 numbers, none negative: how strongly each pattern
    is there. The square roots of their shares are taken, which have length 1 (Arandjelović and
    Zisserman, "Three things everyone should know to improve object retrieval", CVPR 2012, section
    3): a few strong patterns then do not outweigh all others. Numbers of other networks keep their
    signs. The 544 numbers of `ColourHOG(side=32)`, times `shapes`, follow: what lies where, which
    a mean over the photo loses.

    ONNX Runtime computes the first kinds; torch is not needed for these. The row of a photo does
    not depend on what comes with it. The network is read when first looked at, once per process.

    Parameters
    ----------
    backbone : str, default "efficientnet_lite0"
        "efficientnet_lite0" comes with the extra `photos`, "efficientnet_lite1" and
        "efficientnet_lite2" with a package each; "onnx:PATH" is a file of any other network, as
        `features.sessions.Session` takes it. With torch: "torchvision:NAME", "timm:NAME",
        "transformers:NAME" and "open_clip:NAME/TAG", if that package is installed, which may
        fetch weights from its hub; "torchscript:PATH".
    side : int, default 0
        Side of the square in pixels, in 32…1024; 0 is what the network was trained on: 224, 240
        and 260 for the three above. Less is quicker and sees less.
    shapes : float, default 0.7
        Weight of edges and colours, at least 0; 0 leaves them out.
    precision : {"single", "reduced"}, default "single"
        Reduced computes EfficientNet-Lite in eight bits, about twice as quick, and in bfloat16
        what torch computes, where the machine multiplies that quicker. Not for ONNX files.
    views : {"one", "flip", "ten"}, default "flip"
        The photo alone; the mean of it and its mirror image; or of ten crops (Krizhevsky,
        Sutskever and Hinton, "ImageNet classification with deep convolutional neural networks",
        2012, section 4.1): corners and centre of a square a seventh larger, and their mirror
        images. Two and ten times the work.
    mean, std : sequence of 3 numbers, optional
        How the network wants red, green and blue, in [0, 1], to be centred and scaled; by default
        as its file says, or as is usual for ImageNet.
    device : {"auto", "cpu", "cuda"}, default "auto"

    Raises
    ------
    MissingExtra
        By `check`, `fit` and `transform`, before any work: ONNX Runtime or the network's weights
        are not installed.
    """

    block: ClassVar[int] = 64

    def __init__(
        self,
        backbone: str = "efficientnet_lite0",
        side: int = 0,
        shapes: float = 0.7,
        precision: Precision = "single",
        views: Views = "flip",
        mean: Any = None,
        std: Any = None,
        device: Device = "auto",
    ) -> None:
        self.backbone = backbone
        self.side = side
        self.shapes = shapes
        self.precision = precision
        self.views = views
        self.mean = mean
        self.std = std
        self.device = device

    def width(self) -> int:
        """Return how many numbers describe one image."""
        seen = LITE_WIDTH if self.backbone in LITE_SIDES else self._network().width
        return seen + (SHAPES.width() if self.shapes else 0)

    def canvas(self) -> int:
        """Return the side of the square that an image becomes."""
        return self.side or LITE_SIDES.get(self.backbone) or self._network().side

    def check(self) -> None:
        """Refuse parameters out of their ranges, and to begin without the packages needed."""
        checks.between(self.side, 32 if self.side else 0, 1024, "side", integer=True)
        checks.between(self.shapes, 0, 1e6, "shapes")
        checks.one_of(self.precision, ("single", "reduced"), "precision")
        checks.one_of(self.views, ("one", "flip", "ten"), "views")
        checks.one_of(self.device, ("auto", "cpu", "cuda"), "device")
        for name, values in (("mean", self.mean), ("std", self.std)):
            _check_channels(values, name)
        pretrained.check_name(self.backbone)
        wanted = pretrained.packages(self.backbone)
        needed(wanted, f"The encoder {self.backbone}", extra_of(self.backbone))
        if self.backbone not in LITE_SIDES:
            pretrained.fingerprint(self.backbone)  # which finds its files

    def identity(self) -> dict[str, Any]:
        """Return what its rows depend on: parameters and weights, or the version of their hub."""
        told = super().identity()
        kind, _, name = self.backbone.partition(":")
        if Path(name).is_absolute():  # files may move
            told["parameters"] = {**told["parameters"], "backbone": kind}
        weights = pretrained.fingerprint(self.backbone)
        return {**told, "weights": weights, "graph": pretrained.VERSION}

    def about(self) -> dict[str, Any]:
        """Return what to know of the network: what it wants, what it gives, whose it is."""
        network, (mean, std) = self._network(), self._scaling()
        known = {"side": network.side, "mean": list(mean), "std": list(std)}
        return {**self.identity(), **known, "width": network.width, "licence": network.licence}

    def alone(self) -> bool:
        """Tell whether one process is to describe all: there is one GPU for it."""
        return pretrained.on_gpu(self.backbone, self.device)

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the parameters, JSON-able."""
        given = super().get_params(deep)
        arrays = {k: v.tolist() for k, v in given.items() if isinstance(v, np.ndarray)}
        return {**given, **arrays}

    def _network(self) -> Pretrained:
        return pretrained.found(self.backbone, self.side or None, self.precision, self.device)

    def _scaling(self) -> Scaling:
        mean, std = self.mean, self.std
        if mean is None or std is None:
            own = self._network().scaling()
            mean, std = own[0] if mean is None else mean, own[1] if std is None else std
        return tuple(float(v) for v in mean), tuple(float(v) for v in std)

    def _rows(self, part: Pictures) -> FloatArray:
        network = self._network()
        mean, std = (np.array(values, np.float32) for values in self._scaling())
        margin = MARGIN if self.views == "ten" else 1
        photos = squares(part, round(network.side * margin), grey=False, fit="stretch")
        views = _views((photos - mean) / std, network.side, self.views)
        seen = [network.run(view) for view in views]
        rows = unit_rows(_roots(sum(seen[1:], seen[0]) / np.float32(len(seen))))
        if not self.shapes:
            return rows
        return np.hstack([rows, np.float32(self.shapes) * SHAPES.transform(part)])


def extra_of(backbone: str) -> str:
    """Name the extra that brings what a network needs."""
    return "torch" if backbone.startswith(pretrained.HUBS) else "photos"


def available() -> bool:
    """Tell whether the default encoder can be used: the extra `photos` is installed."""
    return not lacking(pretrained.packages(Encoder().backbone))


def _views(photos: Canvases, side: int, views: Views) -> list[Canvases]:
    """Return the photos as the network is to see them, one array for each look."""
    if views == "one":
        return [photos]
    if views == "flip":
        return [photos, photos[:, :, ::-1]]
    far = photos.shape[1] - side
    corners = [(0, 0), (0, far), (far, 0), (far, far), (far // 2, far // 2)]
    crops = [photos[:, y : y + side, x : x + side] for y, x in corners]
    return [*crops, *(crop[:, :, ::-1] for crop in crops)]


def _roots(rows: FloatArray) -> FloatArray:
    """Return the roots of the numbers, each with its sign."""
    return np.sign(rows) * np.sqrt(np.abs(rows))


def _check_channels(values: Any, name: str) -> None:
    if values is None:
        return
    numbers = np.asarray(values)
    fits = numbers.shape == (3,) and np.issubdtype(numbers.dtype, np.number)
    if not fits or (name == "std" and (numbers <= 0).any()):
        raise InvalidInput(
            f"{name} must be three numbers, of red, green and blue, but is {values}."
        )
