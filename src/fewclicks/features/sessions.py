"""Networks in ONNX files, run by ONNX Runtime: no torch is needed."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, cast

import numpy as np

from fewclicks import settings
from fewclicks.errors import InvalidInput, NotFound
from fewclicks.extras import imported
from fewclicks.pretraining import IMAGENET, Scaling
from fewclicks.records import FloatArray

SIDE = 224
"""The side that most networks were trained on."""

GPU_IMAGES = 32
"""Images that go through a network together on a GPU. On a CPU they go one by one: what is between
two layers then fits the cache, which makes it up to a third quicker than eight together, and a row
cannot depend on what comes with it."""

Device = Literal["auto", "cpu", "cuda"]


class Session:
    """A network from images to rows, in an ONNX file or its bytes.

    It takes one array, (n, 3, side, side) or (n, side, side, 3), float32 or float16. Of its first
    output, rows (n, d) are taken as they are, tokens (n, t, d) and maps as their means; maps have
    their channels where the images have theirs. The file's metadata may name `side`, `mean` and
    `std` (three numbers each, of values in [0, 1]) and `license`.

    Parameters
    ----------
    model : Path or bytes
    name : str
        What it is called when something is wrong.
    device : {"auto", "cpu", "cuda"}
        "auto" is CUDA where ONNX Runtime has it.

    Raises
    ------
    NotFound, InvalidInput
        There is no such file, it is no network, or it takes something else than photos.
    MissingExtra
        ONNX Runtime is not installed.
    """

    def __init__(self, model: Path | bytes, name: str, device: Device = "auto") -> None:
        self.name = name
        self._session = _opened(model, name, device)
        given = self._session.get_inputs()
        shape = given[0].shape
        if len(given) != 1 or len(shape) != 4 or not (shape[1] == 3 or shape[3] == 3):
            free = len(given) == 1 and len(shape) == 4 and not isinstance(shape[1], int)
            if not free or isinstance(shape[3], int):
                shapes = ", ".join(f"{one.name} {one.shape}" for one in given)
                raise InvalidInput(
                    f"{name} must take one array of images, (n, 3, side, side) or "
                    f"(n, side, side, 3), but takes {shapes}.",
                    "Export its image encoder alone.",
                )
        self._input = given[0]
        if self._input.type not in _TYPES:
            raise InvalidInput(
                f"{name} must take {' or '.join(_TYPES)} but takes {self._input.type}.",
                "Export it with floating-point images.",
            )
        self._channels_first = shape[3] != 3 or shape[1] == 3
        self._on_gpu = _CUDA in self._session.get_providers()
        self.metadata: Mapping[str, str] = self._session.get_modelmeta().custom_metadata_map

    def side(self, asked: int | None) -> int:
        """Return the side of the images it will see: what it insists on, `asked`, or its own."""
        fixed = self._input.shape[2]
        if isinstance(fixed, int):
            if asked not in (None, fixed):
                raise InvalidInput(
                    f"{self.name} takes images of side {fixed} only, but side is {asked}.",
                    "Leave side out, or export it with a side that is free.",
                )
            return fixed
        if asked:
            return asked
        told = self.metadata.get("side", str(SIDE))
        if not told.isdigit() or int(told) < 1:
            raise InvalidInput(
                f"side in the metadata of {self.name} must be a whole number but is {told!r}.",
                "Give side yourself.",
            )
        return int(told)

    def scaling(self) -> Scaling:
        """Return what its metadata says of the channels; else ImageNet's mean and deviation."""
        return self._numbers("mean", IMAGENET[0]), self._numbers("std", IMAGENET[1])

    def __call__(self, images: FloatArray) -> FloatArray:
        """Return one row for each image, (n, d) float32.

        Parameters
        ----------
        images : ndarray of shape (n, side, side, 3), float32
            Scaled as the network wants them.
        """
        batch = images.transpose(0, 3, 1, 2) if self._channels_first else images
        size = self._input.shape[0]
        size = size if isinstance(size, int) else GPU_IMAGES if self._on_gpu else 1
        rows = [self._of_batch(batch[at : at + size], size) for at in range(0, len(batch), size)]
        return np.concatenate(rows)

    def _of_batch(self, batch: FloatArray, size: int) -> FloatArray:
        """Run at most `size` images, filled up with empty ones: a row is the same in any batch."""
        full = np.zeros((size, *batch.shape[1:]), _TYPES[self._input.type])
        full[: len(batch)] = batch
        out = self._session.run(None, {self._input.name: full})[0]
        if out.ndim not in _MEANS:
            raise InvalidInput(
                f"{self.name} must give rows, maps or tokens but gives shape {out.shape}.",
                "Export it without what comes after its features.",
            )
        rows = np.asarray(out, np.float32)[: len(batch)]
        over = (1, 2) if out.ndim == 4 and not self._channels_first else _MEANS[out.ndim]
        return cast(FloatArray, rows.mean(axis=over) if over else rows)

    def _numbers(self, name: str, default: tuple[float, ...]) -> tuple[float, ...]:
        text = self.metadata.get(name)
        if text is None:
            return default
        try:
            numbers = tuple(float(value) for value in json.loads(f"[{text.strip('[] ')}]"))
        except (ValueError, TypeError):
            numbers = ()
        if len(numbers) != 3:
            raise InvalidInput(
                f"{name} in the metadata of {self.name} must be three numbers but is {text!r}.",
                f"Give {name} yourself.",
            )
        return numbers


_MEANS: dict[int, tuple[int, ...]] = {2: (), 3: (1,), 4: (2, 3)}
"""Axes to be averaged of rows (n, d), tokens (n, t, d) and maps (n, d, h, w)."""

_CUDA = "CUDAExecutionProvider"

_TYPES = {"tensor(float)": np.float32, "tensor(float16)": np.float16}


def has_cuda() -> bool:
    """Tell whether ONNX Runtime can compute on a GPU here."""
    return _CUDA in imported("onnxruntime", "This network").get_available_providers()


def _threads() -> int:
    """Return how many threads a network may have: one in a worker process."""
    asked = os.environ.get("OMP_NUM_THREADS", "").partition(",")[0]
    return int(asked) if asked.isdigit() and int(asked) > 0 else settings.workers()


def _opened(model: Path | bytes, name: str, device: Device) -> Any:
    runtime = imported("onnxruntime", name)
    if isinstance(model, Path) and not model.is_file():
        raise NotFound(f"There is no file {model}.", "Check the path.")
    wanted = ["CPUExecutionProvider"]
    if device != "cpu" and has_cuda():
        wanted.insert(0, _CUDA)
    options = runtime.SessionOptions()
    options.intra_op_num_threads = _threads()
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.add_session_config_entry("session.x64quantprecision", "1")  # without VNNI, exactly
    try:
        content = str(model) if isinstance(model, Path) else model
        session = runtime.InferenceSession(content, options, providers=wanted)
    except Exception as error:  # its own errors derive from nothing else
        raise InvalidInput(
            f"{name} must be a network that ONNX Runtime can run but is not: {error}.",
            "Export it again, or update onnxruntime.",
        ) from error
    if device == "cuda" and _CUDA not in session.get_providers():
        raise InvalidInput(
            "device is 'cuda' but this ONNX Runtime has none.",
            "Run: pip install onnxruntime-gpu, or give 'auto' or 'cpu'.",
        )
    return session
