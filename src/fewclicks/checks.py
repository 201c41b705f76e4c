"""Checks on arguments, each written once: what must hold, what came, what to do."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, cast

import numpy as np

from fewclicks.errors import InvalidInput
from fewclicks.records import FloatArray, IntArray


def rows(X: Any, name: str = "X", *, width: int | None = None, at_least: int = 1) -> FloatArray:
    """Return `X` as a finite floating matrix of shape (n, d), without copying if it already is.

    Memory-mapped and half-precision input is kept as it is and not scanned for NaN.
    """
    array = np.asanyarray(X)
    if array.ndim != 2:
        raise InvalidInput(f"{name} must have shape (n, d) but has shape {array.shape}.")
    if array.dtype.kind not in "fiub":
        raise InvalidInput(f"{name} must hold numbers but holds {array.dtype}.")
    if len(array) < at_least:
        raise InvalidInput(f"{name} must have at least {at_least} rows but has {len(array)}.")
    if width is not None and array.shape[1] != width:
        raise InvalidInput(
            f"{name} must have {width} columns, as in fit, but has {array.shape[1]}."
        )
    if array.dtype.kind != "f":
        array = array.astype(np.float32)
    if not isinstance(array, np.memmap):
        finite(array, name)
    return cast(FloatArray, array)


def finite(array: FloatArray, name: str) -> None:
    """Refuse NaN and infinity, naming the first row that has one."""
    if not np.isfinite(np.sum(array, dtype=np.float64)):
        bad = np.flatnonzero(~np.isfinite(array).reshape(len(array), -1).all(axis=1))
        if len(bad):
            raise InvalidInput(
                f"{name} must be finite but {len(bad)} of {len(array)} rows hold NaN or infinity, "
                f"the first of them row {bad[0]}.",
                "Remove or repair these rows.",
            )


def same_length(first: Any, second: Any, names: tuple[str, str]) -> None:
    """Refuse two sequences of different lengths."""
    if len(first) != len(second):
        raise InvalidInput(
            f"{names[0]} has {len(first)} rows but {names[1]} has {len(second)}.",
            "Give one row per item.",
        )


def one_of(value: str, choices: Collection[str], name: str) -> str:
    """Return `value` if it is among `choices`."""
    if value not in choices:
        raise InvalidInput(f"{name} must be one of {', '.join(choices)} but is {value!r}.")
    return value


def device(name: str) -> str:
    """Return the kind of device a name stands for: "auto", "cuda", "mps" or "cpu".

    Raises
    ------
    InvalidInput
        It is none of them, nor "cuda:" and a number.
    """
    kind, _, number = str(name).partition(":")
    if kind not in ("auto", "cuda", "mps", "cpu") or (number and kind != "cuda"):
        raise InvalidInput(f"device must be one of auto, cuda, mps, cpu but is {name!r}.")
    if ":" in str(name) and not number.isdecimal():
        raise InvalidInput(f"device must end in a number, as in cuda:0, but is {name!r}.")
    return kind


def between(value: Any, low: float, high: float, name: str, *, integer: bool = False) -> float:
    """Return `value` if it is a number (whole, if `integer`) and low <= value <= high."""
    kinds = (int, np.integer) if integer else (int, float, np.integer, np.floating)
    if isinstance(value, bool | np.bool_) or not isinstance(value, kinds):
        kind = "a whole number" if integer else "a number"
        raise InvalidInput(f"{name} must be {kind} between {low} and {high} but is {value!r}.")
    if not low <= value <= high:
        raise InvalidInput(f"{name} must be between {low} and {high} but is {value}.")
    return cast(float, value)


def item_ids(ids: Any, n_items: int) -> IntArray:
    """Return `ids` as an int64 array of ids in 0…n_items−1."""
    array = np.asarray(ids, dtype=np.int64).reshape(-1)
    wrong = array[(array < 0) | (array >= n_items)]
    if len(wrong):
        raise InvalidInput(f"Item ids must be in 0…{n_items - 1} but {wrong[0]} came.")
    return array
