"""Blind checks: drawn at random, never learnt from."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from fewclicks.answers.annotator import KnownLabels
from fewclicks.labels.resolve import resolve
from fewclicks.records import CLUSTER, NO_CLASS, NOBODY, PERSON, AnswerSheet, Reply
from fewclicks.simulate import simulate
from fewclicks.workflows import FewClicks
from fewclicks.workflows.auditing import (
    audit_figures,
    audit_questions,
    n_audited,
    with_audits,
)


def sheet_of(said, n=150, copies=()):
    """An answer sheet in which some items were named; `copies` share the answer of an item."""
    class_ids, sources = np.full(n, NO_CLASS, np.int32), np.full(n, NOBODY, np.int8)
    answer_ids = np.full(n, -1, np.int64)
    for number, (item, class_id) in enumerate(said.items()):
        class_ids[item], sources[item], answer_ids[item] = class_id, PERSON, 100 + number
    for copy, item in copies:
        class_ids[copy], sources[copy], answer_ids[copy] = (
            class_ids[item],
            PERSON,
            answer_ids[item],
        )
    return AnswerSheet(class_ids, sources, answer_ids, np.zeros(n, bool), len(said))


def test_only_what_nobody_has_named_is_drawn_and_the_same_again(project, state_of):
    state = state_of(dict.fromkeys(range(140), 1))
    questions = audit_questions(state, 5, 25)
    assert {question.purpose for question in questions} == {"audit"}
    items = [question.item for question in questions]
    assert len(set(items)) == 5
    assert min(items) >= 140
    assert items == [question.item for question in audit_questions(state, 5, 25)]
    assert items[:3] == [question.item for question in audit_questions(state, 3, 25)]
    assert len(audit_questions(state, 50, 50)) == 10


def test_they_are_spread_over_the_batch(state_of):
    priorities = [question.priority for question in audit_questions(state_of(), 2, 20)]
    assert priorities == [-5, -15]


def test_open_and_answered_ones_count(state_of):
    state = replace(state_of(), audits=sheet_of({3: 1, 4: 2}), auditing=frozenset({9}))
    assert n_audited(state) == 2
    assert len(audit_questions(state, 5, 25)) == 2
    assert audit_questions(state, 3, 25) == []


def test_every_item_is_as_likely_as_another(state_of):
    state = state_of(dict.fromkeys(range(140), 1))
    counts = np.zeros(150, int)
    for seed in range(400):
        for question in audit_questions(replace(state, seed=seed), 2, 25):
            counts[question.item] += 1
    assert counts[:140].sum() == 0
    assert counts[140:].min() > 50  # 80 is expected, with a standard deviation of 8
    assert counts[140:].max() < 110


def test_how_many_labels_are_right(state_of, truth):
    """By hand: five audited, one of them wrong, one a copy, one named by a person since."""
    state = replace(
        state_of({7: int(truth[7])}),
        audits=sheet_of(
            {5: truth[5], 6: truth[6] % 3 + 1, 7: truth[7], 8: truth[8]}, copies=[(11, 8)]
        ),
    )
    proba = np.eye(3, dtype=np.float32)[truth - 1]
    labels = resolve(state.sheet, proba, np.array([1, 2, 3]))
    assert audit_figures(state, labels) == {"held_out": 3, "held_out_right": 2}
    slanted = state.audits.answer_ids[[5]]
    assert audit_figures(replace(state, slanted=slanted), labels)["held_out"] == 2
    assert audit_figures(state_of(), labels) == {}
    assert audit_figures(replace(state, audits=sheet_of({})), labels) == {}


def test_nothing_learns_from_an_audit_and_its_word_is_kept(project, truth):
    wrong = {1: "ring", 2: "cross", 3: "bar"}
    project.store.set_options(
        workflow_options={"n_start": 9, "n_batch": 10, "audit": 0.3, "refine": "never"}
    )
    names = {1: "bar", 2: "ring", 3: "cross"}
    audited = set()
    for _ in range(4):
        project.round()
        for question in project.store.questions.page("item", 200):
            blind = question.purpose == "audit"
            audited |= {question.item} if blind else set()
            name = (wrong if blind else names)[int(truth[question.item])]
            project.answer("ana", Reply("class", name), question_id=question.id)
    project.round()
    assert len(audited) == 9
    taught = project.store.answers.sheet(150)
    assert (taught.sources[list(audited)] == NOBODY).all()
    assert project.store.answers.totals()["audit"] == 9
    asked = {row.item for row in project.store.questions.page("item", 200)}
    assert not asked & audited
    figures = project.store.rounds.latest().figures
    assert figures["held_out"] == 9
    assert figures["held_out_right"] == 0  # the model is right and the auditor was not
    labels = project.labels()
    assert (labels.sources[list(audited)] == PERSON).all()
    called = project.store.classes.names()
    right = np.array(
        [
            called[number] == names[int(t)]
            for number, t in zip(labels.class_ids[:, 0].tolist(), truth, strict=True)
        ]
    )
    assert not right[list(audited)].any()
    assert np.delete(right, list(audited)).mean() > 0.95
    table = project.folder / "labels.csv"
    project.export(table)
    assert table.read_text().count(",ana,") == project.store.answers.totals()["total"]


@pytest.mark.parametrize(("audit", "expected"), [(0.1, 9), (0.0, 0), (0.5, 45)])
def test_the_share_of_later_answers(project, audit, expected):
    workflow = FewClicks(n_start=10, n_batch=20, audit=audit, refine="never")
    annotator = KnownLabels(project.store.items.truths())
    run = simulate(project, annotator, budget=100, workflow=workflow)
    assert run.answers == 100
    assert project.store.answers.totals()["audit"] == expected


def test_at_the_end_they_teach_too(state_of, truth):
    """A class that only the audit has met is learnt once the budget is spent, not before."""
    said = {item: int(truth[item]) for item in range(30) if truth[item] != 3}
    crosses = {int(item): 3 for item in np.flatnonzero(truth == 3)[:5]}
    state = replace(state_of(said), audits=sheet_of(crosses))
    before = FewClicks().round(state)
    at_the_end = FewClicks().round(replace(state, budget_left=0))
    assert 3 not in before.labels.class_ids[:, 0]
    assert (at_the_end.labels.class_ids[truth == 3, 0] == 3).mean() > 0.9
    for outcome in (before, at_the_end):
        assert (outcome.figures["held_out"], outcome.figures["held_out_right"]) == (5, 0)


def test_no_network_learns_from_what_it_is_to_be_judged_by(state_of, truth):
    """The round before the last network leaves the audit out; the one after it may use it."""
    said = {item: int(truth[item]) for item in range(30) if truth[item] != 3}
    crosses = {int(item): 3 for item in np.flatnonzero(truth == 3)[:5]}
    state = replace(state_of(said, budget_left=0), audits=sheet_of(crosses))
    due = FewClicks(n_start=9).round(state)
    assert due.refine
    assert 3 not in due.labels.class_ids[:, 0]
    over = FewClicks(n_start=9, refine="never").round(state)
    assert 3 in over.labels.class_ids[:, 0]


def test_a_cluster_is_no_word_on_the_item_itself(state_of):
    state = state_of({3: 1})
    sheet = state.sheet
    sheet.class_ids[10:20], sheet.sources[10:20] = 2, CLUSTER
    audits = sheet_of({3: 3, 12: 1, 30: 3})
    taught = with_audits(replace(state, audits=audits)).taught()
    assert taught[[3, 12, 13, 30, 31]].tolist() == [1, 1, 2, 3, NO_CLASS]
    assert with_audits(state).taught().tolist() == sheet.class_ids.tolist()
