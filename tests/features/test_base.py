"""What every transformer from images keeps."""

import pickle

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import SkipTestWarning
from sklearn.utils import estimator_checks

from fewclicks.errors import InvalidInput
from fewclicks.features import HOG, ColourHOG, Encoder, Fingerprint, Pixels, Polar
from fewclicks.features import base as base_module
from fewclicks.features.base import flag
from fewclicks.features.encoders import available

TRANSFORMERS = [
    Pixels(),
    Pixels(side=9, grey=False),
    HOG(),
    HOG(side=30, deskew=True, dark_ink=True),
    ColourHOG(),
    ColourHOG(side=33, grid=5),
    Polar(),
    Polar(side=31, centre="ink", interpolation="nearest", weights="none", grey=False),
    Polar(side=1, angles=3, radii=2, centre=(0.2, -0.4), radius=2),
    Fingerprint(),
    Fingerprint(kernel=2, empty="area", centre="ink", grey=False),
    Fingerprint(kernel=3, side=40, centre=[3, 30.5], radius=25, growth=2.5, dark_ink=True),
    Fingerprint(kernel=4, combine="concatenate", empty="nearest"),
    Fingerprint(kernel=4, angles=7, radii=3, side=9),
    pytest.param(
        Encoder(side=48),
        marks=pytest.mark.skipif(not available(), reason="the extra photos is not installed"),
    ),
]
every = pytest.mark.parametrize("transformer", TRANSFORMERS, ids=repr)


@pytest.fixture(scope="module")
def images():
    random = np.random.default_rng(0)
    sizes = [(28, 28), (10, 40), (40, 10, 3), (64, 64, 3), (1, 1), (33, 33), (500, 30)]
    return [random.integers(0, 256, size, dtype=np.uint8) for size in sizes]


@every
@pytest.mark.parametrize(
    "check",
    [
        estimator_checks.check_parameters_default_constructible,
        estimator_checks.check_no_attributes_set_in_init,
        estimator_checks.check_get_params_invariance,
        estimator_checks.check_set_params,
        estimator_checks.check_estimator_cloneable,
        estimator_checks.check_estimator_repr,
    ],
    ids=lambda check: check.__name__,
)
def test_scikit_learn_manners(transformer, check):
    check(type(transformer).__name__, clone(transformer))


@every
def test_check_estimator_says_that_images_are_not_rows(transformer):
    """Its other checks fit on matrices (n, d), which no transformer of images can take."""
    with pytest.warns(SkipTestWarning, match="requires input"):
        told = estimator_checks.check_estimator(clone(transformer))
    assert [(each["check_name"], each["status"]) for each in told] == [
        ("check_estimator_cloneable", "passed")
    ]


@every
def test_rows_are_finite_float32_of_the_stated_width(transformer, images):
    rows = transformer.fit_transform(images)
    assert rows.shape == (len(images), transformer.width())
    assert rows.dtype == np.float32
    assert np.isfinite(rows).all()
    assert transformer.n_features_out_ == transformer.width()


@every
def test_a_row_does_not_depend_on_its_batch_nor_on_fit(transformer, images):
    together = transformer.fit_transform(images)
    alone = [clone(transformer).transform([image])[0] for image in images]
    assert np.allclose(together, alone, atol=1e-6)


@every
def test_blocks_do_not_change_rows(transformer, images, monkeypatch):
    whole = transformer.transform(images)
    monkeypatch.setattr(type(transformer), "block", 2)
    assert np.allclose(transformer.transform(images), whole, atol=1e-6)


@every
def test_large_canvases_make_small_blocks(transformer, images, monkeypatch):
    sizes = []
    rows_of = type(transformer)._rows
    monkeypatch.setattr(base_module, "BLOCK_PIXELS", 2 * transformer.side**2)
    monkeypatch.setattr(
        type(transformer),
        "_rows",
        lambda self, part: sizes.append(len(part)) or rows_of(self, part),
    )
    transformer.transform(images)
    assert sizes == [2, 2, 2, 1]


