"""What networks draw at random, and how images reach them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol

import numpy as np
import torch

from fewclicks.devices import as_float
from fewclicks.errors import InvalidInput
from fewclicks.records import FloatArray, IntArray
from fewclicks.rows import spans

Augment = Callable[[torch.Tensor, torch.Generator], torch.Tensor]
"""Called as augment(batch, generator) with a float tensor (n, c, h, w) in [0, 1] and a generator on
its device; gives a tensor of the same shape."""

PREDICT_ROWS = 1024
"""Images that go through a network together when it is asked, not trained."""

RESIDENT_BYTES = 1 << 30
"""Training images up to which they are all kept on the device; beyond, each batch is read."""


class Inputs(Protocol):
    """What a network is trained on: rows that can be taken as a float tensor on the device."""

    def __len__(self) -> int:
        """Return the number of rows."""
        ...

    def take(self, positions: torch.Tensor) -> torch.Tensor:
        """Return some rows; `positions` are int64 on the CPU."""
        ...


class Pixels:
    """Images as a network wants them: float in [0, 1], channels before rows.

    Parameters
    ----------
    images : uint8 array or memory map of shape (n, h, w) or (n, h, w, 3)
    rows : ndarray of int64
        The images meant.
    device : torch.device
    """

    def __init__(self, images: Any, rows: IntArray, device: torch.device) -> None:
        self._images, self._rows, self._device = images, rows, device
        self._resident: torch.Tensor | None = None
        if len(rows) * int(np.prod(images.shape[1:])) <= RESIDENT_BYTES:
            self._resident = torch.from_numpy(np.ascontiguousarray(images[rows])).to(device)

    def __len__(self) -> int:
        """Return the number of images."""
        return len(self._rows)

    def take(self, positions: torch.Tensor) -> torch.Tensor:
        """Return some images, shape (n, c, h, w)."""
        if self._resident is not None:
            return as_float(self._resident[positions.to(self._device)])
        rows = self._rows[positions.numpy()]
        return as_float(torch.from_numpy(self._images[rows]).to(self._device))


class Rows:
    """Feature rows, already on the device as float32, shape (n, d)."""

    def __init__(self, features: torch.Tensor) -> None:
        self._features = features

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self._features)

    def take(self, positions: torch.Tensor) -> torch.Tensor:
        """Return some rows, shape (n, d)."""
        return self._features[positions.to(self._features.device)]


def checked(images: Any) -> Any:
    """Return `images` as an array after checking its form.

    Memory maps stay what they are, and so does what has a `dtype` and reads images when it is
    indexed.

    Raises
    ------
    InvalidInput
        They are not uint8 of shape (n, h, w) or (n, h, w, 3), or not square.
    """
    array = images if hasattr(images, "dtype") else np.asanyarray(images)
    colour = array.ndim == 4 and array.shape[3] == 3
    if array.dtype != np.uint8 or not (array.ndim == 3 or colour):
        raise InvalidInput(
            "images must be uint8 of shape (n, h, w) or (n, h, w, 3) but are "
            f"{array.dtype} of shape {array.shape}.",
            "Give pixels of 0 to 255.",
        )
    if array.shape[1] != array.shape[2]:
        raise InvalidInput(
            f"images must be square but are {array.shape[2]} wide and {array.shape[1]} high.",
            "Cut or pad them to a square.",
        )
    return array


def form(images: Any) -> tuple[int, int]:
    """Return how many channels checked images have, and their side in pixels."""
    return (1 if images.ndim == 3 else images.shape[3]), images.shape[1]


def same_form(images: Any, wanted: tuple[int, int], name: str = "images") -> None:
    """Refuse checked images of other colours or size than `wanted`, (n_channels, side)."""
    if form(images) != wanted:
        colours = {1: "grey", 3: "colour"}
        told = [f"{side} × {side} {colours[channels]}" for channels, side in (wanted, form(images))]
        raise InvalidInput(
            f"{name} must be {told[0]}, as in fit, but are {told[1]}.",
            "Convert them, or fit a network to such images.",
        )


def generator(device: torch.device, *entropy: int) -> torch.Generator:
    """Return a source of random numbers on `device`, of its own for these numbers."""
    return torch.Generator(device).manual_seed(seed_of(*entropy))


def seed_of(*entropy: int) -> int:
    """Mix whole numbers into one seed."""
    return int(np.random.SeedSequence(entropy).generate_state(1, np.uint32)[0])


@contextmanager
def seeded(device: torch.device, *entropy: int) -> Iterator[None]:
    """Let layers draw (initial weights, dropout) by these numbers; torch's own state comes back."""
    on_cuda = device.type == "cuda"
    cuda = (
        [torch.cuda.current_device() if device.index is None else device.index] if on_cuda else []
    )
    mps = torch.mps.get_rng_state() if device.type == "mps" else None
    seed = seed_of(*entropy)
    with torch.random.fork_rng(devices=cuda):
        torch.default_generator.manual_seed(seed)
        if cuda:
            torch.cuda.manual_seed(seed)
        if mps is not None:
            torch.mps.manual_seed(seed)
        try:
            yield
        finally:
            if mps is not None:
                torch.mps.set_rng_state(mps)


def foretold(
    forward: Callable[[torch.Tensor], torch.Tensor],
    images: Any,
    device: torch.device,
    together: int = PREDICT_ROWS,
) -> FloatArray:
    """Send images through `forward` a block at a time; shape (n, d), float32.

    Parameters
    ----------
    forward : callable
        From a batch (n, c, h, w) to a tensor (n, d).
    images : uint8 array or memory map
        As `checked` gives them.
    together : int
        Images of a block.
    """
    if not len(images):  # not every layer takes an empty batch
        return foretold(forward, np.zeros((1, *images.shape[1:]), np.uint8), device)[:0]
    out = np.empty((len(images), 0), np.float32)
    with torch.inference_mode():
        for block in spans(len(images), together):
            pixels = torch.from_numpy(np.array(images[block])).to(device)
            found = forward(as_float(pixels)).float().cpu().numpy()
            if not block.start:  # the width is known now; parts put together would be held twice
                out = np.empty((len(images), found.shape[1]), np.float32)
            out[block] = found
    return out
