import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from fewclicks.models import solver
from fewclicks.models.solver import conjugate_gradients


def system(n, columns, seed):
    rng = np.random.default_rng(seed)
    half = rng.normal(size=(n, n))
    return half @ half.T + np.eye(n), rng.normal(size=(n, columns))


def solve(A, B, start=None, tol=1e-8, max_iter=500):
    guess = np.zeros_like(B) if start is None else start
    return conjugate_gradients(sp.csr_matrix(A), B, guess, tol=tol, max_iter=max_iter)


def test_a_diagonal_takes_one_step():
    X, steps = solve(np.diag([2.0, 4.0]), np.array([[2.0], [2.0]]))
    np.testing.assert_allclose(X, [[1.0], [0.5]])
    assert steps == 1


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 12), st.integers(1, 5), st.integers(0, 10_000))
def test_agrees_with_elimination(n, columns, seed):
    A, B = system(n, columns, seed)
    X, _ = solve(A, B)
    np.testing.assert_allclose(X, np.linalg.solve(A, B), atol=1e-4)


def test_columns_are_solved_in_chunks(monkeypatch):
    monkeypatch.setattr(solver, "COLUMNS", 3)
    A, B = system(6, 8, 1)
    np.testing.assert_allclose(solve(A, B)[0], np.linalg.solve(A, B), atol=1e-4)


def test_columns_that_need_nothing_rest():
    A, B = system(6, 2, 2)
    B[:, 0] = 0
    X, _ = solve(A, B)
    assert (X[:, 0] == 0).all()
    np.testing.assert_allclose(X[:, 1], np.linalg.solve(A, B)[:, 1], atol=1e-4)


def test_the_solution_as_first_guess_takes_no_step():
    A, B = system(6, 2, 3)
    assert solve(A, B, start=np.linalg.solve(A, B))[1] == 0


@pytest.mark.parametrize("max_iter", [1, 2])
def test_stopping_early_is_told(max_iter):
    A, B = system(9, 1, 4)
    assert solve(A, B, max_iter=max_iter)[1] == max_iter + 1
