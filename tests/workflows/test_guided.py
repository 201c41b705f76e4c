from copy import copy
from dataclasses import replace

import numpy as np
import pytest

from fewclicks.answers.annotator import KnownLabels
from fewclicks.errors import FewclicksError, InvalidInput
from fewclicks.queries import STRATEGIES
from fewclicks.records import CLUSTER, MODEL, NO_CLASS, NOBODY, PERSON
from fewclicks.simulate import simulate
from fewclicks.workflows import Guided
from fewclicks.workflows.drawing import drawn

COMMITTEES = {"vote_entropy", "consensus_kl", "consensus_entropy"}


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


def test_held_out_items_are_measured_on_and_not_learnt_from(state_of, truth):
    order = drawn(state_of())
    said = known(truth, order[:60])
    said |= {int(item): 9 for item in order[:20]}  # what is held out has a class of its own
    said |= {int(item): 8 for item in order[20:40]}  # and what validates another
    made = linear(n_start=20, n_held_out=20, n_validation=20)
    outcome = made.round(state_of(said, round=2, n_answers=60))
    assert outcome.figures["held_out"] == 20
    assert outcome.figures["held_out_right"] == 0
    assert "20 items" in outcome.note
    others = np.setdiff1d(np.arange(150), order[:60])
    assert not np.isin(outcome.labels.class_ids[others], (8, 9)).any()
    assert len(outcome.questions) == 20  # as many as are learnt from


def test_copies_of_held_out_items_are_held_out_too(state_of, truth):
    order = drawn(state_of())
    state = state_of(known(truth, order[:40]), round=2, n_answers=40)
    state.sheet.answer_ids[order[:40]] = np.arange(40)
    twin = order[100]
    state.sheet.class_ids[twin] = state.sheet.class_ids[order[0]]
    state.sheet.sources[twin], state.sheet.answer_ids[twin] = PERSON, 0
    outcome = linear(n_start=20, n_held_out=20).round(state)
    assert "20 items" in outcome.note
    assert outcome.figures["held_out"] == 21


def test_it_asks_by_the_strategy_and_its_options(state_of, truth):
    start = known(truth, drawn(state_of())[:10])
    made = Guided(n_start=10, model="linear", strategy="random")
    one, again, other = (
        [q.item for q in made.round(state_of(start, round=r, seed=s, n_answers=10)).questions]
        for r, s in ((2, 0), (3, 0), (2, 1))
    )
    assert one == again  # a round that nobody waited for changes nothing
    assert one != other
    with pytest.raises(InvalidInput, match="strategy must be one of"):
        Guided(strategy="guess")
    with pytest.raises(InvalidInput, match="no parameter depth"):
        Guided(strategy="margin", strategy_options={"depth": 2})


@pytest.mark.parametrize(
    "wrong",
    [
        {"n_start": 0},
        {"schedule": "tripling"},
        {"n_batch": 1.5},
        {"n_validation": -1},
        {"n_held_out": 0.5},
        {"model": "forest"},
        {"architecture": "vast"},
        {"balance": "level"},
        {"augment": "much"},
        {"device": "abacus"},
        {"learning_rate": -1},
    ],
)
def test_parameters_out_of_range_are_refused(wrong):
    with pytest.raises(InvalidInput, match=next(iter(wrong))):
        Guided(**wrong)


def test_a_strategy_that_cannot_work_is_refused_before_anything_is_asked():
    with pytest.raises(InvalidInput, match="committee"):
        Guided(strategy="vote_entropy")
    with pytest.raises(InvalidInput, match="k must be"):
        Guided(strategy_options={"k": 0})


@pytest.mark.parametrize("name", sorted(set(STRATEGIES) - COMMITTEES))
def test_every_other_strategy_works_in_it(name, state_of, truth):
    start = known(truth, drawn(state_of())[:10])
    outcome = Guided(n_start=10, model="linear", strategy=name).round(
        state_of(start, round=2, n_answers=10)
    )
    assert len(outcome.questions) == 10


