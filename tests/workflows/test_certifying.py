"""Claims about the labels of a project: frozen, drawn blindly, proved, ended."""

from __future__ import annotations

import math

import numpy as np
import pytest

from fewclicks import files
from fewclicks.answers.annotator import KnownLabels
from fewclicks.errors import Conflict, InvalidInput, NotFound
from fewclicks.records import PERSON, Labels, Reply, Statement
from fewclicks.simulate import certify, simulate
from fewclicks.store.certificates import NAMING, OPEN, DrawnRow
from fewclicks.workflows.certifying import BATCH, LOW, Certifying
from fewclicks.workflows.frozen import thawed
from fewclicks.workflows.standing import answered_first, outcomes


def drawn_row(item, verdict, class_id=None):
    return DrawnRow(item, item, "open", verdict, class_id, None, None)


def even(class_ids):
    """Labels that can all be wrong, drawn as they stand."""
    n = len(class_ids)
    arrays = np.array(class_ids, np.int32), np.arange(n), np.zeros(n, np.float32)
    return thawed(dict(zip(("class_ids", "order", "uncertainty"), arrays, strict=True)))


@pytest.fixture
def labelled(project):
    """The project of 150 glyphs after 12 answers, all of its labels right."""
    simulate(project, KnownLabels(project.store.items.truths()), budget=12)
    return project


def answer_blindly(project, truths, n):
    for _ in range(n):
        question = project.certificates.questions()[0]
        reply = Reply("class", truths[question.item])
        project.answer("blind", reply, question_id=question.id)
        project.certificates.draw_on()


def answer(project, question, truths, name=None):
    reply = Reply("class", name or truths[question.item])
    return project.answer("ana", reply, question_id=question.id)


def test_answers_count_up_to_the_first_item_without_one():
    drawn = [drawn_row(4, "class", 1), drawn_row(2, None), drawn_row(3, "class", 1)]
    assert [one.item for one in answered_first(drawn)] == [4]
    assert answered_first(drawn[:1]) == drawn[:1]
    assert answered_first([]) == []


def test_what_a_person_cannot_name_as_labelled_is_wrong():
    frozen = even([1, 1, 1, 1, 2])
    heirs = np.array([-1, 1, 2, 1])  # class 3 was merged into class 1
    drawn = [
        drawn_row(0, "class", 1),
        drawn_row(1, "class", 3),
        drawn_row(2, "none"),
        drawn_row(3, "unsure"),
        drawn_row(4, "class", 1),
    ]
    assert outcomes(drawn, frozen, heirs).tolist() == [False, False, True, True, True]
    assert outcomes([], frozen, heirs).tolist() == []


def test_a_label_whose_class_is_gone_is_wrong():
    frozen = even([1, 2])
    heirs = np.array([-1, -1, 2])  # class 1 was deleted
    drawn = [drawn_row(0, "class", 1), drawn_row(1, "class", 2)]
    assert outcomes(drawn, frozen, heirs).tolist() == [True, False]


def test_items_are_drawn_blindly_from_labels_that_can_be_wrong(labelled):
    standing = labelled.certificates.begin(0.1)
    sources = labelled.labels().sources
    questions = labelled.certificates.questions()
    assert (standing.row.n_items, standing.row.n_tested) == (150, 138)
    assert len(questions) == BATCH
    assert all(sources[question.item] != PERSON for question in questions)
    assert {question.purpose for question in questions} == {"audit"}
    assert sorted(labelled.certificates.frozen(standing.row).order) == sorted(
        np.flatnonzero(sources != PERSON)
    )


def test_right_answers_prove_the_claim_and_asking_stops(labelled, truths):
    standing = certify(labelled, KnownLabels(truths), error=0.1)
    assert standing.holds
    assert standing.certificate.wrong == 0
    assert standing.upper <= 0.1
    assert standing.certificate.audits == standing.certificate.certified_at < 60
    assert labelled.certificates.questions() == []
    assert labelled.status()["answers"]["audit"] >= standing.certificate.audits
    told = standing.to_dict()
    assert told["holds"] is True
    assert sum(one["audits"] for one in told["classes"]) == standing.certificate.audits
    assert standing.sentence.startswith("Proved with confidence 0.95: at most 10.00% of 150")


