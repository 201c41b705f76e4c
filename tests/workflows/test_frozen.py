"""The labels of a certificate: what is kept of them, and how often which are drawn."""

from __future__ import annotations

from dataclasses import asdict

import numpy as np
import pytest

from fewclicks.audit.weighted import weighted_error_upper
from fewclicks.errors import InvalidInput
from fewclicks.records import MODEL, NO_CLASS, Labels
from fewclicks.workflows.bets import Bets
from fewclicks.workflows.frozen import (
    DRAWS,
    are_levels,
    freeze,
    levels_of,
    thawed,
    weights_of_levels,
)

N = 2000


def labels_of(class_ids, margins):
    """Labels of which each has so much more belief than the next best."""
    shares = np.column_stack([(1 + margins) / 2, (1 - margins) / 2]).astype(np.float32)
    classes = np.column_stack([class_ids, np.full(len(class_ids), 99)]).astype(np.int32)
    return Labels(classes, shares, np.full(len(class_ids), MODEL, np.int8))


def frozen_of(draw, seed=0, class_ids=None, wanted=None, alone=None):
    """The last tenth is the least sure, by and by; a twentieth is of class 2."""
    number = np.arange(N)
    if class_ids is None:
        class_ids = np.where(number % 20 == 0, 2, 1)
    margins = np.where(number < 0.9 * N, 0.9, 0.8 - number / N / 2)
    wanted = np.ones(N, bool) if wanted is None else wanted
    alone = np.zeros(N, bool) if alone is None else alone
    return freeze(labels_of(class_ids, margins), wanted, alone, seed, draw)


@pytest.mark.parametrize("draw", DRAWS)
def test_all_that_can_be_wrong_is_drawn_once_whatever_the_draw(draw):
    wanted, alone = np.arange(N) >= 10, np.arange(N) % 7 == 0
    frozen = frozen_of(draw, wanted=wanted, alone=alone)
    assert sorted(frozen.order) == np.flatnonzero(wanted & ~alone).tolist()
    assert (frozen.class_ids[~wanted] == NO_CLASS).all()
    assert len(frozen.levels) == len(frozen.uncertainty) == len(frozen.order)
    again = thawed(asdict(frozen))
    assert all(
        np.array_equal(getattr(again, name), value) for name, value in asdict(frozen).items()
    )
    assert frozen_of(draw, 1, wanted=wanted, alone=alone).order.tolist() != frozen.order.tolist()


def test_even_draws_are_a_shuffle_and_what_was_kept_before_is_even():
    frozen = frozen_of("evenly", seed=5)
    assert frozen.order.tolist() == np.random.default_rng(5).permutation(N).tolist()
    assert frozen.weights is None
    stored = {name: asdict(frozen)[name] for name in ("class_ids", "order", "uncertainty")}
    assert thawed(stored).weights is None


def test_with_one_class_all_are_as_likely():
    frozen = frozen_of("classes", class_ids=np.ones(N, int))
    assert frozen.weights is None
    assert sorted(frozen.order) == list(range(N))


def test_the_least_sure_are_drawn_more_often():
    frozen = frozen_of("suspected")
    by_item = np.empty(N)
    by_item[frozen.order] = frozen.weights
    assert by_item[-30:].min() == by_item.max() > 2.9  # the thirty least sure
    assert by_item[-60:-30].mean() < by_item[-30:].mean()
    assert by_item.min() > 0.8
    assert frozen.weights.mean() == pytest.approx(1)
    first = [np.mean(frozen_of("suspected", seed).order[:100] >= N - 30) for seed in range(40)]
    expected = by_item[-30:].sum() / N
    assert np.mean(first) == pytest.approx(expected, rel=0.2)


def test_every_class_is_drawn_about_as_often():
    frozen = frozen_of("classes")
    is_rare = frozen.class_ids[frozen.order] == 2
    assert frozen.weights[is_rare].sum() / N == pytest.approx(0.5 * 0.05 + 0.5 * 0.5)
    drawn = [frozen_of("classes", seed) for seed in range(40)]
    share = np.mean([np.mean(one.class_ids[one.order[:100]] == 2) for one in drawn])
    assert share == pytest.approx(0.275, rel=0.15)


