import doctest

import numpy as np
import pytest

from fewclicks.errors import InvalidInput
from fewclicks.queries import stopping
from fewclicks.queries.stopping import (
    CRITERIA,
    BudgetSpent,
    FewChanges,
    LowUncertainty,
    StablePredictions,
    TargetAccuracy,
    make_criterion,
    round_figures,
)


def rounds(figure, *values):
    return [{figure: value} for value in values]


def test_the_examples_hold():
    assert doctest.testmod(stopping).failed == 0


def test_figures_of_a_round_by_hand():
    before, after = np.array([0, 0, 1, 1, -1]), np.array([0, 1, 1, 1, 2])
    held_out = np.array([-1, 0, 1, -1, 2])
    proba = np.array([[0.5, 0.5], [1, 0]])
    figures = round_figures(7, after, before, proba=proba, held_out=held_out)
    # expected by chance: (2·1 + 2·3 + 1·0 + 0·1)/25 = 8/25; seen 3/5
    assert figures == {
        "answers": 7,
        "agreement": pytest.approx((15 / 25 - 8 / 25) / (17 / 25)),
        "changed": 2,
        "changed_share": 0.4,
        "uncertainty": pytest.approx(0.5),
        "held_out": 3,
        "held_out_right": 2,
    }


def test_the_first_round_knows_no_changes():
    assert round_figures(3, np.array([1, 2])) == {"answers": 3}
    assert round_figures(3, np.array([1]), proba=np.empty((0, 2)))["uncertainty"] == 0


@pytest.mark.parametrize("name", ["before", "held_out"])
def test_figures_of_different_lengths_are_refused(name):
    with pytest.raises(InvalidInput, match=name):
        round_figures(1, np.zeros(3, int), **{name: np.zeros(2, int)})


def test_the_budget():
    assert not BudgetSpent(100)(rounds("answers", 40, 99)).met
    signal = BudgetSpent(100)(rounds("answers", 40, 100))
    assert signal.met
    assert signal.sentence == "100 of 100 answers are given."


def test_accuracy_must_be_shown_beyond_luck():
    few = [{"held_out": 50.0, "held_out_right": 50.0}]
    assert not TargetAccuracy(0.99)(few).met
    assert TargetAccuracy(0.94)(few).met
    many = [{"held_out": 299.0, "held_out_right": 299.0}]
    signal = TargetAccuracy(0.99)(many)
    assert signal.met
    assert signal.value == pytest.approx(0.05 ** (1 / 299))
    assert "299 of 299" in signal.sentence
    assert not TargetAccuracy()([{"held_out": 0.0, "held_out_right": 0.0}]).met


def test_agreement_is_averaged_over_the_window():
    stable = StablePredictions(0.99, window=3)
    assert not stable(rounds("agreement", 1, 1)).met
    assert not stable(rounds("agreement", 1, 0.98, 0.98, 0.98)).met
    assert stable(rounds("agreement", 0, 1, 0.98, 1)).met
    assert not stable([{"agreement": 1}, {}, {"agreement": 1}, {"agreement": 1}]).met


def test_changes_must_be_few_in_every_round_of_the_window():
    few = FewChanges(0.01)
    assert not few(rounds("changed_share", 0.0)).met
    assert not few(rounds("changed_share", 0.02, 0.0)).met
    assert few(rounds("changed_share", 0.5, 0.01, 0.0)).met


def test_uncertainty():
    assert LowUncertainty(0.1)(rounds("uncertainty", 0.5, 0.1)).met
    assert not LowUncertainty(0.1)(rounds("uncertainty", 0.1, 0.2)).met


@pytest.mark.parametrize("name", CRITERIA)
def test_nothing_seen_meets_nothing(name):
    criterion = make_criterion(name, **({"budget": 5} if name == "budget" else {}))
    for history in ([], [{}], [{"answers": 1.0}]):
        signal = criterion(history)
        assert not signal.met
        assert signal.name == name
        assert signal.sentence.endswith(".")


@pytest.mark.parametrize(
    ("name", "parameters", "said"),
    [
        ("boredom", {}, "one of budget"),
        ("stable", {"depth": 3}, "no parameter depth; it has bound, window"),
        ("budget", {}, "criterion budget needs budget"),
        ("budget", {"budget": 0}, "budget must be"),
        ("accuracy", {"target": 99}, "target must be"),
        ("stable", {"window": 0}, "window must be"),
        ("changes", {"bound": -1}, "bound must be"),
        ("uncertainty", {"bound": 2}, "bound must be"),
    ],
)
def test_a_criterion_that_cannot_be_is_refused(name, parameters, said):
    with pytest.raises(InvalidInput, match=said):
        make_criterion(name, **parameters)
