"""Labels taken: naive versions, properties, and both promises by simulation."""

from __future__ import annotations

import doctest
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom, false_discovery_control, hypergeom

from fewclicks.errors import InvalidInput
from fewclicks.labels import selection
from fewclicks.labels.selection import conformal_selection, learn_then_test


def case(seed, n_items=300):
    """Labels, a random sample of them, and which are wrong."""
    rng = np.random.default_rng(seed)
    uncertainty = rng.integers(0, 60, n_items) / 60
    wrong = rng.random(n_items) < 0.4 * uncertainty**2
    asked = rng.permutation(n_items)[: rng.integers(1, n_items)]
    return uncertainty, wrong, asked


def test_the_examples_hold():
    assert doctest.testmod(selection).failed == 0


@given(st.integers(0, 10**6), st.sampled_from([0.05, 0.2]), st.sampled_from([0.05, 0.3]))
def test_the_last_cut_passed_by_testing_one_after_another(seed, error, alpha):
    uncertainty, wrong, asked = case(seed)
    tried = [0.1, 0.3, 0.5, 0.7, 0.9, 1.0]
    found = learn_then_test(uncertainty, asked, wrong[asked], error, alpha, tried)
    last = -math.inf
    for cut in tried:
        below = int((uncertainty <= cut).sum())
        own = asked[uncertainty[asked] <= cut]
        bad = math.floor(error * below) + 1
        expected = math.floor(below * (len(asked) / 300 / 1.5))
        if bad <= below and hypergeom.cdf(0, below, bad, expected) > alpha:
            continue
        if bad <= below and hypergeom.cdf(wrong[own].sum(), below, bad, len(own)) > alpha:
            break
        last = cut
    assert found.threshold == last
    assert (found.kept[asked] == False).all()  # noqa: E712
    assert (found.kept | found.people).sum() == 300 - len(asked)


def test_in_large_collections_the_chance_is_binomial():
    assert hypergeom.cdf(3, 10**8, 10**6 + 1, 773) == pytest.approx(
        binom.cdf(3, 773, 0.01), rel=1e-3
    )
    uncertainty = np.arange(10**5) / 10**5
    wrong = np.zeros(10**5, bool)
    asked = np.arange(0, 10**5, 100)
    everything = learn_then_test(uncertainty, asked, wrong[asked], 0.01)
    assert everything.people.sum() == 0


@given(st.integers(0, 10**6), st.sampled_from([0.05, 0.2, 0.5]))
def test_those_chosen_are_those_of_benjamini_and_hochberg(seed, share):
    uncertainty, wrong, asked = case(seed)
    chosen = conformal_selection(uncertainty, asked, wrong[asked], share)
    others = np.setdiff1d(np.arange(300), asked)
    p_values = np.array(
        [
            (1 + sum(wrong[i] and uncertainty[i] <= uncertainty[j] for i in asked))
            / (len(asked) + 1)
            for j in others
        ]
    )
    expected = others[false_discovery_control(p_values) <= share] if len(others) else others
    assert np.flatnonzero(chosen).tolist() == expected.tolist()


@settings(max_examples=60)
@given(st.integers(0, 10**6))
def test_stricter_promises_take_less(seed):
    uncertainty, wrong, asked = case(seed)
    answers = wrong[asked]
    tried = np.linspace(0.2, 1, 5)
    lax = learn_then_test(uncertainty, asked, answers, 0.2, 0.2, tried)
    assert conformal_selection(uncertainty, asked, answers, 0.2).sum() >= (
        conformal_selection(uncertainty, asked, answers, 0.1).sum()
    )
    worse = answers.copy()
    worse[0] = True
    assert learn_then_test(uncertainty, asked, worse, 0.2, 0.2, tried).threshold <= lax.threshold
    assert conformal_selection(uncertainty, asked, worse, 0.2).sum() <= (
        conformal_selection(uncertainty, asked, answers, 0.2).sum()
    )


@pytest.mark.parametrize("kind", ["useful", "useless", "adverse"])
def test_both_keep_what_they_promise(kind):
    rng = np.random.default_rng(3)
    uncertainty = rng.random(2000)
    chance = {"useful": 0.3 * uncertainty**2, "useless": 0.1, "adverse": 0.2 * (1 - uncertainty)}
    wrong = rng.random(2000) < chance[kind]
    error, alpha, repeats, missed, shares, taken = 0.05, 0.2, 200, 0, [], []
    for _ in range(repeats):
        asked = rng.permutation(2000)[:600]
        cut = learn_then_test(uncertainty, asked, wrong[asked], error, alpha)
        below = uncertainty <= cut.threshold
        missed += wrong[below].sum() > error * below.sum()
        chosen = conformal_selection(uncertainty, asked, wrong[asked], error)
        shares.append(wrong[chosen].mean() if chosen.any() else 0.0)
        taken.append(chosen.mean())
    assert missed / repeats <= alpha + 3 * math.sqrt(alpha * (1 - alpha) / repeats)
    spread = np.std(shares) / math.sqrt(repeats)
    assert np.mean(shares) <= error + 3 * spread
    if kind == "useful":
        assert np.mean(taken) > 0.3


def test_nothing_is_taken_without_evidence():
    cut = learn_then_test([0.1, 0.2], [], [], 0.1)
    assert cut.threshold == -math.inf
    assert cut.people.all()
    assert not conformal_selection([0.1, 0.2], [], [], 0.1).any()
    assert conformal_selection([], [], [], 0.1).shape == (0,)
    assert learn_then_test([], [], [], 0.1).saved == 1.0
    with pytest.raises(InvalidInput, match="share"):
        conformal_selection([0.1], [0], [False], 2.0)
