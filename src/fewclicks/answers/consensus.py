"""One class for items that several people have voted on: by majority, or by who proves right.

Dawid and Skene's model is ours because the kept library for it, crowd-kit, brings transformers,
nltk and pandas along, and looks at every vote in each step; here a step looks at each pattern of
votes once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Self, cast

import numpy as np
import scipy.sparse as sp

from fewclicks import checks
from fewclicks.answers.votes import Votes
from fewclicks.errors import Conflict, InvalidInput
from fewclicks.records import BoolArray, FloatArray, IntArray

Rule = Literal["auto", "majority", "latest"]
"""What decides where people differ: see `settle`."""

FEWEST_PEOPLE = 3
"""With fewer people nobody can say which of two that differ is right more often;"""

FEWEST_SHARED = 30
"""nor with fewer items that each of so many shares with others."""

_LEAST = 1e-300
"""Chances are never less, or their logarithm would be infinite."""


@dataclass(frozen=True, slots=True)
class Majority:
    """The class that most votes on each item name.

    Attributes
    ----------
    classes : ndarray of shape (n_items,), int64
        Class ids, in the order of `Votes.items`; of a tie the smallest.
    shares : ndarray of shape (n_items,), float64
        Share of the votes on the item that name it, in ]0, 1].
    tied : ndarray of shape (n_items,), bool
        Whether another class has as many votes.
    """

    classes: IntArray
    shares: FloatArray
    tied: BoolArray


def majority(votes: Votes) -> Majority:
    """Count the votes on each item."""
    patterns = votes.patterns
    counts = patterns.counts(len(votes.classes))
    if not len(patterns):
        return Majority(votes.classes[:0], np.empty(0), np.empty(0, np.bool_))
    most = counts.max(axis=1)
    tied = (counts == most[:, None]).sum(axis=1) > 1
    best = votes.classes[counts.argmax(axis=1)]
    of_item = patterns.of_item
    return Majority(best[of_item], (most / counts.sum(axis=1))[of_item], tied[of_item])


class DawidSkene:
    """How often each person takes one class for another, and what items are by that.

    Dawid and Skene, "Maximum likelihood estimation of observer error-rates using the EM algorithm",
    Applied Statistics 28 (1979), equations 2.3 to 2.5, from the shares of votes; with a prior, so
    that somebody of whom little is known is neither always right nor always wrong.

    Parameters
    ----------
    smoothing : float, default 2.0
        Votes that the prior counts for, of each person in each class; the classes' shares have as
        many in all. 0 is maximum likelihood.
    presumed : float, default 0.8
        Chance that a vote is right, by the prior.
    max_iter : int, default 200
    tol : float, default 1e-7
        It is done when a step raises the log-likelihood per vote by no more.

    Attributes
    ----------
    items_, people_, classes_ : ndarray
        The distinct ids, ascending.
    prior_ : ndarray of shape (n_classes,)
        Share of each class.
    confusion_ : ndarray of shape (n_people, n_classes, n_classes)
        Chance that a person (first axis) says a class (last) of an item of a class (middle).
    proba_ : ndarray of shape (n_items, n_classes)
        Belief in what each item is; rows sum to 1.
    proba_of_patterns_ : ndarray of shape (n_patterns, n_classes)
        The same for each of `Votes.patterns`.
    log_likelihood_ : ndarray of shape (n_steps,)
        Of the votes, and with `smoothing` of the prior, before each step; it never falls.
    converged_ : bool
        Whether `tol` was reached.
    """

    def __init__(
        self,
        *,
        smoothing: float = 2.0,
        presumed: float = 0.8,
        max_iter: int = 200,
        tol: float = 1e-7,
    ) -> None:
        checks.between(smoothing, 0, np.inf, "smoothing")
        checks.between(presumed, 0, 1, "presumed")
        checks.between(max_iter, 1, np.inf, "max_iter", integer=True)
        checks.between(tol, 0, np.inf, "tol")
        self.smoothing = smoothing
        self.presumed = presumed
        self.max_iter = max_iter
        self.tol = tol

    def fit(self, votes: Votes) -> Self:
        """Learn from votes, at least one.

        Raises
        ------
        InvalidInput
            There is no vote.
        """
        if not len(votes):
            raise InvalidInput("Dawid and Skene's model needs votes but there is none.")
        n_people, n_classes = len(votes.people), len(votes.classes)
        said, weights = _said(votes), votes.patterns.n_items.astype(np.float64)
        pseudo = _pseudo(n_classes, self.smoothing, self.presumed)
        counts = votes.patterns.counts(n_classes)
        belief: FloatArray = counts / counts.sum(axis=1, keepdims=True)
        heights: list[float] = []
        self.converged_ = False
        while not self.converged_ and len(heights) < self.max_iter:
            prior, confusion = _maximised(said, weights, belief, n_people, pseudo, self.smoothing)
            belief, height = _expected(said, weights, prior, confusion)
            height += _prior_height(prior, confusion, pseudo, self.smoothing)
            self.converged_ = bool(heights) and height - heights[-1] <= self.tol * len(votes)
            heights.append(height)
        self.items_, self.people_, self.classes_ = votes.items, votes.people, votes.classes
        self.prior_, self.confusion_ = prior, confusion
        self.log_likelihood_ = np.array(heights)
        self.proba_of_patterns_, self._of_item = belief, votes.patterns.of_item
        return self

    @property
    def proba_(self) -> FloatArray:
        """See the class.

        Raises
        ------
        Conflict
            `fit` was not called.
        """
        if not hasattr(self, "proba_of_patterns_"):
            raise Conflict("Nothing has been learnt yet.", "Call fit first.")
        return self.proba_of_patterns_[self._of_item]


@dataclass(frozen=True, slots=True)
class Settled:
    """What is made of items that several people have voted on.

    Attributes
    ----------
    classes : ndarray of shape (n_items,), int64
        Class ids, in the order of `Votes.items`.
    disputed : ndarray of shape (n_items,), bool
        Whether not all votes on the item name this class.
    tied : ndarray of shape (n_items,), bool
        Whether another class has as many votes.
    weighed : bool
        Whether Dawid and Skene's model decided; else the majority did, and of a tie the latest.
    """

    classes: IntArray
    disputed: BoolArray
    tied: BoolArray
    weighed: bool


def settle(votes: Votes, latest: IntArray, rule: Rule = "auto") -> Settled:
    """Decide what items are.

    Parameters
    ----------
    votes : Votes
    latest : ndarray of shape (n_items,)
        The class that the latest vote on each item names: it decides a tie.
    rule : {"auto", "majority", "latest"}, default "auto"
        "auto" is Dawid and Skene's model where enough is shared to know people by it, and the
        majority elsewhere. It chooses among the classes that somebody has named.
    """
    checks.same_length(votes.items, latest, ("items", "latest"))
    counted = majority(votes)
    weighed = rule == "auto" and enough_shared(votes)
    if weighed:
        classes = _likeliest_named(votes)
    elif rule == "latest":
        classes = latest
    else:
        classes = np.where(counted.tied & _among_best(votes, latest), latest, counted.classes)
    for_it = _named(votes, classes)
    return Settled(classes, for_it < votes.per_item, counted.tied, weighed)


def enough_shared(votes: Votes) -> bool:
    """Tell whether people can be told apart by how right they are.

    At least `FEWEST_PEOPLE` must each share `FEWEST_SHARED` items with others: what two people say
    never tells which of them errs.
    """
    shared = np.bincount(votes.shared.person, minlength=len(votes.people))
    return int(np.count_nonzero(shared >= FEWEST_SHARED)) >= FEWEST_PEOPLE


def _likeliest_named(votes: Votes) -> IntArray:
    """The class of each item that its votes name and Dawid and Skene's model believes most."""
    patterns = votes.patterns
    belief = DawidSkene().fit(votes).proba_of_patterns_
    named = patterns.counts(len(votes.classes)) > 0
    best = np.where(named, belief, -1).argmax(axis=1)
    return cast(IntArray, votes.classes[best][patterns.of_item])


