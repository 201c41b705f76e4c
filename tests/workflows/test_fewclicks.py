from copy import copy
from dataclasses import replace

import numpy as np
import pytest

from fewclicks.answers.annotator import KnownLabels
from fewclicks.neighbours import Neighbours
from fewclicks.records import CLUSTER, NO_CLASS, NOBODY, Reply
from fewclicks.simulate import simulate
from fewclicks.workflows import FewClicks
from fewclicks.workflows.fewclicks import AGAIN
from fewclicks.workflows.refining import Refinement


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


def test_some_questions_look_for_what_was_not_met_if_asked_to(project, state_of):
    said = {item: 1 + item % 3 for item in range(12)}
    with_it = FewClicks(n_batch=6, n_explore=1).round(state_of(said, round=2)).questions
    without = FewClicks(n_batch=6).round(state_of(said, round=2)).questions
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


def graph_that_knows(state, truth):
    """A refinement whose neighbours are of the same class, and whose network is always right."""
    same = [np.setdiff1d(np.flatnonzero(truth == c), [i])[:10] for i, c in enumerate(truth)]
    return replace(
        state,
        refinement=Refinement(
            Neighbours(np.array(same, np.int32), np.ones((150, 10), np.float32)),
            truth.astype(np.int32),
            np.linspace(0.5, 1, 150, dtype=np.float32),
            50,
        ),
    )


def test_an_answer_that_everything_contradicts_is_asked_again(state_of, truth):
    said = {item: int(truth[item]) for item in range(30)}
    said[17] = int(truth[17]) % 3 + 1
    state = graph_that_knows(state_of(said), truth)
    questions = FewClicks(audit=0).round(state).questions
    assert questions[0].item == 17
    assert questions[0].reason == AGAIN
    assert len(questions) == 25
    assert not {question.item for question in questions[1:]} & set(said)
    once = replace(state.sheet, times=np.where(np.arange(150) == 17, 2, state.sheet.times))
    confirmed = FewClicks(audit=0).round(replace(state, sheet=once)).questions
    assert 17 not in {question.item for question in confirmed}


def test_where_answers_are_sound_they_are_soon_not_doubted(state_of, truth):
    said = {item: int(truth[item]) for item in range(30)}
    said[17] = int(truth[17]) % 3 + 1
    state = graph_that_knows(state_of(said), truth)
    times = state.sheet.times.copy()
    times[:4] = 2
    sheet = replace(state.sheet, times=times)
    asked = FewClicks(audit=0).round(replace(state, sheet=sheet)).questions
    assert 17 not in {question.item for question in asked}
    turned = np.arange(150) < 2
    found = FewClicks(audit=0).round(replace(state, sheet=replace(sheet, turned=turned))).questions
    assert 17 in {question.item for question in found}


def test_wrong_answers_are_found_and_mended(project):
    truths = project.store.items.truths()
    annotator = KnownLabels(truths, error_rate=0.1, random_state=3)
    run = simulate(project, annotator, budget=100, workflow=FewClicks(n_start=30, refine="never"))
    sheet = project.store.answers.sheet(150)
    again = sheet.times > 1
    assert again.any()
    assert sheet.turned[again].mean() > 0.5
    assert run.answers == 100


def history(rates, n=25):
    """Figures of rounds of 25 answers that changed so many labels per answer."""
    rows = [{"answers": 100}]
    for rate in rates:
        rows.append({"answers": rows[-1]["answers"] + n, "changed": rate * n})
    return tuple(rows)


def test_the_least_sure_are_reviewed_once_answers_teach_little(state_of, truth):
    said = {item: int(truth[item]) for item in range(30)}
    state = state_of(said, n_answers=400)
    teaching = FewClicks(audit=0).round(replace(state, history=history([9, 3, 3, 3]))).questions
    assert {question.purpose for question in teaching} == {"learn"}
    short = FewClicks(audit=0).round(replace(state, history=history([0.1, 0.1]))).questions
    assert {question.purpose for question in short} == {"learn"}
    teaching_little = replace(state, history=history([9, 1, 1, 1]))
    both = FewClicks(audit=0, n_explore=1).round(teaching_little).questions
    assert [question.purpose for question in both] == ["review"] * 39 + ["learn"]
    assert "farthest" in both[-1].reason
    outcome = FewClicks(audit=0).round(teaching_little)
    assert len(outcome.questions) == 40
    items = [question.item for question in outcome.questions]
    confidence = outcome.labels.confidences[:, 0]
    rest = np.setdiff1d(np.arange(30, 150), items)
    assert confidence[items].max() <= confidence[rest].min() + 1e-6


