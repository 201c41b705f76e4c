import numpy as np
import pytest

from fewclicks.answers.annotator import KnownLabels
from fewclicks.errors import InvalidInput, ProjectBusy
from fewclicks.project import Project
from fewclicks.queries.stopping import StablePredictions
from fewclicks.records import MODEL, NO_CLASS, NOBODY, PERSON, Labels, Outcome, Question, Reply
from fewclicks.simulate import simulate
from fewclicks.workflows import FewClicks
from fewclicks.workflows.rounds import (
    history_of,
    labels_path,
    load_labels,
    model_path,
    needs_no_question,
)


def answer_all(project, summary, name="bar"):
    for question in summary.questions:
        project.answer("ana", Reply("class", name), question_id=question.id)


def test_a_round_queues_its_questions_in_order(project):
    summary = project.round()
    assert summary.round == 2
    queued = project.store.questions.page("item", limit=100)
    assert [row.id for row in queued] == [question.id for question in summary.questions]
    assert [row.item for row in queued] == [question.item for question in summary.questions]


def test_questions_of_an_earlier_round_are_closed(project):
    first = project.round()
    project.answer("ana", Reply("class", "bar"), question_id=first.questions[0].id)
    second = project.round()
    open_now = {row.id for row in project.store.questions.page("item", limit=100)}
    assert open_now == {question.id for question in second.questions}
    assert project.store.questions.get(first.questions[0].id).state == "answered"
    assert project.store.questions.get(first.questions[1].id).state == "closed"


def test_a_late_answer_to_a_closed_question_still_counts(project):
    first = project.round()
    project.answer("ana", Reply("class", "bar"), question_id=first.questions[0].id)
    project.round()
    late = first.questions[1]
    project.answer("ana", Reply("class", "ring"), question_id=late.id)
    sheet = project.store.answers.sheet(project.n_items)
    assert sheet.sources[late.item] == PERSON


def test_the_labels_of_a_round_are_on_disk(project):
    answer_all(project, project.round())
    summary = project.round()
    labels = load_labels(labels_path(project.store, summary.round))
    assert (labels.class_ids[:, 0] != NO_CLASS).all()


def test_a_damaged_labels_file_is_not_trusted(project):
    answer_all(project, project.round())
    summary = project.round()
    labels_path(project.store, summary.round).write_bytes(b"half")
    assert load_labels(labels_path(project.store, summary.round)) is None
    assert (project.labels().sources == NOBODY).any()


def test_the_same_seed_asks_the_same_questions(project, tmp_path):
    def asked(name):
        with project.rehearse(tmp_path / name) as rehearsal:
            first = rehearsal.round(seed=3)
            answer_all(rehearsal, first)
            return [[q.item for q in s.questions] for s in (first, rehearsal.round(seed=3))]

    assert asked("a") == asked("b")


def test_two_rounds_at_once_are_refused(project):
    with project.store.lock("round"), pytest.raises(ProjectBusy):
        project.round()


def test_copies_and_answered_items_need_no_question():
    sources = np.array([NOBODY, PERSON, NOBODY, NOBODY])
    withheld = np.array([False, False, True, False])
    copies = np.array([-1, -1, -1, 0])
    assert needs_no_question(sources, withheld, copies).tolist() == [False, True, True, True]


def test_an_item_answered_while_the_round_ran_is_not_asked_again(project):
    first = project.round()
    asked = first.questions[0]

    def answer_meanwhile(step, done, total):
        if step == "saving the labels" and done == 2:
            project.answer("ana", Reply("class", "bar"), question_id=asked.id)

    project.round(report=answer_meanwhile)
    assert asked.item not in {q.item for q in project.store.questions.page("item", limit=100)}


def test_an_answer_to_a_closed_question_closes_the_new_one_about_its_item(project):
    old = project.round().questions[0]
    again = project.round().questions[0]
    assert old.item == again.item
    project.answer("ana", Reply("class", "bar"), question_id=old.id)
    assert project.store.questions.get(again.id).state == "closed"
    project.store.events.undo("ana")
    assert project.store.questions.get(again.id).state == "open"