def test_only_items_named_one_by_one_count_for_the_doubling(state_of, truth):
    state = state_of(known(truth, drawn(state_of())[:10]), round=2, n_answers=30)
    state.sheet.answer_ids[drawn(state)[:10]] = np.arange(10)
    cluster = drawn(state)[50:90]
    state.sheet.class_ids[cluster], state.sheet.sources[cluster] = truth[cluster], CLUSTER
    assert len(linear(n_start=10).round(state).questions) == 10


def test_an_open_item_of_the_start_takes_nothing_away(state_of, truth):
    order = drawn(state_of())
    state = state_of(known(truth, order[1:40]), round=3, n_answers=39)
    begun = replace(state, modelled=np.where(np.arange(150) > 100, 1, NO_CLASS))
    outcome = linear(n_start=10).round(begun)
    assert (outcome.labels.sources == MODEL).sum() == 111
    assert outcome.questions[0].item == order[0]
    assert len({q.item for q in outcome.questions}) == len(outcome.questions) == 39


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


def test_a_round_killed_in_training_goes_on_to_the_same_labels(project, monkeypatch):
    pytest.importorskip("torch")
    monkeypatch.setattr("fewclicks.models.training.CHECKPOINT_SECONDS", 0)
    workflow = Guided(n_start=20, min_steps=60, strategy="margin")
    simulate(
        project, KnownLabels(project.store.items.truths()), budget=20, workflow=workflow, seed=3
    )
    project.round(workflow=workflow, seed=4)
    straight = project.labels().confidences
    steps = []

    def follow(step, done, total):
        if step == "training":
            steps.append(done)

    def kill(step, done, total):
        if step == "training" and done > 30:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        project.round(workflow=workflow, seed=4, report=kill)
    put_down = (project.folder / "models" / "training.pt").read_bytes()
    project.round(workflow=workflow, seed=5, report=follow)  # another lesson begins anew
    assert steps[0] == 0
    steps.clear()
    (project.folder / "models" / "training.pt").write_bytes(put_down)
    project.round(workflow=workflow, seed=4, report=follow)
    assert steps[0] > 0
    np.testing.assert_array_equal(project.labels().confidences, straight)
    assert not (project.folder / "models" / "training.pt").exists()


def test_an_annotator_who_never_knows_is_asked_on_until_the_budget_is_spent(project):
    silent = KnownLabels(project.store.items.truths(), unsure_rate=1.0)
    run = simulate(project, silent, budget=70, workflow=linear(n_start=20))
    assert run.answers == 70
    assert project.status()["labelled"]["model"] == 0


def test_one_class_or_one_example_of_a_class_is_learnt_from(state_of):
    order = drawn(state_of())[:20]
    one = {int(item): 1 for item in order}
    outcome = linear(n_start=10).round(state_of(one, round=2, n_answers=20))
    assert (outcome.labels.class_ids[:, 0] == 1).all()
    assert outcome.questions
    rare = {**one, int(order[0]): 2}
    outcome = linear(n_start=10).round(state_of(rare, round=2, n_answers=20))
    assert set(outcome.labels.class_ids[:, 0].tolist()) <= {1, 2}
    assert (outcome.labels.sources == MODEL).sum() == 130


def test_a_diverging_network_says_what_to_do(state_of, truth):
    pytest.importorskip("torch")
    start = known(truth, drawn(state_of())[:30])
    wild = Guided(n_start=30, model="network", learning_rate=1e9, min_steps=20)
    with pytest.raises(FewclicksError, match="learning_rate"):
        wild.round(state_of(start, round=2, n_answers=30))


def test_what_shares_a_group_with_a_held_out_item_is_neither_learnt_from_nor_asked(state_of, truth):
    order = drawn(state_of())
    state = state_of(known(truth, order[:40]), round=2, n_answers=40)
    groups = np.full(150, -1)
    mate, open_mate = order[30], order[100]
    groups[[order[0], mate, open_mate]] = 7
    collection = copy(state.collection)
    collection.groups = groups
    outcome = linear(n_start=19, n_held_out=20).round(replace(state, collection=collection))
    assert "19 items" in outcome.note
    assert outcome.figures["held_out"] == 20
    every = linear(n_start=19, n_held_out=20, n_batch=150, schedule="fixed")
    asked = [q.item for q in every.round(replace(state, collection=collection)).questions]
    assert len(asked) == 150 - 41
    assert open_mate not in asked
