import numpy as np
import pytest

from fewclicks.errors import ProjectBusy
from fewclicks.records import NO_CLASS, NOBODY, PERSON, Reply
from fewclicks.workflows.rounds import labels_path, load_labels, needs_no_question


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
