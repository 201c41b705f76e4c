"""Audits with unequal chances: all orders with their chances, step by step, and simulations."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fewclicks.audit.anytime import error_upper
from fewclicks.audit.certifier import Certifier
from fewclicks.audit.weighted import (
    WeightedCertifier,
    audit_order,
    suspicion_weights,
    weighted_error_upper,
    weighted_estimate,
    weighted_log_wealth,
)
from fewclicks.betting import log_wealth
from fewclicks.errors import InvalidInput

WEIGHTS = np.array([1.0, 5.0, 2.0, 0.5, 1.0])


def chance_of(order, weights):
    """How likely it is that items are drawn in this order."""
    chance, left = 1.0, sum(weights)
    for item in order:
        chance *= weights[item] / left
        left -= weights[item]
    return chance


def test_the_order_comes_as_often_as_its_chance():
    weights = np.array([1.0, 3.0, 2.0])
    seen = [tuple(audit_order(weights, seed)) for seed in range(6000)]
    for order in permutations(range(3)):
        expected = chance_of(order, weights)
        spread = np.sqrt(expected * (1 - expected) / len(seen))
        assert abs(seen.count(order) / len(seen) - expected) < 4 * spread


@pytest.mark.parametrize("wrong_ones", [(0,), (1,), (3,), (1, 3), (0, 1, 2), (0, 1, 2, 3, 4)])
def test_in_all_orders_no_bet_wins_on_average_where_the_doubt_is_right(wrong_ones):
    wrong = np.isin(np.arange(5), wrong_ones)
    drawn = np.array(list(permutations(range(5))))
    chances = np.array([chance_of(order, WEIGHTS) for order in drawn])
    assert chances.sum() == pytest.approx(1)
    for count in range(1, len(wrong_ones) + 1):
        log_k = weighted_log_wealth(wrong[drawn], drawn, WEIGHTS, count / 5)
        assert (chances @ np.exp(log_k) <= 1 + 1e-12).all()
        for alpha in (0.5, 0.2):
            assert chances[log_k.max(axis=1) >= -np.log(alpha)].sum() <= alpha
    estimates = [weighted_estimate(wrong[order[:3]], order[:3], WEIGHTS) for order in drawn]
    assert chances @ estimates == pytest.approx(len(wrong_ones) / 5)


def test_the_wealth_step_by_step():
    rng = np.random.default_rng(0)
    weights = rng.uniform(0.5, 4, 300)
    drawn = audit_order(weights, 1)[:80]
    wrong = rng.random(80) < 0.05
    count, share, log_k = 60, 0.2, 0.0
    seen, total, squares = 0, 0.0, 0.0
    found = weighted_log_wealth(wrong, drawn, weights, share)
    for t in range(80):
        rest = np.delete(weights, drawn[:t])
        m = (count - seen) / len(rest)
        u = rest.mean() / weights[drawn[t]] if wrong[t] else 0.0
        b = rest.mean() / weights.min()
        rate = (0.6 + total) / (3 / share + t)
        size = (0.6 + squares) / (0.6 + total)
        f = np.clip((m - rate) / (m * (size - m)) * (b - m), 0, 0.95)
        log_k += np.log(1 + f * (m - u) / (b - m))
        assert found[t] == pytest.approx(log_k)
        seen, total, squares = seen + wrong[t], total + u, squares + u**2


@settings(max_examples=50)
@given(st.lists(st.booleans(), min_size=1, max_size=50), st.integers(50, 900), st.floats(0.01, 0.5))
def test_equal_weights_are_even_draws(wrong, n_items, error):
    drawn = audit_order(np.full(n_items, 2.5), 0)[: len(wrong)]
    weights = np.full(n_items, 0.7)
    found = weighted_log_wealth(wrong, drawn, weights, error)
    assert found == pytest.approx(log_wealth(wrong, n_items, error), abs=1e-9)
    assert weighted_error_upper(wrong, drawn, weights) == error_upper(wrong, n_items)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.booleans(), min_size=1, max_size=40), st.integers(0, 50))
def test_bounds_tighten_with_audits_and_alpha_and_loosen_with_wrong_ones(wrong, seed):
    weights = np.random.default_rng(seed).uniform(0.5, 3, 60)
    order = audit_order(weights, seed)
    drawn, more = order[: len(wrong)], order[: len(wrong) + 1]
    upper = weighted_error_upper(wrong, drawn, weights, 0.1)
    assert weighted_error_upper(wrong, drawn, weights, 0.05) >= upper
    right = weighted_error_upper([*wrong, False], more, weights, 0.1)
    assert right <= upper
    assert weighted_error_upper([*wrong, True], more, weights, 0.1) >= right


def test_everything_audited_is_known():
    drawn = audit_order(WEIGHTS, 3)
    wrong = drawn == 1
    assert weighted_error_upper(wrong, drawn, WEIGHTS) == 0.2
    assert np.isnan(weighted_estimate([], [], WEIGHTS))
    assert weighted_error_upper([], np.empty(0, int), WEIGHTS) == 1.0


@pytest.mark.parametrize("kind", ["helpful", "misleading"])
def test_at_the_boundary_false_certificates_are_as_rare_as_promised(kind):
    rng = np.random.default_rng(4)
    n_items, n_wrong, alpha, repeats = 2000, 40, 0.1, 300
    suspicion = np.arange(n_items) < 200
    first = 0 if kind == "helpful" else 200
    false = 0
    for seed in range(repeats):
        wrong = np.zeros(n_items, bool)
        wrong[first + rng.choice(180, n_wrong, replace=False)] = True
        weights = suspicion_weights(suspicion, 0.4)
        drawn = audit_order(weights, seed)[:1000]
        log_k = weighted_log_wealth(wrong[drawn], drawn, weights, n_wrong / n_items)
        false += bool((log_k >= -np.log(alpha)).any())
    assert false / repeats <= alpha + 3 * np.sqrt(alpha * (1 - alpha) / repeats)


def test_suspicion_that_is_right_saves_audits():
    rng = np.random.default_rng(5)
    n_items = 20000
    wrong = np.zeros(n_items, bool)
    wrong[rng.choice(1000, 80, replace=False)] = True
    suspicion = np.arange(n_items) < 1000

    def audits(weights):
        took = []
        for seed in range(40):
            drawn = audit_order(weights, seed)[:6000]
            shown = weighted_log_wealth(wrong[drawn], drawn, weights, 0.01) >= np.log(20)
            took.append(int(shown.argmax()) if shown.any() else 6000)
        return np.median(took)

    assert audits(suspicion_weights(suspicion)) < audits(np.ones(n_items))


def test_weights_from_suspicion_by_hand():
    assert suspicion_weights([0, 0, 1, 3], 0.2) == pytest.approx([0.8, 0.8, 1.0, 1.4])
    assert suspicion_weights([0, 0]).tolist() == [1, 1]
    with pytest.raises(InvalidInput, match="suspicion"):
        suspicion_weights([-1.0])


def test_draws_that_cannot_be_are_refused():
    with pytest.raises(InvalidInput, match="twice"):
        weighted_log_wealth([False, False], [1, 1], WEIGHTS, 0.1)
    with pytest.raises(InvalidInput, match="shape"):
        weighted_log_wealth([False, False], [1], WEIGHTS, 0.1)
    with pytest.raises(InvalidInput, match="above 0"):
        audit_order([1.0, 0.0], 0)


def certifier_of(weights, **options):
    return WeightedCertifier(len(weights), weights.sum(), weights.min(), **options)


@settings(max_examples=40, deadline=None)
@given(st.integers(2, 60), st.integers(0, 1000), st.floats(0.02, 0.6))
def test_after_every_audit_the_certifier_says_what_all_of_them_show(n_items, seed, error):
    rng = np.random.default_rng(seed)
    weights = rng.uniform(0.5, 4, n_items)
    drawn = audit_order(weights, seed)
    wrong = rng.random(n_items) < 0.1
    certifier = certifier_of(weights, errors=[error], alpha=0.2)
    log_k = weighted_log_wealth(wrong, drawn, weights, error)
    for n in range(n_items + 1):
        told = certifier.certificate(error)
        assert (told.audits, told.wrong, told.lower) == (n, wrong[:n].sum(), 0)
        upper = weighted_error_upper(wrong[:n], drawn[:n], weights, 0.2, [error])
        assert told.upper == pytest.approx(upper)
        crossed = (log_k[:n] >= -np.log(0.2)).any()
        known = told.wrong + n_items - n <= error * n_items
        assert told.holds == ((crossed or known) and told.wrong <= error * n_items)
        if n:
            estimate = min(1.0, weighted_estimate(wrong[:n], drawn[:n], weights))
            assert told.estimate == pytest.approx(estimate)
            assert told.to_go == 0 or not told.certified_at
        if n < n_items:
            certifier.add(wrong[n], weights[drawn[n]])
    with pytest.raises(InvalidInput, match="are audited"):
        certifier.add(False, 1.0)


def test_with_equal_weights_it_is_the_certifier_of_even_draws():
    even, weighted = Certifier(3000, [0.02]), certifier_of(np.full(3000, 0.4), errors=[0.02])
    for at in range(450):
        even.add(at in (30, 90))
        weighted.add(at in (30, 90), 0.4)
        assert weighted.upper == pytest.approx(even.upper)
    first, second = even.certificate(0.02), weighted.certificate(0.02)
    assert second.certified_at == first.certified_at is not None
    assert second.estimate == pytest.approx(first.estimate, abs=1e-3)


@pytest.mark.parametrize("wrong_at", [(), (5,), (5, 40, 80)])
def test_the_outlook_is_what_it_takes_when_all_goes_on_as_the_bets_believe(wrong_at):
    weights = np.where(np.arange(20000) < 1000, 3.0, 0.9)
    drawn = audit_order(weights, 0)
    certifier = certifier_of(weights, errors=[0.01])
    for at in range(100):
        certifier.add(at in wrong_at, weights[drawn[at]])
    told = certifier.certificate(0.01)
    if len(wrong_at) == 3:
        assert told.to_go > 500
        return
    at = 100
    while not certifier.certificate(0.01).holds:
        certifier.add(False, weights[drawn[at]])
        at += 1
    assert 0.6 * told.to_go < at - 100 <= told.to_go * 1.2


def test_more_wrong_than_claimed_is_never_shown():
    certifier = certifier_of(np.ones(100), errors=[0.02])
    for _ in range(3):
        certifier.add(True, 1.0)
    told = certifier.certificate(0.02)
    assert not told.holds
    assert told.to_go == np.inf
    with pytest.raises(InvalidInput):
        certifier.certificate(0.5)


@pytest.mark.parametrize(("total", "least"), [(0, 1), (10, 0), (np.inf, 1), (10, np.nan), (9, 1)])
def test_impossible_weights_of_all_are_refused(total, least):
    with pytest.raises(InvalidInput, match="Of 10 weights"):
        WeightedCertifier(10, total, least, [0.1])


@pytest.mark.parametrize("weight", [0.0, 0.5, np.nan, np.inf])
def test_a_weight_below_the_smallest_is_refused(weight):
    certifier = WeightedCertifier(10, 12.0, 1.0, [0.1])
    with pytest.raises(InvalidInput, match="the smallest, but is"):
        certifier.add(True, weight)
    assert certifier.audits == 0
