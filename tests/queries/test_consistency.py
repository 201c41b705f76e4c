"""Answers that their neighbours contradict."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp

from fewclicks.errors import InvalidInput
from fewclicks.queries.consistency import contradicted, support, worth_asking_again

GRAPH = sp.csr_matrix(
    np.array(
        [
            [0, 1, 3, 0, 0],
            [1, 0, 0, 0, 0],
            [3, 0, 0, 1, 0],
            [0, 0, 1, 0, 0],
            [0, 0, 0, 0, 0],
        ],
        np.float32,
    )
)
PROBA = np.array([[1, 0], [0.3, 0.7], [0.1, 0.9], [0, 1], [1, 0]], np.float32)


def test_support_by_hand():
    columns = np.array([0, -1, 0, 1, 1])
    # item 0: (1 · 0.3 + 3 · 0.1) / 4; item 2: (3 · 1 + 1 · 0) / 4; item 3: 0.9; 4 is alone
    np.testing.assert_allclose(support(PROBA, GRAPH, columns), [0.15, 1, 0.75, 0.9, 1], rtol=1e-6)


def test_the_least_supported_come_first_and_settled_ones_not():
    columns = np.array([0, 0, 1, 0, 0])
    # by hand: 0.15, 1, 0.25, 0.1, 1
    assert contradicted(PROBA, GRAPH, columns, 5).tolist() == [3, 0]
    assert contradicted(PROBA, GRAPH, columns, 1).tolist() == [3]
    settled = np.array([False, False, False, True, False])
    assert contradicted(PROBA, GRAPH, columns, 5, settled=settled).tolist() == [0]
    assert contradicted(PROBA, GRAPH, np.full(5, -1), 5).tolist() == []


def test_lengths_must_agree():
    with pytest.raises(InvalidInput, match="columns"):
        support(PROBA, GRAPH, np.array([0, 1]))


@pytest.mark.parametrize(
    ("n_again", "n_turned", "expected"),
    [(0, 0, True), (3, 0, True), (4, 0, False), (9, 1, False), (8, 1, True), (40, 12, True)],
)
def test_confirmed_answers_end_it(n_again, n_turned, expected):
    assert worth_asking_again(n_again, n_turned) is expected
