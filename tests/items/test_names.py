from __future__ import annotations

import pytest

from fewclicks.items.names import is_hidden, is_image_name


@pytest.mark.parametrize("name", ["a.JPG", "b/c.tiff", "x.y.png", "photo.HEIC", "a.webp"])
def test_images_by_name(name: str) -> None:
    assert is_image_name(name)


@pytest.mark.parametrize("name", ["a.txt", "png", ".png", "a.png.zip", "a.svg", "b.png/c"])
def test_other_files(name: str) -> None:
    assert not is_image_name(name)


def test_hidden_names() -> None:
    assert [is_hidden(name) for name in (".a", "__MACOSX", "a.b", "_a")] == [
        True,
        True,
        False,
        False,
    ]
