"""Columns of mean 0 and variance 1, as a linear head wants them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self, cast

import numpy as np

from fewclicks import checks
from fewclicks.records import FloatArray
from fewclicks.rows import blocks, float32


@dataclass(frozen=True, slots=True, eq=False)
class Standard:
    """What is taken from each column, and what it is divided by then; (d,) each, or scalars."""

    mean: FloatArray
    scale: FloatArray

    @classmethod
    def of(cls, rows: FloatArray) -> Self:
        """Measure rows of shape (n, d), in blocks; a column that never changes has scale 1.

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
        variance = np.maximum(squares / len(rows) - mean**2, 0)
        scale = np.where(variance > 0, np.sqrt(variance), 1)
        return cls(float32(mean + shift), float32(scale))

    @classmethod
    def none(cls) -> Self:
        """Leave columns as they are."""
        return cls(np.zeros(1, np.float32), np.ones(1, np.float32))

    def __call__(self, rows: FloatArray) -> FloatArray:
        """Return rows of shape (n, d) standardised, float32."""
        return cast(FloatArray, (float32(rows) - self.mean) / self.scale)