def test_there_is_no_other_draw():
    with pytest.raises(InvalidInput, match="draw must be one of"):
        frozen_of("oddly")


@pytest.mark.parametrize("draw", ["suspected", "classes"])
def test_a_class_is_bounded_by_its_own_draws(draw):
    frozen = frozen_of(draw)
    bets = Bets(frozen, np.arange(100), 0.1, 0.05)
    wrong = np.zeros(300, bool)
    wrong[[20, 70]] = True
    drawn = frozen.order[:300]
    one, two = bets.of_classes(drawn.tolist(), wrong)
    for told in (one, two):
        own = frozen.class_ids[frozen.order] == told.class_id
        mine = own[:300]
        places = np.cumsum(own)[:300][mine] - 1
        expected = weighted_error_upper(wrong[mine], places, frozen.weights[own])
        assert told.upper == pytest.approx(expected)
        assert told.audits == mine.sum()
    before = bets.of_all(wrong)
    assert bets.of_all(wrong[:100]).audits == 100  # answers taken back
    assert bets.of_all(wrong) == before


@pytest.mark.parametrize("draw", ["suspected", "classes"])
@pytest.mark.parametrize("where", ["least sure", "surest", "rare"])
def test_no_more_claims_are_proved_falsely_than_promised(draw, where):
    """With as many wrong as make the claim just false, wherever they are."""
    n, alpha, repeats, n_wrong = 400, 0.2, 150, 21
    number = np.arange(n)
    class_ids = np.where(number % 10 == 0, 2, 1)
    margins = 1 - number / n  # the last are the least sure
    places = {"least sure": number[-n_wrong:], "surest": number[:n_wrong], "rare": number[::10]}
    wrong = np.isin(number, places[where][:n_wrong])
    assert wrong.sum() == n_wrong
    false = np.zeros(2)
    for seed in range(repeats):
        frozen = freeze(
            labels_of(class_ids, margins), np.ones(n, bool), np.zeros(n, bool), seed, draw
        )
        said = wrong[frozen.order]
        bets = Bets(frozen, np.arange(100), 20 / n, alpha)
        ends = (10, 40, 80, 120, 200, 300)
        told = [bets.of_all(said[:end]) for end in ends]
        false[0] += any(one.holds for one in told)
        true = [wrong[class_ids == class_id].mean() for class_id in (1, 2)]
        bounds = [bets.of_classes(frozen.order[:end].tolist(), said[:end]) for end in ends]
        false[1] += any(each[1].upper < true[1] - 1e-9 for each in bounds)
    assert (false / repeats <= alpha + 2.5 * np.sqrt(alpha * (1 - alpha) / repeats)).all()


@pytest.mark.parametrize("draw", ["suspected", "classes"])
def test_where_all_are_as_likely_they_are_drawn_evenly(draw):
    labels = Labels(
        np.column_stack([np.ones(30), np.full(30, 2)]).astype(np.int32),
        np.tile(np.array([[0.7, 0.3]], np.float32), (30, 1)),
        np.full(30, MODEL, np.int8),
    )
    everything = np.ones(30, bool)
    frozen = freeze(labels, everything, ~everything, 5, draw)
    assert frozen.weights is None
    np.testing.assert_array_equal(frozen.order, np.random.default_rng(5).permutation(30))


def test_levels_of_suspicion_double_and_weights_follow_from_them():
    levels, weights = levels_of("suspected", np.linspace(0, 1, 1000), np.ones(1000, int))
    assert np.bincount(levels).tolist() == [30, 60, 120, 240, 480, 70]
    assert are_levels("suspected", levels)
    np.testing.assert_array_equal(weights, weights_of_levels("suspected", levels))
    assert weights[0] > 2 * weights[-1]
    assert not are_levels("suspected", np.minimum(levels, 4))
    assert not are_levels("classes", np.array([0, 2]))


def test_too_many_classes_to_be_drawn_by_are_refused():
    classes = np.arange(2**16 + 1)
    with pytest.raises(InvalidInput, match="65,537 classes"):
        levels_of("classes", np.zeros(len(classes)), classes)
