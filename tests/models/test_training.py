from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from fewclicks.errors import FewclicksError
from fewclicks.models.architectures import recipe_of
from fewclicks.models.tensors import Rows
from fewclicks.models.training import Course, Lesson, Training, one_cycle
from fewclicks.progress import silent

RECIPE = replace(
    recipe_of("small"), epochs=4, min_steps=0, batch_size=8, learning_rate=0.05, one_cycle=False
)


def lesson(n=20, *, seed=0, **given):
    rng = np.random.default_rng(seed)
    codes = np.arange(n) % 2
    features = (rng.normal(size=(n, 3)) + codes[:, None]).astype(np.float32)
    plain = {"recipe": RECIPE, "weights": np.ones(n, np.float32)}
    return Lesson(Rows(torch.from_numpy(features)), codes, **{**plain, **given})


def linear(seed=0):
    torch.manual_seed(seed)
    return nn.Linear(3, 2)


def stop_after(n):
    def report(step, done, total):
        if done >= n:
            raise KeyboardInterrupt

    return report


@pytest.fixture(autouse=True)
def _own_random_state():
    with torch.random.fork_rng(devices=[]):
        yield


def test_first_step_of_adam_by_hand():
    # Adam's first step is the learning rate against the sign of the gradient
    module = nn.Linear(1, 2, bias=False)
    nn.init.zeros_(module.weight)
    rows = Rows(torch.tensor([[1.0], [1.0]]))
    recipe = replace(RECIPE, epochs=1)
    training = Training(module, Lesson(rows, np.array([0, 0]), np.ones(2, np.float32), recipe))
    training.run(silent)
    torch.testing.assert_close(module.weight.detach(), torch.tensor([[0.05], [-0.05]]))
    assert training.course.losses == [pytest.approx(np.log(2))]


def test_few_rows_are_passed_until_the_smallest_number_of_steps():
    few = lesson(20, recipe=replace(RECIPE, min_steps=100))
    assert few.steps_per_epoch == 3  # 20 rows in batches of at most 8
    assert few.epochs == 34
    assert lesson(20).epochs == 4


def test_every_row_comes_once_per_epoch_in_new_order():
    seen = []

    class Spy(Rows):
        def take(self, positions):
            seen.append(positions.tolist())
            return super().take(positions)

    Training(linear(), replace(lesson(), inputs=Spy(torch.rand(20, 3)))).run(silent)
    passes = [[row for batch in seen[i : i + 3] for row in batch] for i in range(0, 12, 3)]
    assert all(sorted(rows) == list(range(20)) for rows in passes)
    assert len({tuple(rows) for rows in passes}) == 4
    assert {len(batch) for batch in seen} == {6, 7}


def test_weight_two_is_the_same_as_twice():
    # full batches, so that the order does not matter
    recipe = replace(RECIPE, batch_size=64)
    once, twice = lesson(8, recipe=recipe), lesson(8, recipe=recipe)
    rows = once.inputs.take(torch.arange(8))
    again = torch.cat([rows, rows[:2]])
    twice = replace(
        twice,
        inputs=Rows(again),
        codes=np.append(once.codes, once.codes[:2]),
        weights=np.ones(10, np.float32),
    )
    weights = np.array([2, 2, 1, 1, 1, 1, 1, 1], np.float32)
    once = replace(once, weights=weights / weights.mean())
    first, second = linear(), linear()
    Training(first, once).run(silent)
    Training(second, twice).run(silent)
    torch.testing.assert_close(first.weight, second.weight, rtol=1e-4, atol=1e-5)


def test_patience_ends_training_and_the_earliest_best_weights_are_kept():
    accuracies = iter([0.5, 0.7, 0.7, 0.6, 0.7, 0.9])
    module, kept = linear(), []

    def accuracy():
        kept.append(module.weight.detach().clone())
        return next(accuracies)

    recipe = replace(RECIPE, epochs=50, patience=3)
    training = Training(module, lesson(recipe=recipe, accuracy=accuracy))
    training.run(silent)
    assert training.course.accuracies == [0.5, 0.7, 0.7, 0.6, 0.7]
    assert training.course.best_epoch == 2
    torch.testing.assert_close(training.course.best["weight"], kept[1])


def test_without_validation_the_last_weights_are_kept():
    module = linear()
    training = Training(module, lesson(recipe=replace(RECIPE, patience=1)))
    training.run(silent)
    assert training.course.best_epoch == 4
    torch.testing.assert_close(training.course.best["weight"], module.weight.detach())


def test_a_kill_and_a_resume_give_the_same_weights(tmp_path, monkeypatch):
    monkeypatch.setattr("fewclicks.models.training.CHECKPOINT_SECONDS", 0)

    # dropout, augmentation, Adam's moments and the one-cycle rate all have to go on
    def noisy(batch, generator):
        return batch + 0.1 * torch.randn(batch.shape, generator=generator)

    def module():
        torch.manual_seed(3)
        return nn.Sequential(nn.Linear(3, 8), nn.BatchNorm1d(8), nn.Dropout(0.5), nn.Linear(8, 2))

    recipe = replace(RECIPE, epochs=6, one_cycle=True)
    whole, path = lesson(recipe=recipe, augment=noisy, made_from="a"), tmp_path / "c.pt"
    straight = Training(module(), whole)
    straight.run(silent)
    with pytest.raises(KeyboardInterrupt):
        Training(module(), whole, checkpoint=path).run(stop_after(9))  # three epochs are done
    torch.manual_seed(99)
    resumed = Training(module(), whole, checkpoint=path)
    epochs = []
    resumed.run(lambda step, done, total: epochs.append(done))
    assert epochs[0] >= 9
    assert resumed.course.losses == straight.course.losses
    for name, value in straight.course.best.items():
        assert torch.equal(value, resumed.course.best[name]), name
    resumed.forget()
    assert not path.exists()


