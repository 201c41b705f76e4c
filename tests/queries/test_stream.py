import json
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fewclicks.errors import InvalidInput
from fewclicks.queries import PageHinkley, StreamSampler
from fewclicks.queries.stream import METHODS


def shares(sure):
    """Shares of two classes, the first believed as told."""
    sure = np.asarray(sure, dtype=float)
    return np.stack([sure, 1 - sure], axis=-1)


def unsure_stream(n, seed=0):
    return shares(np.random.default_rng(seed).uniform(0.5, 1, n))


def test_the_threshold_by_hand():
    sampler = StreamSampler(1.0, "variable", step=0.1)
    asked = sampler.ask(shares([0.95, 0.95, 0.85, 0.7]))
    # 1 → ask → 0.9 → leave → 0.99 → ask → 0.891 → ask → 0.8019
    assert asked.ask.tolist() == [True, False, True, True]
    assert sampler.threshold_ == pytest.approx(0.8019)
    assert not asked.at_random.any()
    assert (sampler.n_seen_, sampler.n_asked_) == (4, 3)


def test_spending_by_hand():
    sampler = StreamSampler(0.5, "fixed", window=4)
    told = [sampler.ask(shares([0.5])).ask[0] for _ in range(7)]
    # 1, 1.75, 2.31, 1.73, 2.30, 1.73, 2.29: the bound is (4/3)^1.5 / ((4/3)² − 1) = 1.98
    assert told == [True, True, True, False, True, False, True]
    used = 0.0
    for asked in told:
        used = used * 0.75 + asked
    assert sampler.spent_ == pytest.approx(used / 4)


@pytest.mark.parametrize("budget", [0.01, 0.1, 0.5])
@pytest.mark.parametrize("method", METHODS)
def test_the_budget_is_kept_and_used(method, budget):
    sampler = StreamSampler(budget, method)
    n_asked = sampler.ask(unsure_stream(20_000)).ask.sum()
    slack = 4 * np.sqrt(20_000 * budget) if method in ("random", "split") else 1
    assert n_asked <= budget * 20_100 + slack
    assert n_asked >= 0.9 * budget * 20_000
    assert n_asked == sampler.n_asked_


@given(st.floats(0.01, 1), st.integers(2, 300), st.integers(0, 100))
def test_no_stream_can_spend_more_than_the_budget(budget, window, seed):
    sampler = StreamSampler(budget, "randomised", window=window, random_state=seed)
    n_asked = sampler.ask(unsure_stream(500, seed)).ask.sum()
    assert n_asked <= budget * (500 + window) + 1


@pytest.mark.parametrize("method", METHODS)
def test_batches_of_any_size_are_asked_alike(method):
    proba = unsure_stream(300)
    whole = StreamSampler(0.2, method, random_state=1).ask(proba)
    sampler = StreamSampler(0.2, method, random_state=1)
    parts = [sampler.ask(part) for part in np.split(proba, [7, 8, 100])]
    single = StreamSampler(0.2, method, random_state=1)
    ones = [single.ask(row).ask[0] for row in proba]
    assert np.concatenate([part.ask for part in parts]).tolist() == whole.ask.tolist() == ones
    assert np.concatenate([part.at_random for part in parts]).tolist() == whole.at_random.tolist()


@pytest.mark.parametrize("method", METHODS)
def test_it_goes_on_from_a_pickle(method):
    sampler, proba = StreamSampler(0.3, method), unsure_stream(400)
    sampler.ask(proba[:200])
    copy = pickle.loads(pickle.dumps(sampler))
    assert copy.ask(proba[200:]).ask.tolist() == sampler.ask(proba[200:]).ask.tolist()


def test_seeds_decide():
    one, same, other = (
        StreamSampler(0.2, random_state=seed).ask(unsure_stream(500)).ask.tolist()
        for seed in (0, 0, 1)
    )
    assert one == same != other


def test_a_sure_model_is_asked_about_all_the_same_but_for_a_fixed_threshold():
    sure = shares(np.full(2000, 1.0))
    told = {method: StreamSampler(0.1, method, threshold=0.9).ask(sure) for method in METHODS}
    assert not told["fixed"].ask.any()
    for method in set(METHODS) - {"fixed"}:
        assert told[method].ask[1000:].sum() > 60, method


def test_what_is_asked_at_random_says_nothing_of_belief():
    sure = np.random.default_rng(0).uniform(0.5, 1, 40_000)
    told = StreamSampler(0.2, "split", split_share=0.5).ask(shares(sure))
    assert told.at_random.sum() == pytest.approx(0.5 * 0.2 * 40_000, rel=0.1)
    assert sure[told.at_random].mean() == pytest.approx(0.75, abs=0.01)
    assert sure[told.ask & ~told.at_random].mean() < 0.73


def test_nothing_passes_and_nobody_answers():
    sampler = StreamSampler(0.1)
    assert sampler.ask(np.empty((0, 3))).ask.shape == (0,)
    sampler.ask(unsure_stream(5000))  # no answer ever comes back: the budget goes all the same
    assert sampler.n_asked_ == pytest.approx(500, rel=0.15)
    assert PageHinkley().hear([]) is False


class Recent:
    """Logistic regression on the last 40 answers, a few steps of the gradient at a time."""

    def __init__(self, n_features):
        self.weights = np.zeros(n_features)
        self.rows, self.answers = [], []

    def predict_proba(self, rows):
        sure = 1 / (1 + np.exp(-np.clip(rows @ self.weights, -30, 30)))
        return np.stack([1 - sure, sure], axis=-1)

    def learn(self, rows, answers):
        self.rows = [*self.rows, *rows][-40:]
        self.answers = [*self.answers, *answers][-40:]
        X, y = np.array(self.rows), np.array(self.answers)
        for _ in range(30):
            slope = X.T @ (y - self.predict_proba(X)[:, 1]) / len(y)
            self.weights += 2 * (slope - 0.002 * self.weights)


