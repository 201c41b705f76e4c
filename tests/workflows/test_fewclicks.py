import numpy as np
import pytest

from fewclicks.answers.annotator import KnownLabels
from fewclicks.records import NOBODY
from fewclicks.simulate import simulate
from fewclicks.workflows import FewClicks


def test_it_starts_with_typical_items_of_different_kinds(project, state_of):
    outcome = FewClicks(n_start=9).round(state_of())
    assert len(outcome.questions) == 9
    assert all(q.typical and q.kind == "item" for q in outcome.questions)
    truths = project.store.items.truths()
    assert {truths[q.item] for q in outcome.questions} == {"bar", "ring", "cross"}
    assert (outcome.labels.sources == NOBODY).all()


def test_then_it_labels_everything_and_asks_what_is_not_answered(project, state_of):
    truths = project.store.items.truths()
    ids = {"bar": 1, "ring": 2, "cross": 3}
    said = {item: ids[truths[item]] for item in range(9)}
    outcome = FewClicks(n_batch=5).round(state_of(said, round=2))
    right = [ids[t] == c for t, c in zip(truths, outcome.labels.class_ids[:, 0], strict=True)]
    assert np.mean(right) > 0.9
    asked = [q.item for q in outcome.questions]
    assert len(asked) == 5
    assert len(set(asked)) == 5
    assert not set(asked) & set(said)
    assert not any(q.typical for q in outcome.questions)


def test_it_stays_within_the_budget(project, state_of):
    assert len(FewClicks().round(state_of(budget_left=4)).questions) == 4
    said = {0: 1, 1: 2}
    assert FewClicks().round(state_of(said, round=2, budget_left=0)).questions == []


def test_one_class_only_still_leads_to_questions(project, state_of):
    outcome = FewClicks(n_batch=5).round(state_of({0: 1}, round=2))
    assert len(outcome.questions) == 5
    assert set(outcome.labels.class_ids[:, 0].tolist()) <= {1}


def test_it_ends_when_every_item_has_been_asked(project):
    run = simulate(project, KnownLabels(project.store.items.truths()), budget=10_000)
    assert run.answers == project.n_items
    assert run.accuracy == 1


@pytest.mark.parametrize("unsure_rate", [0.3])
def test_unsure_items_are_not_asked_again(project, unsure_rate):
    annotator = KnownLabels(project.store.items.truths(), unsure_rate=unsure_rate)
    simulate(project, annotator, budget=60, workflow=FewClicks(n_start=20, n_batch=20))
    asked = [row.item for row in project.store.questions.page("item", limit=500)]
    sheet = project.store.answers.sheet(project.n_items)
    assert sheet.withheld.sum() > 3
    assert not set(asked) & set(np.flatnonzero(sheet.withheld).tolist())


def test_one_question_of_a_batch_looks_for_what_was_not_met(project, state_of):
    said = {item: 1 + item % 3 for item in range(12)}
    with_it = FewClicks(n_batch=6).round(state_of(said, round=2)).questions
    without = FewClicks(n_batch=6, n_explore=0).round(state_of(said, round=2)).questions
    assert "farthest" in with_it[-1].reason
    assert not any("farthest" in question.reason for question in [*with_it[:-1], *without])
    assert len(with_it) == len(without) == 6


def test_the_start_goes_on_where_clusters_were_named_first(project, state_of):
    truths = project.store.items.truths()
    bars = {item: 1 for item, truth in enumerate(truths) if truth == "bar"}
    outcome = FewClicks(n_start=9).round(state_of(bars, n_answers=3))
    assert len(outcome.questions) == 6
    assert all(question.typical for question in outcome.questions)
    assert {truths[q.item] for q in outcome.questions} == {"ring", "cross"}
    assert (outcome.labels.class_ids[:, 0] == 1).all()
