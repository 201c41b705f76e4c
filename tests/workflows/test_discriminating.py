from dataclasses import replace

import numpy as np
import pytest

from fewclicks.neighbours import knn_graph
from fewclicks.records import MODEL, NO_CLASS, NOBODY, AnswerSheet, Labels
from fewclicks.workflows import discriminating
from fewclicks.workflows.base import State
from fewclicks.workflows.collection import Collection
from fewclicks.workflows.discriminating import discriminant, discriminated, nearest_in_both


@pytest.fixture
def rows():
    """300 items of three classes, which two of twelve columns part and the others hide."""
    random = np.random.default_rng(0)
    classes = np.arange(300) % 3
    X = random.normal(size=(300, 12)) * ([1, 1] + [3] * 10)
    X[:, :2] += 5 * np.array([[0, 0], [1, 0], [0, 1]])[classes]
    return X.astype(np.float32), classes


@pytest.fixture
def state(rows):
    X, classes = rows
    none = np.full(300, NO_CLASS, np.int32)
    never = np.zeros(300, np.bool_)
    sheet = AnswerSheet(none, np.full(300, NOBODY, np.int8), none.astype(np.int64), never, 60)
    labels = Labels(
        np.stack([classes, none, none], axis=1).astype(np.int32),
        np.ones((300, 3), np.float32),
        np.full(300, MODEL, np.int8),
    )
    collection = Collection(X, n_codewords=5, kind="photos")
    return State(collection, sheet, never, previous=labels)


def alike(neighbours, classes):
    return (classes[neighbours.indices] == classes[:, None]).mean()


def test_places_part_the_classes(rows):
    X, classes = rows
    places = discriminant(X, classes, np.ones(300, np.bool_))
    assert places.shape == (300, 2)
    assert alike(knn_graph(X, k=10), classes) < 0.7
    assert alike(knn_graph(places, k=10), classes) > 0.85


def test_only_sure_labels_are_learnt_from(rows):
    X, classes = rows
    sure = np.arange(300) < 150
    wrong = np.where(sure, classes, (classes + 1) % 3)
    assert np.allclose(
        np.abs(discriminant(X, wrong, sure)), np.abs(discriminant(X, classes, sure)), atol=1e-4
    )


@pytest.mark.parametrize("n", [0, 5, 8])
def test_few_labels_or_one_class_teach_nothing(rows, n):
    X, classes = rows
    assert discriminant(X, classes, np.arange(300) < n) is None
    assert discriminant(X, np.zeros(300, int), np.ones(300, np.bool_)) is None


def test_a_class_just_met_is_no_warning(rows):
    X, classes = rows
    assert discriminant(X, np.where(np.arange(300) == 7, 9, classes), np.arange(300) < 200).any()


def test_of_many_labels_some_are_drawn(rows, monkeypatch):
    X, classes = rows
    monkeypatch.setattr(discriminating, "MOST_ROWS", 90)
    first, again = (discriminant(X, classes, np.ones(300, np.bool_), 1) for _ in range(2))
    other = discriminant(X, classes, np.ones(300, np.bool_), 2)
    assert np.array_equal(first, again)
    assert not np.allclose(first, other)


def test_the_nearest_in_both_are_those_of_a_loop(rows):
    X, classes = rows
    places = discriminant(X, classes, np.ones(300, np.bool_))
    candidates = knn_graph(X, k=40)
    found = nearest_in_both(candidates, X, places, k=7)

    def scaled(part):
        part = part - part.mean(axis=0)
        return part / np.sqrt((part**2).sum(axis=1).mean())

    both = np.hstack([scaled(X), scaled(places)])
    for item in (0, 17, 299):
        near = candidates.indices[item]
        far = np.linalg.norm(both[near] - both[item], axis=1)
        assert set(found.indices[item]) == set(near[np.argsort(far)[:7]])
        assert np.allclose(found.distances[item], np.sort(far)[:7], atol=1e-4)


def test_blocks_do_not_change_what_is_found(rows, monkeypatch):
    X, classes = rows
    places = discriminant(X, classes, np.ones(300, np.bool_))
    whole = nearest_in_both(knn_graph(X, k=30), X, places)
    monkeypatch.setattr(discriminating, "COMPARED_ROWS", 7)
    parts = nearest_in_both(knn_graph(X, k=30), X, places)
    assert np.array_equal(whole.indices, parts.indices)


def test_labels_of_the_round_before_make_better_neighbours(state, rows):
    found = discriminated(state)
    assert found.neighbours.indices.shape == (300, 10)
    assert alike(found.neighbours, rows[1]) > alike(state.collection.neighbours, rows[1]) + 0.05
    assert (found.belief_in(rows[1]) == 1).all()


def test_without_labels_there_are_none(state):
    assert discriminated(replace(state, previous=None)) is None
    unlabelled = Labels(
        np.full((300, 3), NO_CLASS, np.int32),
        np.zeros((300, 3), np.float32),
        np.zeros(300, np.int8),
    )
    assert discriminated(replace(state, previous=unlabelled)) is None


@pytest.mark.parametrize("X", [np.repeat(np.eye(4, 6), 30, axis=0), np.ones((120, 6))])
def test_copies_alone_teach_nothing(X):
    classes = np.repeat(np.arange(4), 30)
    made = discriminant(X.astype(np.float32), classes, np.ones(120, np.bool_))
    assert made is None or np.isfinite(made).all()
