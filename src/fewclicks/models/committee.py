"""Several models in place of one, so that they can disagree."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, Self, cast

import numpy as np
from sklearn.base import BaseEstimator, clone
from sklearn.utils.validation import check_is_fitted, validate_data

from fewclicks import checks
from fewclicks.errors import InvalidInput
from fewclicks.models.linear import CalibratedLinear
from fewclicks.records import NO_CLASS, FloatArray, IntArray
from fewclicks.rows import spans

By = Literal["bagging", "seeds", "models"]

WAYS: tuple[By, ...] = ("bagging", "seeds", "models")


class Committee(BaseEstimator):
    """A committee of models that learn from the same answers and vote.

    Parameters
    ----------
    members : model or list of models, optional
        One model to be cloned, by default CalibratedLinear; or the models themselves, of
        different kinds, with `by="models"`. Each has `fit(X, y)`, `predict_proba(X)` and
        `classes_`, and is cloned before it learns. `y` tells unanswered items by NO_CLASS, but
        members never see it: they are given the answered rows only.
    by : {"bagging", "seeds", "models"}, default "bagging"
        What sets members apart: each learns from a bootstrap of the answers (query by bagging,
        Abe and Mamitsuka 1998), which keeps at least one answer of every class; or from all
        answers with a `random_state` of its own (deep ensembles, Beluch, Genewein, Nürnberger and
        Köhler 2018), for models whose fit depends on it; or they are different models.
    n_members : int, default 5
        Members, at least 2; the length of the list where `by` is "models".
    random_state : int, default 0
        Draws bootstraps and the members' seeds.

    Attributes
    ----------
    members_ : list of fitted models
    classes_ : ndarray of shape (n_classes,)
        Class ids that have answers, ascending.
    n_features_in_ : int
        Columns of `X` where it is a matrix.
    """

    members_: list[Any]
    classes_: IntArray

    def __init__(
        self,
        members: Any = None,
        *,
        by: By = "bagging",
        n_members: int = 5,
        random_state: int = 0,
    ) -> None:
        self.members = members
        self.by = by
        self.n_members = n_members
        self.random_state = random_state

    def fit(self, X: Any, y: Any) -> Self:
        """Let every member learn from the answered rows.

        Parameters
        ----------
        X : array-like of shape (n_items, ...)
            Feature rows or images. May be memory-mapped; only answered rows are read.
        y : array-like of shape (n_items,)
            Class ids; NO_CLASS (−1) for unanswered items.

        Raises
        ------
        InvalidInput
            The lengths differ, no item is answered, a parameter is out of range, or a member
            refuses what it is given.
        """
        X = _checked(self, X, reset=True)
        ids = np.asarray(y, dtype=np.int64).reshape(-1)
        checks.same_length(X, ids, ("X", "y"))
        answered = np.flatnonzero(ids != NO_CLASS)
        if not len(answered):
            raise InvalidInput("y must hold at least one answer but all are -1.", "Answer first.")
        self.classes_ = np.unique(ids[answered])
        rng = np.random.default_rng(self.random_state)
        self.members_ = []
        for member in self._candidates(rng):
            taught = bootstrap(ids[answered], rng) if self.by == "bagging" else slice(None)
            self.members_.append(member.fit(X[answered[taught]], ids[answered[taught]]))
        return self

    def member_probas(self, X: Any) -> FloatArray:
        """Return each member's shares, shape (n_members, len(X), n_classes), float32.

        Columns are those of `classes_`; a class that a member has not met has share 0. All of
        them are held at once: give a block at a time.
        """
        check_is_fitted(self)
        X = _checked(self, X, reset=False)
        out = np.zeros((len(self.members_), len(X), len(self.classes_)), np.float32)
        for shares, member in zip(out, self.members_, strict=True):
            shares[:, np.searchsorted(self.classes_, member.classes_)] = member.predict_proba(X)
        return out

    def predict_proba(self, X: Any) -> FloatArray:
        """Return the members' mean shares, shape (len(X), n_classes), float32; rows sum to 1.

        Rows are read in blocks.
        """
        check_is_fitted(self)
        X = _checked(self, X, reset=False)
        out = np.empty((len(X), len(self.classes_)), np.float32)
        for block in spans(len(X)):
            out[block] = self.member_probas(X[block]).mean(axis=0)
        return out

    def predict(self, X: Any) -> IntArray:
        """Return the likeliest class id of every row; on a tie the smaller."""
        proba = self.predict_proba(X)
        return cast(IntArray, self.classes_[proba.argmax(axis=1)])

    def _candidates(self, rng: np.random.Generator) -> list[Any]:
        """Return the members before they learn."""
        checks.one_of(self.by, WAYS, "by")
        if self.by == "models":
            if not isinstance(self.members, Sequence) or len(self.members) < 2:
                raise InvalidInput(
                    f'members must be a list of at least 2 models if by is "models" but is '
                    f"{self.members!r}.",
                    'Give the models, or by="bagging" or by="seeds".',
                )
            return [clone(member) for member in self.members]
        checks.between(self.n_members, 2, np.inf, "n_members", integer=True)
        base = CalibratedLinear() if self.members is None else self.members
        seeds = rng.integers(2**31, size=self.n_members)
        return [seeded(clone(base), int(seed), self.by) for seed in seeds]


def bootstrap(class_ids: IntArray, rng: np.random.Generator) -> IntArray:
    """Draw as many answers as there are, with replacement, but one of every class at least.

    Parameters
    ----------
    class_ids : ndarray of shape (n_answers,)

    Returns
    -------
    ndarray of shape (n_answers,), int64
        Positions in `class_ids`, ascending, some of them several times.
    """
    order = rng.permutation(len(class_ids))
    _, first = np.unique(class_ids[order], return_index=True)
    rest = rng.integers(len(class_ids), size=len(class_ids) - len(first))
    return cast(IntArray, np.sort(np.concatenate([order[first], rest])))


def seeded(model: Any, seed: int, by: By) -> Any:
    """Return `model` with its `random_state` set to `seed`, where it has one.

    Raises
    ------
    InvalidInput
        `by` is "seeds" and it has none, so that all members would be the same.
    """
    if "random_state" in model.get_params():
        return model.set_params(random_state=seed)
    if by == "seeds":
        raise InvalidInput(
            f'{type(model).__name__} has no random_state, which by="seeds" needs.',
            'Give by="bagging".',
        )
    return model


def _checked(committee: Committee, X: Any, *, reset: bool) -> Any:
    """Return `X` as an array; its width is remembered, or compared, where it is a matrix.

    What is in it is for the members to check: rows must be finite, images need not be rows.
    """
    try:
        rows = validate_data(
            committee,
            X,
            reset=reset,
            dtype=None,
            allow_nd=True,
            ensure_all_finite=not isinstance(X, np.memmap),
        )
    except ValueError as error:  # in scikit-learn's words, which its own checks look for
        raise InvalidInput(str(error).strip()) from error
    return rows
