"""Audits as they come: the same as all at once."""

from __future__ import annotations

import doctest

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fewclicks.audit import certifier as module
from fewclicks.audit.certificate import Claim, certify
from fewclicks.audit.certifier import Certifier
from fewclicks.errors import InvalidInput

CASES = st.tuples(
    st.lists(st.booleans(), max_size=60), st.integers(60, 5000), st.floats(0.005, 0.6)
)


def test_the_examples_hold():
    assert doctest.testmod(module).failed == 0


@settings(max_examples=50, deadline=None)
@given(CASES, st.sampled_from([0.05, 0.2]))
def test_as_they_come_is_as_all_at_once(case, alpha):
    wrong, n_items, error = case
    certifier = Certifier(n_items, [error], alpha)
    for answer in wrong:
        certifier.add(answer)
    made = certify(wrong, n_items, Claim(error, alpha))
    assert certifier.certificate(error) == made
    assert (certifier.lower, certifier.upper) == (made.lower, made.upper)


def test_small_collections_as_they_come():
    for n_items in (0, 1, 2, 5):
        certifier = Certifier(n_items, [0.01, 0.5])
        for n in range(n_items + 1):
            for error in (0.01, 0.5):
                expected = certify([False] * n, n_items, Claim(error))
                assert certifier.certificate(error) == expected
            if n < n_items:
                certifier.add(False)
        with pytest.raises(InvalidInput, match="audited"):
            certifier.add(False)


def test_only_claims_settled_before_are_certified():
    with pytest.raises(InvalidInput, match="error"):
        Certifier(100, [0.01]).certificate(0.02)


def test_a_million_labels_as_they_come():
    certifier = Certifier(10**6, [0.01])
    wrong = [n % 100 == 99 for n in range(250)]
    for answer in wrong:
        certifier.add(answer)
    made = certify(wrong, 10**6, Claim(0.01))
    assert certifier.certificate(0.01) == made
