"""PAC labels: every sample of small collections, every cut tried, and simulations."""

from __future__ import annotations

import doctest
import math
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import hypergeom

from fewclicks.bounds import error_bound, sample_size
from fewclicks.errors import InvalidInput
from fewclicks.labels import pac
from fewclicks.labels.pac import cut_sample, pac_cut, pac_cut_by_class, wrong_allowed


def left_wrong(cut, wrong):
    """Wrong labels in the finished set."""
    return int((cut.kept & wrong).sum())


def test_the_examples_hold():
    assert doctest.testmod(pac).failed == 0


@pytest.mark.parametrize("n_asked", [3, 5])
@pytest.mark.parametrize("alpha", [0.1, 0.4])
def test_of_all_samples_of_a_small_collection_few_leave_too_much(n_asked, alpha):
    n_items = 9
    uncertainty = np.array([0.1, 0.1, 0.2, 0.3, 0.3, 0.3, 0.5, 0.6, 0.6])
    samples = [list(one) for one in combinations(range(n_items), n_asked)]
    for wrong in (
        np.isin(np.arange(n_items), ones)
        for ones in ((8,), (0, 4), (2, 3, 8), (1, 3, 5, 7), (4, 5, 6, 7, 8), range(9))
    ):
        for error in (0.12, 0.25, 0.45):
            too_much = np.mean(
                [
                    left_wrong(pac_cut(uncertainty, asked, wrong[asked], error, alpha), wrong)
                    > error * n_items
                    for asked in samples
                ]
            )
            assert too_much <= alpha


@given(st.integers(1, 60), st.data())
def test_the_wrong_ones_allowed_by_trying_each(n_items, data):
    n_asked = data.draw(st.integers(0, n_items))
    error = data.draw(st.sampled_from([0.01, 0.1, 0.3, 0.6]))
    alpha = data.draw(st.sampled_from([0.05, 0.3]))
    count = math.floor(error * n_items) + 1
    allowed = -1
    if count > n_items - n_asked:
        allowed = n_asked
    else:
        for w in range(n_asked + 1):
            # in a random arrangement of asked and others, at most w asked before `count` others
            if hypergeom.cdf(w, n_items, min(count + w, n_items), n_asked) <= alpha:
                allowed = w
    assert wrong_allowed(n_items, n_asked, error, alpha) == allowed


def test_the_chance_is_that_of_shuffling():
    rng = np.random.default_rng(0)
    n_items, n_asked, count = 50, 20, 6
    asked = rng.permuted(np.tile(np.arange(n_items) < n_asked, (20000, 1)), axis=1)
    others = np.cumsum(~asked, axis=1)
    before = np.argmax(others == count, axis=1) - (count - 1)
    for w in (0, 2, 5):
        expected = hypergeom.cdf(w, n_items, count + w, n_asked)
        assert np.mean(before <= w) == pytest.approx(expected, abs=0.012)


def test_in_large_collections_it_is_the_exact_bound():
    allowed = wrong_allowed(10**7, 1182, 0.01, 0.05)
    assert allowed == 6
    assert error_bound(6, 1182) <= 0.01 < error_bound(7, 1182)
    assert [wrong_allowed(10**7, n, 0.01, 0.05) for n in (298, 299, 473)] == [-1, 0, 1]


def test_the_cut_is_below_the_first_wrong_one_that_is_not_allowed():
    uncertainty = np.linspace(0, 1, 10001)
    asked = np.arange(0, 10001, 10)
    suspects = uncertainty[asked] >= 0.9
    allowed = wrong_allowed(10001, len(asked), 0.02, 0.05)
    cut = pac_cut(uncertainty, asked, suspects, 0.02)
    first = np.flatnonzero(uncertainty >= 0.9)
    stop = uncertainty[asked][suspects][allowed]
    assert cut.threshold == uncertainty[uncertainty < stop].max()
    assert len(first) > cut.people.sum() > 0
    assert not (cut.kept | cut.people)[asked].any()
    assert cut.saved == cut.kept.mean()


