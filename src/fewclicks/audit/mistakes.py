"""Answers that are probably mistakes, because everything else contradicts them.

What speaks against an answer are votes, the answer's own among them, and its score is the share of
them that say otherwise: in [0, 1], 1 is the worst. So kinds can be compared. A model's votes are
its shares of belief. The answer has its own vote where votes are counted: of two near-duplicates
that were named differently each has the score 1/2, for one of them is wrong. An answer is
suspected if no fewer votes are for some other class than for its own; of neighbours, which are
often of other classes at a boundary, if that class has the majority.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

import numpy as np

from fewclicks import checks
from fewclicks.audit.tally import Tally
from fewclicks.extras import imported
from fewclicks.records import NO_CLASS, BoolArray, FloatArray, IntArray

KINDS = ("model", "neighbours", "duplicates", "earlier")
"""What contradicts an answer: a model that has not seen it; the nearest answered items; items of
the same group, or with the same content; other answers about the same item."""

FEWEST_NEIGHBOURS = 3
"""With fewer neighbours that have a say there is no telling."""


_FILTER = "predicted_neq_given"


@dataclass(frozen=True, slots=True)
class Doubts:
    """The answers that one kind of evidence contradicts.

    Attributes
    ----------
    at : ndarray of shape (n,), int64
        Positions of the answers, ascending.
    suspected : ndarray of shape (n,), int64
        The class with the most votes but for the one given.
    votes : ndarray of shape (n, 3), float64
        Votes for that class, for the one given, and in all. Of a model the first two are shares
        of belief, and the last is 1.
    scores : ndarray of shape (n,), float64
        Share of the votes for other classes than the one given, in [0, 1]: 1 is the worst.
    """

    at: IntArray
    suspected: IntArray
    votes: FloatArray
    scores: FloatArray


@dataclass(frozen=True, slots=True)
class Suspicions:
    """Every answer that is suspected, the worst first.

    Attributes
    ----------
    at : ndarray of shape (n,), int64
        Positions of the answers.
    scores : ndarray of shape (n, 4), float64
        Of each of `KINDS`; 0 where that kind finds nothing wrong. The worst decides the order, of
        as bad ones the sum.
    suspected : ndarray of shape (n, 4), int64
        The class by each of `KINDS`; NO_CLASS where that kind finds nothing wrong.
    votes : ndarray of shape (n, 4, 3), float64
        As of `Doubts`.
    """

    at: IntArray
    scores: FloatArray
    suspected: IntArray
    votes: FloatArray

    @property
    def worst(self) -> IntArray:
        """Which of `KINDS` has the highest score, of each answer."""
        return cast(IntArray, self.scores.argmax(axis=1))

    def only(self, which: IntArray | BoolArray | slice) -> Suspicions:
        """Return some of them."""
        return Suspicions(
            self.at[which], self.scores[which], self.suspected[which], self.votes[which]
        )


def by_model(said: IntArray, proba: FloatArray, classes: IntArray) -> Doubts:
    """Find answers that a model which has not seen them contradicts: confident learning.

    Northcutt, Jiang and Chuang ("Confident learning: estimating uncertainty in dataset labels",
    JAIR 70, 2021), as cleanlab has it (`filter.find_label_issues`), by the class that is believed
    most. Its estimates of how many answers of each class are wrong are not asked for: they presume
    that mistakes fall by class and not by place, and take most misfits of clusters for right.

    Parameters
    ----------
    said : ndarray of shape (n,)
        Class ids, all of them in `classes`.
    proba : ndarray of shape (n, n_classes)
        Shares of belief that owe nothing to the answer itself; rows sum to 1. NaN in the rows of
        answers of which nothing can be said.
    classes : ndarray of shape (n_classes,)
        Class ids of the columns, ascending.

    Raises
    ------
    MissingExtra
        cleanlab is not installed.
    """
    checks.same_length(said, proba, ("said", "proba"))
    told = np.flatnonzero(np.isfinite(proba).all(axis=1))
    present, codes = np.unique(said[told], return_inverse=True)
    if len(present) < 2:
        return _doubts(told[:0], said[:0], np.empty((0, 3)), np.empty(0))
    shares = proba[np.ix_(told, np.searchsorted(classes, present))]
    shares = shares / np.maximum(shares.sum(axis=1, keepdims=True), 1e-12)
    rows = np.flatnonzero(_label_issues(codes, shares))
    own = shares[rows, codes[rows]]
    others = shares[rows]
    others[np.arange(len(rows)), codes[rows]] = -1
    best = others.argmax(axis=1)
    best_share = others[np.arange(len(rows)), best]
    votes = np.stack([best_share, own, np.ones(len(rows))], axis=1)
    outvoted = best_share >= own
    found = _doubts(told[rows], present[best], votes, 1 - own)
    return _only(found, outvoted)


def by_neighbours(said: IntArray, near: IntArray) -> Doubts:
    """Find answers that most of the nearest answered items contradict.

    Parameters
    ----------
    said : ndarray of shape (n,)
        Class ids.
    near : ndarray of shape (n, k)
        Positions of the nearest others; −1 for none, and for one that has no say because both were
        answered at once, or belong together.
    """
    one, rank = np.nonzero(near >= 0)
    tally = Tally.of(one, said[near[one, rank]], len(said))
    every = np.arange(len(said))
    found = _outvoted(tally, every, every, said, np.ones(len(said), np.int64))
    n_other, _, total = found.votes.T
    return _only(found, (total > FEWEST_NEIGHBOURS) & (2 * n_other > total))


def by_duplicates(said: IntArray, groups: IntArray) -> Doubts:
    """Find answers that others of the same group contradict: near-duplicates, copies, a track.

    Parameters
    ----------
    said : ndarray of shape (n,)
        Class ids.
    groups : ndarray of shape (n,)
        Number of the group, −1 for none.
    """
    grouped = np.flatnonzero(groups >= 0)
    numbers, matters = np.unique(groups[grouped], return_inverse=True)
    tally = Tally.of(matters, said[grouped], len(numbers))
    return _outvoted(tally, matters, grouped, said, np.zeros(len(grouped), np.int64))


def by_earlier_answers(said: IntArray, about: IntArray, words: IntArray) -> Doubts:
    """Find answers that other answers about the same item contradict.

    Parameters
    ----------
    said : ndarray of shape (n,)
        Class ids: what counts now.
    about : ndarray of shape (n_words,)
        Position of the answer to whose item each of all words belongs, its own among them.
    words : ndarray of shape (n_words,)
        The class id that each named.
    """
    tally = Tally.of(about, words, len(said))
    matters = np.unique(about).astype(np.int64)
    return _outvoted(tally, matters, matters, said, np.zeros(len(matters), np.int64))


def suspicions(found: Mapping[str, Doubts]) -> Suspicions:
    """Put together what several of `KINDS` found, the worst first."""
    at = np.unique(np.concatenate([np.empty(0, np.int64), *(d.at for d in found.values())]))
    scores = np.zeros((len(at), len(KINDS)))
    suspected = np.full((len(at), len(KINDS)), NO_CLASS, np.int64)
    votes = np.zeros((len(at), len(KINDS), 3))
    for kind, doubts in found.items():
        rows, column = np.searchsorted(at, doubts.at), KINDS.index(kind)
        scores[rows, column] = doubts.scores
        suspected[rows, column] = doubts.suspected
        votes[rows, column] = doubts.votes
    order = np.lexsort((at, -scores.sum(axis=1), -scores.max(axis=1)))
    return Suspicions(at, scores, suspected, votes).only(order)


def _label_issues(codes: IntArray, shares: FloatArray) -> BoolArray:
    """Ask cleanlab, which warns of classes with few answers."""
    filters = imported("cleanlab.filter", "Confident learning")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        return cast(
            BoolArray, filters.find_label_issues(codes, shares, filter_by=_FILTER, n_jobs=1)
        )


def _outvoted(
    tally: Tally, matters: IntArray, at: IntArray, said: IntArray, own: IntArray
) -> Doubts:
    """The answers with no more votes than another class has, and half of all against them.

    `own` is 1 where an answer's own vote is not among those counted.
    """
    mine = said[at]
    n_mine = tally.votes(matters, mine) + own
    other = tally.other(matters, mine)
    n_other = tally.votes(matters, other)
    total = tally.totals[matters] + own
    scores = (total - n_mine) / np.maximum(total, 1)
    votes = np.stack([n_other, n_mine, total], axis=1).astype(np.float64)
    found = _doubts(at, other, votes, scores)
    return _only(found, (n_other >= n_mine) & (other != NO_CLASS))


def _doubts(at: IntArray, suspected: IntArray, votes: FloatArray, scores: FloatArray) -> Doubts:
    return Doubts(at.astype(np.int64), suspected.astype(np.int64), votes, scores.astype(np.float64))


def _only(doubts: Doubts, which: BoolArray) -> Doubts:
    return Doubts(
        doubts.at[which], doubts.suspected[which], doubts.votes[which], doubts.scores[which]
    )
