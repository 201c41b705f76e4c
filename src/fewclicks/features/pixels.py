"""The pixels themselves: the Cartesian coordinates of the confusion-area paper (section 2.2)."""

from __future__ import annotations

from fewclicks import checks
from fewclicks.features.base import ImageTransformer, flag
from fewclicks.features.canvas import Pictures, squares
from fewclicks.records import FloatArray


class Pixels(ImageTransformer):
    """Brightness of every pixel of a small canvas, row by row, in [0, 1].

    The image keeps its aspect: its longer side becomes `side`, it is centred, the rest is 0.
    Images of that size already are taken as they are.

    Parameters
    ----------
    side : int, default 28
        Side of the canvas in pixels, in 1…512.
    grey : bool, default True
        Whether to turn colours into brightness (ITU-R BT.601): side² numbers; otherwise RGB, and
        3 · side² numbers.
    """

    def __init__(self, side: int = 28, grey: bool = True) -> None:
        self.side = side
        self.grey = grey

    def width(self) -> int:
        """Return how many numbers describe one image."""
        return self.side**2 * (1 if self.grey else 3)

    def check(self) -> None:
        """Refuse parameters out of their ranges."""
        checks.between(self.side, 1, 512, "side", integer=True)
        flag(self.grey, "grey")

    def _rows(self, part: Pictures) -> FloatArray:
        return squares(part, self.side, grey=self.grey).reshape(len(part), -1)