def accuracy_after_drift(method, seed, **parameters):
    """Of the last quarter of a stream whose boundary turned by 90° half way, and what it cost."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(2000, 8))
    before, after = np.linalg.qr(rng.normal(size=(8, 2)))[0].T
    truth = (np.where(np.arange(2000) < 1000, X @ before, X @ after) > 0).astype(int)
    model, right = Recent(8), np.zeros(2000, bool)
    sampler = StreamSampler(0.1, method, random_state=seed, **parameters)
    for batch in np.arange(2000).reshape(-1, 10):
        proba = model.predict_proba(X[batch])
        right[batch] = proba.argmax(1) == truth[batch]
        asked = batch[sampler.ask(proba).ask]
        if len(asked):
            model.learn(X[asked], truth[asked])
    return right[1500:].mean(), sampler.n_asked_ / 2000


def test_after_a_drift_it_beats_random_and_a_fixed_threshold_within_the_budget():
    results = {
        name: np.mean([accuracy_after_drift(name, seed, **given) for seed in range(6)], axis=0)
        for name, given in (
            ("random", {}), ("fixed", {"threshold": 0.6}), ("variable", {}), ("split", {}),
        )
    }  # fmt: skip
    for name in ("variable", "split"):
        accuracy, spent = results[name]
        assert spent < 0.107
        assert accuracy > results["random"][0] + 0.02
        assert accuracy > results["fixed"][0] + 0.02


def test_a_drift_by_hand():
    test = PageHinkley(1.0, tolerance=0, least=1)
    # sums: 0, 0, 1 − 1/3 = ⅔, ⅔ + 1 − 2/4 = 1 1/6 > 1
    assert [test.hear(error) for error in (0, 0, 1, 1)] == [False, False, False, True]
    assert (test.n_drifts_, test.n_, test.rate_) == (1, 0, 0.0)


def test_drift_is_heard_soon_and_not_imagined():
    late = []
    for seed in range(10):
        rng = np.random.default_rng(seed)
        test = PageHinkley()
        assert not test.hear(rng.random(1500) < 0.2)
        assert test.rate_ == pytest.approx(0.2, abs=0.05)
        worse = rng.random(400) < 0.5
        heard = [test.hear(error) for error in worse]
        assert any(heard)
        late.append(heard.index(True))
    assert 30 < np.median(late) < 80


def test_errors_in_batches_are_heard_as_one_by_one():
    errors = np.random.default_rng(0).random(600) < np.repeat([0.1, 0.7], 300)
    one, other = PageHinkley(), pickle.loads(pickle.dumps(PageHinkley()))
    assert one.hear(errors) is any([other.hear(error) for error in errors])
    assert (one.n_drifts_, one.n_, one.rate_) == (other.n_drifts_, other.n_, other.rate_)


@pytest.mark.parametrize(
    ("parameters", "told"),
    [
        ({"budget": 0}, "budget must be between"),
        ({"budget": 1.5}, "budget must be between"),
        ({"method": "guess"}, "method must be one of random, fixed"),
        ({"threshold": 2}, "threshold"),
        ({"step": 1}, "step"),
        ({"window": 1}, "window"),
        ({"window": 2.5}, "window must be a whole number"),
        ({"spread": -1}, "spread"),
        ({"split_share": 1.1}, "split_share"),
    ],
)
def test_parameters_out_of_range_are_refused(parameters, told):
    with pytest.raises(InvalidInput, match=told):
        StreamSampler(**parameters)


def test_shares_and_errors_that_make_no_sense_are_refused():
    with pytest.raises(InvalidInput, match="finite"):
        StreamSampler().ask([[np.nan, 1]])
    for wrong in (np.zeros((2, 2, 2)), np.zeros((3, 0))):
        with pytest.raises(InvalidInput, match=r"shape \(n_items, n_classes\)"):
            StreamSampler().ask(wrong)
    for wrong in ([0.5], [[0, 1]], [np.nan]):
        with pytest.raises(InvalidInput, match="True or False each"):
            PageHinkley().hear(wrong)
    for parameters in ({"threshold": 0}, {"tolerance": -1}, {"least": 0}):
        with pytest.raises(InvalidInput, match=next(iter(parameters))):
            PageHinkley(**parameters)


@pytest.mark.parametrize("method", METHODS)
def test_it_goes_on_from_plain_numbers(method):
    proba = unsure_stream(400)
    sampler = StreamSampler(0.3, method, random_state=4)
    sampler.ask(proba[:150])
    numbers = json.loads(json.dumps(sampler.state()))
    other = StreamSampler(0.3, method, random_state=4).resume(numbers)
    told, expected = other.ask(proba[150:]), sampler.ask(proba[150:])
    assert told.ask.tolist() == expected.ask.tolist()
    assert told.at_random.tolist() == expected.at_random.tolist()
    assert other.state() == sampler.state()
    assert sampler.resume({}).state() == StreamSampler(0.3, method).state()


def test_the_test_of_drift_goes_on_from_plain_numbers():
    errors = (np.random.default_rng(0).random(400) < np.repeat([0.1, 0.7], 200)).astype(int)
    whole, other = PageHinkley(5), PageHinkley(5)
    other.hear(errors[:230])
    other = PageHinkley(5).resume(json.loads(json.dumps(other.state())))
    assert whole.hear(errors)
    other.hear(errors[230:])
    assert other.state() == whole.state()
    assert whole.n_drifts_ >= 1