def test_more_are_drawn_before_the_questions_run_out(labelled, truths):
    labelled.certificates.begin(0.01, seed=1)
    first = labelled.certificates.questions()
    for question in first[: BATCH - LOW]:
        answer(labelled, question, truths)
    waiting = labelled.certificates.questions()
    assert [q.item for q in waiting[:LOW]] == [q.item for q in first[-LOW:]]
    assert len(waiting) == LOW + BATCH


def test_nearly_all_items_may_have_to_be_drawn(labelled, truths):
    standing = certify(labelled, KnownLabels(truths), error=0.001)
    assert standing.holds  # at most 0.15 of 150 labels means none: with 5 of 138 left, 1 hides with
    assert 131 < standing.certificate.audits <= 138  # the chance 3.6 %
    assert standing.upper == 0


def test_an_answer_taken_back_opens_the_questions_again(labelled, truths):
    certify(labelled, KnownLabels(truths), error=0.1)
    labelled.store.events.undo("simulated")
    labelled.certificates.draw_on()
    standing = labelled.certificates.standing()
    assert not standing.holds
    assert standing.waiting == len(labelled.certificates.questions()) > 0


def test_wrong_labels_are_seen_and_never_proved_right(labelled, truths):
    labelled.certificates.begin(0.05, seed=1)
    names = {"bar": "ring", "ring": "cross", "cross": "bar"}
    for question in labelled.certificates.questions()[:20]:
        answer(labelled, question, truths, names[truths[question.item]])
    standing = labelled.certificates.standing()
    assert standing.certificate.wrong == 20
    assert not standing.holds
    assert standing.to_dict()["to_go"] is None
    assert "More labels seem to be wrong" in standing.sentence


def test_answers_given_otherwise_after_one_has_seen_what_they_do_are_counted(labelled, truths):
    labelled.certificates.begin(0.05, seed=1)
    first, second, third = labelled.certificates.questions()[:3]
    names = {"bar": "ring", "ring": "cross", "cross": "bar"}
    for question, before in ((first, names[truths[first.item]]), (second, truths[second.item])):
        answer(labelled, question, truths, before)
        labelled.store.events.undo("ana")
        answer(labelled, question, truths)
    answer(labelled, third, truths)
    labelled.store.events.undo("ana")
    standing = labelled.certificates.standing()
    assert (standing.certificate.audits, standing.certificate.wrong) == (2, 0)
    assert standing.revised == 1
    assert "Before 1 of the answers another was given and taken back." in standing.caveat


def test_classes_merged_since_are_told(labelled, truths):
    certify(labelled, KnownLabels(truths), error=0.1)
    before = labelled.certificates.standing()
    assert (before.merged, before.revised) == (0, 0)
    assert "merged" not in before.caveat
    labelled.store.classes.merge("ana", 2, into=1)
    after = labelled.certificates.standing()
    assert after.merged == 1
    assert "1 of the classes were merged with others or deleted" in after.caveat


def test_no_round_runs_by_itself_until_it_has_ended(labelled, truths):
    labelled.certificates.begin(0.1)
    for question in labelled.certificates.questions()[:5]:
        answer(labelled, question, truths)
    assert not labelled.needs_round()
    assert not labelled.needs_refinement()
    labelled.certificates.end("ana")
    assert labelled.certificates.questions() == []
    assert labelled.certificates.standing().row.state == "ended"
    assert labelled.needs_round()


