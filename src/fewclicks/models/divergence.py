"""When training has diverged although its loss is still a number."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from scipy.stats import entropy
from torch import nn

from fewclicks.models.tensors import PREDICT_ROWS, Inputs
from fewclicks.records import FloatArray, IntArray
from fewclicks.rows import spans

BLOWN_UP = 5.0
"""Times the first step's loss, or that of knowing only how frequent classes are, that the loss must
reach to count as blown up. Measured on digits: 5.5 to 150 times where nothing was learnt in the
end, 1 to 3 times at rates that learn well."""

PEAK_ROWS = 64
"""Rows whose mean loss must be so high: that of a few rows is, now and then, at any rate."""

LEARNT_GAIN = 0.1
"""Share of the rows not of the most frequent class by which accuracy must beat that class: a
network stuck on a few classes gets a few points by chance."""

JUDGED_ROWS = 2000
"""Training rows that accuracy is measured on: to a point."""


def peak_of(losses: torch.Tensor, batch_size: int) -> float:
    """Return the highest mean loss of steps in a row that saw some `PEAK_ROWS` rows together.

    Parameters
    ----------
    losses : Tensor of shape (n_steps,)
        Of the steps of an epoch, in their order; all of them if they saw fewer rows.
    batch_size : int
        Rows of a step, at most.
    """
    steps = -(-PEAK_ROWS // batch_size)
    parts = torch.tensor_split(losses, max(1, len(losses) // steps))
    return max(float(part.mean()) for part in parts)


def finite(module: nn.Module) -> bool:
    """Tell whether all weights and running statistics are numbers."""
    return all(bool(torch.isfinite(value).all()) for value in module.state_dict().values())


def row_masses(codes: IntArray, weights: FloatArray, balanced: bool) -> FloatArray:
    """Return how much each row counts in the mean loss of an epoch, shape (n,).

    Parameters
    ----------
    codes, weights : ndarray of shape (n,)
        As in `Lesson`.
    balanced : bool
        Whether classes come equally often, however many rows they have.
    """
    if not balanced:
        return weights / len(weights)
    counts = np.bincount(codes)
    return np.asarray(weights / counts[codes] / np.count_nonzero(counts))


def prior_loss(codes: IntArray, masses: FloatArray) -> float:
    """Return the least loss of a network that knows only how much each class counts, in nats.

    The entropy of the classes' shares, times the sum of `masses`.

    Examples
    --------
    >>> round(prior_loss(np.array([0, 1, 1, 1]), np.full(4, 0.25)), 4)
    0.5623
    """
    return float(masses.sum() * entropy(np.bincount(codes, masses)))


def learnt_nothing(
    module: nn.Module, inputs: Inputs, codes: IntArray, masses: FloatArray, random_state: int
) -> bool:
    """Tell whether a network knows its own rows no better than by naming the most frequent class.

    Parameters
    ----------
    module : Module
        Is left in evaluation mode.
    inputs : Inputs
        The rows, shown as they are; at most `JUDGED_ROWS` of them, drawn at random.
    codes, masses : ndarray of shape (n,)
        The right class of each row, and how much the row counts.
    """
    rows: Any = np.arange(len(codes))
    if len(rows) > JUDGED_ROWS:
        rng = np.random.default_rng(random_state)
        rows = np.sort(rng.choice(len(rows), JUDGED_ROWS, replace=False))
    module.eval()
    with torch.inference_mode():
        parts = [
            module(inputs.take(torch.from_numpy(rows[part]))).argmax(1).cpu()
            for part in spans(len(rows), PREDICT_ROWS)
        ]
    right = torch.cat(parts).numpy() == codes[rows]
    shares = np.bincount(codes[rows], masses[rows]) / masses[rows].sum()
    accuracy = float(masses[rows] @ right) / float(masses[rows].sum())
    return bool(accuracy <= shares.max() + LEARNT_GAIN * (1 - shares.max()))
