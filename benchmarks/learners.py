"""Active learners of other packages, each as its manual runs it, behind one small door.

All start from the rows, neighbours and answers that fewclicks has. Settings are fixed here, before
any run, and are the packages' defaults or what their documentation shows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Protocol

import numpy as np
from sklearn.linear_model import LogisticRegression

from fewclicks.records import NO_CLASS, BoolArray, IntArray


@dataclass(frozen=True, slots=True)
class Given:
    """What a learner starts from.

    Attributes
    ----------
    rows : ndarray of shape (n_items, d), float32
        Columns centred, all divided by one number so that their mean variance is 1.
    indices, distances : ndarray of shape (n_items, k)
        The nearest other items of every item, nearest first.
    n_classes : int
        How many classes there are: other packages are to be told; fewclicks is not.
    seed : int
    """

    rows: Any
    indices: Any
    distances: Any
    n_classes: int
    seed: int


class Learner(Protocol):
    """Another package's active learner. Classes are numbered in the order in which they are met."""

    def ask(self, n: int) -> Any:
        """Return positions of up to `n` items to be answered next."""
        ...

    def teach(self, items: IntArray, classes: IntArray) -> None:
        """Take answers."""
        ...

    def believe(self) -> Any:
        """Return the class of every item, shape (n_items,)."""
        ...


def scaled(rows: Any) -> Any:
    """Centre the columns and divide all by one number: their mean variance is 1 then.

    Regularised models expect numbers of about that size; one number for all keeps distances as
    they are to each other.
    """
    centred = np.asarray(rows, dtype=np.float32) - np.mean(rows, axis=0, dtype=np.float64)
    size = float(np.sqrt(np.mean(np.var(centred, axis=0))))
    return (centred / (size or 1.0)).astype(np.float32)


def on_sphere(rows: Any) -> Any:
    """Rows of length 1, as the authors of ProbCover and TypiClust take them."""
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return rows / np.where(lengths > 0, lengths, 1)


def logistic_regression(seed: int) -> Any:
    """scikit-learn's, as it comes, with time to converge."""
    return LogisticRegression(max_iter=1000, random_state=seed)


class Activeml:
    """A pool strategy of scikit-activeml with its wrapper of a logistic regression."""

    def __init__(
        self, given: Given, strategy: str, *, asks_model: bool = False, **parameters: Any
    ) -> None:
        classifier = import_module("skactiveml.classifier").SklearnClassifier
        self._rows = given.rows
        self._places = given.rows if asks_model else on_sphere(given.rows)
        self._y = np.full(len(given.rows), NO_CLASS)
        self._model = classifier(
            logistic_regression(given.seed),
            classes=list(range(given.n_classes)),
            missing_label=NO_CLASS,
            random_state=given.seed,
        )
        self._known = {"clf": self._model} if asks_model else {}
        self._strategy = getattr(import_module("skactiveml.pool"), strategy)(
            missing_label=NO_CLASS, random_state=given.seed, **parameters
        )

    def ask(self, n: int) -> Any:
        """Query a batch."""
        return self._strategy.query(self._places, self._y, batch_size=n, **self._known)

    def teach(self, items: IntArray, classes: IntArray) -> None:
        """Note answers; models are fitted when they are needed."""
        self._y[items] = classes

    def believe(self) -> Any:
        """Predict with a newly fitted classifier."""
        return self._model.fit(self._rows, self._y).predict(self._rows).astype(int)


