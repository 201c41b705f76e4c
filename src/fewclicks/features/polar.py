"""Images on a polar grid: the polar coordinates of the confusion-area paper (section 2.2)."""

from __future__ import annotations

from typing import Any

import numpy as np

from fewclicks import checks
from fewclicks.features.disc import Disc, product
from fewclicks.features.sectors import Cut, grid_map
from fewclicks.records import FloatArray

INTERPOLATIONS = ("bilinear", "nearest")
WEIGHTS = ("area", "none")


class Polar(Disc):
    """Brightness at the points of a polar grid, ring by ring from the centre outwards.

    With R the radius, the point (s, a) lies at the distance (s + ½) R / radii and the angle
    (a + ½) 2π / angles, measured from the right downwards (clockwise as seen); its number is
    s · angles + a, so a row reshapes to (radii, angles) and a rotated image is a row shifted along
    its angles. Points outside the canvas are 0. Images are turned grey (or not) and padded to a
    square canvas as by `Pixels`.

    The points crowd near the centre. Weighed by "area", each value is multiplied by √(r/R), the
    square root of the share of the circle it stands for, so that distances between rows are those
    between the images; plain values count the innermost pixels many times over, and cost about 3 %
    of accuracy in naming clusters of digits (manual, page “features”).

    Parameters
    ----------
    side : int, default 28
        Side of the canvas in pixels, in 1…512.
    angles, radii : int, default 56 and 14
        Points around and along the radius, in 1…1024 and 1…512: 784 numbers, like the pixels.
    centre : "middle", "ink" or (x, y), default "middle"
        "ink" moves the centroid of each image's brightness to the middle first, bilinear. (x, y)
        are pixels of the canvas, (0, 0) being the centre of the top left one.
    radius : float, optional
        In pixels of the canvas, in 0.5…2 side. By default half the side, the largest circle on
        the canvas; side / √2 reaches its corners.
    interpolation : {"bilinear", "nearest"}, default "bilinear"
        Between the four pixel centres around a point, or the pixel the point lies in.
    weights : {"area", "none"}, default "area"
        Whether values are multiplied by √(r/R).
    grey : bool, default True
        Whether to turn colours into brightness (ITU-R BT.601); otherwise the rows of the red, the
        green and the blue plane follow each other.
    dark_ink : bool, default False
        Whether the ink is dark on light paper; such images are inverted first.
    """

    def __init__(
        self,
        side: int = 28,
        angles: int = 56,
        radii: int = 14,
        centre: Any = "middle",
        radius: float | None = None,
        interpolation: str = "bilinear",
        weights: str = "area",
        grey: bool = True,
        dark_ink: bool = False,
    ) -> None:
        self.side = side
        self.angles = angles
        self.radii = radii
        self.centre = centre
        self.radius = radius
        self.interpolation = interpolation
        self.weights = weights
        self.grey = grey
        self.dark_ink = dark_ink

    def width(self) -> int:
        """Return how many numbers describe one image."""
        angles, radii = self._grid()
        return int(angles * radii * (1 if self.grey else 3))

    def check(self) -> None:
        """Refuse parameters out of their ranges."""
        super().check()
        checks.one_of(self.interpolation, INTERPOLATIONS, "interpolation")
        checks.one_of(self.weights, WEIGHTS, "weights")

    def _grid(self) -> tuple[int, int]:
        return self.angles, self.radii

    def _described(self, pixels: FloatArray) -> FloatArray:
        cut = Cut(self.angles, self.radii)
        values = product(grid_map(self.circle(), cut, self.interpolation), pixels)
        return values * _root_shares(cut) if self.weights == "area" else values


def _root_shares(cut: Cut) -> FloatArray:
    """Return √(r/R) of every point of a grid, (radii · angles, 1), float32."""
    share = (np.arange(cut.radii) + 0.5) / cut.radii
    return np.repeat(np.sqrt(share), cut.angles).astype(np.float32)[:, None]
