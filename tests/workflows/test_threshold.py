from dataclasses import replace

import numpy as np
import pytest

from fewclicks.answers.annotator import KnownLabels
from fewclicks.errors import InvalidInput
from fewclicks.queries.stopping import BudgetSpent
from fewclicks.records import MODEL, NO_CLASS, NOBODY, PERSON
from fewclicks.simulate import simulate
from fewclicks.workflows import FewClicks, Threshold
from fewclicks.workflows.drawing import drawn


def started(state_of, truth, n=15, n_wrong=0, **values):
    """The state after `n` random items; wrong answers make the model unsure of easy glyphs."""
    said = {int(item): int(truth[item]) for item in drawn(state_of())[:n]}
    said |= {item: 1 + class_id % 3 for item, class_id in list(said.items())[:n_wrong]}
    return state_of(said, round=2, n_answers=n, **values)


def after(state, outcome):
    """The state after a round, had nothing been answered."""
    labels = outcome.labels
    by_model = np.where(labels.sources == MODEL, labels.class_ids[:, 0], NO_CLASS)
    said = state.sheet.sources == PERSON
    labels.class_ids[said, 0], labels.sources[said] = state.sheet.class_ids[said], PERSON
    return replace(state, previous=labels, modelled=by_model, kept=outcome.kept)


def linear(**values):
    chosen = {"model": "linear", "initial": 0.1, "upper": 0.999, "lower": 0.02, "stop": 0.01}
    return Threshold(**{**chosen, **values})


def test_it_starts_with_a_random_share(state_of):
    outcome = linear().round(state_of())
    assert [q.item for q in outcome.questions] == drawn(state_of())[:15].tolist()
    assert (outcome.labels.sources == NOBODY).all()


def test_what_is_sure_is_taken_and_what_is_least_sure_is_asked(state_of, truth):
    unsure = started(state_of, truth, n_wrong=3)
    outcome = linear(upper=0.7, lower=0.1).round(unsure)
    labels = outcome.labels
    taken = labels.sources == MODEL
    assert 0 < taken.sum() == outcome.figures["taken"] < 135
    assert (labels.confidences[taken, 0] >= 0.7).all()
    assert (labels.class_ids[(labels.sources == NOBODY), 0] == NO_CLASS).all()
    left = 135 - taken.sum()
    assert outcome.figures["left"] == left
    asked = [q.item for q in outcome.questions]
    assert len(asked) == np.ceil(0.1 * left)
    assert not taken[asked].any()
    sure = linear(upper=0).round(unsure).labels.confidences[:, 0]
    others = np.setdiff1d(np.flatnonzero(labels.sources == NOBODY), asked)
    assert sure[asked].max() <= sure[others].min() + 1e-6


def test_a_label_once_taken_is_kept_unless_it_is_to_be_reconsidered(state_of, truth):
    state = started(state_of, truth)
    first = linear(upper=0.5).round(state)
    item = int(np.flatnonzero(first.kept)[0])
    wrong = 1 + truth[item] % 3
    first.labels.class_ids[item, 0] = wrong
    state = after(state, first)
    kept = linear(upper=0.5).round(state).labels
    assert kept.class_ids[item].tolist()[0] == wrong
    assert kept.sources[item] == MODEL
    judged = linear(upper=0.5, reconsider=True).round(state).labels
    assert judged.class_ids[item, 0] == truth[item]


def test_labels_taken_are_learnt_from_but_never_outrank_people(state_of, truth):
    state = started(state_of, truth, n=12)
    first = linear(initial=0.05, upper=0).round(state)
    taken = np.flatnonzero(first.kept)
    first.labels.class_ids[taken, 0] = 3  # all of them wrongly said to be crosses
    second = linear(initial=0.05, upper=0).round(after(state, first)).labels
    assert (second.class_ids[taken, 0] == 3).all()
    said = drawn(state_of())[:12]
    assert (second.class_ids[said, 0] == truth[said]).all()
    fresh = {**{int(i): int(truth[i]) for i in said}, int(taken[0]): int(truth[taken[0]])}
    third = (
        linear(initial=0.05, upper=0)
        .round(after(state_of(fresh, round=3, n_answers=13), first))
        .labels
    )
    assert third.class_ids[taken[0], 0] == truth[taken[0]]
    assert third.sources[taken[0]] == PERSON
    misled = linear(initial=0.05, upper=0, reconsider=True).round(after(state, first)).labels
    assert (misled.class_ids[taken, 0] != 3).any()  # not learnt from when judged afresh


def test_a_fixed_number_can_be_taken_in_each_round(state_of, truth):
    outcome = linear(n_accept=20).round(started(state_of, truth))
    assert outcome.figures["taken"] == 20
    sure = outcome.labels.confidences[outcome.labels.sources == MODEL, 0].min()
    full = linear(upper=0).round(started(state_of, truth)).labels
    others = (full.sources == MODEL) & (outcome.labels.sources == NOBODY)
    assert sure >= full.confidences[others, 0].max() - 1e-6


def test_the_last_ones_are_labelled_by_the_model_or_by_a_person(state_of, truth):
    state = started(state_of, truth)
    by_model = linear(upper=0.9, stop=1).round(state)
    assert (by_model.labels.sources == MODEL).sum() == 135
    assert by_model.questions == []
    assert "done" in by_model.note
    by_person = linear(upper=0.9, stop=1, rest="person").round(state)
    unlabelled = np.flatnonzero(by_person.labels.sources == NOBODY)
    assert sorted(q.item for q in by_person.questions) == unlabelled.tolist()


