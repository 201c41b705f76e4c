"""A network learns from every label; what it sees makes better neighbours."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from fewclicks.answers.annotator import KnownLabels
from fewclicks.errors import Conflict, InvalidInput
from fewclicks.neighbours import Neighbours
from fewclicks.project import Project
from fewclicks.records import NO_CLASS, Reply
from fewclicks.simulate import simulate
from fewclicks.workflows import FewClicks, refining
from fewclicks.workflows.collection import Collection
from fewclicks.workflows.growing import Grown
from fewclicks.workflows.refining import joined, refine, trust
from fewclicks.workflows.rounds import refinement_path


def made(project, truth, **options):
    """A refinement of the 150 glyphs, whose labels are all right."""
    answered = np.arange(150) < 30
    collection = project.collection()
    return refine(collection, collection.neighbours, truth, answered, 30, **options)


def test_a_label_counts_fully_where_nearly_all_neighbours_share_it():
    indices = np.array([[1, 2], [0, 2], [0, 1], [0, 2]])
    neighbours = Neighbours(indices, np.ones((4, 2), np.float32))
    class_ids = np.array([7, 7, 7, 5])
    answered = np.array([False, False, False, False])
    full, doubted = 1, refining.DOUBTED
    assert trust(neighbours, class_ids, answered).tolist() == [
        full,
        full,
        full,
        np.float32(doubted),
    ]
    answered[3] = True
    assert trust(neighbours, class_ids, answered).tolist() == [full] * 4


def test_a_collection_of_one_has_no_neighbours_to_ask():
    lonely = Neighbours(np.empty((1, 0), np.int32), np.empty((1, 0), np.float32))
    assert trust(lonely, np.array([3]), np.array([False])).tolist() == [1]


def test_embedding_and_features_are_brought_to_one_scale():
    rng = np.random.default_rng(0)
    embedding = 50 + 9 * rng.normal(size=(400, 60)).astype(np.float32)
    features = -3 + 0.01 * rng.normal(size=(400, 5)).astype(np.float32)
    rows = joined(embedding, features)
    n = refining.N_COMPONENTS
    assert rows.shape == (400, n + 5)
    np.testing.assert_allclose(rows.mean(axis=0), 0, atol=1e-5)
    variance = rows.astype(np.float64).var(axis=0)
    assert variance[:n].sum() == pytest.approx(refining.EMBEDDING_SCALE**2, rel=1e-4)
    assert variance[n:].sum() == pytest.approx(1, rel=1e-4)


def test_features_that_do_not_vary_stay_nothing():
    rows = joined(np.eye(4, dtype=np.float32), np.ones((4, 2), np.float32))
    assert (rows[:, -2:] == 0).all()
    assert np.isfinite(rows).all()


def test_what_a_network_sees_keeps_the_classes_apart(project, truth, monkeypatch):
    monkeypatch.setattr(refining, "STEPS", 60)
    found = made(project, truth)
    assert (found.class_ids == truth).mean() > 0.95
    assert ((found.confidences > 0) & (found.confidences <= 1)).all()
    near = found.neighbours.indices
    assert near.shape == (150, 10)
    assert (truth[near] == truth[:, None]).mean() > 0.97
    assert found.graph.shape == (150, 150)
    again = made(project, truth)
    np.testing.assert_array_equal(found.neighbours.indices, again.neighbours.indices)


def test_items_without_a_label_are_judged_but_not_learnt_from(project, truth):
    partly = np.where(np.arange(150) % 5 == 0, NO_CLASS, truth)
    found = made(project, partly)
    assert set(np.unique(found.class_ids)) <= {1, 2, 3}
    with pytest.raises(InvalidInput, match="at least one answer"):
        made(project, np.full(150, NO_CLASS))


def test_of_very_many_labels_some_are_drawn_and_answers_first(monkeypatch):
    monkeypatch.setattr(refining, "MOST_IMAGES", 40)
    class_ids = np.arange(100) % 3
    class_ids[90:] = NO_CLASS
    answered = np.arange(100) < 25
    drawn = refining._drawn(class_ids, answered, 0)
    assert np.count_nonzero(drawn != NO_CLASS) == 40
    assert (drawn[:25] == class_ids[:25]).all()
    assert (drawn[drawn != NO_CLASS] == class_ids[drawn != NO_CLASS]).all()


def test_it_is_found_again_and_belongs_to_its_features(project, truth, tmp_path):
    collection, path = project.collection(), tmp_path / "refinement.npz"
    heirs = np.array([NO_CLASS, 1, 2, 3])
    assert refining.load(path, collection, heirs) is None
    found = made(project, truth)
    refining.save(path, collection, found)
    read = refining.load(path, collection, heirs)
    assert read.n_answers == 30
    np.testing.assert_array_equal(read.neighbours.indices, found.neighbours.indices)
    np.testing.assert_array_equal(read.class_ids, found.class_ids)
    other = Collection(collection.features, "another fingerprint", n_codewords=8)
    assert refining.load(path, other, heirs) is None
    merged = refining.load(path, collection, np.array([NO_CLASS, 1, 2, 2]))
    assert set(np.unique(merged.class_ids)) <= {1, 2}
    deleted = refining.load(path, collection, np.array([NO_CLASS, 1, NO_CLASS, 3]))
    np.testing.assert_array_equal(deleted.class_ids == NO_CLASS, found.class_ids == 2)


def test_items_that_came_since_have_the_neighbours_of_their_features(project, truth, tmp_path):
    collection, path = project.collection(), tmp_path / "refinement.npz"
    refining.save(path, collection, made(project, truth))
    X = np.vstack([collection.features, collection.features[:4] + 0.01])
    grown = Grown(X, collection)
    read = refining.load(path, grown, np.arange(4))
    np.testing.assert_array_equal(read.neighbours.indices[150:], grown.neighbours.indices[150:])
    assert (read.class_ids[150:] == NO_CLASS).all()
    assert read.graph.shape == (154, 154)


def test_a_project_refines_when_its_answers_have_doubled_and_takes_it_up(project, truth):
    project.store.set_options(workflow_options={"n_start": 9, "n_batch": 9, "audit": 0})
    with pytest.raises(Conflict, match="none yet"):
        project.refine()
    wanted = {}
    for _ in range(3):
        project.round()
        wanted[project.store.answers.totals()["total"]] = project.needs_refinement()
        answer_all(project, truth)
    assert wanted == {0: False, 9: False, 18: True}
    assert not refinement_path(project.store).exists()
    project.refine()
    project.round()
    assert not project.needs_refinement()
    heirs = project.store.classes.heirs()
    first = refining.load(refinement_path(project.store), project.collection(), heirs)
    assert first.n_answers == 27
    answer_all(project, truth)
    project.round()
    assert not project.needs_refinement()  # 36 answers are too few more
    answer_all(project, truth)
    project.round()
    assert project.needs_refinement()  # 45 are not


def answer_all(project: Project, truth) -> None:
    names = {1: "bar", 2: "ring", 3: "cross"}
    for question in project.store.questions.page("item", 200):
        reply = Reply("class", names[int(truth[question.item])])
        project.answer("ana", reply, question_id=question.id)


def test_the_last_network_learns_when_the_budget_is_spent(project, state_of, truth):
    said = {item: int(truth[item]) for item in range(24)}
    found = replace(made(project, truth), n_answers=20)
    workflow = FewClicks(n_start=9)
    state = state_of(said, n_answers=24, refinement=found)
    assert not workflow.round(state).refine
    assert workflow.round(replace(state, budget_left=0)).refine
    barely = replace(state, budget_left=0, refinement=replace(found, n_answers=23))
    assert not workflow.round(barely).refine


def test_no_network_learns_where_none_can_or_may(project, state_of, truth, monkeypatch):
    said = {item: int(truth[item]) for item in range(24)}
    state = state_of(said, n_answers=24)
    assert FewClicks(n_start=9).round(state).refine
    assert not FewClicks(n_start=9, refine="never").round(state).refine
    one_class = state_of(dict.fromkeys(range(24), 1), n_answers=24)
    assert not FewClicks(n_start=9).round(one_class).refine
    features_only = replace(
        state, collection=Collection(state.features, n_codewords=8, kind="glyphs")
    )
    assert not FewClicks(n_start=9).round(features_only).refine
    monkeypatch.setattr(refining, "lacking", lambda packages: packages)
    assert not FewClicks(n_start=9).round(state).refine


def test_labels_follow_the_refined_graph(project, state_of, truth):
    """Neighbours that are all of another class make every label that class."""
    said = {item: int(truth[item]) for item in range(30)}
    found, shifted = made(project, truth), truth % 3 + 1
    answered = {c: [item for item in said if truth[item] == c] for c in (1, 2, 3)}
    indices = np.array([answered[c] for c in shifted], np.int32)
    turned = replace(found, neighbours=Neighbours(indices, np.ones(indices.shape, np.float32)))
    outcome = FewClicks().round(state_of(said, refinement=turned))
    assert (outcome.labels.class_ids[30:, 0] == shifted[30:]).all()


def test_a_simulation_refines_and_repeats_itself(project):
    def run(folder):
        with project.rehearse(folder) as rehearsal:
            annotator = KnownLabels(project.store.items.truths())
            workflow = FewClicks(n_start=9, n_batch=9)
            done = simulate(rehearsal, annotator, budget=36, workflow=workflow)
            assert refinement_path(rehearsal.store).exists()
            return [(row.answers, row.accuracy) for row in done.rounds], rehearsal.labels()

    first, labels = run(project.folder / "a")
    again, same = run(project.folder / "b")
    assert first == again
    assert first[-1][0] == 36
    np.testing.assert_array_equal(labels.confidences, same.confidences)
    assert not refinement_path(project.store).exists()
