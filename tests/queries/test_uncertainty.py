import doctest

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from fewclicks.queries import uncertainty
from fewclicks.queries.uncertainty import entropy, least_confidence, margin

SCORES = [entropy, least_confidence, margin]


def test_the_examples_hold():
    assert doctest.testmod(uncertainty).failed == 0


def test_three_classes_by_hand():
    proba = np.array([[0.5, 0.25, 0.25]])
    assert least_confidence(proba) == pytest.approx([0.75])
    assert margin(proba) == pytest.approx([0.75])
    assert entropy(proba) == pytest.approx([1.5 * np.log(2) / np.log(3)])


@pytest.mark.parametrize("score", SCORES)
def test_certain_is_0_and_even_is_1(score):
    proba = np.array([[1.0, 0, 0], [1 / 3, 1 / 3, 1 / 3]])
    assert score(proba) == pytest.approx([0, 1])
    assert score(np.ones((2, 1))).tolist() == [0, 0]


@pytest.mark.parametrize("score", SCORES)
@given(arrays(float, (6, 4), elements=st.floats(0.001, 1)))
def test_scores_lie_between_whatever_the_order_of_the_classes(score, raw):
    proba = raw / raw.sum(axis=1, keepdims=True)
    values = score(proba)
    assert ((values >= -1e-9) & (values <= 1 + 1e-9)).all()
    np.testing.assert_allclose(score(proba[:, ::-1]), values)


@given(st.lists(st.floats(0, 1), min_size=2, max_size=9, unique=True))
def test_two_classes_are_ordered_alike(first):
    proba = np.column_stack([first, 1 - np.array(first)])
    closeness = -np.abs(proba[:, 0] - 0.5)
    for score in SCORES:
        values = score(proba)[np.argsort(closeness)]
        assert (np.diff(values) >= -1e-9).all()
