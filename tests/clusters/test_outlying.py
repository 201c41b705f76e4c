"""Members of a cluster that lie unusually far out."""

from __future__ import annotations

import numpy as np
import pytest

from fewclicks.clusters import outlying


def test_those_beyond_the_fence_by_hand():
    """Distances to the mean of 0: eight of 1 to 2, and one of 20 on each side."""
    X = np.array([[1.0], [-1], [1.2], [-1.2], [1.5], [-1.5], [2], [-2], [20], [-20]])
    members = np.arange(10)
    assert outlying(X, members).tolist() == [False] * 8 + [True] * 2
    assert outlying(X, members[::-1]).tolist() == [True] * 2 + [False] * 8


def test_only_the_members_count():
    X = np.concatenate([np.full((5, 2), 100.0), np.random.default_rng(0).normal(size=(20, 2))])
    assert outlying(X, np.arange(5, 25)).sum() <= 2
    assert not outlying(np.zeros((10, 3)), np.arange(10)).any()


@pytest.mark.parametrize("n", [1, 7])
def test_of_few_nothing_is_usual(n):
    X = np.zeros((8, 2))
    X[0] = 1000
    assert outlying(X, np.arange(n)).tolist() == [False] * n


def test_shifted_and_scaled_rows_have_the_same_outliers():
    X = np.random.default_rng(1).standard_t(2, (300, 4)).astype(np.float32)
    found = outlying(X, np.arange(300))
    assert 0 < found.sum() < 75
    assert outlying(8 * X + 16, np.arange(300)).tolist() == found.tolist()
