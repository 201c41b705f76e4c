"""Pretrained backbones: networks that others trained, whose features describe our images."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from torch import nn

from fewclicks.devices import device_of, placed, precision
from fewclicks.errors import FewclicksError, InvalidInput, NotFound
from fewclicks.extras import imported
from fewclicks.pretraining import HALVES, IMAGENET, LITE_SIDES, PLAIN, Scaling, lite_weights
from fewclicks.records import FloatArray
from fewclicks.tensorfiles import loaded

Backbone = str | nn.Module
"""A name, or a module from (n, 3, side, side) to features (n, d) or maps (n, d, h, w)."""

EMBED_IMAGES = 8
"""Images that an `Embedding` sends through together. On one core 8 are up to 1.7 times as
quick per image as 32: what is between two layers still fits the cache."""

VGG16 = (64, 64, 0, 128, 128, 0, 256, 256, 256, 0, 512, 512, 512, 0, 512, 512, 512, 0)
"""Output channels of the convolutions of VGG16 (Simonyan and Zisserman 2015, table 1, column D),
0 for a pooling."""


@dataclass(frozen=True, slots=True)
class Known:
    """A backbone as it is found: its layers, what it wants of images, whose weights these are."""

    module: nn.Module
    side: int
    scaling: Scaling
    licence: str = "unknown"


def found(backbone: Backbone, weights: str | Path | None, side: int | None, fresh: bool) -> Known:
    """Return a backbone with its pretrained weights; without `fresh`, with any.

    Parameters
    ----------
    backbone : {"efficientnet_lite0", "efficientnet_lite1", "efficientnet_lite2", "vgg16"}, \
"torchvision:NAME", "timm:NAME", "transformers:NAME", "open_clip:NAME/TAG", "torchscript:PATH" or \
Module
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
    return averaged(backbone((batch - mean) / deviation))


def averaged(maps: torch.Tensor) -> torch.Tensor:
    """Average maps (n, d, h, w) and tokens (n, t, d) over the image; rows stay as they are."""
    if maps.ndim == 3:
        return maps.mean(1, dtype=torch.float32)
    return maps.mean((2, 3), dtype=torch.float32) if maps.ndim == 4 else maps


class Embedding:
    """A backbone that only describes.

    Images go through it `EMBED_IMAGES` at a time, filled up with empty ones where fewer are left:
    the row of an image then does not depend on how many come with it.

    Parameters
    ----------
    known : Known
        With its weights.
    device : str
        As `devices.device_of` takes it.
    reduced : bool
        Whether to compute in bfloat16 where the device multiplies that quicker.
    """

    def __init__(self, known: Known, device: str = "cpu", *, reduced: bool = False) -> None:
        self._device = device_of(device)
        self._module = placed(known.module.eval(), self._device)
        self._reduced = reduced

    def __call__(self, images: FloatArray) -> FloatArray:
        """Return one row of each image, (n, d) float32.

        Parameters
        ----------
        images : ndarray of shape (n, side, side, 3), float32
            Scaled as the backbone was trained.
        """
        rows = [
            self._of_batch(images[start : start + EMBED_IMAGES])
            for start in range(0, len(images), EMBED_IMAGES)
        ]
        return np.concatenate(rows)

    def _of_batch(self, images: FloatArray) -> FloatArray:
        batch = np.zeros((EMBED_IMAGES, *images.shape[1:]), np.float32)
        batch[: len(images)] = images
        given = torch.from_numpy(batch).to(self._device).permute(0, 3, 1, 2)
        with torch.inference_mode(), precision(self._device) if self._reduced else nullcontext():
            rows = averaged(self._module(given))
        return cast(FloatArray, rows.float().cpu().numpy()[: len(images)])


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
        return _of_hub(hub, name, side, pretrained)
    if backbone == "vgg16":
        return _vgg16(side, pretrained)
    if backbone in LITE_SIDES:
        return _lite(backbone, side, pretrained)
    raise InvalidInput(
        f"backbone must be one of {', '.join([*LITE_SIDES, 'vgg16'])}, torchvision:NAME, "
        "timm:NAME, transformers:NAME, open_clip:NAME/TAG, torchscript:PATH or a torch.nn.Module "
        f"but is {backbone!r}."
    )


def _lite(name: str, side: int | None, pretrained: bool) -> Known:
    """Return an EfficientNet-Lite with the weights of its package."""
    side, wanted_by = side or LITE_SIDES[name], f"The backbone {name}"
    layers = imported("efficientnet_lite_pytorch", wanted_by)
    network = layers.EfficientNet.from_name(name.replace("_", "-"), image_size=side)
    module = _Lite(network)
    if pretrained:
        path = lite_weights(name, wanted_by)
        _fill(network, loaded(path), str(path))
    return Known(module, side, HALVES, "Apache-2.0")


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
    models = imported("torchvision.models", f"The backbone torchvision:{name}")
    network = models.get_model(name, weights="DEFAULT" if pretrained else None)
    how = models.get_model_weights(name).DEFAULT.transforms()
    side, scaling = side or int(how.crop_size[0]), (tuple(how.mean), tuple(how.std))
    for classifier in ("fc", "heads", "head"):
        if hasattr(network, classifier):
            setattr(network, classifier, nn.Identity())
            return Known(network, side, scaling, "BSD-3-Clause")
    if hasattr(network, "features"):
        return Known(_Features(network.features), side, scaling, "BSD-3-Clause")
    raise InvalidInput(
        f"torchvision:{name} must have layers named features, fc, heads or head but has none.",
        "Cut off its classifier yourself and give the module.",
    )


