"""What every transformer from images keeps."""

import pickle

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.utils import estimator_checks

from fewclicks.errors import InvalidInput
from fewclicks.features import HOG, ColourHOG, Pixels

TRANSFORMERS = [
    Pixels(),
    Pixels(side=9, grey=False),
    HOG(),
    HOG(side=30, deskew=True, dark_ink=True),
    ColourHOG(),
    ColourHOG(side=33, grid=5),
]
every = pytest.mark.parametrize("transformer", TRANSFORMERS, ids=repr)


@pytest.fixture(scope="module")
def images():
    random = np.random.default_rng(0)
    sizes = [(28, 28), (10, 40), (40, 10, 3), (64, 64, 3), (1, 1), (33, 33)]
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
def test_it_travels_to_a_worker(transformer, images):
    copy = pickle.loads(pickle.dumps(transformer))
    assert np.array_equal(copy.transform(images), transformer.transform(images))


@every
def test_an_empty_batch_gives_no_rows(transformer):
    assert transformer.transform([]).shape == (0, transformer.width())


@pytest.mark.parametrize(
    "transformer", [Pixels(side=0), HOG(side=3), ColourHOG(grid=0), ColourHOG(colour=-1)], ids=repr
)
def test_parameters_out_of_range_are_refused_by_fit_and_transform(transformer):
    for method in (transformer.fit, transformer.transform):
        with pytest.raises(InvalidInput, match="must be between"):
            method([np.zeros((5, 5), np.uint8)])
