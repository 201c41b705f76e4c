"""What every query strategy keeps, tested once for all of them."""

from functools import cache
from pathlib import Path

import numpy as np
import pytest

from fewclicks.errors import InvalidInput
from fewclicks.models import CalibratedLinear, Committee
from fewclicks.queries import CRITERIA, STRATEGIES, Strategy, make_strategy

MODELS = dict.fromkeys(("vote_entropy", "consensus_kl", "consensus_entropy"), Committee)
"""The model of each strategy that needs one of its own kind."""


@pytest.fixture
def pool(strategy):
    """The pool of `made`, with a model of the kind that the strategy asks."""
    return made(MODELS.get(strategy.name, CalibratedLinear))


@cache
def made(model):
    """Three classes of 40 items in 5 dimensions, two answers each, and a model of the answers."""
    rng = np.random.default_rng(0)
    centres = rng.normal(0, 3, (3, 5))
    X = np.repeat(centres, 40, axis=0) + rng.normal(0, 1, (120, 5))
    y = np.full(120, -1)
    y[[0, 1, 40, 41, 80, 81]] = [0, 0, 1, 1, 2, 2]
    return X, y, model().fit(X, y)


@pytest.fixture(params=sorted(STRATEGIES))
def strategy(request):
    return make_strategy(request.param)


def test_it_is_a_strategy_with_its_name(strategy):
    assert isinstance(strategy, Strategy)
    assert type(strategy) is STRATEGIES[strategy.name]


def test_it_picks_as_many_different_open_items_as_are_wanted(strategy, pool):
    X, y, model = pool
    exclude = np.zeros(120, bool)
    exclude[::3] = True
    picked = strategy.pick(model, X, 20, y=y, exclude=exclude, random_state=1)
    assert picked.dtype == np.int64
    assert len(np.unique(picked)) == len(picked) == 20
    assert not exclude[picked].any()
    assert (y[picked] == -1).all()


def test_the_same_seed_picks_the_same(strategy, pool):
    X, y, model = pool
    one, other = (strategy.pick(model, X, 12, y=y, random_state=7) for _ in range(2))
    assert one.tolist() == other.tolist()


def test_what_it_is_given_stays_as_it_was(strategy, pool):
    X, y, model = pool
    before = X.copy(), y.copy()
    strategy.pick(model, X, 5, y=y)
    assert (before[0] == X).all()
    assert (y == before[1]).all()


def test_a_pool_smaller_than_the_batch_is_taken_whole(strategy, pool):
    X, y, model = pool
    exclude = np.ones(120, bool)
    exclude[[3, 50, 90]] = False
    assert sorted(strategy.pick(model, X, 20, y=y, exclude=exclude)) == [3, 50, 90]


def test_nothing_wanted_or_nothing_left_gives_nothing(strategy, pool):
    X, y, model = pool
    assert strategy.pick(model, X, 0, y=y).tolist() == []
    assert strategy.pick(model, X, 5, y=y, exclude=np.ones(120, bool)).tolist() == []


def test_it_reads_memory_maps_and_half_precision(strategy, pool, tmp_path):
    X, y, model = pool
    np.save(tmp_path / "rows.npy", X.astype(np.float16))
    rows = np.load(tmp_path / "rows.npy", mmap_mode="r")
    assert len(strategy.pick(model, rows, 10, y=y)) == 10


def test_lengths_must_match(strategy, pool):
    X, y, model = pool
    with pytest.raises(InvalidInput, match="120"):
        strategy.pick(model, X, 5, y=y[:-1])
    with pytest.raises(InvalidInput, match="120"):
        strategy.pick(model, X, 5, y=y, exclude=np.zeros(119, bool))


def test_features_that_are_not_finite_are_refused(strategy, pool):
    X, y, model = pool
    if strategy.name == "random":
        pytest.skip("it looks at nothing")
    bad = X.copy()
    bad[17] = np.nan
    with pytest.raises(InvalidInput, match=r"17|NaN"):
        strategy.pick(model, bad, 5, y=y)


def test_with_a_single_class_it_still_picks(strategy, pool):
    X, y, model = pool
    y = np.where(y == 0, 0, -1)
    model = type(model)().fit(X, y)
    assert len(np.unique(strategy.pick(model, X, 5, y=y))) == 5


def test_an_unknown_name_or_parameter_is_refused():
    with pytest.raises(InvalidInput, match="one of random"):
        make_strategy("guess")
    with pytest.raises(InvalidInput, match="no parameter depth"):
        make_strategy("margin", depth=3)


def test_the_manual_tells_of_every_strategy_and_criterion():
    told = (Path(__file__).parents[2] / "docs" / "strategies.md").read_text()
    missing = [name for name in (*STRATEGIES, *CRITERIA) if f"| `{name}` |" not in told]
    assert missing == []
