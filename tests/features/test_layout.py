import sys

import numpy as np
import pytest
from sklearn.manifold import trustworthiness
from sklearn.utils.estimator_checks import parametrize_with_checks

from fewclicks import settings
from fewclicks.errors import InvalidInput, MissingExtra
from fewclicks.features import HOG, Layout, Projection
from fewclicks.features.layout import drawn, placed, scaled
from fewclicks.items import sample
from fewclicks.items.sources import open_source
from fewclicks.neighbours import knn_graph

pytest.importorskip("openTSNE")


# the rows it is learnt from have places that no mean of their neighbours' places gives
NOT_ITS_MANNERS = ("check_transformer_general", "check_transformer_data_not_an_array")


@parametrize_with_checks(
    [Layout(random_state=0)],
    expected_failed_checks=lambda _: dict.fromkeys(NOT_ITS_MANNERS, "learnt places are no means"),
)
def test_scikit_learn_manners(estimator, check):
    check(estimator)


@pytest.fixture(scope="module")
def rows():
    """240 rows in four heaps of 60, far apart."""
    rng = np.random.default_rng(0)
    centres = np.diag([40.0, 30, 20, 10, 0, 0])[:4]
    return (np.repeat(centres, 60, axis=0) + rng.normal(size=(240, 6))).astype(np.float32)


@pytest.fixture(scope="module")
def fitted(rows):
    return Layout().fit(rows)


@pytest.fixture
def learnt_from_few(monkeypatch):
    monkeypatch.setattr(settings, "LAYOUT_LEARNT_FROM", 100)


def agreement(places, classes):
    """Share of the ten nearest on the plane that are of an item's own class."""
    near = knn_graph(places, 10).indices
    return np.mean(classes[near] == classes[:, None])


