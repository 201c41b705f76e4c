"""What answers mean to a network: which images, which row of the head, how much each counts."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from torch import nn

from fewclicks import checks
from fewclicks.errors import InvalidInput
from fewclicks.files import fingerprint
from fewclicks.models.architectures import logits
from fewclicks.models.balance import sample_weights, undersampled
from fewclicks.models.tensors import checked, foretold, form, same_form
from fewclicks.records import NO_CLASS, FloatArray, IntArray

if TYPE_CHECKING:
    from sklearn.base import BaseEstimator

FEWEST_HELD = 20
"""Answers below which a validation set says too little (one answer would be 5 points) to be worth
not learning from."""

PROBED = 64
"""Images whose pixels a checkpoint's fingerprint looks at."""


@dataclass(frozen=True, slots=True)
class Answers:
    """Answered images.

    Attributes
    ----------
    images : uint8 array or memory map
        All images, answered or not.
    rows : ndarray of shape (n,), int64
        The answered ones that are meant.
    classes : ndarray of shape (n_classes,), int64
        Class ids, ascending.
    codes : ndarray of shape (n,), int64
        Position in `classes` of the class of each row.
    weights : ndarray of shape (n,), float32
        How much each counts; their mean is 1.
    """

    images: Any
    rows: IntArray
    classes: IntArray
    codes: IntArray
    weights: FloatArray

    def among(self, positions: Any) -> Answers:
        """Return some of them; the classes stay."""
        return replace(
            self,
            rows=self.rows[positions],
            codes=self.codes[positions],
            weights=_of_mean_one(self.weights[positions]),
        )

    def balanced(self, balance: str, random_state: int) -> Answers:
        """Return them with weights, or thinned out, as `models.balance.BALANCES` tells."""
        if balance == "weights":
            weights = _of_mean_one(self.weights * sample_weights(self.codes))
            return replace(self, weights=weights)
        if balance == "undersample":
            return self.among(undersampled(self.codes, random_state))
        return self

    def validated_by(self, images: Any, y: Any) -> Answers:
        """Return answers that a network which learns these is validated by.

        Raises
        ------
        InvalidInput
            The images are not of the same form, or none is answered.
        """
        held = answers_of(checked(images), y, None, "the y of validation")
        same_form(held.images, form(self.images), "The images of validation")
        return held


def answers_of(images: Any, y: Any, sample_weight: Any, name: str = "y") -> Answers:
    """Return the answered among checked `images`.

    Raises
    ------
    InvalidInput
        Lengths differ, no image is answered, or weights are negative, not finite or all 0.
    """
    ids = np.asarray(y)
    if ids.ndim != 1 or ids.dtype.kind not in "iu":
        raise InvalidInput(
            f"{name} must be one whole number per image but is {ids.dtype} of shape {ids.shape}.",
            "Give class ids, -1 where there is no answer.",
        )
    checks.same_length(images, ids, ("images", name))
    rows = np.flatnonzero(ids != NO_CLASS)
    if not len(rows):
        raise InvalidInput(f"{name} must hold at least one answer but is -1 throughout.")
    classes, codes = np.unique(ids[rows].astype(np.int64), return_inverse=True)
    return Answers(images, rows, classes, codes, _weights(sample_weight, ids, rows))


def split(answers: Answers, share: float, random_state: int) -> tuple[Answers, Answers | None]:
    """Hold out a share of every class alike.

    Every class keeps an answer to learn from.

    Returns
    -------
    kept : Answers
    held : Answers or None
        None, and everything is kept, if fewer than `FEWEST_HELD` would be held out.
    """
    rng = np.random.default_rng([random_state, 1])
    order = rng.permutation(len(answers.codes))
    order = order[np.argsort(answers.codes[order], kind="stable")]
    chosen = np.diff(np.floor(share * np.arange(len(order) + 1) + rng.random())) > 0
    firsts = np.searchsorted(answers.codes[order], np.arange(len(answers.classes)))
    chosen[firsts] = False
    if chosen.sum() < FEWEST_HELD:
        return answers, None
    return answers.among(np.sort(order[~chosen])), answers.among(np.sort(order[chosen]))


def accuracy_on(module: nn.Module, held: Answers, classes: IntArray) -> Callable[[], float]:
    """Return what gives the share of `held` that `module`, which knows `classes`, gets right."""
    device = next(module.parameters()).device
    images = held.images[held.rows]
    ids = held.classes[held.codes]

    def accuracy() -> float:
        found = foretold(lambda batch: logits(module, batch), images, device)
        return float((classes[found.argmax(axis=1)] == ids).mean())

    return accuracy


def fingerprint_of(
    network: BaseEstimator,
    module: nn.Module,
    answers: Answers,
    held: Answers | None,
    how: tuple[Any, ...],
) -> str:
    """Return digits that change with whatever training depends on.

    Of the images only `PROBED` are looked at, evenly spread, and of the module its weights.
    `how` is what the parameters stand for in this version and on this machine.
    """
    parameters = network.get_params(deep=False)
    told = {name: _named(value) for name, value in parameters.items() if name != "checkpoint"}
    parts = [_digest(one) for one in (answers, held) if one is not None]
    weights = hashlib.blake2b(digest_size=16)
    for value in module.state_dict().values():
        weights.update(value.cpu().numpy().tobytes())
    settled = [_named(value) for value in how]
    return fingerprint(parameters=told, how=settled, answers=parts, weights=weights.hexdigest())


def _digest(answers: Answers) -> list[str]:
    """Return digits for answers and for a few of their images."""
    few = answers.rows[:: max(1, len(answers.rows) // PROBED)]
    arrays = (
        answers.rows,
        answers.classes[answers.codes],
        answers.weights,
        np.ascontiguousarray(answers.images[few]),
    )
    return [hashlib.blake2b(array.tobytes(), digest_size=16).hexdigest() for array in arrays]


def _named(value: Any) -> str:
    """Return text that is the same in another process; for functions, their name."""
    if hasattr(value, "__qualname__"):
        return f"{value.__module__}.{value.__qualname__}"
    return repr(value)


def _weights(sample_weight: Any, ids: IntArray, rows: IntArray) -> FloatArray:
    """Return the weights of answered rows, of mean 1."""
    if sample_weight is None:
        return np.ones(len(rows), np.float32)
    weights = np.asarray(sample_weight, dtype=np.float64).reshape(-1)
    checks.same_length(ids, weights, ("y", "sample_weight"))
    weights = weights[rows]
    if not np.isfinite(weights).all() or weights.min() < 0 or not weights.any():
        raise InvalidInput(
            "sample_weight must be finite and not negative, and above 0 for some answer.",
            "Leave it out to count every answer alike.",
        )
    return _of_mean_one(weights)


def _of_mean_one(weights: FloatArray) -> FloatArray:
    """Scale weights to a mean of 1; all 0 stays."""
    mean = weights.mean()
    return np.asarray(weights / mean if mean else weights, dtype=np.float32)