def _timm(name: str, side: int | None, pretrained: bool) -> Known:
    """Return a network of timm without its classifier."""
    network = imported("timm", f"The backbone timm:{name}").create_model(
        name, pretrained=pretrained, num_classes=0
    )
    how = network.pretrained_cfg
    side, scaling = side or int(how["input_size"][-1]), (tuple(how["mean"]), tuple(how["std"]))
    return Known(network, side, scaling, how.get("license") or "unknown")


def _transformers(name: str, side: int | None, pretrained: bool) -> Known:
    """Return a network of the Hugging Face hub, or of a folder that it was saved to."""
    hub = imported("transformers", f"The backbone transformers:{name}")
    if pretrained:
        network = hub.AutoModel.from_pretrained(name)
    else:
        network = hub.AutoModel.from_config(hub.AutoConfig.from_pretrained(name))
    how = hub.AutoImageProcessor.from_pretrained(name)
    sizes = getattr(how, "crop_size", None) or how.size
    own = sizes.get("height") or sizes.get("shortest_edge")
    scaling = tuple(how.image_mean), tuple(how.image_std)
    return Known(_Pooler(network), side or int(own), scaling)


class _Pooler(nn.Module):
    """What a network of transformers says of the image as a whole."""

    def __init__(self, network: Any) -> None:
        super().__init__()
        self.network = network

    def forward(self, batch: torch.Tensor) -> torch.Tensor:
        """Return rows: of images beside texts, what is compared with texts; else what is pooled."""
        if hasattr(self.network, "get_image_features"):
            seen = self.network.get_image_features(pixel_values=batch)
            return cast(torch.Tensor, getattr(seen, "pooler_output", seen))
        seen = self.network(pixel_values=batch)
        pooled = getattr(seen, "pooler_output", None)
        if pooled is None:
            return cast(torch.Tensor, seen.last_hidden_state.mean(1))
        return cast(torch.Tensor, pooled.flatten(1))


def _open_clip(name: str, side: int | None, pretrained: bool) -> Known:
    """Return the image encoder of an OpenCLIP network: NAME/TAG of its weights, or hf-hub:NAME."""
    architecture, tag = name, ""
    if not name.startswith("hf-hub:"):
        architecture, _, tag = name.partition("/")
        if not tag:
            raise InvalidInput(
                f"open_clip:{name} must name its weights, open_clip:NAME/TAG.",
                "open_clip.list_pretrained() lists them.",
            )
    network = imported("open_clip", f"The backbone open_clip:{name}").create_model(
        architecture, pretrained=tag if pretrained and tag else None
    )
    seeing = network.visual
    own = seeing.image_size[0] if isinstance(seeing.image_size, tuple) else seeing.image_size
    return Known(seeing, side or int(own), (tuple(seeing.image_mean), tuple(seeing.image_std)))


def _torchscript(path: str, side: int | None, pretrained: bool) -> Known:
    """Return a network that torch has compiled and saved."""
    if not Path(path).is_file():
        raise NotFound(f"There is no file {path}.", "Check the path.")
    try:
        with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
            module = torch.jit.load(path, map_location="cpu")  # type: ignore[no-untyped-call]
    except RuntimeError as error:
        raise InvalidInput(
            f"{path} must hold a network that torch.jit has saved but does not: {error}.",
            "Save it with torch.jit.script or torch.jit.trace.",
        ) from error
    return Known(module, side or 224, IMAGENET)


_HUBS: dict[str, Callable[[str, int | None, bool], Known]] = {
    "torchvision": _torchvision,
    "timm": _timm,
    "transformers": _transformers,
    "open_clip": _open_clip,
    "torchscript": _torchscript,
}


def _of_hub(hub: str, name: str, side: int | None, pretrained: bool) -> Known:
    """Ask a hub for a network; tell what to do where it has none or cannot be reached.

    What cannot be fetched is an OSError of some kind in all of them; names that they do not know
    are errors of other kinds.
    """
    try:
        return _HUBS[hub](name, side, pretrained)
    except OSError as error:
        raise NotFound(
            f"{hub}:{name} cannot be had: {error}.",
            "Check the name. Offline, fetch its weights where there is a network and copy "
            f"{hub}'s cache to this machine, or give a file: onnx:PATH or torchscript:PATH.",
        ) from error
    except FewclicksError:
        raise
    except (ValueError, RuntimeError, KeyError) as error:
        raise InvalidInput(f"{hub}:{name} is no network: {error}.", "Check the name.") from error


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
