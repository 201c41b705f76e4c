import numpy as np
import pytest

from fewclicks.answers.annotator import KnownLabels
from fewclicks.errors import InvalidInput
from fewclicks.records import MODEL, NOBODY
from fewclicks.simulate import simulate
from fewclicks.workflows import Guided
from fewclicks.workflows.drawing import drawn


def known(truth, items):
    return {int(item): int(truth[item]) for item in items}


def linear(**values):
    return Guided(model="linear", strategy="margin", **values)


def test_it_starts_with_random_items_for_validation_too(state_of):
    outcome = linear(n_start=5, n_validation=3).round(state_of())
    assert [q.item for q in outcome.questions] == drawn(state_of())[:8].tolist()
    assert (outcome.labels.sources == NOBODY).all()


def test_then_it_labels_everything_and_doubles(state_of, truth):
    start = known(truth, drawn(state_of())[:10])
    outcome = linear(n_start=10).round(state_of(start, round=2, n_answers=10))
    assert (outcome.labels.sources == MODEL).sum() == 140
    assert np.mean(outcome.labels.class_ids[:, 0] == truth) > 0.8
    asked = [q.item for q in outcome.questions]
    assert len(asked) == len(set(asked)) == 10
    assert not set(asked) & set(start)
    assert 0 < outcome.figures["uncertainty"] < 1


def test_the_schedule_can_be_fixed_and_the_budget_holds(state_of, truth):
    start = known(truth, drawn(state_of())[:10])
    fixed = linear(n_start=10, schedule="fixed", n_batch=4)
    assert len(fixed.round(state_of(start, round=2, n_answers=10)).questions) == 4
    state = state_of(start, round=2, n_answers=10, budget_left=3)
    assert len(linear(n_start=10).round(state).questions) == 3
    state = state_of(start, round=2, n_answers=10, budget_left=0)
    assert linear(n_start=10).round(state).questions == []


def test_validation_items_are_measured_on_and_not_learnt_from(state_of, truth):
    order = drawn(state_of())
    said = known(truth, order[:40])
    said |= {int(item): 9 for item in order[:20]}  # the validation items have a class of their own
    outcome = linear(n_start=20, n_validation=20).round(state_of(said, round=2, n_answers=40))
    assert outcome.figures["held_out"] == 20
    assert outcome.figures["held_out_right"] == 0
    assert "20 items" in outcome.note
    others = np.setdiff1d(np.arange(150), order[:40])
    assert 9 not in outcome.labels.class_ids[others]


def test_it_asks_by_the_strategy_and_its_options(state_of, truth):
    start = known(truth, drawn(state_of())[:10])
    made = Guided(n_start=10, model="linear", strategy="random")
    one, other = (
        [q.item for q in made.round(state_of(start, round=r, n_answers=10)).questions]
        for r in (2, 3)
    )
    assert one != other  # random numbers of the round
    with pytest.raises(InvalidInput, match="strategy must be one of"):
        Guided(strategy="guess")
    with pytest.raises(InvalidInput, match="no parameter depth"):
        Guided(strategy="margin", strategy_options={"depth": 2})


@pytest.mark.parametrize(
    "wrong", [{"n_start": 0}, {"schedule": "tripling"}, {"n_batch": 1.5}, {"n_validation": -1}]
)
def test_parameters_out_of_range_are_refused(wrong):
    with pytest.raises(InvalidInput, match=next(iter(wrong))):
        Guided(**wrong)


def test_a_whole_run_ends_when_everything_has_been_asked(project):
    run = simulate(
        project,
        KnownLabels(project.store.items.truths()),
        budget=1000,
        workflow=linear(n_start=20),
    )
    assert [row.answers for row in run.rounds] == [20, 40, 80, 150]
    assert run.accuracy == 1


def test_a_network_in_rounds_on_the_images(project, tmp_path):
    pytest.importorskip("torch")
    workflow = Guided(n_start=20, min_steps=60, strategy_options={"k": 2})
    run = simulate(project, KnownLabels(project.store.items.truths()), budget=40, workflow=workflow)
    assert [row.answers for row in run.rounds] == [20, 40]
    assert run.accuracy > 0.9
    kept = list((project.folder / "models").glob("*.pt"))
    assert len(kept) == 1  # the last round's alone


def test_an_annotator_who_never_knows_is_asked_on_until_the_budget_is_spent(project):
    silent = KnownLabels(project.store.items.truths(), unsure_rate=1.0)
    run = simulate(project, silent, budget=70, workflow=linear(n_start=20))
    assert run.answers == 70
    assert project.status()["labelled"]["model"] == 0


def test_one_class_or_one_example_of_a_class_is_learnt_from(state_of, truth):
    order = drawn(state_of())[:20]
    one = {int(item): 1 for item in order}
    outcome = linear(n_start=10).round(state_of(one, round=2, n_answers=20))
    assert set(outcome.labels.class_ids[:, 0].tolist()) <= {1, -1}
    rare = {**one, int(order[0]): 2}
    outcome = linear(n_start=10).round(state_of(rare, round=2, n_answers=20))
    assert set(outcome.labels.class_ids[:, 0].tolist()) <= {1, 2, -1}
    assert outcome.labels.class_ids[order[0], 0] == 2