def test_a_review_heeds_what_the_network_says(state_of, truth):
    said = {item: int(truth[item]) for item in range(30)}
    state = replace(graph_that_knows(state_of(said), truth), history=history([1, 1, 1]))
    first = FewClicks(audit=0, n_batch=10).round(state).questions
    assert all(question.item < 60 for question in first)  # where the network is least sure
    doubting = state.refinement.class_ids.copy()
    doubting[140] = truth[140] % 3 + 1
    state = replace(state, refinement=replace(state.refinement, class_ids=doubting))
    assert FewClicks(audit=0, n_batch=10).round(state).questions[0].item == 140


def test_a_linear_model_has_a_say_for_photos_alone(state_of, truth):
    said = {item: int(truth[item]) for item in range(30)}
    state = state_of(said)
    spread = FewClicks().round(state).labels
    photos = copy(state.collection)
    photos.kind = "photos"
    outcome = FewClicks().round(replace(state, collection=photos))
    pooled = outcome.labels
    assert not outcome.refine
    assert not np.allclose(spread.confidences, pooled.confidences)
    assert (pooled.class_ids[:30, 0] == truth[:30]).all()
    assert (pooled.confidences[:30, 0] == 1).all()
    assert (pooled.class_ids[:, 0] == truth).mean() > 0.95
    alone = FewClicks().round(replace(state_of(dict.fromkeys(range(9), 1)), collection=photos))
    assert set(alone.labels.class_ids[:, 0]) == {1}


def test_clusters_can_be_named_before_anything_else(project):
    annotator = KnownLabels(project.store.items.truths(), mark_misfits=True)
    workflow = FewClicks(n_start=12, n_clusters=3, n_batch=4, refine="never")
    first = workflow_round(project, workflow)
    assert [question.kind for question in first] == ["cluster"] * 3
    every = project.collection().cluster_questions()
    assert [question.cluster for question in first] == [asked.cluster for asked in every[:3]]
    run = simulate(project, annotator, budget=20, workflow=workflow)
    assert [row.answers for row in run.rounds] == [3, 12, 16, 20]
    named = project.labels().sources == CLUSTER
    assert np.count_nonzero(named) > 20
    assert run.accuracy > 0.9


def workflow_round(project, workflow):
    return project.round(workflow=workflow).questions


def test_a_class_first_met_late_is_learnt_and_renamed_and_merged_classes_go_on(project):
    """The world is open: rings come last, under a wrong name, then under two names."""
    truths = project.store.items.truths()
    of = {kind: [i for i, truth in enumerate(truths) if truth == kind] for kind in set(truths)}

    def name(items, class_name):
        for item in items:
            project.answer("ana", Reply("class", class_name), item=item)

    name(of["bar"][:8], "bar")
    name(of["cross"][:8], "cross")
    workflow = FewClicks(n_start=10, n_batch=5, refine="never")
    project.round(workflow=workflow)
    names = project.store.classes.names()
    assert set(np.vectorize(names.get)(project.labels().class_ids[:, 0])) == {"bar", "cross"}
    name(of["ring"][:4], "rings")
    name(of["ring"][4:8], "circle")
    project.round(workflow=workflow)
    ids = {name: class_id for class_id, name in project.store.classes.names().items()}
    before = project.labels()
    ringlike = np.isin(before.class_ids[:, 0], [ids["rings"], ids["circle"]])
    assert ringlike[of["ring"]].mean() > 0.9
    project.store.classes.merge("ana", ids["circle"], ids["rings"])
    project.store.classes.update("ana", ids["rings"], name="ring")
    merged = project.labels()
    assert (merged.class_ids[ringlike, 0] == ids["rings"]).all()  # at once, before any round
    project.round(workflow=workflow)
    after = project.labels().class_ids[:, 0]
    names = project.store.classes.names()
    right = [names.get(int(c)) == truth for c, truth in zip(after, truths, strict=True)]
    assert np.mean(right) > 0.95


def test_what_nobody_can_name_is_kept_apart_and_spreads_to_nothing(project):
    truths = project.store.items.truths()
    rings = [i for i, truth in enumerate(truths) if truth == "ring"]
    for item, truth in enumerate(truths[:60]):
        reply = Reply("none") if truth == "ring" else Reply("class", truth)
        project.answer("ana", reply, item=item)
    questions = project.round(workflow=FewClicks(n_batch=5, refine="never")).questions
    labels = project.labels()
    aside = [item for item in rings if item < 60]
    assert (labels.class_ids[aside, 0] == NO_CLASS).all()
    assert not {question.item for question in questions} & set(range(60))
    assert {project.store.classes.names()[int(c)] for c in set(labels.class_ids[60:, 0])} == {
        "bar",
        "cross",
    }
