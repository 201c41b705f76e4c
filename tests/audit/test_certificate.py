"""Certificates: published figures, all orders of small collections, and what they say."""

from __future__ import annotations

import doctest
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fewclicks.audit import certificate
from fewclicks.audit.certificate import (
    NOT_PROMISED,
    Claim,
    audits_to_go,
    certified_at,
    certify,
    restart_alpha,
)
from fewclicks.errors import InvalidInput


def drawn(n_items, n_wrong, n, rng):
    return rng.permutation(np.arange(n_items) < n_wrong)[:n]


def test_the_examples_hold():
    assert doctest.testmod(certificate).failed == 0


def test_the_published_audits_to_a_certificate():
    right = np.zeros(4000, bool)
    assert certified_at(right, 60000, 0.01) == 343
    rng = np.random.default_rng(0)
    for n_wrong, median in ((60, 343), (120, 343), (180, 639), (240, 1080)):
        found = [certified_at(drawn(60000, n_wrong, 9000, rng), 60000, 0.01) for _ in range(201)]
        took = np.array([math.inf if at is None else at for at in found])
        assert np.mean(took < median) <= 0.6
        assert np.mean(took <= median) >= 0.4


def test_false_certificates_at_the_boundary_are_as_rare_as_promised():
    rng = np.random.default_rng(1)
    n_items, error, alpha, repeats = 3000, 0.02, 0.1, 500
    n_wrong = int(n_items * error)
    found = [
        certified_at(drawn(n_items, n_wrong, 1500, rng), n_items, error, alpha)
        for _ in range(repeats)
    ]
    false = np.mean([at is not None for at in found])
    assert 0 < false <= alpha + 3 * math.sqrt(alpha * (1 - alpha) / repeats)


@pytest.mark.parametrize("n_items", [6, 9])
def test_in_all_orders_of_a_small_collection_false_certificates_are_rare(n_items, orders):
    for error in (0.1, 0.34, 0.5):
        for n_wrong in range(math.floor(error * n_items) + 1, n_items + 1):
            false = [
                certified_at(row, n_items, error, 0.25) is not None
                for row in orders(n_items, n_wrong)
            ]
            assert np.mean(false) <= 0.25


def test_what_is_audited_completely_is_known():
    wrong = [True, False, False, False]
    assert certify(wrong, 4, Claim(0.25)).holds
    assert not certify(wrong, 4, Claim(0.24)).holds
    assert certify(wrong, 4, Claim(0.24)).sentences[0].startswith("It is not so")
    assert certified_at([False] * 4, 4, 0.0) == 4
    assert certified_at([False] * 3, 4, 0.0) is None
    assert certified_at([False] * 3 + [True], 4, 0.25) == 3  # one may be wrong, and is


def test_no_labels_and_claims_of_nothing_hold_at_once():
    made = certify([], 0, Claim(0.01))
    assert made.holds
    assert made.certified_at == 0
    assert certify([], 10, Claim(1.0)).holds
    assert not certify([], 10, Claim(0.0)).holds


def test_a_claim_known_to_be_false_does_not_hold_though_it_was_certified():
    wrong = [False] * 20 + [True] * 3
    made = certify(wrong, 23, Claim(0.1, 0.2))
    assert made.certified_at is not None
    assert not made.holds


CASES = st.tuples(
    st.lists(st.booleans(), max_size=60), st.integers(60, 5000), st.floats(0.005, 0.6)
)


@settings(max_examples=50, deadline=None)
@given(CASES, st.sampled_from([0.05, 0.2]))
def test_easier_claims_and_larger_alphas_hold_no_later(case, alpha):
    wrong, n_items, error = case
    wrong = [*wrong, *[False] * (n_items - len(wrong))]
    at = certified_at(wrong, n_items, error, alpha)
    later = certified_at(wrong, n_items, error, alpha / 2)
    assert (at is None and later is None) or (at is not None and (later is None or later >= at))
    worse = certified_at([True, *wrong[:-1]], n_items, error, alpha)
    assert at is None or worse is None or worse >= at