@every
def test_it_travels_to_a_worker(transformer, images):
    copy = pickle.loads(pickle.dumps(transformer))
    assert np.array_equal(copy.transform(images), transformer.transform(images))


@every
def test_an_empty_batch_gives_no_rows(transformer):
    assert transformer.transform([]).shape == (0, transformer.width())


@every
def test_rows_become_a_table_with_a_name_for_each_number(transformer, images, tables):
    names = transformer.get_feature_names_out()
    assert len(names) == transformer.width()
    assert names[0] == f"{type(transformer).__name__.lower()}0"
    table = clone(transformer).set_output(transform=tables).fit(images).transform(images)
    assert table["columns"].tolist() == names.tolist()
    assert np.array_equal(table["rows"], transformer.transform(images))


@pytest.mark.parametrize(
    "transformer",
    [
        Pixels(side=0),
        HOG(side=3),
        ColourHOG(grid=0),
        ColourHOG(colour=-1),
        Polar(angles=0),
        Polar(radius=0.2),
        Polar(radius=57),
        Polar(centre=(0, 28)),
        Fingerprint(radii=513),
        Fingerprint(kernel=3, growth=0),
    ],
    ids=repr,
)
def test_parameters_out_of_range_are_refused_by_fit_and_transform(transformer):
    for method in (transformer.fit, transformer.transform):
        with pytest.raises(InvalidInput, match="must be between"):
            method([np.zeros((5, 5), np.uint8)])


@pytest.mark.parametrize(
    ("transformer", "said"),
    [
        (Pixels(side="28"), "side must be a whole number between 1 and 512 but is '28'"),
        (Pixels(side=28.5), "side must be a whole number"),
        (Pixels(grey="no"), "grey must be True or False but is 'no'"),
        (HOG(deskew=1), "deskew must be True or False but is 1"),
        (HOG(dark_ink="yes"), "dark_ink must be True or False"),
        (ColourHOG(colour=float("nan")), "colour must be"),
        (Polar(angles=None), "angles must be a whole number"),
        (Polar(interpolation="cubic"), "interpolation must be one of bilinear, nearest"),
        (Polar(weights="equal"), "weights must be one of area, none"),
        (Polar(centre="left"), "centre must be one of middle, ink"),
        (Polar(centre=(1, 2, 3)), "centre must be “middle”, “ink”, or x and y"),
        (Polar(centre=7), "centre must be “middle”, “ink”, or x and y"),
        (Polar(centre=("a", 0)), "x of centre must be a number"),
        (Fingerprint(kernel=5), "kernel must be between 1 and 4 but is 5"),
        (Fingerprint(kernel="2"), "kernel must be a whole number between 1 and 4 but is '2'"),
        (Fingerprint(kernel=True), "kernel must be a whole number"),
        (Fingerprint(empty="full"), "empty must be one of zero, nearest, area"),
        (Fingerprint(kernel=4, combine="sum"), "combine must be one of mean, concatenate"),
        (Fingerprint(grey=0), "grey must be True or False"),
    ],
    ids=repr,
)
def test_parameters_of_a_wrong_kind_are_refused(transformer, said):
    with pytest.raises(InvalidInput, match=said):
        transformer.fit([np.zeros((5, 5), np.uint8)])


@every
@pytest.mark.parametrize(
    ("batch", "said"),
    [
        (np.zeros((3, 784), np.uint8), "must have shape"),
        (np.full((3, 5, 5), np.nan), "uint8"),
        (np.zeros((2, 5, 5, 4), np.uint8), "must have shape"),
        ([np.zeros((5, 5))], "Image 0 must be"),
    ],
    ids=["rows", "nan", "four colours", "floats"],
)
def test_what_is_no_batch_of_images_is_refused(transformer, batch, said):
    with pytest.raises(InvalidInput, match=said):
        transformer.transform(batch)


def test_flags_may_be_numpys():
    flag(np.bool_(True), "grey")
