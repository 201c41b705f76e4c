"""Guesses from labels: by hand, and against a slow obvious version."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from fewclicks import settings
from fewclicks.records import MODEL, NOBODY, PERSON, Labels
from fewclicks.server.guesses import (
    class_counts,
    cluster_guesses,
    doubtful_counts,
    examples,
    item_guesses,
    least_sure,
    nearest_named,
)


def labels(class_ids: list[list[int]], sources: list[int] | None = None) -> Labels:
    ids = np.array(class_ids, np.int32)
    confidences = np.where(ids < 0, 0, 1 / (1 + np.arange(ids.shape[1]))).astype(np.float32)
    codes = [MODEL] * len(ids) if sources is None else sources
    return Labels(ids, confidences, np.array(codes, np.int8))


def test_an_items_guesses_leave_out_what_is_not_there() -> None:
    believed = labels([[4, 2, -1], [-1, -1, -1]])
    assert item_guesses(believed, 0) == [(4, 1.0), (2, 0.5)]
    assert item_guesses(believed, 1) == []


def test_a_clusters_guesses_are_shares_of_all_members() -> None:
    believed = labels([[7], [7], [3], [-1], [9]])
    assert cluster_guesses(believed, np.array([0, 1, 2, 3])) == [(7, 0.5), (3, 0.25)]
    assert cluster_guesses(believed, np.array([3])) == []


@given(arrays(np.int32, st.integers(1, 40), elements=st.integers(-1, 5)))
def test_a_clusters_guesses_against_counting(best: np.ndarray) -> None:
    found = cluster_guesses(labels(best[:, None].tolist()), np.arange(len(best)))
    counts = Counter(int(c) for c in best if c >= 0)
    assert len(found) == min(3, len(counts))
    assert all(counts[c] == round(share * len(best)) for c, share in found)
    assert [share for _, share in found] == sorted((s for _, s in found), reverse=True)
    left_out = [n for c, n in counts.items() if c not in dict(found)]
    assert not left_out or max(left_out) <= min(counts[c] for c, _ in found)


def test_nearest_named_items_by_hand() -> None:
    features = np.array([[0.0, 0], [3, 4], [1, 0], [0, 2], [0, 1]], np.float32)
    sources = [PERSON, PERSON, MODEL, PERSON, NOBODY]
    believed = labels([[5], [6], [7], [-1], [8]], sources)
    # 2 was named by a model, 3 withheld, 4 by nobody; 0 lies at distance 1 of item 4, item 1 at 4.2
    assert nearest_named(features, believed, 4) == [(0, 5), (1, 6)]
    assert nearest_named(features, believed, 0) == [(1, 6)]
    assert nearest_named(features, believed, 4, n=1) == [(0, 5)]


def test_nearest_named_items_before_anything_is_named() -> None:
    assert nearest_named(np.zeros((2, 3)), labels([[1], [1]]), 0) == []


@given(st.integers(0, 2**32 - 1))
def test_nearest_named_items_against_sorting(seed: int) -> None:
    rng = np.random.default_rng(seed)
    features = rng.integers(0, 4, (30, 2)).astype(np.float16)
    sources = rng.integers(0, 4, 30)
    believed = labels(rng.integers(-1, 3, (30, 1)).tolist(), sources.tolist())
    expected = sorted(
        (float(np.sum((features[i] - features[3]) ** 2)), i)
        for i in range(30)
        if i != 3 and sources[i] == PERSON and believed.class_ids[i, 0] >= 0
    )[:8]
    assert [i for i, _ in nearest_named(features, believed, 3)] == [i for _, i in expected]


def test_items_are_counted_by_class() -> None:
    assert class_counts(labels([[2, 1], [2, -1], [0, 2], [-1, -1]])) == {2: 2, 0: 1}


def test_the_nearest_are_those_of_all_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "BLOCK_ROWS", 3)
    features = np.array([[0.0], [9.0], [2.0], [7.0], [1.0], [5.0], [2.0], [8.0], [-1.0]])
    believed = labels([[item] for item in range(9)], [PERSON] * 9)
    nearest = nearest_named(features, believed, 0, n=4)
    assert [item for item, _ in nearest] == [4, 8, 2, 6]  # of two as near, the lower id first


def test_examples_by_hand() -> None:
    features = np.array([[0.0], [1], [2], [3], [4], [2.4]])
    believed = labels(
        [[5], [6], [5], [5], [5], [5]], [PERSON, PERSON, PERSON, MODEL, PERSON, PERSON]
    )
    assert examples(features, believed, 5, 5) == [2, 4, 0]  # itself and the model's aside
    assert examples(features, believed, 5, 5, n=1) == [2]
    assert examples(features, believed, 5, 6) == [1]
    assert examples(features, believed, 5, 7) == []


def believed_with(best: list[int], shares: list[float], sources: list[int]) -> Labels:
    """Labels of one class each."""
    return Labels(
        np.array(best, np.int32)[:, None],
        np.array(shares, np.float32)[:, None],
        np.array(sources, np.int8),
    )


def test_the_least_sure_by_hand() -> None:
    believed = believed_with([1, 1, 2, 2, -1], [0.9, 0.2, 0.5, 0.2, 0], [MODEL] * 5)
    items = np.array([0, 1, 2, 3])
    assert least_sure(believed, items, 3).tolist() == [1, 3, 2]
    assert least_sure(believed, items, 9).tolist() == [1, 3, 2, 0]
    assert least_sure(believed, items[:0], 3).tolist() == []


def test_doubtful_labels_are_counted_by_class() -> None:
    believed = believed_with(
        [1, 1, 2, 2, 2, -1, 3], [0.95, 0.2, 0.5, 0.2, 0.99, 0, 0.1],
        [MODEL, MODEL, MODEL, MODEL, MODEL, NOBODY, PERSON],
    )  # fmt: skip
    assert doubtful_counts(believed) == [(2, 3, 2), (1, 2, 1)]
    assert doubtful_counts(believed_with([-1], [0], [NOBODY])) == []
