"""Two models' shares made one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fewclicks.errors import InvalidInput
from fewclicks.models.pooling import FLOOR, log_pool


def shares(seed, n=7, c=4):
    return np.random.default_rng(seed).dirichlet(np.full(c, 0.3), n).astype(np.float32)


@given(st.integers(0, 999), st.integers(0, 999))
def test_rows_sum_to_one_and_neither_model_comes_first(a, b):
    pool = log_pool(shares(a), shares(b))
    assert pool.dtype == np.float32
    np.testing.assert_allclose(pool.sum(axis=1), 1, rtol=1e-5)
    np.testing.assert_array_equal(pool, log_pool(shares(b), shares(a)))


def test_by_hand():
    pool = log_pool(np.array([[0.64, 0.36]]), np.array([[0.25, 0.75]]))
    root = np.sqrt([0.64 * 0.25, 0.36 * 0.75])
    np.testing.assert_allclose(pool[0], root / root.sum(), rtol=1e-6)


def test_no_model_rules_a_class_out():
    pool = log_pool(np.array([[1.0, 0.0]]), np.array([[0.0, 1.0]]))
    np.testing.assert_allclose(pool, [[0.5, 0.5]])
    sure = log_pool(np.array([[1.0, 0.0]]), np.array([[0.5, 0.5]]))
    assert sure[0, 1] == pytest.approx(np.sqrt(FLOOR) / (1 + np.sqrt(FLOOR)), rel=1e-4)


def test_the_rows_must_be_as_many():
    with pytest.raises(InvalidInput):
        log_pool(shares(0), shares(1, n=3))
