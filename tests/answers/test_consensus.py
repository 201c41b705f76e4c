from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fewclicks.answers import DawidSkene, Votes, majority
from fewclicks.answers.consensus import FEWEST_SHARED, enough_shared, settle
from fewclicks.errors import Conflict, InvalidInput
from fewclicks.records import FloatArray, IntArray

ERRORS = (0.05, 0.10, 0.30)


said = st.dictionaries(
    st.tuples(st.integers(0, 9), st.integers(0, 3)), st.integers(0, 2), max_size=25
)


def votes_of(table: dict[tuple[int, int], int]) -> Votes:
    """What was said, by item and person."""
    pairs = np.array(list(table), np.int64).reshape(-1, 2)
    return Votes.of(pairs[:, 0], pairs[:, 1], np.array(list(table.values()), np.int64))


def simulated(
    n: int, errors: tuple[float, ...], seed: int, share: float = 1.0
) -> tuple[Votes, IntArray]:
    """Votes of people who err at given rates, each on a share of n items of 6 classes."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(6, size=n)
    told = []
    for who, error in enumerate(errors):
        items = np.flatnonzero(rng.random(n) < share)
        wrong = rng.integers(1, 6, size=len(items)) * (rng.random(len(items)) < error)
        told.append((items, np.full(len(items), who), (truth[items] + wrong) % 6))
    items, people, classes = (np.concatenate(part) for part in zip(*told, strict=True))
    votes = Votes.of(items, people, classes)
    return votes, truth[votes.items]


def test_majority_by_hand() -> None:
    votes = votes_of({
        (2, 0): 7, (2, 1): 7, (2, 2): 5, (4, 0): 7, (4, 1): 5, (6, 2): 5,
    })  # fmt: skip
    told = majority(votes)
    assert told.classes.tolist() == [7, 5, 5]
    assert told.shares.tolist() == [2 / 3, 1 / 2, 1]
    assert told.tied.tolist() == [False, True, False]
    nothing = majority(votes_of({}))
    assert len(nothing.classes) == 0


def test_a_step_of_dawid_and_skene_by_hand() -> None:
    """Both agree on items 0 and 1; of item 2 one says class 0, the other class 1.

    From shares of votes 1, 0 and ½ for class 0: the first says 0 of every item of class 0, and of
    one that is of class 1 with chance ½ / 1½. Item 2 stays undecided, each item has likelihood ⅓.
    """
    votes = votes_of({(0, 0): 0, (0, 1): 0, (1, 0): 1, (1, 1): 1, (2, 0): 0, (2, 1): 1})
    model = DawidSkene(smoothing=0, max_iter=1).fit(votes)
    assert model.prior_.tolist() == [0.5, 0.5]
    assert model.confusion_[0] == pytest.approx(np.array([[1, 0], [1 / 3, 2 / 3]]))
    assert model.confusion_[1] == pytest.approx(np.array([[2 / 3, 1 / 3], [0, 1]]))
    assert model.proba_ == pytest.approx(np.array([[1, 0], [0, 1], [0.5, 0.5]]))
    assert model.log_likelihood_.tolist() == pytest.approx([3 * np.log(1 / 3)])
    assert not model.converged_


def test_who_errs_how_often_is_found_out() -> None:
    votes, truth = simulated(6000, ERRORS, 0)
    model = DawidSkene().fit(votes)
    right = model.confusion_[:, np.arange(6), np.arange(6)].mean(axis=1)
    assert right == pytest.approx(1 - np.array(ERRORS), abs=0.01)
    assert model.confusion_.sum(axis=2) == pytest.approx(np.ones((3, 6)))
    assert model.proba_.sum(axis=1) == pytest.approx(np.ones(6000))
    assert model.converged_
    by_model = (model.classes_[model.proba_.argmax(axis=1)] == truth).mean()
    assert by_model > (majority(votes).classes == truth).mean()


def test_a_person_who_takes_one_class_for_another_is_known_by_it() -> None:
    """Person 2 calls every item of class 0 a 1; two who are right now and then outvote them."""
    votes, truth = simulated(3000, (0.1, 0.1, 0.02), 1)
    said = np.where((votes.person == 2) & (truth[votes.item] == 0), 1, votes.said)
    seen = Votes.of(votes.items[votes.item], votes.people[votes.person], said)
    model = DawidSkene().fit(seen)
    assert model.confusion_[2, 0, 1] > 0.95
    assert model.confusion_[2, 1, 1] > 0.95


@settings(deadline=None)
@given(said.filter(bool))
def test_it_is_a_vote_at_a_time_what_it_is_by_patterns(table: dict[tuple[int, int], int]) -> None:
    votes = votes_of(table)
    model = DawidSkene(max_iter=4, tol=0).fit(votes)
    belief, confusion, prior, height = slow(table, len(model.log_likelihood_))
    assert model.proba_ == pytest.approx(belief)
    assert model.confusion_ == pytest.approx(confusion)
    assert model.prior_ == pytest.approx(prior)
    assert model.log_likelihood_[-1] == pytest.approx(height)


def slow(
    table: dict[tuple[int, int], int], steps: int
) -> tuple[FloatArray, FloatArray, FloatArray, float]:
    """The defaults, a vote at a time, without logarithms but for the result."""
    items, people = (sorted({key[part] for key in table}) for part in range(2))
    names = sorted(set(table.values()))
    n = len(names)
    votes = [
        (items.index(i), people.index(p), names.index(c)) for (i, p), c in table.items()
    ]  # fmt: skip
    belief = np.zeros((len(items), n))
    for item, _, what in votes:
        belief[item, what] += 1
    belief /= belief.sum(axis=1, keepdims=True)
    for _ in range(steps):
        prior = belief.sum(axis=0) + 2 / n
        prior /= prior.sum()
        confusion = np.full((len(people), n, n), 2 * 0.2 / (n - 1) if n > 1 else 2.0)
        for true in range(n if n > 1 else 0):
            confusion[:, true, true] = 2 * 0.8
        pseudo = confusion[0].copy()
        for item, person, what in votes:
            confusion[person, :, what] += belief[item]
        confusion /= confusion.sum(axis=2, keepdims=True)
        likelihood = np.tile(prior, (len(items), 1))
        for item, person, what in votes:
            likelihood[item] *= confusion[person, :, what]
        height = np.log(likelihood.sum(axis=1)).sum()
        height += (pseudo * np.log(confusion)).sum() + (2 / n * np.log(prior)).sum()
        belief = likelihood / likelihood.sum(axis=1, keepdims=True)
    return belief, confusion, prior, float(height)


@settings(deadline=None)
@given(said.filter(bool))
def test_the_likelihood_never_falls(table: dict[tuple[int, int], int]) -> None:
    for smoothing in (0, 2.0):
        heights = DawidSkene(smoothing=smoothing, tol=0).fit(votes_of(table)).log_likelihood_
        assert (np.diff(heights) >= -1e-9).all()


def test_a_million_votes_settle() -> None:
    votes, _ = simulated(400_000, ERRORS, 0, share=0.835)
    assert len(votes) > 1_000_000
    assert DawidSkene().fit(votes).converged_


def test_what_cannot_be_learnt_from_is_refused() -> None:
    with pytest.raises(InvalidInput, match="there is none"):
        DawidSkene().fit(votes_of({}))
    with pytest.raises(InvalidInput):
        DawidSkene(presumed=1.5)
    with pytest.raises(Conflict, match="Call fit first"):
        _ = DawidSkene().proba_


def test_two_people_are_settled_by_the_latest_word() -> None:
    votes = votes_of({(0, 0): 3, (0, 1): 4, (1, 0): 3, (1, 1): 3, (2, 0): 4, (2, 1): 3})
    told = settle(votes, np.array([4, 3, 4]))
    assert told.classes.tolist() == [4, 3, 4]
    assert told.disputed.tolist() == [True, False, True]
    assert told.tied.tolist() == [True, False, True]
    assert not told.weighed


def test_the_latest_word_does_not_outvote_two() -> None:
    votes = votes_of({(0, 0): 3, (0, 1): 3, (0, 2): 4})
    told = settle(votes, np.array([4]))
    assert told.classes.tolist() == [3]
    assert (told.disputed.tolist(), told.tied.tolist()) == ([True], [False])


def test_people_who_share_enough_are_weighed() -> None:
    votes, truth = simulated(400, ERRORS, 3, share=0.7)
    assert enough_shared(votes)
    shared = votes.shared
    known = np.isin(votes.items, shared.items)
    told = settle(shared, majority(shared).classes)
    assert told.weighed
    assert (told.classes == truth[known]).mean() > (majority(shared).classes == truth[known]).mean()
    few = Votes.of(*(column[:FEWEST_SHARED] for column in _columns(shared)))
    assert not settle(few, majority(few).classes).weighed
    assert not enough_shared(votes.of_people(0, 1))


def _columns(votes: Votes) -> tuple[IntArray, IntArray, IntArray]:
    return votes.items[votes.item], votes.people[votes.person], votes.classes[votes.said]
