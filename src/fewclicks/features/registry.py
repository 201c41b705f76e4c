"""Feature sets by name, and which one is taken when nobody chooses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from fewclicks import checks
from fewclicks.errors import InvalidInput
from fewclicks.features.base import ImageTransformer
from fewclicks.features.encoders import Encoder, available
from fewclicks.features.fingerprint import Fingerprint
from fewclicks.features.gradients import HOG, ColourHOG
from fewclicks.features.pixels import Pixels
from fewclicks.features.polar import Polar
from fewclicks.features.pretrained import HUBS, ONNX
from fewclicks.pretraining import LITE_SIDES

Kind = Literal["glyphs", "photos"]


@dataclass(frozen=True, slots=True)
class Recipe:
    """A feature set: how rows are made from images, and how many principal components are kept.

    `parameters` are what makes this set of its transformer and cannot be changed by options;
    `n_components` None keeps the rows as they are. The first `n_near` components, all where it is
    None, tell how near images are; linear models look at all that are kept.
    """

    transformer: type[ImageTransformer]
    n_components: int | None
    summary: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    n_near: int | None = None

    def allowed(self) -> list[str]:
        """Return the names of the options, sorted: parameters of the transformer not yet fixed."""
        return sorted(self.transformer().get_params().keys() - self.parameters.keys())

    def make(
        self, dark_ink: bool = False, options: Mapping[str, Any] | None = None
    ) -> ImageTransformer:
        """Return the transformer of this set.

        Parameters
        ----------
        dark_ink : bool, default False
            Whether the images show dark ink on light paper, for transformers that ask.
        options : dict, optional
            Parameters of the transformer, such as {"kernel": 2}; they outrank `dark_ink`.

        Raises
        ------
        InvalidInput
            If there is no such option, with those there are, or a value is out of its range.
        """
        options, allowed = options or {}, self.allowed()
        unknown = [str(name) for name in options if name not in allowed]
        if unknown:
            raise InvalidInput(
                f"The options of these features must be among {', '.join(allowed)} "
                f"but {', '.join(unknown)} came.",
                "The kernel belongs to the features “fingerprint”." if "kernel" in unknown else "",
            )
        seen = {"dark_ink": dark_ink} if "dark_ink" in allowed else {}
        made = self.transformer(**{**self.parameters, **seen, **options})
        made.check()
        return made


FEATURES: dict[str, Recipe] = {
    "deskew-hog": Recipe(
        HOG, 64, "Small grey glyphs: upright, then edge directions on a grid.", {"deskew": True}
    ),
    "hog": Recipe(HOG, 64, "Small grey images: edge directions on a grid.", {"deskew": False}),
    "colour-hog": Recipe(
        ColourHOG, 512, "Photos: edge directions and mean colours on a grid.", n_near=256
    ),
    "efficientnet-lite0": Recipe(
        Encoder,
        512,
        "Photos: what a network pretrained on ImageNet sees in them; extra photos.",
        {"backbone": "efficientnet_lite0"},
        n_near=256,
    ),
    "pixels": Recipe(Pixels, None, "The grey values themselves (Cartesian), 28 × 28."),
    "polar": Recipe(Polar, None, "The grey values on a polar grid, 56 angles × 14 radii."),
    "fingerprint": Recipe(
        Fingerprint, None, "Means of the sectors of a circle, by kernel 1 to 4; 512 numbers."
    ),
}


def recipe_of(name: str) -> Recipe:
    """Return the feature set of that name, or the one of a network, such as "timm:resnet50".

    Raises
    ------
    InvalidInput
        There is none.
    """
    if name.startswith((ONNX, *HUBS)) or name in LITE_SIDES:
        return Recipe(Encoder, 512, "Photos: what that network sees.", {"backbone": name}, 256)
    networks = (*LITE_SIDES, *(f"{kind}NAME" for kind in (ONNX, *HUBS)))
    checks.one_of(name, ("auto", *FEATURES, *networks), "features")
    return FEATURES[name]


def default_for(kind: Kind) -> str:
    """Name of the feature set for this kind of images: glyphs are deskewed, photos are not.

    Photos go through the pretrained network if the extra `photos` is installed.
    """
    if kind == "glyphs":
        return "deskew-hog"
    return "efficientnet-lite0" if available() else "colour-hog"
