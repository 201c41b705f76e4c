"""Images seen through a circle: what polar resampling and fingerprints share."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

import numpy as np
from scipy.sparse import csr_array

from fewclicks import checks
from fewclicks.errors import InvalidInput
from fewclicks.features.alignment import centred
from fewclicks.features.base import ImageTransformer, flag
from fewclicks.features.canvas import Canvases, Pictures, squares
from fewclicks.features.sectors import Circle
from fewclicks.records import FloatArray

CENTRES = ("middle", "ink")


class Disc(ImageTransformer):
    """A transformer that describes what lies in a circle on the canvas, each colour by itself.

    A colour row is the row of the red plane, then the green, then the blue one.
    """

    centre: Any
    radius: float | None
    grey: bool
    dark_ink: bool

    def check(self) -> None:
        """Refuse parameters out of their ranges."""
        checks.between(self.side, 1, 512, "side", integer=True)
        checks.between(self._grid()[0], 1, 1024, "angles", integer=True)
        checks.between(self._grid()[1], 1, 512, "radii", integer=True)
        if isinstance(self.centre, str):
            checks.one_of(self.centre, CENTRES, "centre")
        else:
            self._check_point()
        if self.radius is not None:
            checks.between(self.radius, 0.5, 2 * self.side, "radius")
        flag(self.grey, "grey")
        flag(self.dark_ink, "dark_ink")

    def circle(self) -> Circle:
        """Return the circle that is described, in pixels of the canvas."""
        middle = (self.side - 1) / 2
        x, y = (middle, middle) if isinstance(self.centre, str) else self.centre
        radius = self.side / 2 if self.radius is None else self.radius
        return Circle(self.side, float(x), float(y), float(radius))

    @abstractmethod
    def _grid(self) -> tuple[Any, Any]:
        """Return angles and radii, those that were left out filled in. Not checked yet."""

    @abstractmethod
    def _described(self, pixels: FloatArray) -> FloatArray:
        """Turn pixels (side², n), one plane to a column, into numbers (n_out, n)."""

    def _rows(self, part: Pictures) -> FloatArray:
        canvases = squares(part, self.side, grey=self.grey, invert=self.dark_ink)
        if isinstance(self.centre, str) and self.centre == "ink":
            canvases = centred(canvases)
        described = self._described(_columns(canvases))  # (n_out, n · planes)
        return np.ascontiguousarray(described.T).reshape(len(part), -1)

    def _check_point(self) -> None:
        wanted = "centre must be “middle”, “ink”, or x and y in pixels of the canvas"
        if not isinstance(self.centre, list | tuple) or len(self.centre) != 2:
            raise InvalidInput(f"{wanted} but is {self.centre!r}.")
        for value, name in zip(self.centre, "xy", strict=True):
            checks.between(value, -0.5, self.side - 0.5, f"{name} of centre")


def product(weights: csr_array, pixels: FloatArray) -> FloatArray:
    """Return weights @ pixels in the precision of `pixels`."""
    made: FloatArray = weights.astype(pixels.dtype) @ pixels
    return made


def _columns(canvases: Canvases) -> FloatArray:
    """Put each plane of (n, side, side) or (n, side, side, 3) in a column: (side², n · planes)."""
    n, side = canvases.shape[:2]
    by_pixel = canvases.reshape(n, side**2, -1).transpose(1, 0, 2)
    return np.ascontiguousarray(by_pixel).reshape(side**2, -1)