def test_what_has_changed_since_counts_as_wrong(labelled, truths):
    certify(labelled, KnownLabels(truths), error=0.1)
    labels = labelled.labels()
    other = labels.class_ids.copy()
    machine = np.flatnonzero(labels.sources != PERSON)[:3]
    other[machine, 0] = other[machine, 0] % 3 + 1
    changed = Labels(other, labels.confidences, labels.sources)
    standing = Certifying(labelled.store, lambda: changed).standing()
    assert standing.changed == 3
    assert standing.upper_now == pytest.approx(standing.upper + 3 / 150)
    assert labelled.certificates.standing().changed == 0
    labelled.store.classes.merge("ana", 2, into=1)
    assert labelled.certificates.standing().changed == 0


def test_what_was_passed_with_others_since_counts_as_wrong(labelled, truths):
    certify(labelled, KnownLabels(truths), error=0.1)
    labels, names = labelled.labels(), sorted(set(truths))
    machine = np.flatnonzero(labels.sources != PERSON)[:2].tolist()
    others = [next(name for name in names if name != truths[item]) for item in machine]
    said = [Statement(Reply("class", n), item=i) for i, n in zip(machine, others, strict=True)]
    labelled.store.answers.add_many("ana", said)
    assert labelled.certificates.standing().changed == 2


def test_undoing_the_beginning_closes_its_questions(labelled):
    labelled.certificates.begin(0.1, annotator="ana")
    labelled.store.events.undo("ana")
    labelled.certificates.draw_on()
    assert labelled.store.certificates.open() is None
    assert [q for q in labelled.store.questions.page("item", 200) if q.purpose == "audit"] == []


def test_the_same_request_begins_once(labelled):
    first = labelled.certificates.begin(0.1, client_id="once")
    again = labelled.certificates.begin(0.1, client_id="once")
    assert first.row == again.row
    assert len(list((labelled.folder / "certificates").iterdir())) == 1


def test_two_draws_differ_and_each_can_be_made_again(labelled):
    orders = [
        labelled.certificates.frozen(labelled.certificates.begin(0.1).row).order for _ in "12"
    ]
    assert not np.array_equal(*orders)
    rows = labelled.store.certificates.all()
    tested = np.sort(orders[0])
    for row, order in zip(rows, orders, strict=True):
        assert np.array_equal(np.random.default_rng(row.seed).permutation(tested), order)


@pytest.mark.parametrize(("error", "confidence"), [(0, 0.95), (1, 0.95), (0.01, 1), (0.01, 0.4)])
def test_a_claim_that_is_none_is_refused(labelled, error, confidence):
    with pytest.raises(InvalidInput, match="must be above 0"):
        labelled.certificates.begin(error, confidence=confidence)


def test_there_must_be_labels_that_can_be_wrong(project, truths):
    with pytest.raises(Conflict, match="no labels to certify"):
        project.certificates.begin()
    with pytest.raises(NotFound, match="no certificate"):
        project.certificates.end()
    assert project.certificates.standing() is None
    for item, name in enumerate(truths):
        project.answer("ana", Reply("class", name), item=item)
    with pytest.raises(Conflict, match="named every labelled item"):
        project.certificates.begin()


def test_a_lost_file_is_told(labelled):
    row = labelled.certificates.begin(0.1).row
    path = labelled.folder / "certificates" / f"{row.labels}.npz"
    assert files.load(path) is not None
    path.unlink()
    labelled.certificates._read = None
    with pytest.raises(NotFound, match="labels of certificate 1 are lost"):
        labelled.certificates.standing()


def test_from_the_second_claim_on_the_chance_that_any_is_false_is_told(labelled):
    first = labelled.certificates.begin(0.1, confidence=0.95)
    assert (first.claims, "claim number" in first.caveat) == (1, False)
    second = labelled.certificates.begin(0.2, confidence=0.9)
    assert second.claims == 2
    assert "claim number 2" in second.caveat
    assert "up to 20%." in second.caveat
    assert labelled.certificates.standing(first.row.id).claims == 1


