"""Columns centred and divided, as a linear head wants them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Self, cast

import numpy as np

from fewclicks import checks
from fewclicks.records import FloatArray
from fewclicks.rows import blocks, float32

Scale = Literal["common", "columns", "none"]

SCALES: tuple[Scale, ...] = ("common", "columns", "none")
"""Divide by the mean of the columns' deviations, or each by its own, as CalibratedLinear does by
its parameter `scaling`; or leave rows as they are, as the last layer of a network takes them."""


@dataclass(frozen=True, slots=True, eq=False)
class Scaling:
    """What is taken from each column, and what it is divided by then; (d,) each, or (1,)."""

    centre: FloatArray
    scale: FloatArray

    @classmethod
    def of(cls, rows: FloatArray, scale: Scale) -> Self:
        """Measure rows of shape (n, d), in blocks; what never changes is divided by 1.

        Raises
        ------
        InvalidInput
            A row is not finite, with its number.
        """
        if scale == "none":
            return cls(np.zeros(1, np.float32), np.ones(1, np.float32))
        centre, deviation = moments(rows)
        divisor = deviation if scale == "columns" else np.full(1, deviation.mean())
        return cls(float32(centre), float32(np.where(divisor > 0, divisor, 1)))

    def __call__(self, rows: FloatArray) -> FloatArray:
        """Return rows of shape (n, d) scaled, float32."""
        return cast(FloatArray, (float32(rows) - self.centre) / self.scale)


def moments(rows: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the mean and the standard deviation of each column, (d,) and (d,), float64.

    Raises
    ------
    InvalidInput
        A row is not finite, with its number.
    """
    shift = float32(rows[0])  # near the data, so that no digits are lost
    sums, squares = np.zeros((2, rows.shape[1]))
    for where, block in blocks(rows):
        checks.finite(block, f"features from row {where.start} on")
        offsets = block - shift
        sums += offsets.sum(axis=0)
        squares += np.einsum("ij,ij->j", offsets, offsets)
    mean = sums / len(rows)
    return mean + shift, np.sqrt(np.maximum(squares / len(rows) - mean**2, 0))