class Fixed:
    """A workflow that gives what it is told to, and keeps what it was shown."""

    name = "fixed"
    summary = ""

    def __init__(self, *classes, model=None):
        self.classes, self.model, self.seen = list(classes), model, []

    def round(self, state):
        self.seen.append(state)
        ids = np.full((state.collection.n_items, 3), NO_CLASS, np.int32)
        ids[:, 0] = self.classes.pop(0)
        labels = Labels(ids, np.ones(ids.shape, np.float32), np.full(len(ids), MODEL, np.int8))
        return Outcome(labels, [Question("item", "why", item=len(self.seen))], model=self.model)


class Model:
    def save(self, path):
        path.write_text("weights")


def name_one(project, summary):
    project.answer("ana", Reply("class", "bar"), question_id=summary.questions[0].id)


def test_a_round_is_measured_against_the_one_before(project):
    classes = np.where(np.arange(150) < 15, 2, 1)
    workflow = Fixed(1, classes)
    name_one(project, project.round(workflow=workflow))
    project.round(workflow=workflow)
    figures = project.store.rounds.all()[-1].figures
    assert figures["changed"] == 15
    assert figures["changed_share"] == 0.1
    assert figures["agreement"] == 0  # the first said the same of all, so it agrees by chance


def test_agreement_with_no_labels_at_all_is_not_measured(project):
    project.round(workflow=Fixed(1))
    assert "agreement" not in project.store.rounds.all()[-1].figures


def test_a_round_sees_the_labels_and_figures_of_those_before(project):
    workflow = Fixed(1, 1, 1)
    for _ in range(3):
        name_one(project, project.round(workflow=workflow))
    last = workflow.seen[-1]
    assert (last.previous.class_ids[3:, 0] == 1).all()
    assert [figures["answers"] for figures in last.history] == [0, 1]
    assert last.history[1]["agreement"] == 1


def test_rounds_without_a_new_answer_do_not_count_twice(project):
    workflow = Fixed(1, 1, 1)
    for _ in range(3):
        project.round(workflow=workflow)
    assert [figures["answers"] for figures in history_of(project.store)] == [0]


def test_a_rule_that_is_met_ends_the_questions(project):
    workflow = Fixed(1, 1, 1, 1)
    rule = StablePredictions(window=2)
    asked = []
    for _ in range(4):
        summary = project.round(workflow=workflow, stop=rule)
        asked.append(summary.n_questions)
        if summary.questions:
            name_one(project, summary)
    assert asked == [1, 1, 0, 0]
    assert "Nothing more is asked. Labels agreed" in project.store.rounds.latest().note


def test_a_project_can_bring_its_rule(shapes, tmp_path):
    with Project.create(tmp_path / "p", shapes, stop={"name": "budget", "budget": 3}) as made:
        made.prepare()
        run = simulate(made, KnownLabels(made.store.items.truths()), budget=100)
        assert run.answers == 50  # the start is one batch
    with pytest.raises(InvalidInput, match="one of budget"):
        Project.create(tmp_path / "q", shapes, stop={"name": "never"})


def test_only_the_last_model_is_kept(project):
    for _ in range(2):
        project.round(workflow=Fixed(1, model=Model()))
    kept = sorted((project.folder / "models").iterdir())
    assert kept == [model_path(project.store, project.store.rounds.latest().id)]
    assert kept[0].read_text() == "weights"
    project.round(workflow=Fixed(1))
    assert list((project.folder / "models").iterdir()) == []


def test_the_status_says_what_more_answers_are_worth(project):
    assert "Too early" in project.status()["advice"]["sentence"]
    simulate(
        project.__class__.open(project.folder),
        KnownLabels(project.store.items.truths()),
        budget=140,
        workflow=FewClicks(n_start=20, n_batch=10),
    )
    advice = project.status()["advice"]
    assert advice["answers"] is not None
    assert {signal["name"] for signal in advice["signals"]} == {"stable", "changes", "accuracy"}
