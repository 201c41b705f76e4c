from __future__ import annotations

import numpy as np
import pytest

from fewclicks.errors import InvalidInput
from fewclicks.items.kind import ink_is_dark, kind_of

GREY = np.zeros((28, 28), np.uint8)
EQUAL = np.full((64, 64, 3), 7, np.uint8)
COLOUR = np.dstack([GREY, GREY, GREY + 1])
LARGE = np.zeros((28, 65), np.uint8)


@pytest.mark.parametrize(
    ("images", "kind"),
    [
        ([GREY], "glyphs"),
        ([EQUAL], "glyphs"),
        ([COLOUR], "photos"),
        ([LARGE], "photos"),
        ([GREY] * 95 + [COLOUR] * 5, "glyphs"),
        ([GREY] * 94 + [COLOUR] * 6, "photos"),
    ],
)
def test_small_grey_images_are_glyphs(images: list[np.ndarray], kind: str) -> None:
    assert kind_of(images) == kind


def test_no_image_has_no_kind() -> None:
    with pytest.raises(InvalidInput, match="At least one image"):
        kind_of([])


def test_dark_ink_is_told_by_its_light_ground() -> None:
    page = np.full((10, 10), 250, np.uint8)
    page[3:7, 3:7] = 5
    assert ink_is_dark(page)
    assert not ink_is_dark(255 - page)
    assert ink_is_dark(np.dstack([page] * 3))


def test_only_the_border_counts() -> None:
    page = np.zeros((10, 10), np.uint8)
    page[0] = page[-1] = page[:, 0] = page[:, -1] = 128
    assert ink_is_dark(page)
    assert not ink_is_dark(np.full((1, 1), 127, np.uint8))
    assert ink_is_dark(np.full((1, 1), 128, np.uint8))