def test_how_often_people_contradict_themselves_is_told(labelled, truths):
    assert "has not been asked" in labelled.certificates.begin(0.1).caveat
    labelled.certificates.end()
    labelled.consult(again_share=1.0)
    certify(labelled, KnownLabels(truths), error=0.1)
    asked = labelled.store.questions.page("item", 200, annotator="simulated")
    one, other = [question for question in asked if question.purpose == "again"][:2]
    wrong = "ring" if truths[other.item] != "ring" else "bar"
    for question, name in ((one, truths[one.item]), (other, wrong)):
        labelled.answer("simulated", Reply("class", name), question_id=question.id)
    standing = labelled.certificates.standing()
    assert (standing.repeated, standing.same) == (2, 1)
    assert "said the same of 1 of 2 items" in standing.caveat


def test_naming_the_least_sure_proves_a_claim_that_does_not_hold(half_wrong, truths):
    """A fifth of the frozen labels is wrong, all of them unsure; an eighth is claimed."""
    answer_blindly(half_wrong, truths, 60)
    told = half_wrong.certificates.standing()
    assert not told.holds
    assert told.certificate.to_go == math.inf
    assert 0 < told.finish.left == told.finish.n_people < 90
    assert f"once the {told.finish.left:,} least sure" in told.sentence
    naming = half_wrong.certificates.name_unsure("ana")
    assert naming.row.state == NAMING
    assert "are left to be named; then it is." in naming.sentence
    questions = half_wrong.certificates.questions()
    assert len(questions) == told.finish.left
    assert {question.purpose for question in questions} == {"review"}
    for question in questions:
        assert not half_wrong.certificates.standing().holds
        answer(half_wrong, question, truths)
    done = half_wrong.certificates.standing()
    assert done.holds
    assert (done.finish.left, done.upper) == (0, 0.125)
    assert done.sentence.startswith("Proved with confidence 0.95: at most 12.50% of 150")
    assert half_wrong.certificates.questions() == []
    labels, names = half_wrong.labels(), half_wrong.store.classes.names()
    wrong = [names[c] != t for c, t in zip(labels.class_ids[:, 0], truths, strict=True)]
    assert np.mean(wrong) <= 0.125


def test_what_is_named_while_more_are_looked_for_is_not_asked_about_again(
    half_wrong, truths, monkeypatch
):
    answer_blindly(half_wrong, truths, 60)
    half_wrong.certificates.name_unsure("ana")
    *most, last, another = half_wrong.certificates.questions()
    for question in most:
        answer(half_wrong, question, truths)
    unsure = half_wrong.store.certificates.unsure

    def answered_meanwhile(certificate_id):
        monkeypatch.undo()
        answer(half_wrong, last, truths)
        return unsure(certificate_id)

    monkeypatch.setattr(half_wrong.store.certificates, "unsure", answered_meanwhile)
    half_wrong.certificates.draw_on()
    assert half_wrong.certificates.questions() == [another]


def test_naming_is_undone_and_drawing_goes_on(half_wrong, truths):
    answer_blindly(half_wrong, truths, 60)
    waiting = half_wrong.certificates.questions()
    half_wrong.certificates.name_unsure("ana")
    half_wrong.certificates.draw_on()
    assert {q.purpose for q in half_wrong.certificates.questions()} == {"review"}
    half_wrong.store.events.undo("ana")
    half_wrong.certificates.draw_on()
    assert half_wrong.certificates.standing().row.state == OPEN
    assert half_wrong.certificates.questions() == waiting
    half_wrong.store.events.redo("ana")
    assert half_wrong.certificates.standing().row.state == NAMING


def test_an_audit_taken_back_while_naming_asks_about_others(half_wrong, truths):
    answer_blindly(half_wrong, truths, 60)
    first = half_wrong.certificates.name_unsure("ana", client_id="once")
    assert half_wrong.certificates.name_unsure("ana", client_id="once").finish == first.finish
    with pytest.raises(Conflict, match="is naming, not open"):
        half_wrong.certificates.name_unsure("ana")
    for _ in range(20):
        half_wrong.store.events.undo("blind")
    half_wrong.certificates.draw_on()
    fewer = half_wrong.certificates.standing()
    assert fewer.certificate.audits == 40
    assert fewer.finish.left > first.finish.left
    while questions := half_wrong.certificates.questions():
        answer(half_wrong, questions[0], truths)
        half_wrong.certificates.draw_on()
    assert half_wrong.certificates.standing().holds


