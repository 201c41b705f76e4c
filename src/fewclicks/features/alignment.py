"""Glyphs moved by where their ink lies: centred, and set upright (METHODS 2.1)."""

from __future__ import annotations

from typing import cast

import numpy as np

from fewclicks.features.canvas import LUMA, Canvases
from fewclicks.records import FloatArray, IntArray

MAX_SLANT = 2.0
"""A slant beyond this (63°; handwritten digits stay within 62°) is a flat stroke such as a dash."""


def moments(canvases: Canvases) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return μx, μy and the slant α of each canvas, in pixels; the middle and 0 without ink."""
    side = canvases.shape[1]
    at = np.arange(side, dtype=np.float64)
    columns, rows = canvases.sum(axis=1, dtype=np.float64), canvases.sum(axis=2, dtype=np.float64)
    mass = columns.sum(axis=1)
    inked = mass > 0
    safe = np.where(inked, mass, 1.0)
    mu_x = np.where(inked, columns @ at / safe, (side - 1) / 2)
    mu_y = np.where(inked, rows @ at / safe, (side - 1) / 2)
    s_yy = rows @ at**2 / safe - mu_y**2
    s_xy = (canvases @ at.astype(np.float32)) @ at / safe - mu_x * mu_y
    tall = s_yy > 1e-6
    slant = np.where(tall, s_xy / np.where(tall, s_yy, 1.0), 0.0)
    return mu_x, mu_y, np.clip(slant, -MAX_SLANT, MAX_SLANT)


def sheared(canvases: Canvases, mu_x: FloatArray, mu_y: FloatArray, slant: FloatArray) -> Canvases:
    """Move (mu_x, mu_y) of each canvas to its middle and shear its slant away.

    The output pixel (u, v), measured from the middle, samples the input at
    (mu_x + u + slant · v, mu_y + v), bilinear, 0 outside. Shapes: (n, side, side) and (n,).
    """
    side = canvases.shape[1]
    v = np.arange(side) - (side - 1) / 2  # (side,) rows from the middle
    # the column sampled does not depend on the row's fraction, so bilinear is row, then column
    rows = _sample_rows(canvases, mu_y[:, None] + v)
    first_column = mu_x[:, None] + v[0] + slant[:, None] * v
    return _sample_columns(rows, first_column)


def centred(canvases: Canvases) -> Canvases:
    """Move the centroid of each canvas' brightness to its middle, bilinear, 0 outside.

    Takes and gives (n, side, side) or (n, side, side, 3); the planes of a colour move together.
    """
    if canvases.ndim == 4:
        mu_x, mu_y, slant = moments(canvases @ LUMA)
        planes = [sheared(canvases[..., c], mu_x, mu_y, 0 * slant) for c in range(3)]
        return np.stack(planes, axis=-1)
    mu_x, mu_y, slant = moments(canvases)
    return sheared(canvases, mu_x, mu_y, 0 * slant)


def _sample_rows(canvases: Canvases, at: FloatArray) -> Canvases:
    """Sample whole rows at the fractional heights `at` (n, side), 0 outside."""
    n, side = canvases.shape[:2]
    padded = np.zeros((n, side + 2, side), dtype=np.float32)
    padded[:, 1:-1] = canvases
    low, fraction = _taps(at, side)
    image = np.arange(n)[:, None]
    weight = fraction[:, :, None]
    return cast(Canvases, padded[image, low] * (1 - weight) + padded[image, low + 1] * weight)


def _sample_columns(canvases: Canvases, first: FloatArray) -> Canvases:
    """Sample row v of each canvas at the columns first[:, v] + 0…side−1, 0 outside."""
    n, side = canvases.shape[:2]
    # a row is read as a run of side + 1 neighbours, so every first column keeps one fraction
    padded = np.zeros((n, side, 3 * side + 2), dtype=np.float32)
    padded[:, :, side + 1 : 2 * side + 1] = canvases
    start = np.clip(np.floor(first), -side - 1, side).astype(np.int64)
    fraction = np.where(np.abs(first) > side + 1, 0, first - start).astype(np.float32)[:, :, None]
    runs = np.lib.stride_tricks.sliding_window_view(padded, side + 1, axis=2)
    taken = runs[np.arange(n)[:, None], np.arange(side), start + side + 1]  # (n, side, side + 1)
    return cast(Canvases, taken[:, :, :-1] * (1 - fraction) + taken[:, :, 1:] * fraction)


def _taps(at: FloatArray, side: int) -> tuple[IntArray, Canvases]:
    """Return the index (in a canvas padded by 1) below each position, and the fraction above it."""
    inside = np.clip(at, -1, side)
    low = np.minimum(np.floor(inside), side - 1)
    return (low + 1).astype(np.int64), (inside - low).astype(np.float32)
