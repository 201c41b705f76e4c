import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fewclicks.confusion.scores import boundary_scores, disagreement_scores, ratio_scores
from fewclicks.neighbours import Neighbours, knn_graph


def test_ratio_by_hand():
    distances = np.array([[1.0, 2.0], [0.0, 3.0], [0.0, 0.0], [2.0, np.inf]])
    assert ratio_scores(distances).tolist() == [0.5, 0, 1, 0]


def test_boundary_by_hand():
    clusters = np.array([0, 0, 2, 2, 4])
    assert boundary_scores(clusters, np.array([1.0, 4.0, 2.0, 2.0, 0.0])).tolist() == [
        0.25, 1, 1, 1, 0,
    ]  # fmt: skip


def test_disagreement_by_hand():
    near = Neighbours(np.array([[1, 2], [0, 2], [0, 1]], np.int32), np.array([[1, 2]] * 3, "f4"))
    first, second = np.exp(-1), np.exp(-4)  # −4 · (1/2)² and −4 · (2/2)²
    scores = disagreement_scores(np.array([0, 0, 1]), near)
    assert scores.tolist() == pytest.approx([second / (first + second)] * 2 + [1])


def test_neighbours_without_a_label_do_not_count():
    near = Neighbours(np.array([[1, 2], [0, 2], [0, 1]], np.int32), np.ones((3, 2), "f4"))
    assert disagreement_scores(np.array([0, -1, 1]), near).tolist() == [1, 1, 1]
    assert disagreement_scores(np.array([0, -1, 0]), near).tolist() == [0, 1, 0]
    assert disagreement_scores(np.array([0, -1, -1]), near).tolist() == [0, 1, 1]


def test_an_item_alone_has_nobody_to_disagree_with():
    near = Neighbours(np.empty((1, 0), np.int32), np.empty((1, 0), np.float32))
    assert disagreement_scores(np.array([3]), near).tolist() == [0]


@given(n=st.integers(2, 30), k=st.integers(1, 5), seed=st.integers(0, 500))
def test_disagreement_agrees_with_a_slow_version(n, k, seed):
    random = np.random.default_rng(seed)
    rows, labels = random.normal(size=(n, 2)), random.integers(-1, 3, n)
    near = knn_graph(rows, k)
    found = disagreement_scores(labels, near)
    for item in range(n):
        other = all_of = 0.0
        for j, d in zip(near.indices[item], near.distances[item], strict=True):
            weight = np.exp(-4 * (d / near.distances[item, -1]) ** 2)
            if labels[j] >= 0:
                all_of += weight
                other += weight * (labels[j] != labels[item])
        slow = 1 if labels[item] < 0 else other / all_of if all_of else 0
        assert found[item] == pytest.approx(slow, abs=1e-5)
