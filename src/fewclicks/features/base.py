"""What every transformer from images to rows shares."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar, Self

import numpy as np
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin

from fewclicks.errors import InvalidInput
from fewclicks.features.canvas import BLOCK_IMAGES, BLOCK_PIXELS, Pictures, blocks, pictures
from fewclicks.records import FloatArray


class ImageTransformer(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator, ABC):
    """A scikit-learn transformer from a batch of images to one float32 row each.

    A batch is an array (n, h, w) or (n, h, w, 3), or a sequence of (h, w) and (h, w, 3) of any
    sizes, all uint8. Nothing is learnt from images: `fit` only checks, and `transform` may be
    called without it. The row of an image does not depend on the rest of its batch.
    """

    block: ClassVar[int] = BLOCK_IMAGES
    """Images worked on at a time, fewer where they are large, which bounds the memory."""

    side: int

    def fit(self, X: Any, y: Any = None) -> Self:
        """Check the parameters and the batch."""
        self.check()
        pictures(X)
        self.n_features_out_ = self.width()
        return self

    def transform(self, X: Any) -> FloatArray:
        """Return rows of shape (n, width), float32.

        Raises
        ------
        InvalidInput
            If a parameter is out of its range, or an image is not uint8 of a right shape.
        """
        self.check()
        batch = pictures(X)
        out = np.empty((len(batch), self.width()), dtype=np.float32)
        for where, part in blocks(
            batch, min(self.block, max(1, BLOCK_PIXELS // self.canvas() ** 2))
        ):
            out[where] = self._rows(part)
        return out

    def canvas(self) -> int:
        """Return the side of the square that an image becomes."""
        return self.side

    def identity(self) -> dict[str, Any]:
        """Return what the row of an image depends on, JSON-able."""
        return {"transformer": type(self).__name__, "parameters": self.get_params()}

    def about(self) -> dict[str, Any]:
        """Return what to know of the rows when they are found on disk, JSON-able."""
        return self.identity()

    def alone(self) -> bool:
        """Tell whether one process is to describe all images, and not each core some."""
        return False

    @abstractmethod
    def width(self) -> int:
        """Return how many numbers describe one image."""

    @abstractmethod
    def check(self) -> None:
        """Refuse parameters out of their ranges, as `fit` and `transform` do.

        Raises
        ------
        InvalidInput
            With the parameter, what it must be, and what it is.
        """

    @abstractmethod
    def _rows(self, part: Pictures) -> FloatArray:
        """Describe at most `block` images."""

    def __sklearn_tags__(self) -> Any:
        """Tell scikit-learn that this takes images and learns nothing."""
        tags = super().__sklearn_tags__()
        tags.requires_fit = False
        tags.input_tags.two_d_array = False
        tags.input_tags.three_d_array = True
        return tags

    @property
    def _n_features_out(self) -> int:
        """How many names `get_feature_names_out` gives."""
        return self.width()


def flag(value: Any, name: str) -> None:
    """Refuse what is neither True nor False, such as the text “no”."""
    if not isinstance(value, bool | np.bool_):
        raise InvalidInput(f"{name} must be True or False but is {value!r}.")
