"""Belief carried over from items to images that are none."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from fewclicks.errors import InvalidInput
from fewclicks.models.induction import NeighbourInduction, no_surer_than
from fewclicks.neighbours import nearest_items


@parametrize_with_checks([NeighbourInduction()])
def test_is_a_scikit_learn_estimator(estimator, check):
    check(estimator)


def clouds(n=150, classes=3, random_state=0, spread=1.0):
    rng = np.random.default_rng(random_state)
    truth = rng.integers(0, classes, n)
    return (rng.normal(0, spread, (n, 4)) + 6 * truth[:, None]).astype(np.float32), truth


def test_two_neighbours_by_hand():
    # neighbours at distances 1 and 2: weights e^-1 and e^-4; the third item is not looked at
    X = np.array([[0.0], [3.0], [100.0]])
    model = NeighbourInduction(2).fit(
        X, [[4, 7], [7, -1], [4, -1]], shares=[[0.5, 0.25], [1, 0], [1, 0]], answered=[]
    )
    model.reach_ = 5.0
    model.n_calibrated_ = 9  # else nobody may be sure of anything
    w = np.exp([-1.0, -4.0]) / np.exp([-1.0, -4.0]).sum()
    four, seven, rest = w[0] * 0.5, w[0] * 0.25 + w[1], w[0] * 0.25
    mean = np.array([four + rest / 2, seven + rest / 2])
    np.testing.assert_allclose(model.predict_proba([[1.0]])[0], (9 * mean + 0.5) / 10, rtol=1e-5)
    assert model.temperature_ == 1
    assert model.predict([[1.0]]).tolist() == [7 if mean[1] > mean[0] else 4]


def test_nobody_is_surer_than_the_answers_allow():
    X, truth = clouds()
    few = NeighbourInduction().fit(X, truth, answered=np.arange(8))
    all_of_them = NeighbourInduction().fit(X, truth)
    assert few.n_calibrated_ == 8
    assert few.predict_proba(X).max() <= (8 + 1 / 3) / 9 + 1e-6
    assert all_of_them.predict_proba(X).max() > 0.99
    none = NeighbourInduction().fit(X, truth, answered=[])
    np.testing.assert_allclose(none.predict_proba(X), 1 / 3)


def test_timid_shares_become_as_sure_as_they_are_right():
    X, truth = clouds(900)
    timid = np.full((900, 1), 0.5, np.float32)
    model = NeighbourInduction().fit(X, truth[:, None], shares=timid, answered=np.arange(300))
    new, right = clouds(400, random_state=1)
    assert model.temperature_ < 0.5
    confidence = model.predict_proba(new).max(axis=1)
    accuracy = (model.predict(new) == right).mean()
    assert accuracy > 0.99
    assert abs(confidence.mean() - accuracy) < 0.03


def test_classes_that_overlap_are_believed_no_more_than_they_are_right():
    X, truth = clouds(1200, spread=6.0)
    model = NeighbourInduction().fit(X, truth)
    new, right = clouds(600, random_state=1, spread=6.0)
    confidence = model.predict_proba(new).max(axis=1)
    accuracy = (model.predict(new) == right).mean()
    assert 0.5 < accuracy < 0.95
    assert accuracy - 0.15 < confidence.mean() < accuracy + 0.06


def test_of_what_lies_far_from_every_item_nothing_is_known():
    X, truth = clouds()
    model = NeighbourInduction().fit(X, truth)
    proba, known = model.judge(np.concatenate([X[:5], X[:5] + 1000]))
    assert known.tolist() == 5 * [True] + 5 * [False]
    np.testing.assert_allclose(proba[5:], 1 / 3, atol=0.01)
    assert (proba[5:].argmax(axis=1) == model.predict(X[:5] + 1000)).all()


def test_items_without_a_class_count_for_nothing():
    X, truth = clouds()
    y = np.where(np.arange(150) < 100, truth, -1)
    seen = NeighbourInduction().fit(X[:100], truth[:100])
    with_unseen = NeighbourInduction().fit(X, y)
    np.testing.assert_array_equal(with_unseen.predict_proba(X), seen.predict_proba(X))
    mostly = NeighbourInduction().fit(X, np.where(np.arange(150) < 140, truth, -1))
    assert (mostly.predict(X[140:]) == truth[140:]).all()


def test_one_item_and_duplicates_are_no_trouble():
    one = NeighbourInduction().fit([[1.0]], [5])
    assert one.predict([[9.0]]).tolist() == [5]
    same = NeighbourInduction().fit(np.ones((20, 2)), [3] * 20)
    assert same.reach_ == 0
    np.testing.assert_allclose(same.predict_proba([[1.0, 1.0]]), 1)


@settings(max_examples=25, deadline=None)
@given(st.integers(2, 40), st.integers(1, 12), st.integers(0, 10_000))
def test_shares_add_up_and_name_known_classes(n, k, seed):
    rng = np.random.default_rng(seed)
    X, y = rng.normal(size=(n, 3)), rng.integers(-1, 4, (n, 2))
    y[0, 0] = 2
    model = NeighbourInduction(k).fit(X, y, shares=rng.random((n, 2)) / 2)
    proba = model.predict_proba(rng.normal(size=(7, 3)))
    np.testing.assert_allclose(proba.sum(axis=1), 1, rtol=1e-5)
    assert (proba >= 0).all()
    assert set(model.classes_) == set(y[y >= 0])


def test_agrees_with_a_slow_loop():
    rng = np.random.default_rng(0)
    X, y, new = rng.normal(size=(60, 3)), rng.integers(0, 3, 60), rng.normal(size=(10, 3))
    model = NeighbourInduction(5).fit(X, y)
    model.reach_ = np.inf
    for row, found in zip(new, model.predict_proba(new), strict=True):
        distance = np.linalg.norm(X - row, axis=1)
        near = np.argsort(distance)[:5]
        weight = np.exp(-4 * (distance[near] / distance[near[-1]]) ** 2)
        mean = np.array([weight[y[near] == c].sum() for c in range(3)]) / weight.sum()
        sharp = np.maximum(mean, 1e-6) ** (1 / model.temperature_)
        expected = (60 * sharp / sharp.sum() + 1 / 3) / 61
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-6)


def test_the_same_input_gives_the_same_output_and_travels():
    X, truth = clouds(1500)
    model = NeighbourInduction(random_state=3).fit(X, truth)
    assert model.n_calibrated_ == 300
    again = clone(model).fit(X, truth)
    for other in (again, pickle.loads(pickle.dumps(model))):
        np.testing.assert_array_equal(model.predict_proba(X[:50]), other.predict_proba(X[:50]))
    pipeline = make_pipeline(StandardScaler(), NeighbourInduction()).fit(X, truth)
    assert (pipeline.predict(X) == truth).mean() > 0.99


def test_memory_mapped_rows_are_searched_as_they_are(tmp_path):
    X, truth = clouds()
    np.save(tmp_path / "X.npy", X)
    mapped = NeighbourInduction().fit(np.load(tmp_path / "X.npy", mmap_mode="r"), truth)
    plain = NeighbourInduction().fit(X, truth)
    np.testing.assert_array_equal(mapped.predict_proba(X), plain.predict_proba(X))


@pytest.mark.parametrize(
    ("y", "options", "message"),
    [
        ([-1, -1, -1], {}, "at least one class"),
        ([0, 1], {}, "X has 3 rows but y has 2"),
        ([[[0]], [[1]], [[1]]], {}, "must have shape"),
        ([0, 1, 1], {"shares": [1, 2, 1]}, r"lie in \[0, 1\]"),
        ([0, 1, 1], {"shares": [1, 1]}, "shape of y"),
        ([0, 1, 1], {"answered": [3]}, "Item ids must be in 0…2"),
    ],
)
def test_what_cannot_be_learnt_from_is_refused(y, options, message):
    with pytest.raises(InvalidInput, match=message):
        NeighbourInduction().fit(np.eye(3), y, **options)


def test_the_number_of_neighbours_must_be_one_at_least():
    with pytest.raises(InvalidInput, match="n_neighbours"):
        NeighbourInduction(0).fit(np.eye(3), [0, 1, 1])


def test_nearest_items_are_those_of_a_full_sort():
    rng = np.random.default_rng(0)
    X, rows = rng.normal(size=(300, 5)).astype(np.float32), rng.normal(size=(20, 5))
    found = nearest_items(X, rows, 7)
    distances = np.linalg.norm(X[None] - rows[:, None], axis=2)
    np.testing.assert_array_equal(found.indices, np.argsort(distances, axis=1)[:, :7])
    np.testing.assert_allclose(found.distances, np.sort(distances, axis=1)[:, :7], rtol=1e-4)
    assert nearest_items(X[:3], rows, 7).indices.shape == (20, 3)


def test_confidence_is_held_down_to_what_another_grants():
    proba = np.array([[0.9, 0.1], [0.9, 0.1], [0.9, 0.1], [0.5, 0.5]])
    limits = np.array([[0.7, 0.3], [0.95, 0.05], [0.1, 0.9], [0.2, 0.8]])
    held = no_surer_than(proba, limits)
    expected = [[0.7, 0.3], [0.9, 0.1], [0.504, 0.496], [0.5, 0.5]]  # 0.01 · 0.9 + 0.99 · 0.5
    np.testing.assert_allclose(held, expected)
    np.testing.assert_array_equal(no_surer_than(np.ones((2, 1)), np.zeros((2, 1))), np.ones((2, 1)))
    assert no_surer_than(np.empty((3, 0)), np.empty((3, 0))).shape == (3, 0)


@given(seed=st.integers(0, 10_000), n_classes=st.integers(2, 6))
def test_held_down_shares_keep_their_order_and_sum_and_their_limit(seed, n_classes):
    rng = np.random.default_rng(seed)
    proba, limits = rng.dirichlet(np.full(n_classes, 0.3), (2, 20))
    held = no_surer_than(proba, limits)
    np.testing.assert_allclose(held.sum(axis=1), 1)
    best = proba.argmax(axis=1)
    rows = np.arange(20)
    least = 1 / n_classes + 0.01
    assert (held[rows, best] <= np.maximum(limits[rows, best], least) + 1e-9).all()
    assert (held[rows, best] <= proba[rows, best] + 1e-9).all()
    rank = np.argsort(proba, axis=1)
    assert (np.diff(np.take_along_axis(held, rank, axis=1), axis=1) >= -1e-12).all()


def test_one_answer_reaches_as_far_as_items_lie_from_each_other():
    X, _ = clouds()
    y = np.full(len(X), -1)
    y[0] = 7
    model = NeighbourInduction().fit(X, y)
    _, near_by = model.judge(np.vstack([X[0], X[0] + 1e3]))
    assert near_by.tolist() == [True, False]
    assert np.isfinite(model.reach_)
    assert NeighbourInduction().fit(X[:1], y[:1]).judge(X[:2])[1].tolist() == [True, False]


def test_mapped_rows_travel_in_one_piece(tmp_path):
    X, y = np.random.default_rng(0).normal(size=(60, 8)).astype(np.float32), np.arange(60) % 3
    np.save(tmp_path / "rows.npy", X)
    mapped = np.load(tmp_path / "rows.npy", mmap_mode="r")[:, :4]
    model = NeighbourInduction().fit(mapped, y)
    apart = []
    sent = pickle.dumps(model, protocol=5, buffer_callback=apart.append)
    assert max(len(buffer.raw()) for buffer in apart) == 60 * 4 * 4
    arrived = pickle.loads(sent, buffers=apart)
    assert np.array_equal(
        arrived.predict_proba(X[:9, :4] + 0.1), model.predict_proba(X[:9, :4] + 0.1)
    )