def test_ending_closes_what_was_to_be_named(half_wrong, truths):
    answer_blindly(half_wrong, truths, 60)
    half_wrong.certificates.name_unsure("ana")
    certificate = half_wrong.certificates.standing().row.id
    assert half_wrong.store.certificates.unsure(certificate)
    half_wrong.certificates.end("ana")
    assert not half_wrong.store.certificates.unsure(certificate)
    with pytest.raises(Conflict, match="No certificate is open"):
        half_wrong.certificates.name_unsure("ana")


def test_no_pages_are_looked_through_while_people_name_the_least_sure(half_wrong, truths):
    answer_blindly(half_wrong, truths, 60)
    half_wrong.certificates.name_unsure("ana")
    with pytest.raises(Conflict, match="no more are drawn at random"):
        half_wrong.certificates.pages.next(half_wrong.collection().features)


def test_nothing_can_be_named_before_the_answers_tell(labelled):
    labelled.certificates.begin(0.1)
    with pytest.raises(Conflict, match="of no part of the labels"):
        labelled.certificates.name_unsure("ana")
    assert labelled.certificates.standing().finish is None


def test_a_simulation_names_the_least_sure_where_that_is_less(half_wrong, truths):
    standing = certify(half_wrong, KnownLabels(truths), error=0.125, name=True)
    assert standing.holds
    assert standing.finish.holds
    assert not standing.certificate.holds
    assert standing.certificate.audits < 130


def test_labels_passed_with_others_can_be_wrong(half_wrong, truths):
    """Looking through many at once some are missed: only what was asked alone is the reference."""
    half_wrong.certificates.end("ana")
    labels, names = half_wrong.labels(), half_wrong.store.classes.names()
    accepted = [
        Statement(Reply("class", names[labels.class_ids[item, 0]]), item=item) for item in range(50)
    ]
    half_wrong.store.answers.add_many("ana", accepted, purpose="review")
    half_wrong.answer("ana", Reply("class", truths[50]), item=50)
    half_wrong.answer("ana", Reply("unsure"), item=51)
    standing = half_wrong.certificates.begin(0.125)
    assert (standing.row.n_items, standing.row.n_tested) == (149, 148)
    assert set(range(50)) <= set(half_wrong.certificates.frozen(standing.row).order)


def test_naming_many_at_a_stroke_is_not_naming_them(half_wrong, truths):
    answer_blindly(half_wrong, truths, 60)
    left = half_wrong.certificates.name_unsure("ana").finish.left
    said = [
        Statement(Reply("class", truths[question.item]), question_id=question.id)
        for question in half_wrong.certificates.questions()
    ]
    half_wrong.store.answers.add_many("ana", said)
    half_wrong.certificates.draw_on()
    standing = half_wrong.certificates.standing()
    assert (standing.holds, standing.finish.left) == (False, left)
    assert len(half_wrong.certificates.questions()) == left  # asked again, one by one


def test_a_beginning_taken_back_leaves_the_one_before(half_wrong):
    first = half_wrong.certificates.standing().row.id
    half_wrong.certificates.begin(0.2, annotator="ana")
    half_wrong.store.events.undo("ana")
    assert half_wrong.certificates.standing().row.id == first
    half_wrong.certificates.draw_on()
    assert len(half_wrong.certificates.questions()) == BATCH
    half_wrong.certificates.end("ana")
    assert half_wrong.store.certificates.open() is None


def test_no_two_certificates_are_open(half_wrong):
    half_wrong.certificates.end("ana")
    ended = half_wrong.store.events.last_id()
    half_wrong.certificates.begin(0.2, annotator="ana")
    with pytest.raises(Conflict, match="Another certificate has been begun since"):
        half_wrong.store.events.undo("ana", event=ended)


