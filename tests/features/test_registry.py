import numpy as np
import pytest

from fewclicks.features import FEATURES, default_for


def test_the_sets_of_the_manual():
    assert {name: recipe.n_components for name, recipe in FEATURES.items()} == {
        "deskew-hog": 64,
        "hog": 64,
        "colour-hog": 128,
        "pixels": None,
    }


@pytest.mark.parametrize("name", FEATURES)
def test_every_set_describes_images_of_any_size_and_says_what_it_is(name):
    images = [np.zeros((28, 28), np.uint8), np.full((40, 60, 3), 9, np.uint8)]
    transformer = FEATURES[name].make(False)
    assert transformer.transform(images).shape == (2, transformer.width())
    assert FEATURES[name].summary.endswith(".")


def test_dark_ink_reaches_the_glyphs():
    assert FEATURES["deskew-hog"].make(True).get_params() == {
        "side": 28,
        "deskew": True,
        "dark_ink": True,
    }


def test_glyphs_are_deskewed_and_photos_are_not():
    assert default_for("glyphs") == "deskew-hog"
    assert default_for("photos") == "colour-hog"
    assert {default_for("glyphs"), default_for("photos")} <= set(FEATURES)