def test_nothing_wrong_keeps_all_and_too_few_asked_keep_none():
    uncertainty = np.random.default_rng(0).random(5000)
    asked = np.arange(400)
    everything = pac_cut(uncertainty, asked, np.zeros(400, bool), 0.01)
    assert everything.threshold == math.inf
    assert everything.kept.sum() == 4600
    nothing = pac_cut(uncertainty, asked[:50], np.zeros(50, bool), 0.01)
    assert nothing.threshold == -math.inf
    assert nothing.people.sum() == 4950
    assert pac_cut([], [], [], 0.01).saved == 1.0
    assert pac_cut(uncertainty[:10], range(10), [True] * 10, 0.0).people.sum() == 0
    assert pac_cut(uncertainty, asked, np.zeros(400, bool), 1.0).kept.sum() == 4600


@settings(max_examples=60)
@given(st.integers(0, 10**6), st.booleans())
def test_stricter_promises_keep_less_and_wrong_ones_too(seed, anytime):
    rng = np.random.default_rng(seed)
    uncertainty = rng.integers(0, 50, 400) / 50
    asked = rng.permutation(400)[: rng.integers(1, 200)]
    wrong = rng.random(len(asked)) < 0.5 * uncertainty[asked]
    cut = pac_cut(uncertainty, asked, wrong, 0.2, 0.1, anytime=anytime)
    for error, alpha in ((0.1, 0.1), (0.2, 0.02)):
        stricter = pac_cut(uncertainty, asked, wrong, error, alpha, anytime=anytime)
        assert stricter.threshold <= cut.threshold
    if not wrong.all():
        worse = wrong.copy()
        worse[rng.choice(np.flatnonzero(~wrong))] = True
        exact = pac_cut(uncertainty, asked, wrong, 0.2, 0.1)
        assert pac_cut(uncertainty, asked, worse, 0.2, 0.1).threshold <= exact.threshold


def population(rng, kind, n_items=2000):
    """Labels of which about a tenth is wrong, with a useful, useless or adverse uncertainty."""
    uncertainty = rng.random(n_items)
    chance = {"useful": 0.3 * uncertainty**2, "useless": 0.1, "adverse": 0.2 * (1 - uncertainty)}
    return uncertainty, rng.random(n_items) < chance[kind]


@pytest.mark.parametrize("kind", ["useful", "useless", "adverse"])
@pytest.mark.parametrize("anytime", [False, True])
def test_too_much_is_left_as_seldom_as_promised(kind, anytime):
    rng = np.random.default_rng(1)
    uncertainty, wrong = population(rng, kind)
    error, alpha, repeats, missed, saved = 0.05, 0.2, 200, 0, []
    for _ in range(repeats):
        asked = rng.permutation(len(wrong))[:400]
        looks = (200, 300, 400) if anytime else (400,)
        cuts = [
            pac_cut(uncertainty, asked[:n], wrong[asked[:n]], error, alpha, anytime=anytime)
            for n in looks
        ]
        # a promise at every look is about the labels kept, those asked later included
        missed += any(
            (wrong & (uncertainty <= cut.threshold)).sum() > error * len(wrong)
            if anytime
            else left_wrong(cut, wrong) > error * len(wrong)
            for cut in cuts
        )
        saved.append(cuts[-1].saved)
    assert missed / repeats <= alpha + 3 * math.sqrt(alpha * (1 - alpha) / repeats)
    if kind == "useful":
        assert np.mean(saved) > 0.4


