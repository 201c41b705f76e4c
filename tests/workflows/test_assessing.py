"""How right the labels are by blind answers, and what they cost."""

from __future__ import annotations

import numpy as np
import pytest

from fewclicks.answers.annotator import KnownLabels
from fewclicks.project import Project
from fewclicks.records import MODEL, Reply
from fewclicks.simulate import simulate
from fewclicks.workflows import FewClicks


def estimate(right, n, low, high):
    return {
        "right": right, "n": n, "share": right / n,
        "low": pytest.approx(low, abs=5e-5), "high": pytest.approx(high, abs=5e-5),
    }  # fmt: skip


def labelled_by_a_model(project, truth):
    """Three named items and a round, so that a model labels the others."""
    names = {1: "bar", 2: "dash", 3: "box"}
    for item in (0, 1, 2):
        reply = Reply("class", class_name=names[int(truth[item])], seconds=2.0, actions=1)
        project.answer("ana", reply, item=item)
    project.round(workflow=FewClicks(refine="never"))
    return {row.name: row.id for row in project.store.classes.all()}


def check(project, item, name):
    reply = Reply("class", class_name=name, seconds=3.0, actions=1)
    project.store.answers.add("ben", reply, item=item, purpose="audit")


def test_nothing_is_said_of_a_project_without_answers(tmp_path):
    with Project.create(tmp_path / "empty") as project:
        assert project.report() == {
            "accuracy": None, "calibration": {"temperature": 1.0, "n": 0}, "curve": [],
            "classes": [], "confusions": [], "annotators": [], "course": [],
        }  # fmt: skip
        assert project.status()["accuracy"] is None


def test_checked_items_by_hand(project, truth):
    """Four of one class checked, one of them said to be another; intervals from tables."""
    ids = labelled_by_a_model(project, truth)
    labels = project.labels()
    bars = np.flatnonzero((labels.class_ids[:, 0] == ids["bar"]) & (labels.sources == MODEL))
    for item in bars[:3]:
        check(project, int(item), "bar")
    check(project, int(bars[3]), "dash")
    told = project.report()
    assert told["accuracy"] == estimate(3, 4, 0.1941, 0.9937)
    by_class = {row["id"]: row for row in told["classes"]}
    assert by_class[ids["bar"]]["precision"] == estimate(3, 4, 0.1941, 0.9937)
    assert by_class[ids["dash"]]["precision"] is None
    assert sum(sum(row["labelled"].values()) for row in told["classes"]) == 150
    assert by_class[ids["bar"]]["labelled"]["person"] == 1 + 3
    assert told["confusions"] == [
        {"said": ids["bar"], "labelled": ids["bar"], "n": 3},
        {"said": ids["dash"], "labelled": ids["bar"], "n": 1},
    ]


def test_who_gave_how_many_and_when(project, truth):
    labelled_by_a_model(project, truth)
    check(project, 20, "bar")
    project.store.events.undo("ben")
    check(project, 21, "bar")
    told = project.report()
    assert told["annotators"] == [
        {"name": "ana", "answers": 3, "actions": 3, "seconds": 6.0},
        {"name": "ben", "answers": 1, "actions": 2, "seconds": 6.0},
    ]
    assert [moment["answers"] for moment in told["course"]] == [1, 2, 3, 4]
    assert [moment["seconds"] for moment in told["course"]] == [2, 4, 6, 9]
    assert [moment["answers"] for moment in project.store.answers.course(2)] == [1, 4]


def test_the_checks_still_tell_once_models_have_learnt_from_them(project, truth):
    names = ["", "bar", "dash", "box"]
    said = KnownLabels([names[class_id] for class_id in truth])
    workflow = FewClicks(refine="never", n_start=12, n_batch=6, audit=0.4)
    simulate(project, workflow=workflow, annotator=said, budget=60)
    n_checked = project.status()["answers"]["audit"]
    told = project.report()
    assert n_checked > 3
    assert told["accuracy"]["n"] == n_checked
    assert sum(pair["n"] for pair in told["confusions"]) == n_checked
    assert all(pair["labelled"] is not None for pair in told["confusions"])
    assert told["curve"][0]["accuracy"] is None
    assert project.status()["accuracy"]["n"] == n_checked
