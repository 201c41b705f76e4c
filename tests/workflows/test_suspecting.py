"""Suspected mistakes of a project of 150 glyphs: found, explained, settled, and brought back."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from fewclicks.errors import InvalidInput
from fewclicks.records import Reply, Statement
from fewclicks.workflows.suspecting import find_mistakes, known_mistakes, mistakes_path

OTHER = {"bar": "ring", "ring": "cross", "cross": "bar"}


def say(project, item, name, who="ana", purpose="learn"):
    [row] = project.store.answers.add_many(
        who, [Statement(Reply("class", name), item=item)], purpose=purpose
    )
    return row


@pytest.fixture
def named(project):
    """Every item named by itself, items 4 and 90 wrong; returns the project and the truth."""
    truth = project.store.items.truths()
    said = [OTHER[name] if item in (4, 90) else name for item, name in enumerate(truth)]
    statements = [Statement(Reply("class", name), item=i) for i, name in enumerate(said)]
    project.store.answers.add_many("ana", statements)
    return project, truth


def test_planted_mistakes_come_first_with_a_sentence_why(named):
    project, truth = named
    found = project.mistakes()
    assert {one.item for one in found[:2]} == {4, 90}
    worst = next(one for one in found if one.item == 4)
    assert (worst.said_name, worst.suspected_name) == (OTHER[truth[4]], truth[4])
    assert (worst.annotator, worst.n_together, worst.name) == ("ana", 1, "4")
    assert worst.score == max(reason.score for reason in worst.reasons) > 0.8
    sentences = {reason.kind: reason.sentence for reason in worst.reasons}
    assert sentences["neighbours"] == f"Of the 10 nearest answered images 10 are “{truth[4]}”."
    assert all(truth[item] == truth[4] for item in worst.witnesses)


def test_confident_learning_is_one_of_the_reasons(named):
    pytest.importorskip("cleanlab")
    project, truth = named
    found = project.mistakes(kind="model")
    assert {4, 90} <= {one.item for one in found}
    sentence = next(r for r in found[0].reasons if r.kind == "model").sentence
    item = found[0].item
    assert sentence.startswith(f"All other answers together make it “{truth[item]}” by ")


def test_without_cleanlab_the_others_are_looked_for_and_it_is_said(named, monkeypatch):
    monkeypatch.setitem(sys.modules, "cleanlab", None)
    monkeypatch.setitem(sys.modules, "cleanlab.filter", None)
    project, _ = named
    found = find_mistakes(project.store, project.collection(), seed=0)
    assert {4, 90} <= set(found.items.tolist())
    assert "cleanlab" in found.note
    assert "fewclicks[audit]" in found.note


@pytest.mark.parametrize("right", [True, False])
def test_what_was_looked_at_again_is_not_suspected_any_more(named, right):
    project, truth = named
    assert 4 in {one.item for one in project.mistakes()}
    said = truth[4] if right else OTHER[truth[4]]
    answer = say(project, 4, said, "ben", "review")
    assert 4 not in known_mistakes(project.store).items
    project.store.events.undo("ben", event=answer.event)
    assert 4 in known_mistakes(project.store).items
    say(project, 4, said, "ben", "review")
    assert 4 not in {one.item for one in project.mistakes()}


def test_a_later_answer_may_be_suspected_anew(named):
    project, truth = named
    say(project, 4, OTHER[truth[4]], purpose="review")
    assert 4 not in {one.item for one in project.mistakes()}
    say(project, 4, OTHER[OTHER[truth[4]]], who="ben")
    assert 4 in {one.item for one in project.mistakes()}


def test_two_answers_about_one_item_that_differ(project):
    truth = project.store.items.truths()
    say(project, 7, truth[7])
    say(project, 7, OTHER[truth[7]], who="ben")
    say(project, 8, truth[8])
    say(project, 8, truth[8], who="ben")
    [found] = project.mistakes(kind="earlier")
    assert (found.item, found.annotator, found.score) == (7, "ben", 0.5)
    [reason] = found.reasons
    said, other = OTHER[truth[7]], truth[7]
    assert reason.sentence == f"It was called “{other}” once and “{said}” once."


def test_a_cluster_named_wrong_does_not_vouch_for_itself(project):
    pytest.importorskip("cleanlab")
    truth = np.array(project.store.items.truths())
    clusters = [
        q for q in project.store.questions.page("cluster", 50) if len(set(truth[q.members])) == 1
    ]
    names = [truth[asked.members[0]] for asked in clusters]
    bad = next(number for number, name in enumerate(names) if names.count(name) > 1)
    for number, (asked, name) in enumerate(zip(clusters, names, strict=True)):
        said = OTHER[name] if number == bad else name
        project.answer("ana", Reply("class", str(said)), question_id=asked.id)
    wrong = clusters[bad].members
    found = {one.item: one for one in project.mistakes()}
    assert set(wrong.tolist()) <= set(found)
    assert found[int(wrong[0])].n_together == len(wrong)


def test_audited_items_are_left_out(named):
    project, truth = named
    say(project, 4, truth[4], who="ben", purpose="audit")
    assert {one.item for one in project.mistakes()} >= {90}
    assert 4 not in {one.item for one in project.mistakes()}


def test_blind_answers_may_be_slips_once_the_certificate_has_ended(project):
    truth, store = project.store.items.truths(), project.store
    for item in range(75):
        say(project, item, truth[item])
    project.round()
    still = store.questions.open_items(["audit"])  # the round's own blind check goes on
    project.certificates.begin(0.1, seed=0)
    asked = project.certificates.questions()[:20]
    slips = [question.item for question in asked[::4] if question.item not in still]
    assert len(slips) > 2
    for question in asked:
        right = truth[question.item]
        said = OTHER[right] if question.item in slips else right
        project.answer("ben", Reply("class", said), question_id=question.id)
    assert not {question.item for question in asked} & {one.item for one in project.mistakes()}

    project.certificates.end("ana")
    found = {one.item: one for one in project.mistakes()}
    assert set(slips) <= set(found)
    assert not set(still) & set(found)
    one = found[slips[0]]
    assert (one.said_name, one.suspected_name) == (OTHER[truth[one.item]], truth[one.item])
    assert one.annotator == "ben"

    say(project, slips[0], OTHER[truth[slips[0]]], "ana", "review")
    say(project, slips[1], truth[slips[1]], "ana", "review")
    assert not set(slips[:2]) & set(known_mistakes(store).items.tolist())
    assert not set(slips[:2]) & {one.item for one in project.mistakes()}


def test_exact_copies_and_what_is_named_by_them(project):
    # item 0 is made the original of item 3, which has an answer of its own
    copies = project.store.answers._copies
    copies._seen, copies._known = project.n_items, np.array([[3, 0], [6, 0]])
    say(project, 0, "bar")
    say(project, 3, "ring")
    found = project.mistakes(kind="duplicates")
    assert {one.item for one in found} == {0, 3}  # 6 has only the word on 0
    assert found[0].reasons[0].sentence == "The same image, or one of the same group, is “ring”."


def test_merged_and_deleted_classes_are_followed(named):
    project, truth = named
    ids = {name: class_id for class_id, name in project.store.classes.names().items()}
    project.mistakes()
    project.store.classes.merge("ana", ids[OTHER[truth[4]]], ids[truth[4]])
    assert 4 not in known_mistakes(project.store).items


def test_it_is_kept_until_something_happens(named):
    project, _ = named
    pytest.importorskip("cleanlab")
    assert known_mistakes(project.store) is None
    first = project.mistakes()
    stamp = mistakes_path(project.store).stat().st_mtime_ns
    assert project.mistakes() == first
    assert mistakes_path(project.store).stat().st_mtime_ns == stamp
    say(project, 5, project.store.items.truths()[5])
    project.mistakes()
    assert mistakes_path(project.store).stat().st_mtime_ns > stamp


def test_nothing_answered_nothing_suspected(project):
    assert project.mistakes() == []
    with pytest.raises(InvalidInput, match="kind"):
        project.mistakes(kind="magic")
