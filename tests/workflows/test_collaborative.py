from copy import copy
from dataclasses import replace

import numpy as np
import pytest

from fewclicks.answers.annotator import KnownLabels
from fewclicks.errors import InvalidInput
from fewclicks.records import CLUSTER, NO_CLASS, NOBODY, PERSON, Outcome
from fewclicks.simulate import simulate
from fewclicks.workflows import Collaborative
from fewclicks.workflows.batches import next_batch


def linear(**values):
    return Collaborative(**{"model": "linear", "n_batch": 40, **values})


def named(state, truth, items, source=CLUSTER):
    """The state after these items were named, with their cluster or one by one."""
    sheet = replace(
        state.sheet,
        class_ids=np.where(items, truth, NO_CLASS).astype(np.int32),
        sources=np.where(items, source, NOBODY).astype(np.int8),
        answer_ids=np.where(items, np.arange(len(truth)), -1),
    )
    return replace(state, sheet=sheet)


def mask(items):
    made = np.zeros(150, bool)
    made[list(items)] = True
    return made


def audited(state, truth, items):
    """The state after a blind check of these items."""
    audits = named(state, truth, mask(items), PERSON).sheet
    return replace(state, audits=audits, asked=state.asked | mask(items))


def members(outcome: Outcome):
    clusters = [item for q in outcome.questions if q.kind == "cluster" for item in q.members]
    alone = [q.item for q in outcome.questions if q.kind == "item" and q.purpose == "learn"]
    return sorted([*clusters, *alone])


def test_the_first_batch_is_shown_in_clusters(state_of):
    outcome = linear().round(state_of())
    shown = members(outcome)
    audits = [q.item for q in outcome.questions if q.purpose == "audit"]
    assert len(audits) == 2  # a twentieth of 40
    assert len(shown) == len(set(shown)) >= 38
    assert set(shown) == set(np.flatnonzero(outcome.kept)) - set(audits)
    assert (outcome.labels.sources == NOBODY).all()
    assert outcome.partition
    assert [q.priority for q in outcome.questions] == sorted(
        (q.priority for q in outcome.questions), reverse=True
    )


def test_a_batch_that_is_named_brings_the_next(state_of, truth):
    first = linear().round(state_of())
    state = named(state_of(kept=first.kept, round=2), truth, first.kept)
    second = linear().round(state)
    fresh = second.kept & ~first.kept
    assert fresh.sum() == 40
    assert (second.labels.sources[~second.kept] != NOBODY).all()  # the model speaks of all items
    audits = {q.item for q in second.questions if q.purpose == "audit"}
    assert set(members(second)) == set(np.flatnonzero(fresh)) - audits
    assert second.figures["seen"] == 80
    assert second.partition != first.partition


def test_nothing_new_comes_while_clusters_wait(state_of, truth):
    first = linear().round(state_of())
    brought_in = np.flatnonzero(first.kept)
    waiting = mask(brought_in[10:])
    state = named(state_of(kept=first.kept, shown=waiting), truth, mask(brought_in[:10]))
    outcome = linear(n_validation=0).round(state)
    assert not outcome.questions
    assert outcome.partition is None
    assert (outcome.kept == first.kept).all()
    assert (outcome.labels.sources != NOBODY).all()
    few = replace(state, shown=mask(brought_in[-4:]))
    few = named(few, truth, mask(brought_in[:-4]))
    again = linear(n_validation=0).round(few)
    assert again.kept.sum() == 80
    assert set(brought_in[-4:]) <= set(members(again))  # the last few are shown with the next batch


