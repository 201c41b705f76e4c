import numpy as np
import pytest
import scipy.sparse as sp

from fewclicks.errors import InvalidInput
from fewclicks.queries.diversity import confusion_areas, smooth


def path(n):
    return sp.csr_matrix(np.diag(np.ones(n - 1), 1) + np.diag(np.ones(n - 1), -1))


def shares(confusion):
    confusion = np.asarray(confusion, dtype=float)
    return np.column_stack([1 - confusion / 2, confusion / 2])


def test_averages_over_neighbours_by_hand():
    assert smooth(path(3), np.array([1.0, 0, 0]), 1).tolist() == [0, 0.5, 0]
    assert smooth(path(3), np.array([1.0, 0, 0]), 2).tolist() == [0.5, 0, 0.5]
    assert smooth(sp.csr_matrix((2, 2)), np.ones(2), 3).tolist() == [0, 0]


def test_agrees_with_the_matrix_power():
    rng = np.random.default_rng(0)
    half = rng.random((12, 12))
    weights = half + half.T
    values = rng.random(12)
    walk = weights / weights.sum(axis=1, keepdims=True)
    expected = np.linalg.matrix_power(walk, 3) @ values
    np.testing.assert_allclose(smooth(sp.csr_matrix(weights), values, 3), expected)


def test_an_area_beats_a_lone_confusing_item():
    confusion = [0, 0, 0, 0.9, 0, 0, 0, 0, 0.8, 0.8, 0.8, 0.8, 0.8]
    assert confusion_areas(shares(confusion), path(13), 1)[0] in {9, 10, 11}


def test_two_areas_get_one_question_each():
    confusion = [0.9, 0.9, 0.9, 0, 0, 0, 0, 0.8, 0.8, 0.8]
    picked = confusion_areas(shares(confusion), path(10), 2)
    assert sorted(i // 5 for i in picked) == [0, 1]


def test_excluded_items_do_not_draw_questions_around_them():
    confusion = [0.4, 0.4, 0.4, 0.4, 0, 0, 0, 0.3, 1.0, 0.3]
    excluded = np.isin(np.arange(10), [8])
    assert confusion_areas(shares(confusion), path(10), 1, exclude=excluded)[0] < 4


def test_the_graph_must_fit():
    with pytest.raises(InvalidInput, match="Give one row per item"):
        confusion_areas(shares([1, 1]), path(3), 1)
