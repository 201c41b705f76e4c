import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.utils.estimator_checks import parametrize_with_checks

from fewclicks import settings
from fewclicks.errors import InvalidInput
from fewclicks.features import Projection


@parametrize_with_checks([Projection(2)])
def test_scikit_learn_manners(estimator, check):
    check(estimator)


@pytest.fixture
def rows():
    random = np.random.default_rng(0)
    return (random.normal(size=(300, 12)) @ random.normal(size=(12, 12)) + 5).astype(np.float32)


def test_points_on_a_line_project_on_it():
    line = np.array([[0, 0], [3, 4], [6, 8]], dtype=np.float32)
    fitted = Projection(1).fit(line)
    assert np.allclose(fitted.components_, [[0.6, 0.8]], atol=1e-6)
    assert np.allclose(fitted.transform(line)[:, 0], [-5, 0, 5], atol=1e-5)
    assert fitted.explained_variance_[0] == pytest.approx(50 / 3)
    assert fitted.explained_variance_ratio_[0] == pytest.approx(1)


def test_it_agrees_with_scikit_learn_up_to_the_sign(rows):
    mine, theirs = Projection(5).fit(rows), PCA(5, svd_solver="full").fit(rows.astype(float))
    assert np.allclose(np.abs(mine.transform(rows)), np.abs(theirs.transform(rows)), atol=1e-3)
    assert np.allclose(mine.explained_variance_ratio_, theirs.explained_variance_ratio_, atol=1e-5)


def test_blocks_do_not_change_what_is_learnt(rows, monkeypatch):
    whole = Projection(4).fit(rows)
    monkeypatch.setattr(settings, "BLOCK_ROWS", 7)
    parts = Projection(4).fit(rows)
    assert np.allclose(whole.components_, parts.components_, atol=1e-4)
    assert np.allclose(whole.transform(rows), parts.transform(rows), atol=1e-3)


def test_the_largest_coefficient_is_positive(rows):
    components = Projection(12).fit(-rows).components_
    largest = np.abs(components).argmax(axis=1)
    assert (components[np.arange(12), largest] > 0).all()


def test_distances_survive_when_everything_is_kept(rows):
    projected = Projection(12).fit_transform(rows)
    before = np.linalg.norm(rows[:10, None] - rows[:10], axis=2)
    after = np.linalg.norm(projected[:10, None] - projected[:10], axis=2)
    assert np.allclose(before, after, atol=1e-2)


def test_a_memory_map_in_half_precision_will_do(rows, tmp_path):
    path = tmp_path / "rows.npy"
    np.save(path, rows.astype(np.float16))
    mapped = np.load(path, mmap_mode="r")
    assert np.allclose(
        Projection(3).fit(mapped).explained_variance_,
        Projection(3).fit(rows).explained_variance_,
        rtol=0.01,
    )


def test_no_more_components_than_columns_and_rows_that_do_not_vary(rows):
    assert Projection(64).fit(rows).components_.shape == (12, 12)
    constant = Projection(2).fit(np.ones((4, 3)))
    assert constant.explained_variance_ratio_.tolist() == [0, 0]
    assert np.allclose(constant.transform(np.ones((4, 3))), 0)


def test_it_can_be_saved_and_loaded(rows):
    fitted = Projection(3).fit(rows)
    again = Projection.from_arrays(fitted.to_arrays())
    assert np.array_equal(again.transform(rows), fitted.transform(rows))
    assert again.get_feature_names_out().tolist() == ["projection0", "projection1", "projection2"]


def test_at_least_one_component(rows):
    with pytest.raises(InvalidInput, match="n_components"):
        Projection(0).fit(rows)