def test_answers_are_taken_though_the_labels_of_a_certificate_are_lost(half_wrong, truths):
    question = half_wrong.certificates.questions()[0]
    for path in (half_wrong.store.home / "certificates").iterdir():
        path.unlink()
    answer(half_wrong, question, truths)
    fresh = Certifying(half_wrong.store, half_wrong.labels)
    fresh.draw_on()
    with pytest.raises(NotFound, match="fewclicks certify --end"):
        fresh.standing()
    row, holds = fresh.under_way()
    assert (row.id, holds) == (1, False)
    fresh.end("ana")
    assert fresh.under_way() is None


@pytest.mark.parametrize("draw", ["suspected", "classes"])
def test_some_labels_can_be_drawn_more_often(labelled, truths, draw):
    standing = certify(labelled, KnownLabels(truths), error=0.1, draw=draw)
    assert (standing.holds, standing.row.draw, standing.certificate.wrong) == (True, draw, 0)
    assert standing.upper <= 0.1
    assert "were drawn more often, which the bounds allow for." in standing.caveat
    assert sum(one.audits for one in standing.classes) == standing.certificate.audits
    again = Certifying(labelled.store, labelled.labels).standing()
    assert again == standing
    labelled.store.events.undo("simulated")
    labelled.certificates.draw_on()
    assert not labelled.certificates.standing().holds
    assert labelled.certificates.questions()


def test_only_even_draws_have_pages_and_tell_whom_to_name(half_wrong, truths):
    half_wrong.certificates.begin(0.05, seed=1, draw="suspected")
    names = {"bar": "ring", "ring": "cross", "cross": "bar"}
    for question in half_wrong.certificates.questions()[:20]:
        answer(half_wrong, question, truths, names[truths[question.item]])
    standing = half_wrong.certificates.standing()
    assert standing.finish is None
    assert not standing.may_look_through
    assert "Begin anew and draw evenly" in standing.sentence
    with pytest.raises(Conflict, match="Only even draws tell"):
        half_wrong.certificates.name_unsure()
    with pytest.raises(Conflict, match="likelier to be drawn"):
        half_wrong.certificates.pages.next(half_wrong.collection().features)
    half_wrong.certificates.begin(0.05, seed=1)
    assert half_wrong.certificates.standing().may_look_through


def test_there_is_no_other_way_to_draw(labelled):
    with pytest.raises(InvalidInput, match="draw must be one of"):
        labelled.certificates.begin(0.1, draw="oddly")
    assert labelled.store.certificates.all() == []


def n_estimated(project):
    """Blind answers that the estimate of the share right is made of."""
    accuracy = project.report()["accuracy"]
    return accuracy["n"] if accuracy else 0


@pytest.mark.parametrize("draw", ["evenly", "suspected"])
def test_only_even_draws_tell_how_right_the_labels_are_by_themselves(labelled, truths, draw):
    before = n_estimated(labelled)
    labelled.certificates.begin(0.02, seed=1, draw=draw)
    answer_blindly(labelled, truths, 12)
    assert len(labelled.store.certificates.slanted()) == 12 * (draw != "evenly")
    assert n_estimated(labelled) == before + 12 * (draw == "evenly")


def test_what_was_passed_on_pages_does_not_tell_how_right_the_labels_are(project, truths):
    simulate(project, KnownLabels(truths), budget=30)
    before = n_estimated(project)
    project.certificates.begin(0.02, seed=1)
    page = project.certificates.pages.next(project.collection().features)
    project.certificates.pages.look_through(
        page, [], project.collection().features, annotator="ana"
    )
    assert len(project.store.certificates.slanted()) > 5
    assert n_estimated(project) == before
    project.store.events.undo("ana")
    assert len(project.store.certificates.slanted()) == 0
    answer_blindly(project, truths, 3)
    assert n_estimated(project) == before + 3