def test_what_was_clicked_out_is_asked_one_by_one_and_first(state_of, truth):
    first = linear(n_validation=0).round(state_of())
    brought_in = np.flatnonzero(first.kept)
    misfits = brought_in[::4]
    state = named(state_of(kept=first.kept), truth, first.kept & ~mask(misfits))
    outcome = linear(n_validation=0).round(replace(state, waiting=frozenset(misfits.tolist())))
    n = len(misfits)
    assert [q.item for q in outcome.questions[:n]] == misfits.tolist()
    clusters = [item for q in outcome.questions[n:] for item in q.members]
    assert not set(clusters) & set(misfits)
    assert len(clusters) == 40
    assert outcome.figures["alone"] == n
    assert outcome.figures["left"] == 40 + n
    again = linear(n_validation=0).round(state)  # without a question they are shown like others
    assert set(misfits) <= set(members(again))
    assert again.figures["alone"] == 0
    short = linear(n_validation=0).round(
        replace(state, waiting=frozenset(misfits.tolist()), budget_left=n)
    )
    assert len(short.questions) == n
    assert short.partition is None


def test_what_the_model_is_sure_of_is_taken_once_enough_is_validated(state_of, truth):
    first = mask(range(60))
    state = named(state_of(kept=first, round=2), truth, first)
    unknown = linear(n_batch=60).round(state)
    assert unknown.figures["taken"] == 0
    assert "not yet known to be sure of any" in unknown.note
    checked = audited(state, truth, range(120, 150))
    outcome = linear(n_batch=60, precision=0.9).round(checked)
    assert outcome.figures["taken"] > 40  # the glyphs are easy
    assert outcome.figures["taken_validated_right"] == outcome.figures["taken_validated"] > 20
    assert len(members(outcome)) == 60 - outcome.figures["taken"] == outcome.figures["left"]
    assert "the linear model has labelled" in outcome.note
    wrong = audited(state, 1 + truth % 3, range(120, 150))
    assert linear(n_batch=60, precision=0.9).round(wrong).figures["taken"] == 0


def test_what_a_person_said_it_is_not_is_not_taken(state_of, truth):
    first = mask(range(60))
    state = audited(named(state_of(kept=first), truth, first), truth, range(120, 150))
    taken = linear(n_batch=60, precision=0.9).round(state).figures["taken"]
    fresh = np.flatnonzero(state_of().sheet.sources[60:120] == NOBODY) + 60
    barred = np.column_stack([fresh, truth[fresh]])
    told = replace(state, sheet=replace(state.sheet, barred=barred))
    outcome = linear(n_batch=60, precision=0.9).round(told)
    assert taken > 40
    assert outcome.figures["taken"] == 0
    other = np.column_stack([fresh, 1 + truth[fresh] % 3])
    told = replace(state, sheet=replace(state.sheet, barred=other))
    assert linear(n_batch=60, precision=0.9).round(told).figures["taken"] == taken


def test_taken_labels_teach_but_are_never_peoples(state_of, truth, monkeypatch):
    from fewclicks.workflows import collaborative

    taught = []

    def spied(state, y, *options, **more):
        taught.append(np.flatnonzero(y != NO_CLASS))
        return learn(state, y, *options, **more)

    learn = collaborative.learn
    monkeypatch.setattr(collaborative, "learn", spied)
    first = mask(range(60))
    state = audited(named(state_of(kept=first), truth, first), truth, range(120, 150))
    outcome = linear(n_batch=60).round(state)
    assert taught[0].tolist() == list(range(60))
    taken = np.setdiff1d(taught[1], taught[0])
    assert len(taken) == outcome.figures["taken"]
    assert not set(taken) & set(range(120, 150))  # what was asked blind is never learnt from
    assert (outcome.labels.sources[taken] == 3).all()
    taught.clear()
    linear(n_batch=60, self_training=False).round(state)
    assert len(taught) == 1


