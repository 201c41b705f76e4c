"""The confidence of labels, set right by blind answers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from fewclicks.answers.annotator import KnownLabels
from fewclicks.records import MODEL, NO_CLASS, PERSON, Labels, Reply
from fewclicks.simulate import certify, simulate
from fewclicks.workflows import FewClicks, believing
from fewclicks.workflows.calibrating import FEWEST, Calibration, with_calibration
from fewclicks.workflows.rounds import labels_path, load_labels, save_labels

NAMES = {1: "bar", 2: "ring", 3: "cross"}


@pytest.fixture
def labelled(project, truth):
    """A project in which a timid model has labelled what three answers do not."""
    for item in (0, 1, 2):
        project.answer("ana", Reply("class", class_name=NAMES[int(truth[item])]), item=item)
    project.round(workflow=FewClicks(refine="never"))
    path = labels_path(project.store, project.store.rounds.latest().id)
    labels = load_labels(path)
    best = np.random.default_rng(0).uniform(0.4, 0.7, len(truth))
    shares = np.column_stack([best, 0.6 * (1 - best), 0.4 * (1 - best)]).astype(np.float32)
    shares = -np.sort(-shares, axis=1)
    save_labels(path, replace(labels, confidences=shares))
    return project


def check(project, items, names):
    for item, name in zip(items, names, strict=True):
        reply = Reply("class", class_name=name)
        project.store.answers.add("ben", reply, item=int(item), purpose="audit")


def modelled(project):
    labels = project.labels()
    return np.flatnonzero(labels.sources == MODEL)


def test_few_blind_answers_change_nothing(labelled, truth):
    before = labelled.labels().confidences.copy()
    items = modelled(labelled)[: FEWEST - 1]
    check(labelled, items, [NAMES[int(t)] for t in truth[items]])
    after = labelled.labels()
    others = np.setdiff1d(np.arange(len(truth)), items)
    np.testing.assert_array_equal(after.confidences[others], before[others])
    assert labelled.report()["calibration"] == {"temperature": 1.0, "n": 0}


def test_right_ones_raise_confidence_and_wrong_ones_lower_it(labelled, truth):
    names = {row.id: row.name for row in labelled.store.classes.all()}
    before = labelled.labels()
    items = modelled(labelled)[:20]
    labels = [names[int(c)] for c in before.class_ids[items, 0]]
    check(labelled, items[:12], labels[:12])
    raised = labelled.labels()
    left = modelled(labelled)
    assert (raised.confidences[left, 0] >= before.confidences[left, 0]).all()
    np.testing.assert_array_equal(raised.class_ids[left], before.class_ids[left])
    told = labelled.report()["calibration"]
    assert (told["n"], told["temperature"] < 1) == (12, True)
    # an answer taken back counts no more, and others that say "wrong" lower it
    others = {"bar": "ring", "ring": "cross", "cross": "bar"}
    check(labelled, items[12:], [others[name] for name in labels[12:]])
    lowered = labelled.labels()
    left = modelled(labelled)
    assert lowered.confidences[left, 0].mean() < raised.confidences[left, 0].mean()
    labelled.store.events.undo("ben")
    assert labelled.report()["calibration"]["n"] == 19


def test_what_people_said_stays_certain(labelled, truth):
    items = modelled(labelled)[:15]
    check(labelled, items, [NAMES[int(t)] for t in truth[items]])
    labels = labelled.labels()
    said = labels.sources == PERSON
    assert said.sum() == 3 + 15
    assert (labels.confidences[said] == [1, 0, 0]).all()


def test_confidence_of_a_model_follows_merged_classes(labelled, truth):
    names = {row.name: row.id for row in labelled.store.classes.all()}
    items = modelled(labelled)[:15]
    check(labelled, items, [NAMES[int(t)] for t in truth[items]])
    labelled.store.classes.merge("ana", names["ring"], into=names["bar"])
    labels = labelled.labels()
    assert labelled.report()["calibration"]["n"] == 15
    assert (labels.confidences.sum(axis=1) <= 1 + 1e-5).all()


def test_once_the_last_round_has_learnt_from_the_blind_answers_the_one_before_is_tested(
    project, truths
):
    workflow = FewClicks(n_start=6, n_batch=10, refine="never", audit=0.5)
    simulate(project, KnownLabels(truths), workflow=workflow, budget=40)
    labels, told = project.labels(), project.report()
    assert told["calibration"]["n"] == told["accuracy"]["n"] >= FEWEST
    believed = labels.sources == MODEL
    assert 0.9 < labels.confidences[believed, 0].mean() < 1


def test_answers_to_a_certificate_count_once_it_has_ended(labelled, truths):
    certify(labelled, KnownLabels(truths), error=0.2)
    standing = labelled.certificates.standing()
    assert standing.certificate.audits > FEWEST
    assert labelled.report()["calibration"]["n"] == 0
    labelled.certificates.end()
    assert labelled.report()["calibration"]["n"] == standing.certificate.audits


@pytest.mark.parametrize("draw", ["suspected", "classes"])
def test_answers_to_uneven_draws_do_not_count(labelled, truths, draw):
    certify(labelled, KnownLabels(truths), error=0.2, draw=draw)
    labelled.certificates.end()
    assert labelled.report()["calibration"]["n"] == 0


def test_only_what_a_model_labelled_is_set_right():
    ids = np.array([[1, 2], [1, NO_CLASS], [NO_CLASS, NO_CLASS]])
    shares = np.array([[0.6, 0.4], [0.5, 0], [0, 0]], np.float32)
    labels = Labels(ids, shares, np.array([MODEL, PERSON, MODEL]))
    found = with_calibration(labels, Calibration(0.5, 20, 2))
    np.testing.assert_allclose(found.confidences, [[36 / 52, 16 / 52], [0.5, 0], [0, 0]], rtol=1e-5)
    assert shares[0, 0] == np.float32(0.6)  # the caller's are left as they were
    assert with_calibration(labels, Calibration()) is labels


def test_what_judges_new_images_is_given_what_was_believed(labelled, monkeypatch):
    """It calibrates by itself, on other answers."""
    given = []
    made = believing.make_predictor
    monkeypatch.setattr(
        believing, "make_predictor", lambda *known: given.append(known[2]) or made(*known)
    )
    names = labelled.store.classes.names()
    before = labelled.labels()
    items = modelled(labelled)[:15]
    check(labelled, items, [names[int(c)] for c in before.class_ids[items, 0]])
    labelled.predictor()
    left = modelled(labelled)
    assert (labelled.labels().confidences[left, 0] > before.confidences[left, 0]).all()
    np.testing.assert_array_equal(given[0].confidences[left], before.confidences[left])