def test_checkpoints_are_some_seconds_apart(tmp_path, monkeypatch):
    written = []
    monkeypatch.setattr(
        "fewclicks.tensorfiles.write",
        lambda path, made_from, content: written.append(content["course"]["epoch"]),
    )
    clock = iter([10, 10, 12, 16, 16, 17])
    monkeypatch.setattr("time.monotonic", lambda: next(clock))
    Training(linear(), lesson(), checkpoint=tmp_path / "c.pt").run(silent)
    assert written == [1, 3]


@pytest.mark.parametrize("damage", ["another lesson", "cut off", "no weights"])
def test_checkpoints_of_something_else_are_not_trusted(tmp_path, damage):
    path = tmp_path / "c.pt"
    Training(linear(), lesson(made_from="a"), checkpoint=path).run(silent)
    if damage == "cut off":
        path.write_bytes(path.read_bytes()[:400])
    if damage == "no weights":
        path.write_text("nothing of the kind")
    told = []
    made_from = "b" if damage == "another lesson" else "a"
    again = Training(linear(), lesson(made_from=made_from), checkpoint=path)
    again.run(lambda step, done, total: told.append(done))
    assert told[0] == 0


def test_a_loss_that_is_no_number_says_what_to_do():
    bad = replace(lesson(), inputs=Rows(torch.full((20, 3), torch.inf)))
    with pytest.raises(FewclicksError, match=r"diverged.*epoch 1.*lower learning_rate.*0\.005"):
        Training(linear(), bad).run(silent)


def test_weights_that_are_no_numbers_say_what_to_do_and_are_not_kept():
    module = linear()
    spoilt = replace(RECIPE, epochs=3)

    def spoil():
        if training.course.epoch == 1:
            module.weight.register_hook(lambda gradient: gradient * torch.nan)
        return 0.5

    training = Training(module, lesson(recipe=replace(spoilt, batch_size=64), accuracy=spoil))
    with pytest.raises(FewclicksError, match="weights are no numbers after epoch 3"):
        training.run(silent)
    assert training.course.epoch == 2
    assert training.course.best["weight"].isfinite().all()


@pytest.mark.parametrize("rate", [30.0, 1e5])
def test_a_loss_that_blew_up_for_nothing_keeps_no_weights(tmp_path, rate):
    rng = np.random.default_rng(0)
    wrong = replace(
        lesson(200, recipe=replace(RECIPE, learning_rate=rate, epochs=1)),
        codes=rng.integers(0, 2, 200),
    )
    training = Training(linear(), wrong, checkpoint=tmp_path / "c.pt")
    with pytest.raises(FewclicksError, match=r"the loss rose from \d.* to .* nothing was learnt"):
        training.run(silent)
    assert training.course.best == {}
    assert not training.checkpoint.exists()


def test_a_loss_that_blew_up_and_came_down_is_no_divergence():
    recipe = replace(RECIPE, learning_rate=30, epochs=60, one_cycle=True, batch_size=64)
    training = Training(linear(), lesson(200, recipe=recipe))
    training.run(silent)
    assert training.course.peak > 5 * max(np.log(2), training.course.start)
    assert training.course.best


def test_training_leaves_the_random_state_alone():
    module = nn.Sequential(nn.Linear(3, 4), nn.Dropout(), nn.Linear(4, 2))
    before = torch.get_rng_state()
    Training(module, lesson()).run(silent)
    assert torch.equal(before, torch.get_rng_state())


def test_layers_learn_at_their_share_of_the_rate():
    module = nn.Sequential(nn.Linear(3, 4), nn.Linear(4, 2))
    start = [layer.weight.detach().clone() for layer in module]
    groups = [
        {"params": list(module[0].parameters()), "share": 0.0},
        {"params": list(module[1].parameters())},
    ]
    Training(module, lesson(), groups=groups).run(silent)
    assert torch.equal(start[0], module[0].weight)
    assert not torch.equal(start[1], module[1].weight)


def test_one_row_is_learnt_despite_batch_normalisation():
    module = nn.Sequential(nn.BatchNorm1d(3), nn.Linear(3, 2))
    training = Training(module, lesson(1))
    training.run(silent)
    assert np.isfinite(training.course.losses).all()


def test_balanced_epochs_visit_classes_alike():
    seen = []

    class Spy(Rows):
        def take(self, positions):
            seen.extend(positions.tolist())
            return super().take(positions)

    codes = np.array([0] * 18 + [1] * 2)
    rare = replace(lesson(), inputs=Spy(torch.rand(20, 3)), codes=codes, balanced=True)
    Training(linear(), rare).run(silent)
    assert np.bincount(codes[seen]).tolist() == [40, 40]


def test_progress_is_told_to_the_end():
    told = []
    Training(linear(), lesson()).run(lambda *args: told.append(args))
    assert told[0] == ("training", 0, 12)
    assert told[-1] == ("training", 12, 12)
    assert [done for _, done, _ in told] == sorted(done for _, done, _ in told)


def test_the_rate_of_one_cycle_rises_for_a_quarter_and_ends_at_nothing():
    parts = np.linspace(0, 1, 101)
    rates = np.array([one_cycle(part) for part in parts])
    assert rates[0] == pytest.approx(0.04)
    assert rates.argmax() == 25
    assert (np.diff(rates[:26]) > 0).all()
    assert (np.diff(rates[25:]) < 0).all()
    assert rates[-1] == pytest.approx(0)


def test_course_keeps_copies_of_weights():
    module, course = linear(), Course()
    course.record(module, 1.0, None)
    before = course.best["weight"].clone()
    nn.init.zeros_(module.weight)
    assert torch.equal(course.best["weight"], before)
