"""Who may vouch for whom, and what the others say."""

from __future__ import annotations

import numpy as np
import pytest

from fewclicks.workflows.collection import ALONE, Collection
from fewclicks.workflows.vouching import Judged, near_judged, unseen_belief

RNG = np.random.default_rng(0)
ROWS = np.concatenate([RNG.normal(0, 1, (40, 6)), RNG.normal(8, 1, (40, 6))]).astype(np.float32)
CLASSES = np.repeat([3, 8], 40)


def judged(items, said, answer_ids=None, groups=None):
    items = np.asarray(items)
    return Judged(
        items,
        np.asarray(said),
        np.asarray(items if answer_ids is None else answer_ids),
        np.full(len(items), ALONE) if groups is None else np.asarray(groups),
    )


def test_what_one_answer_named_and_what_is_of_one_group_is_one_look():
    looks = judged([0, 1, 2, 3, 4], [3] * 5, [7, 7, 8, 9, 10], [0, 1, 2, 2, -1]).looks
    assert looks[0] == looks[1]
    assert looks[2] == looks[3]
    assert len(set(looks.tolist())) == 3


def test_items_are_found_by_their_position():
    some = judged([2, 5, 9], [3, 3, 3])
    assert some.find(np.array([[5, 2], [3, 11]])).tolist() == [[1, 0], [-1, -1]]
    assert judged([], []).find(np.array([1])).tolist() == [-1]


def test_a_wrong_answer_does_not_vouch_for_itself():
    said = CLASSES.copy()
    said[5] = 8
    proba, classes = unseen_belief(Collection(ROWS), judged(np.arange(80), said), 0)
    assert classes.tolist() == [3, 8]
    assert proba[5, 0] > 0.9
    np.testing.assert_allclose(proba.sum(axis=1), 1, atol=1e-5)
    assert (classes[proba.argmax(axis=1)] == CLASSES).all()


@pytest.mark.parametrize("by", ["answer", "group"])
def test_nor_do_those_that_were_named_with_it(by):
    said = CLASSES.copy()
    said[:10] = 8  # near one another: seen one by one they would vouch for each other
    rows = ROWS.copy()
    rows[:10] = rows[0] + RNG.normal(0, 0.01, (10, 6))
    together = np.r_[np.zeros(10, int), np.arange(1, 71)]
    some = {"answer": {"answer_ids": together}, "group": {"groups": together}}[by]
    singly, _ = unseen_belief(Collection(rows), judged(np.arange(80), said), 0)
    assert (singly[:10, 1] > 0.5).all()
    apart, _ = unseen_belief(Collection(rows), judged(np.arange(80), said, **some), 0)
    assert (apart[:10, 0] > 0.9).all()


def test_of_a_class_that_only_one_item_has_nothing_is_said():
    said = CLASSES.copy()
    said[7] = 5
    proba, classes = unseen_belief(Collection(ROWS), judged(np.arange(80), said), 0)
    assert classes.tolist() == [3, 5, 8]
    assert np.isnan(proba[7]).all()
    assert np.isfinite(np.delete(proba, 7, axis=0)).all()


@pytest.mark.parametrize("items", [np.arange(80), np.arange(0, 80, 3)])
def test_the_nearest_that_have_a_say_are_found(items):
    near = near_judged(Collection(ROWS), judged(items, CLASSES[items]), 0)
    assert near.shape[1] <= 10
    for at in (0, len(items) - 1):
        voters = near[at][near[at] >= 0]
        assert len(voters) >= 9
        assert at not in voters
        distances = np.linalg.norm(ROWS[items[voters]] - ROWS[items[at]], axis=1)
        assert (np.diff(distances) >= -1e-4).all()
        assert (CLASSES[items[voters]] == CLASSES[items[at]]).all()


def test_of_one_look_only_the_nearest_has_a_say_and_none_in_its_own():
    answers = np.arange(80)
    answers[1:30] = 1  # one cluster
    near = near_judged(Collection(ROWS), judged(np.arange(80), CLASSES, answers), 0)
    for at in range(40):
        voters = near[at][near[at] >= 0]
        assert np.isin(voters, np.arange(1, 30)).sum() <= (0 if 1 <= at < 30 else 1)
    assert near_judged(Collection(ROWS), judged([4], [3]), 0).shape == (1, 0)


def test_a_misfit_of_the_only_cluster_of_its_class_is_told_by_the_others():
    said, answers = CLASSES.copy(), np.arange(80)
    said[45] = 3  # overlooked in a cluster of what lies elsewhere
    answers[[*range(40), 45]] = 0
    proba, classes = unseen_belief(Collection(ROWS), judged(np.arange(80), said, answers), 0)
    assert np.isfinite(proba).all()
    assert (classes[proba.argmax(axis=1)] == CLASSES).all()
