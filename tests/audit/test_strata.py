"""Audits by strata: all ways to share out, all orders of small strata, and one stratum alone."""

from __future__ import annotations

import doctest
import math
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fewclicks.audit import strata
from fewclicks.audit.anytime import error_upper
from fewclicks.audit.certificate import Claim, certify
from fewclicks.audit.strata import StratifiedCertifier
from fewclicks.betting import log_wealth
from fewclicks.errors import InvalidInput


def fed(sizes, error, audits, **more):
    """A certifier with some audits: pairs of a stratum and whether it was wrong."""
    certifier = StratifiedCertifier(sizes, error, **more)
    for stratum, wrong in audits:
        certifier.add(stratum, wrong)
    return certifier


def least_by_trying(sizes, audits, count):
    """The least successful bet over every way to share out `count` or more."""
    least = math.inf
    for shared in product(*(range(size + 1) for size in sizes)):
        total = 0.0
        for stratum, (size, doubted) in enumerate(zip(sizes, shared, strict=True)):
            wrong = [x for where, x in audits if where == stratum]
            if doubted < sum(wrong):
                total = math.inf  # more are wrong than that
            elif doubted and wrong:
                stop = np.cumsum(wrong) >= doubted  # from there on the doubt is known to be right
                n = int(stop.argmax()) + 1 if stop.any() else len(wrong)
                log_k = log_wealth([*wrong[:n]], size, doubted / size)
                if stop.any():  # what it was worth before, and the last factor by hand
                    total += frozen(wrong[:n], size, doubted)
                else:
                    total += log_k[-1]
        if sum(shared) >= count:
            least = min(least, total)
    return least


def frozen(wrong, size, doubted):
    """The wealth after the last wrong one that the doubt leaves."""
    before = log_wealth(wrong[:-1], size, doubted / size)
    m = (doubted - sum(wrong[:-1])) / (size - len(wrong) + 1)
    share = doubted / size
    p = (0.6 + sum(wrong[:-1])) / (3 / share + len(wrong) - 1)
    return (before[-1] if len(before) else 0.0) + math.log(min(max(p, 0.05 * m), m) / m)


def test_the_examples_hold():
    assert doctest.testmod(strata).failed == 0


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 2), st.booleans()), max_size=9), st.integers(2, 8))
def test_the_least_bet_is_that_of_trying_every_way(audits, count):
    # from 2 on, what is looked for reaches as far as the largest stratum
    sizes, kept, n = (4, 5, 6), [], [0, 0, 0]
    for stratum, wrong in audits:
        if n[stratum] < sizes[stratum]:
            n[stratum] += 1
            kept.append((stratum, wrong))
    certifier = fed(sizes, count / 15, kept)
    assert certifier.log_wealth == pytest.approx(least_by_trying(sizes, kept, count), abs=1e-9)


@pytest.mark.parametrize("wrongs", [(1, 2), (2, 1), (0, 3), (3, 0), (2, 3)])
def test_in_all_orders_false_certificates_are_rare_whichever_stratum_is_next(wrongs, orders):
    sizes, alpha = (4, 5), 0.3
    for n_claimed in range(sum(wrongs)):
        false = []
        for first in orders(sizes[0], wrongs[0]):
            for second in orders(sizes[1], wrongs[1]):
                certifier = StratifiedCertifier(sizes, (n_claimed + 0.5) / 9, alpha)
                at = [0, 0]
                while certifier.audits < 9 and not certifier.certificate().certified_at:
                    last_was_wrong = certifier.wrong % 2  # where to look follows from what was seen
                    stratum = last_was_wrong if at[last_was_wrong] < sizes[last_was_wrong] else 1
                    if at[stratum] >= sizes[stratum]:
                        stratum = 0
                    certifier.add(stratum, bool((first, second)[stratum][at[stratum]]))
                    at[stratum] += 1
                false.append(certifier.certificate().certified_at is not None)
        assert np.mean(false) <= alpha


@settings(max_examples=30, deadline=None)
@given(st.lists(st.booleans(), max_size=40), st.floats(0.02, 0.5))
def test_one_stratum_is_the_whole(wrong, error):
    made = fed([200], error, [(0, x) for x in wrong]).certificate()
    alone = certify(wrong, 200, Claim(error))
    assert made.certified_at == alone.certified_at
    if made.upper <= 3 * error - 0.02 and alone.upper <= error:
        assert made.upper == pytest.approx(alone.upper)


def test_each_stratum_has_its_own():
    wrong = [(0, False)] * 80 + [(1, False)] * 30 + [(1, True)]
    certifier = fed([500, 300], 0.1, wrong, each=0.05)
    assert certifier.certifiers[0].upper == error_upper([False] * 80, 500, errors=[0.05])
    assert certifier.certifiers[0].certificate(0.05).holds
    assert not certifier.certifiers[1].certificate(0.05).holds
    assert certifier.estimate == pytest.approx(300 / 31 / 800)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 1), st.booleans()), max_size=25))
def test_audits_tighten_and_wrong_ones_loosen(audits):
    sizes = (40, 60)
    now = fed(sizes, 0.2, audits)
    upper = now.certificate().upper
    right, wrong = (fed(sizes, 0.2, [*audits, (0, x)]).certificate() for x in (False, True))
    assert right.upper <= upper + 1e-12
    assert wrong.upper >= right.upper
    smaller = fed(sizes, 0.2, audits, alpha=0.01).certificate()
    assert smaller.upper >= upper


def test_parts_of_several_items_are_on_the_safe_side():
    audits = [(n % 2, False) for n in range(420)]
    fine = fed([40000, 20000], 0.003, audits)  # 180 wrong ones: each by itself
    coarse = fed([400000, 200000], 0.003, audits)  # 1,800: eight at a time
    assert coarse.log_wealth <= fine.log_wealth + 1e-9
    assert coarse.log_wealth > 0.95 * fine.log_wealth


def test_at_the_boundary_false_certificates_are_as_rare_as_promised():
    rng = np.random.default_rng(6)
    sizes, alpha, repeats, false = (600, 400), 0.2, 40, 0
    for _ in range(repeats):
        drawn = [
            rng.permutation(np.arange(size) < n) for size, n in zip(sizes, (5, 15), strict=True)
        ]
        certifier = StratifiedCertifier(sizes, 0.02, alpha)
        for n in range(200):
            stratum = n % 2
            certifier.add(stratum, bool(drawn[stratum][n // 2]))
        false += certifier.certificate().certified_at is not None
    assert false / repeats <= alpha + 3 * math.sqrt(alpha * (1 - alpha) / repeats)


def test_everything_audited_is_known_and_nothing_is_nothing():
    certifier = fed([2, 3], 0.2, [(0, True), (0, False), (1, False), (1, False), (1, False)])
    assert certifier.certificate().holds
    assert certifier.certificate().upper == 0.2
    assert StratifiedCertifier([], 0.1).certificate().holds
    assert math.isnan(StratifiedCertifier([3], 0.1).estimate)
    with pytest.raises(InvalidInput, match="stratum 0"):
        certifier.add(0, False)
    with pytest.raises(InvalidInput, match="stratum"):
        certifier.add(2, False)