def test_each_class_has_its_own_cut():
    rng = np.random.default_rng(2)
    uncertainty = rng.random(3000)
    class_ids = np.repeat([3, 7], [2000, 1000])
    wrong = (class_ids == 7) & (uncertainty > 0.5)
    asked = rng.permutation(3000)[:900]
    cut = pac_cut_by_class(uncertainty, class_ids, asked, wrong[asked], 0.05)
    own = np.flatnonzero(class_ids == 7)
    mine = asked[class_ids[asked] == 7]
    alone = pac_cut(uncertainty[own], mine - 2000, wrong[mine], 0.05)
    assert (cut.kept[own] == alone.kept).all()
    assert cut.kept[:2000].sum() == 2000 - (asked < 2000).sum()
    assert cut.threshold == math.inf
    together = pac_cut_by_class(uncertainty, class_ids, asked, wrong[asked], 0.05, at_once=True)
    assert together.kept.sum() <= cut.kept.sum()


@pytest.mark.parametrize(
    ("asked", "wrong", "said"),
    [([0, 0], [True, False], "twice"), ([0], [True, False], "asked"), ([9], [True], "ids")],
)
def test_samples_that_do_not_fit_are_refused(asked, wrong, said):
    with pytest.raises(InvalidInput, match=said):
        pac_cut([0.1, 0.2], asked, wrong, 0.1)
    with pytest.raises(InvalidInput):
        pac_cut([0.1, np.nan], [0], [True], 0.1)
    with pytest.raises(InvalidInput, match="true or false"):
        pac_cut([0.1, 0.2], [0], [0.5], 0.1)


def test_as_many_are_asked_as_save_most():
    rng = np.random.default_rng(5)
    uncertainty = rng.random(20000)
    wrong = rng.random(20000) < 0.3 * uncertainty**3

    def saved(n):
        found = []
        for _ in range(40):
            asked = rng.permutation(20000)[:n]
            found.append(pac_cut(uncertainty, asked, wrong[asked], 0.04).saved)
        return np.mean(found)

    n = cut_sample(20000, 0.04)
    assert saved(n) > max(saved(n // 5), saved(5 * n))


@pytest.mark.parametrize("error", [0.002, 0.01, 0.1, 0.6])
@pytest.mark.parametrize("n_items", [1, 40, 700, 2000])
@pytest.mark.parametrize("confidence", [0.8, 0.95])
def test_with_one_fewer_one_fewer_may_be_wrong(n_items, error, confidence):
    alpha = 1 - confidence
    best = min(n_items, round((5.5 * n_items * math.sqrt(error)) ** (2 / 3)))
    wanted = max(3, wrong_allowed(n_items, best, error, alpha) + 1)
    tried = range(best, n_items)
    enough = (n for n in tried if wrong_allowed(n_items, n, error, alpha) >= wanted)
    assert cut_sample(n_items, error, confidence) == next(enough, n_items)


def test_a_few_fewer_asked_save_clearly_less():
    rng = np.random.default_rng(6)
    uncertainty = rng.random(60000)
    wrong = rng.random(60000) < 0.16 * uncertainty**20  # some 0.76 %
    n, saved = cut_sample(60000, 0.01), []
    for size in (n, n - 1):
        cuts = []
        for seed in range(150):
            asked = np.random.default_rng(seed).permutation(60000)[:size]
            cuts.append(pac_cut(uncertainty, asked, wrong[asked], 0.01).saved)
        saved.append(np.mean(cuts))
    assert saved[0] > saved[1] + 0.003


def test_small_and_certain_collections_are_asked_of_as_far_as_there_are_items():
    assert cut_sample(0, 0.1) == 0
    assert cut_sample(1, 0.5) == 1
    assert cut_sample(30, 0.01) == 30  # not one may be wrong
    large = cut_sample(10**7, 1e-5)
    assert large < sample_size(1e-5, 3) < 1.1 * large


@pytest.mark.parametrize(
    ("figures", "said"), [((-1, 0.1), "n_items"), ((9, 0.0), "error"), ((9, 0.1, 1.0), "confid")]
)
def test_figures_out_of_range_are_refused(figures, said):
    with pytest.raises(InvalidInput, match=said):
        cut_sample(*figures)
