"""Photos at the size that pretrained networks want, decoded when they are looked at."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from fewclicks.items.thumbnails import ThumbnailStore
from fewclicks.workflows.pictures import small_pictures

SIDE = 224
"""Pixels: what most pretrained networks have seen, and a little less than thumbnails have."""


class Photos:
    """What an array of all photos would be, (n_items, side, side, 3), without holding it.

    A million photos of this size are 150 GB, so each is decoded from its thumbnail whenever it is
    asked for; about a millisecond.

    Parameters
    ----------
    thumbnails : ThumbnailStore
    n_items : int
        The first so many items.
    side : int, default 224
        Photos are scaled until they fit and centred on black.
    """

    dtype: ClassVar[Any] = np.dtype(np.uint8)
    ndim: ClassVar[int] = 4

    def __init__(self, thumbnails: ThumbnailStore, n_items: int, side: int = SIDE) -> None:
        self._thumbnails = thumbnails
        self.shape = (n_items, side, side, 3)

    def __len__(self) -> int:
        """Return the number of photos."""
        return self.shape[0]

    def __getitem__(self, where: Any) -> NDArray[np.uint8]:
        """Return photos as an array would: by number, slice, numbers or mask."""
        ids = np.arange(len(self))[where]
        pixels = self._thumbnails.pixels(np.atleast_1d(ids))
        form = {"side": self.shape[1], "grey": False, "invert": False}
        found = small_pictures(form, pixels)
        return found if np.ndim(ids) else found[0]
