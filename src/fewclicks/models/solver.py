"""Large sparse systems with many right-hand sides."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

from fewclicks.records import FloatArray

COLUMNS = 16
"""Right-hand sides solved together: enough to use each stored number many times, few enough that
a million rows need 128 MB per work array."""


def conjugate_gradients(
    A: sp.csr_matrix,
    B: FloatArray,
    start: FloatArray,
    *,
    tol: float,
    max_iter: int,
) -> tuple[FloatArray, int]:
    """Solve A X = B column by column, all columns in step, with the Jacobi preconditioner.

    Each column follows its own conjugate gradients (Hestenes and Stiefel 1952; Saad 2003,
    algorithm 9.1) on the diagonally scaled system and rests once it has converged.

    Parameters
    ----------
    A : csr_matrix of shape (n, n), float64
        Symmetric, positive semi-definite, with a positive diagonal. B must lie in its range.
    B : ndarray of shape (n, c)
    start : ndarray of shape (n, c)
        First guess.
    tol : float
        A column has converged when no row of D⁻¹(B − A X) exceeds `tol` in absolute value, D
        being the diagonal of A: moving any single entry to satisfy its own row would change it
        by less than `tol`.
    max_iter : int
        Steps after which a column is left as it is.

    Returns
    -------
    X : ndarray of shape (n, c), float32
    steps : int
        The most steps any column took; max_iter + 1 if one has not converged.
    """
    X = np.empty(B.shape, np.float32)
    scale = 1.0 / A.diagonal()[:, None]
    steps = 0
    for first in range(0, B.shape[1], COLUMNS):
        chunk = slice(first, first + COLUMNS)
        solved, taken = _solve(A, B[:, chunk], start[:, chunk], scale, tol, max_iter)
        X[:, chunk] = solved
        steps = max(steps, taken)
    return X, steps


def _solve(
    A: sp.csr_matrix,
    B: FloatArray,
    start: FloatArray,
    scale: FloatArray,
    tol: float,
    max_iter: int,
) -> tuple[FloatArray, int]:
    """Solve for a few columns at once; names follow Saad's algorithm."""
    x = start.astype(np.float64)
    r = B - A @ x
    z = scale * r
    p = z.copy()
    rz = _dots(r, z)
    for step in range(max_iter + 1):
        if np.abs(z).max(initial=0.0) <= tol:
            return x, step
        if step == max_iter:
            break
        ap = A @ p
        alpha = _ratio(rz, _dots(p, ap))
        x += alpha * p
        r -= alpha * ap
        z = scale * r
        before, rz = rz, _dots(r, z)
        p *= _ratio(rz, before)
        p += z
    return x, max_iter + 1


def _dots(a: FloatArray, b: FloatArray) -> FloatArray:
    """Return the inner product of each pair of columns."""
    return np.asarray(np.einsum("ij,ij->j", a, b))


def _ratio(top: FloatArray, bottom: FloatArray) -> FloatArray:
    """Divide, giving 0 where a column has nothing left to do."""
    return np.divide(top, bottom, out=np.zeros_like(top), where=bottom > 0)