class Modal:
    """An ActiveLearner of modAL around a logistic regression.

    Its `teach` calls what scikit-learn 1.8 has taken away. It would fit the model anew to all
    answers; so does a learner that is made anew with all answers.
    """

    def __init__(self, given: Given, module: str, strategy: str) -> None:
        self._given = given
        self._strategy = getattr(import_module(f"modAL.{module}"), strategy)
        self._y = np.full(len(given.rows), NO_CLASS)
        self._learner: Any = None

    def ask(self, n: int) -> Any:
        """Query the pool of open items."""
        open_ = np.flatnonzero(self._y == NO_CLASS)
        return open_[self._learner.query(self._given.rows[open_], n_instances=n)[0]]

    def teach(self, items: IntArray, classes: IntArray) -> None:
        """Fit to all answers, once there are two classes to tell apart."""
        self._y[items] = classes
        known = np.flatnonzero(self._y != NO_CLASS)
        if len(np.unique(self._y[known])) > 1:
            self._learner = import_module("modAL.models").ActiveLearner(
                estimator=logistic_regression(self._given.seed),
                query_strategy=self._strategy,
                X_training=self._given.rows[known],
                y_training=self._y[known],
            )

    def believe(self) -> Any:
        """Predict."""
        return self._learner.predict(self._given.rows)


class Graph:
    """GraphLearning's active learner on its graph of the 10 nearest neighbours.

    The neighbours themselves are given to it, as it would need a further package to find them.
    """

    def __init__(
        self,
        given: Given,
        acquisition: str,
        *,
        model: str = "laplace",
        spectral: bool = False,
        model_options: dict[str, Any] | None = None,
        **parameters: Any,
    ) -> None:
        self._active = import_module("graphlearning.active_learning")
        weights = import_module("graphlearning.weightmatrix").knn(
            given.rows, 10, knn_data=_with_self(given)
        )
        made = getattr(import_module("graphlearning.ssl"), model)
        self._model = made(weights, **(model_options or {}))
        self._acquisition = getattr(self._active, acquisition)
        self._spectral = spectral
        self._parameters = {**parameters, **(self._covariance() if spectral else {})}
        self._learner: Any = None

    def _covariance(self) -> dict[str, Any]:
        """The covariance that variance-optimal acquisitions start from, as documented."""
        values, vectors = self._model.graph.eigen_decomp(normalization="normalized", k=50)
        return {"C": np.diag(1.0 / (values + 1e-11)), "V": vectors}

    def ask(self, n: int) -> Any:
        """Select a batch by the highest values.

        Where these follow from a covariance, one by one, each narrowing it for the next: that
        needs no answer. Once answered they narrow it again, so it is put back.
        """
        if not self._spectral:
            return self._learner.select_queries(batch_size=n)
        acquisition, picked = self._learner.acq_function, np.empty(0, dtype=np.int64)
        before = acquisition.C.copy()
        for _ in range(n):
            open_ = np.setdiff1d(self._learner.unlabeled_ind, picked)
            one = self._learner.select_queries(batch_size=1, candidate_ind=open_)
            acquisition.update(one, None)
            picked = np.append(picked, one)
        acquisition.C = before
        return picked

    def teach(self, items: IntArray, classes: IntArray) -> None:
        """Update the learner, which solves for all labels anew."""
        if self._learner is not None:
            self._learner.update(items, classes)
            return
        self._learner = self._active.active_learner(
            self._model, self._acquisition, items, classes, **self._parameters
        )

    def believe(self) -> Any:
        """Predict."""
        return self._model.predict()


def _with_self(given: Given) -> tuple[Any, Any]:
    """Neighbours and distances with each item itself in front, as GraphLearning counts them."""
    n = len(given.indices)
    indices = np.column_stack([np.arange(n), given.indices])
    return indices, np.column_stack([np.zeros(n), given.distances])


Make = Callable[[Given], Learner]


def ask(learner: Learner, n: int, open_: BoolArray, rng: np.random.Generator) -> IntArray:
    """Ask for `n` different open items, or all there are.

    What a package gives twice, or has asked before, is made up for at random.
    """
    n = min(n, int(np.count_nonzero(open_)))
    picked = np.asarray(learner.ask(n), dtype=np.int64)
    picked = picked[open_[picked]]
    _, first = np.unique(picked, return_index=True)
    picked = picked[np.sort(first)][:n]
    others = np.setdiff1d(np.flatnonzero(open_), picked)
    filled = rng.choice(others, n - len(picked), replace=False)
    return np.concatenate([picked, filled]).astype(np.int64)
