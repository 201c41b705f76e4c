"""New random views of images, for a network to learn from and to be asked about.

A batch is one tensor on one device and is sampled once: rotation, scale, shear, mirroring,
translation and elastic displacement are summed into one map from the pixels of the result to
places in the image. torch is imported when an augmentation is used, not before.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fewclicks import checks
from fewclicks.errors import InvalidInput

if TYPE_CHECKING:
    import torch

MARGIN = 3
"""Standard deviations of the Gaussian beyond which its weight, 0.003 of the sum, is dropped."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Augmentation:
    """Random changes to images, each drawn for each image anew.

    Images are sheared and scaled, then rotated and moved, all about their centre and uniformly
    within the ranges, and cropped back to their size; what lies outside of them is 0, the
    background. Pixels are interpolated bilinearly. At the defaults nothing changes.

    Elastic distortion is that of Simard, Steinkraus and Platt (2003, section 2): uniform noise in
    [−1, 1], one field per axis, smoothed by a Gaussian and multiplied by a strength, moves every
    pixel. Their noise has one number per pixel; ours one per standard deviation of the Gaussian,
    as much larger, which gives the same variance and correlation of displacements to within 0.1 %
    for a twentieth of the numbers. It goes on beyond the image, so that edges move like the rest.

    Parameters
    ----------
    rotation_degrees : float, default 0
        Rotation by ± as much; in [0, 180].
    scale : tuple of two floats, default (1, 1)
        Smallest and largest factor, the same for both axes; above 0, at most 10.
    shear_x_degrees, shear_y_degrees : float, default 0
        Angle by which vertical (x) or horizontal (y) lines lean, ± as much; in [0, 44], since at
        45 on both axes an image is a line.
    elastic_alpha : float, default 0
        Strength of the elastic distortion. The standard deviation of a displacement along one axis
        is 0.163·alpha/sigma pixels.
    elastic_sigma_pixels : float, default 4
        Standard deviation of the Gaussian in pixels, at least 0.5: large bends strokes, small
        frays them.
    mirror : bool, default False
        Exchange left and right in every second image, at random.
    translation_pixels : float, default 0
        Shift along each axis by ± as much.

    Raises
    ------
    InvalidInput
        A range is not as told.
    """

    rotation_degrees: float = 0.0
    scale: tuple[float, float] = (1.0, 1.0)
    shear_x_degrees: float = 0.0
    shear_y_degrees: float = 0.0
    elastic_alpha: float = 0.0
    elastic_sigma_pixels: float = 4.0
    mirror: bool = False
    translation_pixels: float = 0.0

    def __post_init__(self) -> None:
        checks.between(self.rotation_degrees, 0, 180, "rotation_degrees")
        checks.between(self.shear_x_degrees, 0, 44, "shear_x_degrees")
        checks.between(self.shear_y_degrees, 0, 44, "shear_y_degrees")
        checks.between(self.elastic_alpha, 0, 1e6, "elastic_alpha")
        checks.between(self.elastic_sigma_pixels, 0.5, 1e3, "elastic_sigma_pixels")
        checks.between(self.translation_pixels, 0, 1e6, "translation_pixels")
        if not isinstance(self.mirror, bool):
            raise InvalidInput(f"mirror must be True or False but is {self.mirror!r}.")
        if not isinstance(self.scale, tuple | list) or len(self.scale) != 2:
            raise InvalidInput(
                f"scale must be the smallest and the largest factor but is {self.scale!r}."
            )
        for factor in self.scale:
            checks.between(factor, 0.01, 10, "Each factor of scale")
        if self.scale[0] > self.scale[1]:
            raise InvalidInput(
                f"scale must begin with the smaller factor but is {self.scale!r}.",
                "Exchange the two.",
            )

    def __call__(self, batch: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        """Return a new view of every image.

        Parameters
        ----------
        batch : floating tensor of shape (n, c, h, w)
            Kept as it is. About 20·h·w bytes per image are needed besides the result.
        generator : torch.Generator
            Draws everything, on its own device; the same state gives the same views. On the
            batch's device nothing need be copied.

        Returns
        -------
        tensor of shape (n, c, h, w)
            On the device and of the type of `batch`; within its range of values.

        Raises
        ------
        InvalidInput
            `batch` is not of this shape, or holds whole numbers.
        """
        if batch.ndim != 4 or not batch.is_floating_point():
            raise InvalidInput(
                f"A batch must be a floating tensor of shape (n, c, h, w) but is {batch.dtype} of "
                f"shape {tuple(batch.shape)}.",
                "Divide pixels by 255 and put channels before rows.",
            )
        if self == Augmentation(elastic_sigma_pixels=self.elastic_sigma_pixels):
            return batch.clone()
        return _sampled(batch, self._places(batch, generator))

    def _places(self, batch: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        """Return for every pixel of the result the place in the image it shows, (n, h, w, 2).

        x before y, with 0 in the middle of the image and ±1 at its edges, as torch has it. Along a
        row of pixels a place is a sum over x, a constant and the elastic noise, each times a factor
        of that row: one product of matrices for all.
        """
        import torch

        n, _, height, width = batch.shape
        x, y = _from_centre(width, batch.device), _from_centre(height, batch.device)
        unit = torch.tensor([2 / width, 2 / height], device=batch.device)[:, None]
        matrices = self._matrices(n, generator).to(batch.device) * unit  # (n, 2, 3)
        factors = [
            matrices[:, :, :1].expand(height, n, 2, 1),
            (matrices[:, :, 1] * y[:, None, None] + matrices[:, :, 2])[..., None],
        ]
        sums = [x, torch.ones_like(x)]
        if self.elastic_alpha:
            rows, columns = self._smoothing(y), self._smoothing(x)
            shape = (rows.shape[1], n, 2, columns.shape[1])
            noise = torch.empty(shape, device=generator.device).uniform_(-1, 1, generator=generator)
            moves = noise.to(batch.device).mul_(self.elastic_alpha * unit).flatten(1)
            factors.append((rows @ moves).view(height, *shape[1:]))
            sums.extend(columns.T)
        places = torch.cat(factors, 3) @ torch.stack(sums)  # (h, n, 2, w)
        return places.permute(1, 0, 3, 2)

    def _matrices(self, n: int, generator: torch.Generator) -> torch.Tensor:
        """Return random maps from the result back to the image, (n, 2, 3)."""
        import torch

        drawn = torch.rand(n, 7, generator=generator, device=generator.device)
        spread = 2 * drawn - 1
        angle = math.radians(self.rotation_degrees) * spread[:, 0]
        lean_x = torch.tan(math.radians(self.shear_x_degrees) * spread[:, 1])
        lean_y = torch.tan(math.radians(self.shear_y_degrees) * spread[:, 2])
        low, high = self.scale
        factor = low + (high - low) * drawn[:, 3]
        moved = self.translation_pixels * spread[:, 4:6]
        facing = torch.where(drawn[:, 6] < 0.5, -1.0, 1.0) if self.mirror else 1.0
        # forwards it is R·F·[[1, lean_x], [lean_y, 1]]·mirror and a shift; back it is its inverse
        cos, sin = torch.cos(angle), torch.sin(angle)
        shrink = 1 / (factor * (1 - lean_x * lean_y))
        back_x = (
            torch.stack([cos + lean_x * sin, sin - lean_x * cos], 1) * (facing * shrink)[:, None]
        )
        back_y = torch.stack([-sin - lean_y * cos, cos - lean_y * sin], 1) * shrink[:, None]
        linear = torch.stack([back_x, back_y], 1)  # (n, 2, 2)
        return torch.cat([linear, -linear @ moved[:, :, None]], 2)

    def _smoothing(self, at: torch.Tensor) -> torch.Tensor:
        """Return how much each number of noise along one axis weighs at each pixel, (m, knots).

        The numbers lie one sigma apart. Their variance is that of sigma as many, one per pixel.
        """
        import torch

        sigma = self.elastic_sigma_pixels
        beyond = math.ceil(len(at) / 2 / sigma) + MARGIN
        knots = sigma * torch.arange(-beyond, beyond + 1, device=at.device)
        gaussian = torch.exp(-(((at[:, None] - knots) / sigma) ** 2) / 2)
        return gaussian / (math.sqrt(2 * math.pi) * math.sqrt(sigma))


def _from_centre(n_pixels: int, device: torch.device) -> torch.Tensor:
    """Return where pixels lie along an axis, in pixels from its middle, (n_pixels,)."""
    import torch

    return torch.arange(n_pixels, device=device, dtype=torch.float32) - (n_pixels - 1) / 2


def _sampled(batch: torch.Tensor, places: torch.Tensor) -> torch.Tensor:
    """Return what the images show at `places`, 0 outside of them."""
    import torch

    shown = torch.nn.functional.grid_sample(
        batch.float(),
        places,
        mode="bilinear",
        padding_mode="zeros",
        align_corners=False,
    )
    return shown.to(batch.dtype)


GLYPHS = Augmentation(
    rotation_degrees=15,
    scale=(0.9, 1.1),
    shear_x_degrees=10,
    shear_y_degrees=10,
    elastic_alpha=34,
    elastic_sigma_pixels=4,
    translation_pixels=1,
)
"""Ours, for glyphs of about 28 × 28 pixels: gentler than the paper's, as small networks like it."""

REFINING = Augmentation(
    rotation_degrees=12,
    scale=(0.88, 1.12),
    shear_x_degrees=11,
    translation_pixels=2,
)
"""For such glyphs where a network has few steps to learn in: without elastic distortion, which
takes long to be learnt."""

GUIDED_GLYPHS = Augmentation(
    rotation_degrees=25,
    scale=(0.8, 1.2),
    shear_x_degrees=20,
    shear_y_degrees=20,
    elastic_alpha=34,
    elastic_sigma_pixels=4,
)
"""For such glyphs, after Stabinger and Rodríguez-Sánchez, section 3.1."""

PHOTOS = Augmentation(rotation_degrees=10, scale=(0.9, 1.1), mirror=True, translation_pixels=3)
"""Ours, for photos of about 32 × 32 pixels, gentler too."""

GUIDED_PHOTOS = Augmentation(rotation_degrees=25, scale=(0.8, 1.2), mirror=True)
"""For such photos, after the same section."""
