import numpy as np
import pytest

from fewclicks.errors import InvalidInput
from fewclicks.features import FEATURES, Fingerprint, default_for
from fewclicks.features.encoders import available

USABLE = [name for name in FEATURES if name != "efficientnet-lite0" or available()]


def test_the_sets_of_the_manual():
    assert {name: recipe.n_components for name, recipe in FEATURES.items()} == {
        "deskew-hog": 64,
        "hog": 64,
        "colour-hog": 512,
        "efficientnet-lite0": 512,
        "pixels": None,
        "polar": None,
        "fingerprint": None,
    }


@pytest.mark.parametrize("name", USABLE)
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
    assert default_for("photos") in ("efficientnet-lite0", "colour-hog")
    assert {default_for("glyphs"), default_for("photos")} <= set(FEATURES)


@pytest.mark.parametrize(("there", "name"), [(True, "efficientnet-lite0"), (False, "colour-hog")])
def test_photos_go_through_the_pretrained_network_where_it_is_there(monkeypatch, there, name):
    monkeypatch.setattr("fewclicks.features.registry.available", lambda: there)
    assert default_for("photos") == name
    assert default_for("glyphs") == "deskew-hog"


@pytest.mark.parametrize("name", USABLE)
def test_without_options_a_set_is_as_it_is_named(name):
    plain = FEATURES[name].make()
    assert plain.get_params() == FEATURES[name].make(False, {}).get_params()
    assert plain.get_params().items() >= FEATURES[name].parameters.items()


def test_options_are_parameters_of_the_transformer():
    made = FEATURES["fingerprint"].make(True, {"kernel": 2, "angles": 8})
    assert isinstance(made, Fingerprint)
    assert (made.kernel, made.angles, made.dark_ink) == (2, 8, True)
    assert FEATURES["fingerprint"].make(True, {"dark_ink": False}).dark_ink is False
    assert FEATURES["polar"].make(options={"centre": [3, 4]}).circle().x == 3


def test_an_unknown_option_is_told_with_those_there_are():
    said = "must be among angles, centre, dark_ink, grey, .* but kernle, rings came"
    with pytest.raises(InvalidInput, match=said):
        FEATURES["polar"].make(False, {"kernle": 2, "side": 20, "rings": 3})


def test_what_makes_a_set_cannot_be_changed():
    with pytest.raises(InvalidInput, match="among dark_ink, side but deskew came"):
        FEATURES["deskew-hog"].make(False, {"deskew": False})


def test_values_out_of_range_are_refused_at_once():
    with pytest.raises(InvalidInput, match="kernel must be between 1 and 4 but is 7"):
        FEATURES["fingerprint"].make(False, {"kernel": 7})
    with pytest.raises(InvalidInput, match="side must be a whole number"):
        FEATURES["pixels"].make(False, {"side": "large"})
