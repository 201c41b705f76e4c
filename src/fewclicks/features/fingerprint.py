"""Fingerprints: statistics of the sectors of a circle (confusion-area paper, sections 2.2, 3.1)."""

from __future__ import annotations

from typing import Any, get_args

import numpy as np
from scipy.sparse import csr_array, vstack

from fewclicks import checks
from fewclicks.features.disc import Disc, product
from fewclicks.features.sectors import Cut, Empty, sector_map, turned_maps
from fewclicks.records import FloatArray

MEAN, MEAN_AND_DEVIATION, EXPONENTIAL, ROTATED = 1, 2, 3, 4
DEGREES = 5.0
"""How far kernel 4 rotates the image, to either side."""
COMBINATIONS = ("mean", "concatenate")

GRIDS = {
    MEAN: (32, 16),
    MEAN_AND_DEVIATION: (16, 16),
    EXPONENTIAL: (32, 16),
    ROTATED: (32, 16),
}
"""Angles and radii that give the 512 numbers of the paper's Table 2, which does not say how."""
CONCATENATED_GRID = (19, 9)
"""Angles and radii that give 513 numbers in three fingerprints: 512 cannot be divided by three."""


class Fingerprint(Disc):
    """Means, and deviations, of the sectors of a circle: A angles × S radii.

    Kernel 1 is the mean of each sector. Kernel 2 is these means, then the standard deviation of
    each sector. Kernel 3 is the mean in rings that become thinner outwards: the radius is mapped to
    ρ = exp(g r / R), ρ is divided evenly, so r_s = (R/g) ln(1 + (e^g − 1) s/S). Kernel 4 is kernel
    1 of the image as it is and rotated by +5° and −5°, combined. Sectors are numbered ring by ring
    from the centre outwards, by angle within a ring, from the right downwards (clockwise as seen).
    All numbers lie in [0, 1]. Images are turned grey (or not) and padded to a square canvas as by
    `Pixels`. What the paper leaves open, and what each choice does, is on the page “features” of
    the manual.

    Parameters
    ----------
    kernel : {1, 2, 3, 4}, default 1
    angles, radii : int, optional
        Sectors around and along the radius, in 1…1024 and 1…512. By default 32 × 16, and 16 × 16
        for kernel 2: 512 numbers each; 19 × 9 for kernel 4 if concatenated, 513 numbers.
    side : int, default 28
        Side of the canvas in pixels, in 1…512.
    centre : "middle", "ink" or (x, y), default "middle"
        "ink" moves the centroid of each image's brightness to the middle first, bilinear. (x, y)
        are pixels of the canvas, (0, 0) being the centre of the top left one.
    radius : float, optional
        R in pixels of the canvas, in 0.5…2 side. By default half the side, the largest circle on
        the canvas; side / √2 reaches its corners.
    empty : {"zero", "nearest", "area"}, default "zero"
        A pixel belongs to the sector its centre lies in, and pixels outside the circle to none. A
        sector without any is 0 for every image ("zero") or takes the pixel under its own middle
        ("nearest"). With "area" each pixel counts by the area it shares with a sector, so that no
        sector is empty (4 points along each side of a pixel, at least 8 along each of a sector).
    growth : float, default 1.0
        g of kernel 3, in 0.01…20; the other kernels ignore it.
    combine : {"mean", "concatenate"}, default "mean"
        How kernel 4 puts its three fingerprints together; the other kernels ignore it.
    grey : bool, default True
        Whether to turn colours into brightness (ITU-R BT.601); otherwise the rows of the red, the
        green and the blue plane follow each other.
    dark_ink : bool, default False
        Whether the ink is dark on light paper; such images are inverted first.
    """

    def __init__(
        self,
        kernel: int = 1,
        angles: int | None = None,
        radii: int | None = None,
        side: int = 28,
        centre: Any = "middle",
        radius: float | None = None,
        empty: Empty = "zero",
        growth: float = 1.0,
        combine: str = "mean",
        grey: bool = True,
        dark_ink: bool = False,
    ) -> None:
        self.kernel = kernel
        self.angles = angles
        self.radii = radii
        self.side = side
        self.centre = centre
        self.radius = radius
        self.empty = empty
        self.growth = growth
        self.combine = combine
        self.grey = grey
        self.dark_ink = dark_ink

    def width(self) -> int:
        """Return how many numbers describe one image."""
        angles, radii = self._grid()
        per_sector = {MEAN_AND_DEVIATION: 2, ROTATED: 3 if self._concatenated() else 1}
        return int(angles * radii * per_sector.get(self.kernel, 1) * (1 if self.grey else 3))

    def check(self) -> None:
        """Refuse parameters out of their ranges."""
        checks.between(self.kernel, 1, 4, "kernel", integer=True)
        super().check()
        checks.one_of(self.empty, get_args(Empty), "empty")
        checks.between(self.growth, 0.01, 20, "growth")
        checks.one_of(self.combine, COMBINATIONS, "combine")

    def sectors(self) -> csr_array:
        """Return the linear map from pixels to means, sparse, of shape (n_means, side²).

        A copy. A row sums to 1, or is 0 where its sector is empty; with kernel 4 as a mean it sums
        to 1/3 or 2/3 where its sector is empty in some of the three rotations.
        """
        self.check()
        return self._map().copy()

    def _concatenated(self) -> bool:
        return bool(self.kernel == ROTATED and self.combine == "concatenate")

    def _grid(self) -> tuple[Any, Any]:
        usual = CONCATENATED_GRID if self._concatenated() else GRIDS[self.kernel]
        angles = usual[0] if self.angles is None else self.angles
        return angles, usual[1] if self.radii is None else self.radii

    def _map(self) -> csr_array:
        cut = Cut(*self._grid(), growth=self.growth if self.kernel == EXPONENTIAL else 0.0)
        if self.kernel != ROTATED:
            return sector_map(self.circle(), cut, self.empty)
        turned = turned_maps(self.circle(), cut, DEGREES, self.empty)
        if self._concatenated():
            return csr_array(vstack(turned, format="csr"))
        return csr_array(sum(turned[1:], start=turned[0]) / len(turned))

    def _described(self, pixels: FloatArray) -> FloatArray:
        weights = self._map()
        if self.kernel != MEAN_AND_DEVIATION:
            return product(weights, pixels)
        return means_and_deviations(weights, pixels)


def means_and_deviations(weights: csr_array, pixels: FloatArray) -> FloatArray:
    """Return the weighted mean of each sector, then the standard deviation of each, stacked.

    Parameters
    ----------
    weights : sparse matrix of shape (sectors, side²)
        Rows sum to 1 or are 0.
    pixels : ndarray of shape (side², n)
        In [0, 1].

    Returns
    -------
    ndarray of shape (2 · sectors, n), float32
        √(E[x²] − E[x]²) in double precision: off by less than 1e-7 of the largest pixel, which a
        difference in single precision would not be.
    """
    exact = pixels.astype(np.float64)
    mean, square = product(weights, exact), product(weights, exact**2)
    deviation = np.sqrt(np.maximum(square - mean**2, 0))
    return np.vstack([mean, deviation]).astype(np.float32)
