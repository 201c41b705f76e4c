"""Who takes part in `benchmarks.compare`: workflows of fewclicks, and learners of other packages.

Nothing here was chosen by looking at results: workflows run with their defaults, but start with as
few answers as other packages, and do not end before the budget is spent; other packages run as
their manuals show.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np

from benchmarks import learners, peers
from fewclicks.records import Outcome, Question
from fewclicks.workflows import ConfusionArea, FewClicks, Guided, State, Threshold

OURS = "fewclicks"
START = 25
"""Answers of a random start, the same items for all with the same seed."""


@dataclass(frozen=True, slots=True)
class RandomQuestions:
    """The models of the workflow `fewclicks`, its network included, on answers drawn at random."""

    n_batch: int = START

    name: ClassVar[str] = "random"
    summary: ClassVar[str] = "Ask at random; learn as the default workflow does."

    def round(self, state: State) -> Outcome:
        """Label as `fewclicks` does and ask for the next items of the draw."""
        outcome = FewClicks(audit=0).round(state)
        order = draw(state.collection.n_items, state.seed)
        items = order[~state.asked[order]][: state.affordable(self.n_batch)]
        questions = [
            Question("item", "It was drawn at random.", float(-rank), item=int(item))
            for rank, item in enumerate(items)
        ]
        return replace(outcome, questions=questions)


def draw(n_items: int, seed: int) -> Any:
    """All items in random order: the draw of the workflows that start at random."""
    return np.argsort(np.random.default_rng(seed).random(n_items), kind="stable")


def _guided(model: Any) -> Callable[[int], Any]:
    return lambda n_items: Guided(n_start=START, model=model)


def _threshold(n_items: int) -> Any:
    return Threshold(initial=min(1.0, START / n_items), stop=0)


@dataclass(frozen=True, slots=True)
class Contender:
    """One line of the table.

    Attributes
    ----------
    package : str
        "fewclicks", or a name of `peers.PACKAGES`.
    about : str
        What it is, for the table's notes.
    workflow : callable, optional
        Makes the workflow for a number of items.
    learner : callable, optional
        Makes the learner of another package.
    typical : bool
        Whether it asks for typical items, which cost a person less time.
    one_by_one : bool
        Whether it asks one item and learns from the answer before it asks the next, as its manual
        shows, in place of batches.
    kinds : tuple of str
        Kinds of images that it is for.
    grouped : bool
        Whether it is for images that come in groups only.
    cheap : bool
        Whether its labels can be had between its rounds; otherwise those of the last count.
    gigabytes : callable, optional
        Memory that it needs for so many items.
    """

    package: str
    about: str
    workflow: Callable[[int], Any] | None = None
    learner: learners.Make | None = None
    typical: bool = False
    one_by_one: bool = False
    kinds: tuple[str, ...] = ("glyphs", "photos")
    grouped: bool = False
    cheap: bool = True
    gigabytes: Callable[[int], float] | None = None


def _ours(about: str, workflow: Callable[[int], Any], **more: Any) -> Contender:
    return Contender(OURS, about, workflow=workflow, **more)


def _activeml(strategy: str, about: str, *, typical: bool = False, **more: Any) -> Contender:
    gigabytes = more.pop("gigabytes", None)
    return Contender(
        "scikit-activeml",
        about,
        learner=lambda given: learners.Activeml(given, strategy, **_told(more, given)),
        typical=typical,
        gigabytes=gigabytes,
    )


def _told(parameters: dict[str, Any], given: learners.Given) -> dict[str, Any]:
    """Fill in the number of classes where a strategy wants to be told."""
    return {k: given.n_classes if v is CLASSES else v for k, v in parameters.items()}


CLASSES = object()
"""Stands for the number of classes."""


def _modal(module: str, strategy: str, about: str) -> Contender:
    return Contender("modAL", about, learner=lambda given: learners.Modal(given, module, strategy))


def _graph(acquisition: str, about: str, **more: Any) -> Contender:
    """A learner of GraphLearning, whose batches are diverse only where a covariance makes them."""
    return Contender(
        "GraphLearning",
        about,
        learner=lambda given: learners.Graph(given, acquisition, **more),
        one_by_one=not more.get("spectral", False),
    )


CONTENDERS: dict[str, Contender] = {
    "fewclicks": _ours("the default workflow", lambda n: FewClicks()),
    "fewclicks-core": _ours("the same without a network", lambda n: FewClicks(refine="never")),
    "fewclicks-apart": _ours(
        "the default workflow told nothing of groups",
        lambda n: FewClicks(share="never"),
        grouped=True,
    ),
    "confusion_area": _ours("names clusters, then confusing items", lambda n: ConfusionArea()),
    "guided-linear": _ours("doubling from 25, linear model on the features", _guided("linear")),
    "guided-network": _ours(
        "doubling from 25, network on the images",
        _guided("network"),
        kinds=("glyphs",),
        cheap=False,
    ),
    "threshold": _ours(
        "from 25 at random, then the least sure of what the graph leaves open", _threshold
    ),
    "random": _ours(
        "random answers, 25 a round, with the models of fewclicks, its network included",
        lambda n: RandomQuestions(),
    ),
    "activeml-typiclust": _activeml(
        "TypiClust", "TypiClust, 20 neighbours as in its paper", typical=True, k=20
    ),
    "activeml-probcover": _activeml(
        "ProbCover",
        "ProbCover, radius by its rule, told the number of classes",
        typical=True,
        n_classes=CLASSES,
        gigabytes=lambda n: 12 * n * n / 2**30,
    ),
    "activeml-margin": _activeml(
        "UncertaintySampling", "smallest margin", asks_model=True, method="margin_sampling"
    ),
    "modal-margin": _modal("uncertainty", "margin_sampling", "smallest margin"),
    "modal-batch": _modal("batch", "uncertainty_batch_sampling", "ranked batches"),
    "graphlearning-laplace": _graph(
        "unc_sampling", "Laplace learning, smallest margin, one by one"
    ),
    "graphlearning-wnll": _graph(
        "unc_sampling",
        "weighted nonlocal Laplacian, smallest margin, one by one",
        model_options={"reweighting": "wnll"},
    ),
    "graphlearning-poisson": _graph(
        "unc_sampling", "Poisson learning, smallest margin, one by one", model="poisson"
    ),
    "graphlearning-pwll": _graph(
        "unc_sampling",
        "Poisson-weighted Laplacian, smallest norm, one by one",
        model_options={"reweighting": "poisson"},
        unc_method="unc_2norm",
    ),
    "graphlearning-vopt": _graph(
        "var_opt", "Laplace learning, variance optimality, 50 eigenvectors", spectral=True
    ),
    "graphlearning-mcvopt": _graph(
        "model_change_var_opt",
        "Laplace learning, model change and variance, 50 eigenvectors",
        spectral=True,
    ),
}
"""Every contender by name; those of other packages stand for a logistic regression unless said."""

QUICK = ("fewclicks-core", "random", "activeml-margin")


def absent(name: str, described: dict[str, Any]) -> str:
    """Why a contender takes no part in labelling such a project, or ""."""
    contender = CONTENDERS[name]
    if contender.package != OURS and not peers.installed(contender.package):
        return "not installed"
    if described["kind"] not in (None, *contender.kinds):
        return f"for {' and '.join(contender.kinds)} only"
    if contender.grouped and not described["grouped"]:
        return "for groups only"
    return ""