def test_the_outlook_is_what_it_takes():
    rng = np.random.default_rng(4)
    took, told = [], []
    for _ in range(120):
        wrong = drawn(60000, 150, 8000, rng)
        at = certified_at(wrong, 60000, 0.01)
        if at > 200:
            took.append(at - 200)
            told.append(audits_to_go(wrong[:200], 60000, 0.01))
    assert 0.4 < np.median(told) / np.median(took) < 2
    assert 343 < audits_to_go([], 60000, 0.01) < 800  # some wrong ones are expected at first
    assert audits_to_go([False] * 342, 60000, 0.01) == 1


def test_the_outlook_at_its_ends():
    assert audits_to_go([False] * 343, 60000, 0.01) == 0
    assert audits_to_go([True] * 50, 60000, 0.01) == math.inf
    assert audits_to_go([True], 100, 0.001) == math.inf
    assert audits_to_go([False] * 9, 10, 0.0) == 1
    assert audits_to_go([], 10, 0.0) <= 10


@pytest.mark.parametrize("first", [0.5, 0.8])
def test_restarts_spend_alpha_and_no_more(first):
    spent = [restart_alpha(0.05, k, first) for k in range(60)]
    assert sum(spent) == pytest.approx(0.05)
    assert sum(spent) <= 0.05 + 1e-15
    assert spent[0] == pytest.approx(0.05 * first)
    assert restart_alpha(0.05, 0, 1.0) == 0.05
    with pytest.raises(InvalidInput, match="first"):
        restart_alpha(0.05, 1, 1.0)


def test_labels_that_change_again_and_again_are_certified_wrongly_as_seldom_as_once():
    rng = np.random.default_rng(5)
    n_items, error, alpha, repeats = 2000, 0.05, 0.2, 300
    false = 0
    for _ in range(repeats):
        for k in range(4):  # each time other labels, as wrong as the claim excludes
            wrong = drawn(n_items, int(error * n_items), 400, rng)
            spent = restart_alpha(alpha, k)
            if certified_at(wrong, n_items, error, spent) is not None:
                false += 1
                break
    assert false / repeats <= alpha + 3 * math.sqrt(alpha * (1 - alpha) / repeats)


def test_what_a_certificate_says():
    holds = certify([False] * 343, 60000, Claim(0.01))
    assert holds.sentences == (
        "With confidence 95%, at least 99% of the 60,000 labels are right.",
        "0 of 343 random audits were wrong (0.00%); of all, between 0.00% and 1.00% are, each "
        "end with confidence 95%.",
        *NOT_PROMISED,
    )
    wrong = [True] + [False] * 200
    lacks = certify(wrong, 60000, Claim(0.005, 0.005))
    assert (
        lacks.sentences[0]
        == "It is not shown yet that at least 99.5% of the 60,000 labels are right."
    )
    assert "confidence 99.5%" in lacks.sentences[1]
    assert lacks.sentences[2].endswith("more audits show it.")
    hopeless = certify([True] * 20 + [False] * 20, 60000, Claim(0.01))
    assert "will not show it" in hopeless.sentences[2]
    nothing = certify([], 60000, Claim(0.01))
    assert math.isnan(nothing.estimate)
    assert "No label is audited yet." in nothing.sentences


def test_a_claim_that_the_bounds_contradict_is_called_false():
    wrong = np.arange(400) % 10 == 0
    doubtful, false = certify(wrong, 60000, Claim(0.08)), certify(wrong, 60000, Claim(0.02))
    assert doubtful.lower < 0.08
    assert doubtful.sentences[0].startswith("It is not shown yet that at least 92%")
    assert false.lower > 0.02
    assert false.sentences[0] == (
        "It seems false that at least 98% of the 60,000 labels are right: with confidence 95%, "
        "fewer are."
    )


@pytest.mark.parametrize(("error", "alpha"), [(-0.1, 0.05), (1.1, 0.05), (0.1, 0), (0.1, 1)])
def test_claims_that_cannot_be_are_refused(error, alpha):
    with pytest.raises(InvalidInput):
        Claim(error, alpha)
