import numpy as np
import pytest
from scipy.spatial.distance import cdist

from fewclicks.errors import InvalidInput
from fewclicks.queries import boundary_pairs, latent_space, margin, readability, synthesise


def test_pairs_by_hand():
    X = np.array([[0.0], [1.0], [1.4], [5.0], [7.0], [7.1]])
    classes = [0, 0, 1, 1, 0, -1]
    assert boundary_pairs(X, classes, 5).tolist() == [[1, 2], [3, 4]]
    assert boundary_pairs(X, classes, 1).tolist() == [[1, 2]]
    assert boundary_pairs(X, classes, 0).shape == (0, 2)


def test_pairs_are_those_of_a_slow_search():
    rng = np.random.default_rng(0)
    X, classes = rng.normal(size=(60, 4)), rng.integers(0, 3, 60)
    apart = np.where(classes[:, None] == classes, np.inf, cdist(X, X))
    taken, expected = set(), []
    for i in np.argsort(apart.min(axis=1), kind="stable"):
        pair = sorted((int(i), int(apart[i].argmin())))
        if taken.isdisjoint(pair):
            expected.append(pair)
            taken.update(pair)
    assert boundary_pairs(X, classes, 60).tolist() == expected


def test_pairs_of_many_items_come_from_a_sample(tmp_path):
    np.save(tmp_path / "rows.npy", np.random.default_rng(0).normal(size=(5000, 3)))
    rows = np.load(tmp_path / "rows.npy", mmap_mode="r")
    classes = np.arange(5000) % 4
    one, same, other = (
        boundary_pairs(rows, classes, 50, at_most=300, random_state=seed) for seed in (0, 0, 1)
    )
    assert one.tolist() == same.tolist() != other.tolist()
    assert len(np.unique(one)) == 100
    assert (classes[one[:, 0]] != classes[one[:, 1]]).all()


@pytest.mark.parametrize("classes", [[-1, -1, -1], [2, 2, -1]])
def test_pairs_need_two_classes(classes):
    with pytest.raises(InvalidInput, match="items of two classes"):
        boundary_pairs(np.zeros((3, 2)), classes, 5)


def test_pairs_need_one_class_per_row_and_finite_rows():
    with pytest.raises(InvalidInput, match=r"shape \(3,\)"):
        boundary_pairs(np.zeros((3, 2)), [0, 1], 5)
    with pytest.raises(InvalidInput, match="NaN"):
        boundary_pairs(np.array([[0.0], [np.nan]]), [0, 1], 1)
    with pytest.raises(InvalidInput, match="at_most"):
        boundary_pairs(np.zeros((3, 2)), [0, 1, 1], 5, at_most=1)


class Brightness:
    """Sees class 1 in images whose mean is above a level, surer the farther."""

    def __init__(self, level=100.0):
        self.level = level
        self.seen = []

    def predict_proba(self, images):
        assert images.dtype == np.uint8
        self.seen.append(len(images))
        sure = 1 / (1 + np.exp((self.level - images.reshape(len(images), -1).mean(1)) / 10))
        return np.stack([1 - sure, sure], axis=1)


@pytest.fixture
def greys():
    """Flat images: two dark, two bright."""
    return np.stack([np.full((4, 5), level, np.uint8) for level in (0, 40, 200, 240)])


def test_a_tie_by_hand(greys):
    made = synthesise(Brightness(), greys, np.array([[0, 2], [3, 1]]))
    assert made.images.shape == (2, 4, 5)
    assert made.images.dtype == np.uint8
    assert abs(made.images.astype(int) - 100).max() <= 1
    assert made.parents.tolist() == [[0, 2], [3, 1]]
    assert made.positions == pytest.approx([0.5, 0.7], abs=0.01)
    assert margin(made.proba).min() > 0.9
    assert (made.images[0] == made.images[0, 0, 0]).all()


def test_pairs_the_model_does_not_tell_apart_are_left_out(greys):
    made = synthesise(Brightness(), greys, np.array([[0, 1], [1, 2], [2, 3]]))
    assert made.parents.tolist() == [[1, 2]]
    none = synthesise(Brightness(), greys, np.array([[0, 1]]))
    assert none.images.shape == (0, 4, 5)
    assert none.parents.shape == (0, 2)
    assert synthesise(Brightness(), greys, np.empty((0, 2), int)).images.shape == (0, 4, 5)


def test_one_prediction_a_step_for_all(greys):
    model = Brightness()
    synthesise(model, greys, np.array([[0, 2], [1, 3], [0, 1]]), steps=6)
    assert model.seen == [3, 3] + [2] * 6 + [2]


def test_lines_run_through_a_space_that_is_decoded():
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (40, 6, 6, 3), dtype=np.uint8)
    images[20:] //= 8
    space = latent_space(images, 5)
    made = synthesise(Brightness(70), images, np.array([[0, 20], [1, 21]]), decoder=space)
    assert made.images.shape == (2, 6, 6, 3)
    assert margin(made.proba).min() > 0.8
    ends = space.transform(images[[0, 20]].reshape(2, -1).astype(np.float32))
    place = ends[0] + made.positions[0] * (ends[1] - ends[0])
    expected = np.clip(space.inverse_transform(place[None]), 0, 255).reshape(6, 6, 3)
    np.testing.assert_allclose(made.images[0], expected, atol=1)


def test_the_space_is_no_wider_than_the_images_allow_and_samples_many():
    images = np.random.default_rng(0).integers(0, 256, (500, 3, 3), dtype=np.uint8)
    assert latent_space(images).transform(images.reshape(500, -1)).shape == (500, 9)
    assert latent_space(images[:4]).n_components_ == 4
    one, same, other = (
        latent_space(images, 2, at_most=50, random_state=seed).components_ for seed in (0, 0, 1)
    )
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)


def test_a_reader_is_a_model_or_shares_or_a_person(greys):
    reader = Brightness(100)
    assert readability(greys, reader).tolist() == [True, True, True, True]
    assert readability(greys, Brightness(50)).tolist() == [True, False, True, True]
    shares = np.array([[0.5, 0.5], [0.95, 0.05], [0.9, 0.1], [0.2, 0.8]])
    assert readability(greys, shares).tolist() == [False, True, True, False]
    assert readability(greys, shares, confidence=0.75).tolist() == [False, True, True, True]
    assert readability(greys, [3, -1, 0, -1]).tolist() == [True, False, True, False]
    assert readability(greys[:0], reader).shape == (0,)


def test_what_cannot_be_read_or_made_is_refused(greys):
    with pytest.raises(InvalidInput, match="y must have shape"):
        readability(greys, [1, 2])
    with pytest.raises(InvalidInput, match="confidence"):
        readability(greys, Brightness(), confidence=90)
    with pytest.raises(InvalidInput, match="bytes of shape"):
        synthesise(Brightness(), greys / 255, np.array([[0, 2]]))
    with pytest.raises(InvalidInput, match="ids must be in"):
        synthesise(Brightness(), greys, np.array([[0, 4]]))
    with pytest.raises(InvalidInput, match="steps"):
        synthesise(Brightness(), greys, np.array([[0, 2]]), steps=0)
    with pytest.raises(InvalidInput, match="needs a model"):
        synthesise(None, greys, np.array([[0, 2]]))
