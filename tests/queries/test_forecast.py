import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fewclicks.errors import InvalidInput
from fewclicks.queries.forecast import changes_per_answer, worth_giving


def run(answers, changed):
    """The history of a run: the first round has nothing to compare with."""
    rows = [{"answers": float(n)} for n in answers]
    for row, count in zip(rows[1:], changed, strict=True):
        row["changed"] = float(count)
    return rows


def falling(answers, a, b):
    """A run whose labels change exactly as a·n^−b per answer."""
    middles = np.sqrt(answers[:-1] * answers[1:])
    return run(answers, a * middles**-b * np.diff(answers) - 0.5)


def test_rates_by_hand():
    middles, rates = changes_per_answer(run([0, 4, 9, 9, 16], [7.5, 9.5, 50, 6.5]))
    assert middles.tolist() == [2, 6, 12]
    assert rates.tolist() == [2, 2, 1]


def test_a_curve_is_followed_to_where_an_answer_is_not_worth_it():
    # 400/n labels per answer: 4 at 100 answers, 2.5 at 160, 2 at 200, 1 at 400
    history = falling(np.arange(20.0, 161, 20), 400, 1)
    found = worth_giving(history, worth=2)
    assert found.answers == 40
    assert not found.at_least
    assert found.rate == pytest.approx(2.5)
    assert (
        found.sentence
        == "About 40 more answers are worth giving: an answer changes about 2.5 labels now."
    )


def test_it_looks_no_farther_than_twice_the_answers():
    history = falling(np.arange(20.0, 161, 20), 400, 1)
    found = worth_giving(history, worth=0.5)
    assert (found.answers, found.at_least) == (160, True)
    assert "At least 160" in found.sentence
    rising = falling(np.arange(20.0, 161, 20), 2, -0.5)
    assert worth_giving(rising).at_least


def test_enough_is_enough():
    found = worth_giving(run([50, 100, 150, 200, 250], [40, 10, 2, 0]))
    assert found.answers == 0
    assert found.sentence.startswith("Enough: an answer changes about 0.0 labels")


def test_old_rounds_are_forgotten():
    late = falling(np.arange(100.0, 301, 25), 400, 1)
    early = run([10, 20, 30], [5, 900])
    history = [*early, {"answers": 75.0, "changed": 3.0}, *late]
    assert worth_giving(history).answers == worth_giving(late).answers == 100


@pytest.mark.parametrize("n_rounds", range(4))
def test_too_early_to_say(n_rounds):
    history = run(range(0, 10 * n_rounds, 10), [5] * max(0, n_rounds - 1))
    found = worth_giving(history)
    assert found.answers is None
    assert "Too early" in found.sentence


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 500)), min_size=1, max_size=12))
def test_whatever_came_it_stays_between_nothing_and_twice_the_answers(rounds):
    answers = np.cumsum([1] + [new for new, _ in rounds])
    found = worth_giving(run(answers, [changed for _, changed in rounds]))
    assert found.answers is None or 0 <= found.answers <= answers[-1]


@given(st.floats(0.1, 5), st.floats(1, 4))
def test_what_is_worth_more_is_reached_sooner(worth, factor):
    history = falling(np.arange(25.0, 301, 25), 900, 1.2)
    assert (
        worth_giving(history, worth=worth * factor).answers
        <= worth_giving(history, worth=worth).answers
    )


@pytest.mark.parametrize("wrong", [{"worth": 0}, {"window": 2}])
def test_what_cannot_be_is_refused(wrong):
    with pytest.raises(InvalidInput):
        worth_giving([], **wrong)