def test_when_the_budget_is_spent_the_model_labels_the_rest(state_of, truth):
    spent = started(state_of, truth, n_wrong=3, budget_left=0)
    outcome = linear(upper=0.7).round(spent)
    assert outcome.questions == []
    assert (outcome.labels.sources == MODEL).sum() == 135
    asked = linear(upper=0.7, rest="person").round(spent)
    assert asked.questions == []
    assert (asked.labels.sources == NOBODY).sum() == outcome.figures["left"] > 0


def test_a_threshold_that_nothing_reaches_ends_with_everything_answered(project):
    # nobody can be sure of what is often answered wrongly
    annotator = KnownLabels(project.store.items.truths(), error_rate=0.3)
    workflow = linear(upper=1, lower=0.5, rest="person")
    run = simulate(project, annotator, budget=1000, workflow=workflow)
    assert run.answers == 150
    assert project.status()["labelled"]["person"] == 150


def test_a_whole_run_labels_nearly_all_by_itself(project):
    annotator = KnownLabels(project.store.items.truths())
    run = simulate(project, annotator, budget=1000, workflow=linear(upper=0.9))
    assert run.answers < 60
    assert run.accuracy > 0.95
    assert project.status()["labelled"]["none"] == 0


@pytest.mark.parametrize(
    "wrong",
    [{"initial": 0}, {"upper": 2}, {"lower": 1.1}, {"stop": -1}, {"rest": "dog"}, {"n_accept": 0}],
)
def test_parameters_out_of_range_are_refused(wrong):
    with pytest.raises(InvalidInput, match=next(iter(wrong))):
        Threshold(**wrong)


def test_an_annotator_who_never_knows_is_asked_on_until_the_budget_is_spent(project):
    silent = KnownLabels(project.store.items.truths(), unsure_rate=1.0)
    run = simulate(project, silent, budget=70, workflow=linear())
    assert run.answers == 70
    assert project.status()["labelled"]["model"] == 0


def test_of_a_single_class_nothing_is_taken_and_more_is_asked(state_of):
    one = {int(item): 1 for item in drawn(state_of())[:20]}
    outcome = linear().round(state_of(one, round=2, n_answers=20))
    assert (outcome.labels.sources == MODEL).sum() == 0
    assert outcome.questions


def test_a_class_with_one_example_is_learnt_from(state_of):
    order = drawn(state_of())[:20]
    rare = {**{int(item): 1 for item in order}, int(order[0]): 2}
    outcome = linear(upper=0).round(state_of(rare, round=2, n_answers=20))
    assert (outcome.labels.sources == MODEL).sum() == 130
    assert set(outcome.labels.class_ids[:, 0].tolist()) <= {1, 2}


def test_ten_items_are_answered_however_few_there_are(state_of):
    assert len(linear(initial=0.001).round(state_of()).questions) == 10


def test_an_open_item_of_the_start_takes_nothing_away(project):
    annotator = KnownLabels(project.store.items.truths())
    simulate(project, annotator, budget=40, workflow=linear(upper=0.9))
    before = project.status()["labelled"]["model"]
    told = [event for event in project.store.events.history(limit=200) if event.kind == "answer"]
    project.store.events.undo("ana", event=told[-1].id)
    project.round(workflow=linear(upper=0.9))
    assert project.status()["labelled"]["model"] > before > 100


def test_what_was_labelled_as_the_rest_is_not_taken_for_sure_later(project):
    annotator = KnownLabels(project.store.items.truths(), error_rate=0.3)
    workflow = linear(upper=0.999999, lower=0.1)
    simulate(project, annotator, budget=20, workflow=workflow)
    assert project.status()["labelled"]["none"] == 0
    assert project.store.rounds.all()[-1].figures["left"] > 0
    summary = project.round(workflow=workflow)
    assert summary.questions  # asked on, with answers to spend again


def test_a_stopping_rule_lets_the_model_label_the_rest(project):
    annotator = KnownLabels(project.store.items.truths())
    simulate(project, annotator, budget=100, workflow=linear(upper=0.99999), stop=BudgetSpent(20))
    assert project.status()["labelled"]["none"] == 0


def test_labels_of_another_workflow_are_not_taken(project):
    annotator = KnownLabels(project.store.items.truths())
    simulate(project, annotator, budget=20, workflow=FewClicks(n_start=20))
    assert project.status()["labelled"]["model"] == 130
    project.round(workflow=linear(upper=1, initial=0.01, n_accept=1))
    assert project.store.rounds.latest().figures.get("taken", 0) <= 1


@pytest.mark.parametrize("wrong", [{"architecture": "vast"}, {"balance": "level"}, {"epochs": 0}])
def test_what_its_network_cannot_be_is_refused_before_anything_is_asked(wrong):
    with pytest.raises(InvalidInput, match=next(iter(wrong))):
        Threshold(**wrong)


def test_by_default_it_labels_by_the_graph(project):
    run = simulate(
        project, KnownLabels(project.store.items.truths()), budget=100, workflow=Threshold()
    )
    assert run.answers < 40
    assert run.accuracy > 0.95
    assert "graph" in project.store.rounds.latest().note
