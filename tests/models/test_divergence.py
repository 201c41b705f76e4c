from functools import partial

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from fewclicks.errors import FewclicksError
from fewclicks.models import Augmentation, Network
from fewclicks.models.divergence import finite, learnt_nothing, peak_of, prior_loss, row_masses
from fewclicks.models.tensors import Rows

CODES = np.arange(60) % 3
RNG = np.random.default_rng(0)
BARS = RNG.integers(0, 60, (60, 12, 12), dtype=np.uint8)
BARS[CODES == 0, 2:10, 5:7] = BARS[CODES == 1, 5:7, 2:10] = BARS[CODES == 2, 3:9, 3:9] = 200
NOISE = RNG.integers(0, 256, (60, 12, 12), dtype=np.uint8)
GREY = np.full((60, 12, 12), 128, np.uint8)
quick = partial(Network, epochs=6, min_steps=30, batch_size=20, device="cpu")


class Always(nn.Module):
    """Says one class, or the one that the first column names."""

    def __init__(self, n_classes, code=None):
        super().__init__()
        self.n_classes, self.code = n_classes, code

    def forward(self, rows):
        named = rows[:, 0].long() if self.code is None else torch.full((len(rows),), self.code)
        return nn.functional.one_hot(named, self.n_classes).float()


def rows_of(codes):
    return Rows(torch.tensor(codes, dtype=torch.float32)[:, None])


def test_masses_and_the_loss_of_guessing_by_hand():
    codes, weights = np.array([0, 0, 0, 2]), np.array([1, 1, 1, 1], np.float32)
    np.testing.assert_allclose(row_masses(codes, weights, False), [0.25] * 4)
    np.testing.assert_allclose(row_masses(codes, weights, True), [1 / 6] * 3 + [1 / 2])
    assert prior_loss(codes, row_masses(codes, weights, True)) == pytest.approx(np.log(2))
    told = -(0.75 * np.log(0.75) + 0.25 * np.log(0.25))
    assert prior_loss(codes, row_masses(codes, weights, False)) == pytest.approx(told)
    assert prior_loss(codes, np.array([1.0, 0, 0, 0])) == 0  # one class weighs anything


@given(st.lists(st.integers(0, 4), min_size=2, max_size=30), st.integers(0, 1000))
def test_no_guess_without_looking_is_better_than_the_prior_loss(codes, seed):
    rng = np.random.default_rng(seed)
    codes, weights = np.array(codes), rng.random(len(codes)).astype(np.float32)
    masses = row_masses(codes, weights, False)
    guess = rng.dirichlet(np.ones(5))
    assert prior_loss(codes, masses) <= -(masses * np.log(guess[codes])).sum() + 1e-6


def test_a_peak_is_of_enough_rows():
    losses = torch.tensor([1.0, 9, 1, 1, 2, 4])
    assert peak_of(losses, 128) == 9
    assert peak_of(losses, 40) == 5  # two steps at a time
    assert peak_of(losses, 8) == 3  # all of them saw fewer rows


def test_weights_that_are_no_numbers():
    module = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2))
    assert finite(module)
    module[1].running_var[0] = torch.inf
    assert not finite(module)


@pytest.mark.parametrize("n", [40, 5000])  # more than are looked at
def test_naming_one_class_is_nothing_learnt(n):
    codes = (np.arange(n) % 4 == 0).astype(int)
    masses = np.full(n, 1 / n)
    for code in (0, 1):
        assert learnt_nothing(Always(2, code), rows_of(codes), codes, masses, 0)
    assert not learnt_nothing(Always(2), rows_of(codes), codes, masses, 0)


def test_a_few_points_above_the_most_frequent_class_are_nothing():
    codes = np.arange(100) % 2
    said = codes.copy()
    said[:92] = 0  # right of 50 + 4
    masses = np.full(100, 0.01)
    assert learnt_nothing(Always(2), rows_of(said), codes, masses, 0)
    said[60:92] = codes[60:92]
    assert not learnt_nothing(Always(2), rows_of(said), codes, masses, 0)


def test_rare_classes_count_as_much_as_training_counted_them():
    codes = np.array([0] * 90 + [1] * 10)
    said = np.array([0] * 70 + [1] * 30)  # 80 % of the rows, fewer than are of the first class
    even = row_masses(codes, np.ones(100, np.float32), True)
    assert not learnt_nothing(Always(2), rows_of(said), codes, even, 0)
    assert learnt_nothing(Always(2), rows_of(said), codes, np.full(100, 0.01), 0)


@pytest.mark.parametrize(
    ("architecture", "rate"),
    [("small", 5.0), ("small", 1e4), ("guided_mnist", 0.1), ("guided_mnist", 1.0)],
)
def test_a_rate_at_which_nothing_is_learnt_is_told_of(architecture, rate):
    network = quick(architecture).fit(BARS, CODES)
    assert (network.predict(BARS) == CODES).mean() > 0.9
    before = network.predict_proba(BARS)
    with pytest.raises(FewclicksError, match=r"diverged: the loss rose .* lower learning_rate"):
        network.set_params(learning_rate=rate, epochs=3, min_steps=0).fit(BARS, CODES)
    np.testing.assert_array_equal(network.predict_proba(BARS), before)


@pytest.mark.parametrize("architecture", ["small", "guided_mnist"])
@pytest.mark.parametrize("images", [NOISE, GREY], ids=["noise", "grey"])
@pytest.mark.parametrize("rate", [1e-9, None])
def test_images_that_say_nothing_are_no_divergence(architecture, images, rate):
    shuffled = np.random.default_rng(1).permutation(CODES)
    network = quick(architecture, epochs=2, min_steps=6, learning_rate=rate)
    assert network.fit(images, shuffled).finished_


@pytest.mark.parametrize("balance", ["none", "weights", "sampling"])
def test_few_rows_much_changed_are_no_divergence(balance):
    wild = Augmentation(rotation_degrees=180, scale=(0.5, 2.0), translation_pixels=6)
    y = np.where(np.arange(60) < 12, np.minimum(CODES, 1), -1)
    assert quick(augment=wild, balance=balance, batch_size=3).fit(NOISE, y).finished_


def test_answers_turned_round_are_no_divergence():
    network = quick(warm_start=True).fit(BARS, CODES)
    turned = (CODES + 1) % 3
    network.set_params(learning_rate=1e-6, epochs=1, min_steps=0).fit(BARS, turned)
    assert network.losses_[0] > 5 * np.log(3)  # sure, and wrong, from the first step on
    assert network.finished_