def test_a_batch_is_drawn_as_it_is_asked_to_be(state_of):
    state, none = state_of(), mask([])
    assert next_batch(state, none, 9, "arrival").tolist() == list(range(9))
    drawn = next_batch(state, none, 150, "random")
    assert sorted(drawn) == list(range(150))
    assert (next_batch(replace(state, seed=1), none, 150, "random") != drawn).any()
    assert (next_batch(state, mask(drawn[:5]), 5, "random") == drawn[5:10]).all()
    collection = copy(state.collection)
    collection.groups = np.where(np.arange(150) < 140, np.arange(150) // 10, -1)
    grouped = replace(state, collection=collection)
    whole = next_batch(grouped, none, 25, "groups")
    counts = np.bincount(collection.groups[whole] + 1)[1:]
    assert set(counts) <= {0, 10}
    assert 25 <= len(whole) < 35
    spread = next_batch(grouped, none, 24, "spread")  # 14 groups and ten items alone
    assert len(np.unique(collection.groups[spread])) == 15
    assert (next_batch(grouped, none, 24) == spread).all()
    assert (next_batch(state, none, 24) == drawn[:24]).all()


def test_items_that_need_no_question_are_not_shown(state_of):
    outcome = linear(n_batch=150).round(state_of({3: 1, 4: 2}))
    assert not {3, 4} & set(members(outcome))


def test_a_whole_run_labels_nearly_all_rightly_and_ends(project):
    annotator = KnownLabels(project.store.items.truths(), mark_misfits=True)
    run = simulate(project, annotator, budget=1000, workflow=linear(n_clusters=8))
    assert run.accuracy > 0.95
    assert run.answers < 130
    again = project.round(workflow=linear(n_clusters=8))
    assert not again.questions


def test_the_page_is_asked_only_about_the_clusters_of_the_batch(project):
    assert project.store.questions.count_open()["cluster"] > 0  # those of the collection
    workflow = linear(n_validation=0, n_clusters=5)
    first = project.round(workflow=workflow)
    assert first.n_questions == project.store.questions.count_open()["cluster"] == 5
    again = project.round(workflow=workflow)
    assert again.n_questions == 0  # they are still open
    assert {q.id for q in first.questions} == {
        row.id for row in project.store.questions.page("cluster")
    }
    known = KnownLabels(project.store.items.truths(), mark_misfits=True)
    for question in first.questions:
        project.answer("ana", known.answer(question), question_id=question.id)
    third = project.round(workflow=workflow)
    assert third.questions
    assert project.store.questions.count_open()["cluster"] == sum(
        q.kind == "cluster" for q in third.questions
    )


def test_a_misfit_is_in_no_cluster_of_the_next_round(project):
    workflow = linear(n_validation=0, n_clusters=2, n_batch=60)
    known = KnownLabels(project.store.items.truths(), mark_misfits=True)
    misfits = set()
    for question in project.round(workflow=workflow).questions:
        reply = known.answer(question)
        misfits |= set(reply.misfits)
        project.answer("ana", reply, question_id=question.id)
    asked = project.round(workflow=workflow).questions
    alone = [q.item for q in asked if q.kind == "item"]
    assert len(misfits) > 10
    assert set(alone) == misfits
    assert len(alone) == len(misfits)
    assert not misfits & {item for q in asked if q.kind == "cluster" for item in q.members}
    assert project.store.questions.count_open()["item"] == len(misfits)  # none is asked twice


def test_a_project_of_this_workflow_asks_about_no_other_clusters(shapes, tmp_path):
    from fewclicks.project import Project

    with Project.create(tmp_path / "p", shapes, workflow="collaborative") as project:
        project.prepare()
        shown = [row.members for row in project.store.questions.page("cluster", 99)]
        n_alone = project.store.questions.count_open()["item"]
    assert sum(map(len, shown)) + n_alone == 150


def test_a_network_shows_what_it_sees(state_of, truth):
    pytest.importorskip("torch")
    first = mask(range(60))
    state = named(state_of(kept=first), truth, first)
    chosen = {"model": "network", "epochs": 1, "min_steps": 1, "n_batch": 30, "n_validation": 0}
    outcome = Collaborative(**chosen).round(state)
    assert len(members(outcome)) == 30
    assert outcome.model is not None


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n_batch": 0}, "n_batch"),
        ({"sampling": "time"}, "sampling"),
        ({"n_clusters": 0}, "n_clusters"),
        ({"clusterer": "x"}, "clusterer"),
        ({"precision": 1.5}, "precision"),
        ({"n_validation": -1}, "n_validation"),
        ({"model": "forest"}, "model"),
    ],
)
def test_bad_parameters_are_refused(options, message):
    with pytest.raises(InvalidInput, match=message):
        Collaborative(**options)