def _named(votes: Votes, classes: IntArray) -> IntArray:
    """Votes on each item that name a given class."""
    fits = votes.classes[votes.said] == classes[votes.item]
    return np.bincount(votes.item[fits], minlength=len(votes.items))


def _among_best(votes: Votes, classes: IntArray) -> BoolArray:
    """Whether as many votes name a given class of each item as any."""
    counted = majority(votes)
    return cast(BoolArray, _named(votes, classes) == np.rint(counted.shares * votes.per_item))


def _said(votes: Votes) -> sp.csr_matrix:
    """Who said what in each pattern, shape (n_patterns, n_people · n_classes)."""
    patterns, n_classes = votes.patterns, len(votes.classes)
    columns = patterns.person * n_classes + patterns.said
    shape = (len(patterns), len(votes.people) * n_classes)
    return sp.csr_matrix((np.ones(len(columns)), (patterns.pattern, columns)), shape=shape)


def _pseudo(n_classes: int, smoothing: float, presumed: float) -> FloatArray:
    """Votes by the prior, (n_classes, n_classes): of an item of a class (row) for a class."""
    if n_classes == 1:
        return np.full((1, 1), smoothing)
    pseudo = np.full((n_classes, n_classes), smoothing * (1 - presumed) / (n_classes - 1))
    np.fill_diagonal(pseudo, smoothing * presumed)
    return pseudo


def _maximised(
    said: sp.csr_matrix,
    weights: FloatArray,
    belief: FloatArray,
    n_people: int,
    pseudo: FloatArray,
    smoothing: float,
) -> tuple[FloatArray, FloatArray]:
    """The M step: the classes' shares, and each person's confusion, from the belief in items."""
    n_classes = len(pseudo)
    believed = belief * weights[:, None]
    prior = believed.sum(axis=0) + smoothing / n_classes
    counts = (said.T @ believed).reshape(n_people, n_classes, n_classes).swapaxes(1, 2) + pseudo
    totals = counts.sum(axis=2, keepdims=True)
    even = np.full_like(counts, 1 / n_classes)  # of a class that nobody believes in
    confusion = np.divide(counts, totals, out=even, where=totals > 0)
    return prior / prior.sum(), confusion


def _expected(
    said: sp.csr_matrix, weights: FloatArray, prior: FloatArray, confusion: FloatArray
) -> tuple[FloatArray, float]:
    """The E step: the belief in the items of each pattern, and the votes' log-likelihood."""
    n_classes = len(prior)
    chances = np.log(np.maximum(confusion, _LEAST)).swapaxes(1, 2).reshape(-1, n_classes)
    logs = said @ chances + np.log(np.maximum(prior, _LEAST))
    highest = logs.max(axis=1, keepdims=True)
    belief = np.exp(logs - highest)
    totals = belief.sum(axis=1, keepdims=True)
    return belief / totals, float(weights @ (highest + np.log(totals))[:, 0])


def _prior_height(
    prior: FloatArray, confusion: FloatArray, pseudo: FloatArray, smoothing: float
) -> float:
    """Logarithm of the prior's density, but for a constant."""
    if not smoothing:
        return 0.0
    of_classes = smoothing / len(prior) * np.log(np.maximum(prior, _LEAST)).sum()
    return float(of_classes + (pseudo * np.log(np.maximum(confusion, _LEAST))).sum())
