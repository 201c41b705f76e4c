"""Bring your own features: one row per item, from a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray

from fewclicks import checks
from fewclicks.errors import InvalidInput, NotFound
from fewclicks.records import FloatArray

SUFFIXES = (".npy", ".npz", ".parquet")


def is_external(name: str) -> bool:
    """Tell a file of features from the name of a feature set."""
    return name.lower().endswith(SUFFIXES)


def read_external(path: Path, n_items: int) -> FloatArray:
    """Read features, one row per item in the order of the item ids.

    Parameters
    ----------
    path : Path
        A .npy matrix (memory-mapped), an .npz with one matrix or one named ``features``, or a
        Parquet file whose columns are numbers, or with one column of lists of numbers.
    n_items : int
        Rows needed.

    Returns
    -------
    ndarray of shape (n_items, d), floating

    Raises
    ------
    NotFound
        There is no such file.
    InvalidInput
        It holds no matrix, another number of rows, or NaN.
    """
    if not path.exists():
        raise NotFound(f"There is no feature file {path}.")
    try:
        rows = _READERS[path.suffix.lower()](path)
    except (ValueError, OSError, EOFError, duckdb.Error) as error:
        raise InvalidInput(
            f"{path} must hold a matrix of numbers but cannot be read ({error})."
        ) from error
    if len(rows) != n_items:
        raise InvalidInput(
            f"{path} has {len(rows)} rows but the project has {n_items} items.",
            "Give one row per item, in the order of the item ids.",
        )
    matrix = checks.rows(rows, str(path))
    checks.finite(matrix, str(path))
    return matrix


def _npy(path: Path) -> NDArray[Any]:
    return np.load(path, mmap_mode="r", allow_pickle=False)  # type: ignore[no-any-return]


def _npz(path: Path) -> NDArray[Any]:
    with np.load(path, allow_pickle=False) as stored:
        names = [n for n in stored.files if n == "features"] or stored.files
        if len(names) != 1:
            raise ValueError(f"it holds {len(names)} arrays, none of them called “features”")
        return stored[names[0]]  # type: ignore[no-any-return]


def _parquet(path: Path) -> NDArray[Any]:
    with duckdb.connect() as connection:
        table = connection.execute("SELECT * FROM read_parquet(?)", [str(path)]).fetchnumpy()
    columns = list(table.values())
    if len(columns) == 1 and columns[0].dtype == object:
        return np.stack([np.asarray(row, dtype=np.float32) for row in columns[0]])
    return np.column_stack([np.ma.filled(c.astype(np.float32), np.nan) for c in columns])


_READERS = {".npy": _npy, ".npz": _npz, ".parquet": _parquet}