def test_what_looks_alike_lies_together(fitted):
    assert agreement(fitted.embedding_, np.arange(240) // 60) > 0.99


def test_digits_lie_with_their_like_far_more_than_on_two_components():
    images, labels = sample.path()
    source = open_source(images, labels=str(labels))
    entries = list(source.entries())[:1500]
    digits = np.array([entry.label for entry in entries])
    pixels = np.stack([np.asarray(found) for found in source.read([e.key for e in entries])])
    X = Projection(64).fit_transform(HOG(deskew=True).transform(pixels))
    flat = Projection(2).fit_transform(X)
    places = Layout().fit_transform(X)
    assert agreement(places, digits) > 0.9 > 0.6 > agreement(flat, digits)
    assert trustworthiness(X, places, n_neighbors=10) > trustworthiness(X, flat, n_neighbors=10)


def test_the_same_rows_and_seed_give_the_same_places_to_the_last_bit(rows, fitted):
    assert np.array_equal(Layout().fit(rows).embedding_, fitted.embedding_)


def test_given_neighbours_are_taken(rows, fitted):
    near = knn_graph(rows, 15)
    assert np.array_equal(Layout().fit(rows, neighbours=near).embedding_, fitted.embedding_)
    wrong = knn_graph(np.random.default_rng(1).normal(size=(240, 3)), 10)
    other = Layout().fit(rows, neighbours=wrong).embedding_
    assert agreement(other, np.arange(240) // 60) < 0.9


def test_places_fill_the_square(fitted):
    low, high = fitted.embedding_.min(axis=0), fitted.embedding_.max(axis=0)
    assert fitted.embedding_.dtype == np.float32
    assert (high - low).max() == pytest.approx(1, abs=1e-6)
    assert np.allclose((low + high) / 2, 0.5, atol=1e-6)


def test_scaling_by_hand():
    places = scaled(np.array([[-2.0, 0.0], [2.0, 1.0], [0.0, 2.0]]))
    assert places.tolist() == [[0, 0.25], [1, 0.5], [0.5, 0.75]]


@pytest.mark.parametrize("n", [1, 2, 3, 4, 11])
def test_a_handful_of_rows(n):
    places = Layout().fit(np.random.default_rng(0).normal(size=(n, 5))).embedding_
    assert places.shape == (n, 2)
    assert ((places >= 0) & (places <= 1)).all()
    assert len(np.unique(places, axis=0)) == n
    assert n > 1 or places.tolist() == [[0.5, 0.5]]


def test_rows_that_do_not_differ_lie_in_the_middle():
    assert (Layout().fit(np.ones((40, 3))).embedding_ == 0.5).all()


def test_copies_lie_together():
    three = np.random.default_rng(0).normal(size=(3, 5))
    places = Layout().fit(np.repeat(three, 40, axis=0)).embedding_
    assert np.isfinite(places).all()
    assert agreement(places, np.arange(120) // 40) == 1


def test_one_column_will_do():
    X = np.arange(60, dtype=np.float32)[:, None]
    places = Layout().fit(X).embedding_
    assert np.isfinite(places).all()
    assert trustworthiness(X, places, n_neighbors=5) > 0.95


def test_a_new_row_lies_among_its_neighbours_by_hand():
    known = np.array([[0.0], [1.0], [2.0], [3.0], [4.0], [99.0]], np.float32)
    places = np.array([[0.1, 0.2], [0.2, 0.1], [0.3, 1.0], [1.0, 0.4], [0.0, 0.3], [0.9, 0.9]])
    new = placed(np.array([[0.5], [98.0]], np.float32), known, places.astype(np.float32))
    assert np.allclose(new, [[0.2, 0.3], [0.3, 0.4]])  # the first five, and the last five
    two = placed(np.array([[7.0]], np.float32), known[:2], places[:2].astype(np.float32))
    assert np.allclose(two, [[0.15, 0.15]])


def test_new_rows_lie_with_their_like(rows, fitted):
    new = rows + np.random.default_rng(1).normal(size=rows.shape).astype(np.float32) / 2
    nearest = knn_graph(np.concatenate([fitted.embedding_, fitted.transform(new)]), 5).indices
    assert np.mean(nearest[240:] % 240 // 60 == (np.arange(240) // 60)[:, None]) > 0.95


def test_searching_approximately_places_alike(rows, fitted, monkeypatch):
    exact = fitted.transform(rows[::7] + 0.1)
    monkeypatch.setattr(settings, "EXACT_NEIGHBOURS_UP_TO", 10)
    assert np.allclose(fitted.transform(rows[::7] + 0.1), exact, atol=1e-5)


def test_beyond_the_limit_a_sample_is_learnt_and_the_rest_placed(rows, learnt_from_few):
    sampled = Layout(random_state=3).fit(rows)
    kept = drawn(240, 100, 3)
    assert np.array_equal(sampled.learnt_, kept)
    assert np.array_equal(
        sampled.embedding_[kept], Layout(random_state=3).fit_transform(rows[kept])
    )
    rest = np.setdiff1d(np.arange(240), kept)
    assert np.array_equal(sampled.embedding_[rest], sampled.transform(rows[rest]))
    assert agreement(sampled.embedding_, np.arange(240) // 60) > 0.95


def test_another_seed_draws_others():
    assert drawn(5, 5, 0).tolist() == [0, 1, 2, 3, 4]
    first, other = drawn(1000, 10, 0), drawn(1000, 10, 1)
    assert len(set(first.tolist())) == 10
    assert (np.diff(first) > 0).all()
    assert first.tolist() == drawn(1000, 10, 0).tolist() != other.tolist()


def test_the_layouts_of_a_growing_collection_stay_alike(rows):
    some = np.arange(0, 240, 2)
    before, after = Layout().fit(rows[some]).embedding_, Layout().fit(rows).embedding_[some]
    heaps = [
        [places[np.arange(0, 240, 2) // 60 == c].mean(axis=0) for c in range(4)]
        for places in (before, after)
    ]
    assert np.abs(np.subtract(*heaps)).max() < 0.3


def test_it_tells_how_far_it_is_and_can_be_stopped(rows):
    told = []
    Layout().fit(rows, report=lambda *step: told.append(step))
    steps = [step for step in told if step[0] == "laying out items"]
    assert steps[-1][1:] == (375, 375)
    assert [done for _, done, _ in steps] == sorted({done for _, done, _ in steps})

    def stop(step, done, total):
        if step == "laying out items":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Layout().fit(rows, report=stop)


def test_what_cannot_be_laid_out(rows, fitted):
    with pytest.raises(InvalidInput, match="n_neighbors"):
        Layout(n_neighbors=0).fit(rows)
    with pytest.raises(InvalidInput, match="NaN"):
        Layout().fit([[np.nan, 1.0], [0.0, 1.0]])
    with pytest.raises(InvalidInput, match="features"):
        fitted.transform(rows[:, :3])


def test_a_missing_extra_names_itself(rows, monkeypatch):
    monkeypatch.setitem(sys.modules, "openTSNE", None)
    with pytest.raises(MissingExtra, match=r"The layout needs openTSNE.*fewclicks\[layout\]"):
        Layout().fit(rows)
