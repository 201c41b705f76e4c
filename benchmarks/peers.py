"""The query strategies of other packages, asked as ours are.

All of them are given the same rows, answers and shares of belief. `make bench` installs
scikit-activeml, modAL and small-text; what is not there is left out, and said to be.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from types import SimpleNamespace
from typing import Any

import numpy as np

from fewclicks.records import NO_CLASS

PACKAGES = {
    "scikit-activeml": "skactiveml",
    "modAL": "modAL",
    "small-text": "small_text",
    "GraphLearning": "graphlearning",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """What a batch is wanted of: rows, answers with NO_CLASS, a fitted model, size and seed."""

    X: Any
    y: Any
    model: Any
    n: int
    seed: int


Pick = Callable[[Asked], Any]


def activeml(name: str, needs: str = "", **parameters: Any) -> Pick:
    """A pool strategy of scikit-activeml, which may need a classifier or an ensemble."""

    def pick(asked: Asked) -> Any:
        made = getattr(import_module("skactiveml.pool"), name)(
            missing_label=NO_CLASS, random_state=asked.seed, **parameters
        )
        known = {}
        if needs == "clf":
            known = {"clf": frozen(asked.model), "fit_clf": False}
        elif needs == "ensemble":
            members = [frozen(member) for member in asked.model.members_]
            known = {"ensemble": members, "fit_ensemble": False}
        return made.query(asked.X, asked.y, batch_size=asked.n, **known)

    return pick


def frozen(model: Any) -> Any:
    """A classifier of scikit-activeml that is fitted already: it says what our model says."""
    base = import_module("skactiveml.base").SkactivemlClassifier

    def init(self: Any, classes: Any = None, missing_label: int = NO_CLASS) -> None:
        base.__init__(self, classes=classes, missing_label=missing_label)

    made: Any = type(
        "Frozen",
        (base,),
        {
            "__init__": init,
            "fit": lambda self, X, y, sample_weight=None: self,
            "predict": lambda self, X: model.predict(X),
            "predict_proba": lambda self, X: np.asarray(model.predict_proba(X), dtype=float),
        },
    )(classes=model.classes_.tolist())
    made.classes_ = model.classes_
    return made


def modal(module: str, name: str) -> Pick:
    """A query function of modAL; positions are those among the open items."""

    def pick(asked: Asked) -> Any:
        open_ = np.flatnonzero(asked.y == NO_CLASS)
        learner = SimpleNamespace(
            predict_proba=asked.model.predict_proba,
            X_training=asked.X[asked.y != NO_CLASS],
            on_transformed=False,
            transform_without_estimating=lambda rows: rows,
        )
        query = getattr(import_module(f"modAL.{module}"), name)
        return open_[query(learner, asked.X[open_], n_instances=asked.n)[0]]

    return pick


def smalltext(name: str, *, embedded: bool = False, **parameters: Any) -> Pick:
    """A query strategy of small-text, whose global randomness is seeded."""

    def pick(asked: Asked) -> Any:
        np.random.seed(asked.seed)  # noqa: NPY002 - it has no other
        open_, answered = (np.flatnonzero((asked.y == NO_CLASS) == is_) for is_ in (True, False))
        made = getattr(import_module("small_text.query_strategies"), name)(**parameters)
        known = {"embeddings": asked.X} if embedded else {}
        labels = asked.y[answered]
        return made.query(asked.model, asked.X, open_, answered, labels, n=asked.n, **known)

    return pick


PEERS: dict[str, dict[str, Pick]] = {
    "least_confidence": {
        "scikit-activeml": activeml("UncertaintySampling", "clf", method="least_confident"),
        "modAL": modal("uncertainty", "uncertainty_sampling"),
        "small-text": smalltext("LeastConfidence"),
    },
    "margin": {
        "scikit-activeml": activeml("UncertaintySampling", "clf", method="margin_sampling"),
        "modAL": modal("uncertainty", "margin_sampling"),
        "small-text": smalltext("BreakingTies"),
    },
    "entropy": {
        "scikit-activeml": activeml("UncertaintySampling", "clf", method="entropy"),
        "modAL": modal("uncertainty", "entropy_sampling"),
        "small-text": smalltext("PredictionEntropy"),
    },
    "vote_entropy": {
        "scikit-activeml": activeml("QueryByCommittee", "ensemble", method="vote_entropy"),
    },
    "consensus_kl": {
        "scikit-activeml": activeml("QueryByCommittee", "ensemble", method="KL_divergence"),
    },
    "core_set": {
        "scikit-activeml": activeml("CoreSet"),
        "small-text": smalltext("GreedyCoreset", embedded=True, normalize=False),
    },
    "medoids": {"small-text": smalltext("EmbeddingKMeans", embedded=True, normalize=False)},
    "uncertain_clusters": {"modAL": modal("batch", "uncertainty_batch_sampling")},
    "typiclust": {"scikit-activeml": activeml("TypiClust", k=20)},
    "probcover": {"scikit-activeml": activeml("ProbCover")},
    "badge": {"scikit-activeml": activeml("Badge", "clf")},
}
"""By our strategy and their package. modAL's ranked batches and small-text's k-means are the
nearest that they have, the others the same strategy; TypiClust with the 20 neighbours of its paper
in place of their 5."""

BATCH_DIVERSE = ("core_set", "typiclust", "probcover", "badge")
"""Strategies of scikit-activeml that look at how the items of a batch lie to each other."""


def installed(package: str) -> bool:
    """Whether another package is there."""
    return find_spec(PACKAGES[package]) is not None


def pick(strategy: str, package: str, asked: Asked) -> Any:
    """Ask another package; its warnings are its own."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return np.asarray(PEERS[strategy][package](asked))
