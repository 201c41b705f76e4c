"""One label per item, from what people said and what a model believes."""

from __future__ import annotations

import numpy as np

from fewclicks import checks
from fewclicks.records import (
    CLUSTER,
    GROUP,
    MODEL,
    NO_CLASS,
    NOBODY,
    PERSON,
    AnswerSheet,
    BoolArray,
    FloatArray,
    IntArray,
    Labels,
)
from fewclicks.rows import spans

K_BEST = 3
"""Classes kept per item: what a page offers as guesses."""


def resolve(
    sheet: AnswerSheet,
    proba: FloatArray | None = None,
    classes: IntArray | None = None,
    k: int = K_BEST,
) -> Labels:
    """Let a model label what people have not.

    Parameters
    ----------
    sheet : AnswerSheet
        People's answers. They outrank the model and have confidence 1; an item they withheld
        keeps no class, with source PERSON; one that they clicked out of a cluster does not get
        the class of that cluster from the model.
    proba : ndarray of shape (n_items, n_classes), optional
        The model's shares of belief; without a model, unanswered items stay unlabelled.
    classes : ndarray of shape (n_classes,), optional
        Class ids of the columns.
    k : int, default 3
        Classes kept per item.
    """
    n = len(sheet.class_ids)
    ids = np.full((n, k), NO_CLASS, dtype=np.int32)
    confidences = np.zeros((n, k), dtype=np.float32)
    sources = np.full(n, NOBODY, dtype=np.int8)
    if proba is not None and classes is not None:
        checks.same_length(proba, sheet.class_ids, ("proba", "the answer sheet"))
        for where in spans(n):
            best, shares = _best(proba[where], k)
            ids[where, : best.shape[1]] = classes[best]
            confidences[where, : best.shape[1]] = shares
        sources[:] = MODEL
    return _with_answers(Labels(ids, confidences, sources), sheet)


def overlay(labels: Labels, sheet: AnswerSheet, heirs: IntArray) -> Labels:
    """Bring a round's labels up to date with what people have said and done since.

    See `followed` for what became of the classes since; an answer taken back since leaves its item
    unlabelled until the next round.

    Parameters
    ----------
    labels : Labels
        Of the first items, as a round left them.
    sheet : AnswerSheet
        Of all items, now.
    heirs : ndarray of shape (n_class_ids,)
        The class that stands for each class id now, NO_CLASS if it was deleted.
    """
    return _with_answers(followed(labels, heirs, len(sheet.class_ids)), sheet)


def followed(labels: Labels, heirs: IntArray, n_items: int) -> Labels:
    """Return what a model made of `n_items` items in a round, in the classes there are now.

    Classes merged since are followed to their heirs and deleted ones dropped; items added since,
    and those that people had labelled then, are unlabelled. Parameters as of `overlay`.
    """
    k = labels.class_ids.shape[1]
    n_known = min(n_items, len(labels.sources))
    ids: IntArray = np.full((n_items, k), NO_CLASS, dtype=np.int32)
    confidences: FloatArray = np.zeros((n_items, k), dtype=np.float32)
    sources = np.full(n_items, NOBODY, dtype=np.int8)
    ids[:n_known] = _followed(labels.class_ids[:n_known], heirs)
    confidences[:n_known] = labels.confidences[:n_known]
    sources[:n_known] = labels.sources[:n_known]
    _clear(ids, confidences, sources, (sources == PERSON) | (sources == CLUSTER))
    ids, confidences = _joined(ids, confidences)
    spread = (sources == MODEL) | (sources == GROUP)
    _clear(ids, confidences, sources, spread & (ids[:, 0] == NO_CLASS))
    return Labels(ids, confidences, sources)


def answered(labels: Labels, sheet: AnswerSheet) -> Labels:
    """Return a copy of labels that `followed` gave, with what people said in its place."""
    copied = Labels(labels.class_ids.copy(), labels.confidences.copy(), labels.sources.copy())
    return _with_answers(copied, sheet)


def clear(labels: Labels, where: BoolArray | IntArray) -> None:
    """Take the label of some items away, in place."""
    _clear(labels.class_ids, labels.confidences, labels.sources, where)


def standing_classes(labels: Labels, heirs: IntArray, n_items: int) -> IntArray:
    """Return the class a round gave every item, merges and deletions since followed.

    Shape (n_items,), int32; NO_CLASS where it gave none, and for items that came later.
    """
    standing = np.full(n_items, NO_CLASS, dtype=np.int32)
    n_known = min(n_items, len(labels.sources))
    standing[:n_known] = _followed(labels.class_ids[:n_known, 0], heirs)
    return standing


def _best(proba: FloatArray, k: int) -> tuple[IntArray, FloatArray]:
    k = min(k, proba.shape[1])
    best = np.argsort(-proba, axis=1, kind="stable")[:, :k]
    return best, np.take_along_axis(proba, best, axis=1)


def _followed(ids: IntArray, heirs: IntArray) -> IntArray:
    table = np.append(heirs, NO_CLASS).astype(np.int32)  # NO_CLASS (−1) finds the last entry
    return table[ids]


def _joined(ids: IntArray, confidences: FloatArray) -> tuple[IntArray, FloatArray]:
    """Add up the confidence of classes that became one, drop the gone, and sort again."""
    k = ids.shape[1]
    for later in range(1, k):
        for earlier in range(later):
            same = (ids[:, later] == ids[:, earlier]) & (ids[:, later] != NO_CLASS)
            confidences[same, earlier] += confidences[same, later]
            ids[same, later] = NO_CLASS
    confidences[ids == NO_CLASS] = 0
    order = np.argsort(-confidences, axis=1, kind="stable")
    return np.take_along_axis(ids, order, axis=1), np.take_along_axis(confidences, order, axis=1)


def _clear(
    ids: IntArray, confidences: FloatArray, sources: IntArray, where: BoolArray | IntArray
) -> None:
    ids[where], confidences[where], sources[where] = NO_CLASS, 0, NOBODY


def _with_answers(labels: Labels, sheet: AnswerSheet) -> Labels:
    said = sheet.sources != NOBODY
    labels.class_ids[said] = NO_CLASS
    labels.confidences[said] = 0
    labels.class_ids[said, 0] = sheet.class_ids[said]
    labels.confidences[said, 0] = ~sheet.withheld[said]
    labels.sources[said] = sheet.sources[said]
    if sheet.barred is not None:
        _bar(labels, sheet.barred)
    return labels


def _bar(labels: Labels, barred: IntArray) -> None:
    """Take from items the classes of the clusters they were clicked out of, where a model labels.

    The next best class stands in, with the confidence it had.
    """
    items, classes = barred[labels.sources[barred[:, 0]] == MODEL].T
    rows, at = np.unique(items, return_inverse=True)
    ids, confidences = labels.class_ids[rows], labels.confidences[rows]
    pair, place = np.nonzero(ids[at] == classes[:, None])
    ids[at[pair], place], confidences[at[pair], place] = NO_CLASS, 0
    order = np.argsort(-confidences, axis=1, kind="stable")
    labels.class_ids[rows] = np.take_along_axis(ids, order, axis=1)
    labels.confidences[rows] = np.take_along_axis(confidences, order, axis=1)
    clear(labels, rows[labels.class_ids[rows, 0] == NO_CLASS])
