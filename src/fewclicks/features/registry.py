"""Feature sets by name, and which one is taken when nobody chooses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from fewclicks.features.base import ImageTransformer
from fewclicks.features.gradients import HOG, ColourHOG
from fewclicks.features.pixels import Pixels

Kind = Literal["glyphs", "photos"]


@dataclass(frozen=True, slots=True)
class Recipe:
    """A feature set: how rows are made from images, and how many principal components are kept.

    `make(dark_ink)` gives the transformer; `n_components` None keeps the rows as they are.
    """

    make: Callable[[bool], ImageTransformer]
    n_components: int | None
    summary: str


FEATURES: dict[str, Recipe] = {
    "deskew-hog": Recipe(
        lambda dark_ink: HOG(deskew=True, dark_ink=dark_ink), 64,
        "Small grey glyphs: upright, then edge directions on a grid.",
    ),
    "hog": Recipe(
        lambda dark_ink: HOG(dark_ink=dark_ink), 64,
        "Small grey images: edge directions on a grid.",
    ),
    "colour-hog": Recipe(
        lambda dark_ink: ColourHOG(), 128,
        "Photos: edge directions and mean colours on a grid.",
    ),
    "pixels": Recipe(
        lambda dark_ink: Pixels(), None,
        "The grey values themselves (Cartesian), 28 × 28.",
    ),
}  # fmt: skip


def default_for(kind: Kind) -> str:
    """Name of the feature set for this kind of images: glyphs are deskewed, photos are not."""
    return "deskew-hog" if kind == "glyphs" else "colour-hog"
