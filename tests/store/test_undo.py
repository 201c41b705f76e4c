"""Undo and redo, case by case; tests/store/test_history.py tries random sequences."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import sqlalchemy as sa

from fewclicks.errors import Conflict, NotFound
from fewclicks.records import Question, Reply
from fewclicks.store import Store, schema
from fewclicks.store.answers import AnswerRow

CAT, DOG = Reply("class", "cat"), Reply("class", "dog")


def _sheet(store: Store) -> list[int]:
    return store.answers.sheet(8).class_ids.tolist()


def _states(store: Store, *questions: int) -> list[str]:
    return [store.questions.get(question).state for question in questions]


def _event(answer: AnswerRow) -> int:
    return answer.event


def test_undo_walks_back_and_redo_forward(store: Store) -> None:
    for item in range(3):
        store.answers.add("ana", CAT, item=item)
    seen = [_sheet(store)[:3]]
    for _ in range(3):
        store.events.undo("ana")
        seen.append(_sheet(store)[:3])
    assert seen == [[1, 1, 1], [1, 1, -1], [1, -1, -1], [-1, -1, -1]]
    with pytest.raises(Conflict, match="nothing left to undo"):
        store.events.undo("ana")
    for back in reversed(seen[:-1]):
        store.events.redo("ana")
        assert _sheet(store)[:3] == back
    with pytest.raises(Conflict, match="nothing to do again"):
        store.events.redo("ana")
    store.events.undo("ana")  # and undo works on what was redone
    assert _sheet(store)[:3] == seen[1]


def test_a_change_ends_redo(store: Store) -> None:
    store.answers.add("ana", CAT, item=0)
    store.events.undo("ana")
    store.answers.add("ana", DOG, item=1)
    with pytest.raises(Conflict, match="changed since the undo"):
        store.events.redo("ana")
    assert _sheet(store)[:2] == [-1, 2]


def test_each_annotator_undoes_their_own(store: Store) -> None:
    store.answers.add("ana", CAT, item=0)
    store.answers.add("bob", DOG, item=1)
    store.events.undo("ana")
    assert _sheet(store)[:2] == [-1, 2]
    store.answers.add("bob", DOG, item=2)
    store.events.redo("ana")  # what bob did meanwhile is no hindrance
    assert _sheet(store)[:3] == [1, 2, 2]


def test_any_event_can_be_undone_by_its_id(store: Store) -> None:
    first = store.answers.add("ana", CAT, item=0)
    store.answers.add("ana", CAT, item=1)
    undo, undone = store.events.undo("bob", event=_event(first))
    assert (undo.annotator, undone.annotator, undone.undone) == ("bob", "ana", True)
    assert _sheet(store)[:2] == [-1, 1]


def test_an_event_is_undone_once(store: Store) -> None:
    first = store.answers.add("ana", CAT, item=0)
    undo, _ = store.events.undo("ana")
    for event in (_event(first), undo.id):
        with pytest.raises(Conflict, match="undone already or cannot be"):
            store.events.undo("ana", event=event)
    with pytest.raises(NotFound, match="no event 99"):
        store.events.undo("ana", event=99)


def test_a_withdrawn_answer_is_still_on_record(store: Store) -> None:
    store.answers.add("ana", Reply("class", "cat", seconds=3, actions=2), item=0)
    store.events.undo("ana")
    [row] = store.answers.of_item(0)
    assert row.withdrawn
    assert store.answers.totals() == {
        "learn": 0, "review": 0, "audit": 0, "second": 0, "again": 0,
        "total": 0, "actions": 2, "seconds": 3.0,
    }  # fmt: skip


def test_undoing_a_cluster_answer_opens_it_and_closes_the_misfits(
    store: Store, ask: Callable[..., int]
) -> None:
    question = ask([0, 1, 2, 3])
    store.answers.add("ana", Reply("class", "cat", misfits=(2, 3)), question_id=question)
    misfits = [row.id for row in store.questions.page("item")]
    store.events.undo("ana")
    assert _states(store, question, *misfits) == ["open", "closed", "closed"]
    assert store.classes.all() == []
    store.events.redo("ana")
    assert _states(store, question, *misfits) == ["answered", "open", "open"]
    assert _sheet(store)[:4] == [1, 1, -1, -1]


def test_a_misfit_s_answer_outlives_the_undo_of_its_cluster(
    store: Store, ask: Callable[..., int]
) -> None:
    question = ask([0, 1, 2, 3])
    answer = store.answers.add("ana", Reply("class", "cat", misfits=(2, 3)), question_id=question)
    second, third = (row.id for row in store.questions.page("item"))
    store.answers.add("ana", DOG, question_id=second)
    store.events.undo("ana", event=_event(answer))
    assert _states(store, question, second, third) == ["open", "answered", "closed"]
    assert _sheet(store)[:4] == [-1, -1, 2, -1]
    store.events.redo("ana")
    assert _states(store, question, second, third) == ["answered", "answered", "open"]
    assert _sheet(store)[:4] == [1, 1, 2, -1]


def test_undoing_a_split_closes_its_parts(store: Store, ask: Callable[..., int]) -> None:
    question = ask([0, 1, 2, 3])
    split = store.answers.add(
        "ana", Reply("mixed"), question_id=question, parts=[[0, 1], [2, 3]]
    ).split
    store.answers.add("ana", CAT, question_id=split[0])
    store.events.undo("ana")
    store.events.undo("ana")
    assert _states(store, question, *split) == ["open", "closed", "closed"]
    store.events.redo("ana")
    assert _states(store, question, *split) == ["answered", "open", "open"]
    store.events.redo("ana")
    assert _states(store, question, *split) == ["answered", "answered", "open"]


def test_undoing_a_replacement_brings_the_first_answer_back(
    store: Store, ask: Callable[..., int]
) -> None:
    question = ask([0, 1, 2, 3])
    store.answers.add("ana", Reply("class", "cat", misfits=(3,)), question_id=question)
    [misfit] = store.questions.page("item")
    store.answers.add(
        "ana", Reply("class", "dog", misfits=(0,)), question_id=question, replace=True
    )
    assert _sheet(store)[:4] == [-1, 2, 2, 2]
    assert _states(store, misfit.id) == ["closed"]
    store.events.undo("ana")
    assert _sheet(store)[:4] == [1, 1, 1, -1]
    assert _states(store, question, misfit.id) == ["answered", "open"]


def test_a_replaced_answer_cannot_be_undone_under_its_replacement(
    store: Store, ask: Callable[..., int]
) -> None:
    question = ask(0)
    first = store.answers.add("ana", CAT, question_id=question)
    store.answers.add("ana", DOG, question_id=question, replace=True)
    with pytest.raises(Conflict, match=r"later change stands in the way.*Undo the later"):
        store.events.undo("ana", event=_event(first))
    assert _sheet(store)[0] == 2


def test_a_class_that_others_use_survives_the_undo_of_the_answer_that_made_it(
    store: Store,
) -> None:
    store.answers.add("ana", CAT, item=0)
    store.answers.add("bob", CAT, item=1)
    store.events.undo("ana")
    assert _sheet(store)[:2] == [-1, 1]
    assert store.classes.names() == {1: "cat"}
    store.events.redo("ana")
    assert _sheet(store)[:2] == [1, 1]
    store.events.undo("bob")
    store.events.undo("ana")  # now nobody uses it
    assert store.classes.names() == {}


def test_a_class_that_another_was_merged_into_survives_too(store: Store) -> None:
    store.answers.add("ana", CAT, item=0)
    kitten = store.classes.create("bob", "kitten")
    store.classes.merge("bob", kitten.id, 1)
    store.events.undo("ana")
    assert store.classes.heirs().tolist() == [-1, 1, 1]


def test_the_creation_of_a_class_in_use_cannot_be_undone(store: Store) -> None:
    store.classes.create("ana", "cat")
    store.answers.add("bob", CAT, item=0)
    with pytest.raises(Conflict, match="has been used since it was added"):
        store.events.undo("ana")
    assert _sheet(store)[0] == 1


def test_undoing_a_deletion_brings_answers_and_questions_back(
    store: Store, ask: Callable[..., int]
) -> None:
    question, other = ask([0, 1]), ask([2, 3])
    store.answers.add("ana", CAT, question_id=question)
    store.answers.add("ana", DOG, question_id=other)
    store.classes.delete("ana", 1)
    assert _states(store, question, other) == ["open", "answered"]
    assert _sheet(store)[:4] == [-1, -1, 2, 2]
    store.events.undo("ana")
    assert _states(store, question, other) == ["answered", "answered"]
    assert _sheet(store)[:4] == [1, 1, 2, 2]


def test_undoing_a_deletion_works_after_a_round_closed_the_questions(store: Store) -> None:
    def finish(item: int) -> int:
        questions = [Question("item", "why", item=item)]
        return store.rounds.finish(store.rounds.next_id(), "test", 0, 0, "", {}, questions, None)[0]

    first = finish(0)
    store.answers.add("ana", CAT, question_id=first)
    store.classes.delete("ana", 1)
    finish(1)
    assert _states(store, first) == ["closed"]
    store.events.undo("ana")
    assert _states(store, first) == ["answered"]
    assert _sheet(store)[0] == 1


def test_a_deletion_is_done_again_with_all_that_was_merged_into_the_class(store: Store) -> None:
    store.answers.add("ana", CAT, item=0)
    store.answers.add("ana", DOG, item=1)
    store.classes.merge("ana", 1, 2)
    store.classes.delete("ana", 2)
    store.events.undo("ana")
    assert _sheet(store)[:2] == [2, 2]
    store.events.redo("ana")
    assert _sheet(store)[:2] == [-1, -1]
    assert store.classes.all() == []


def test_a_deletion_stays_if_its_questions_were_answered_anew(
    store: Store, ask: Callable[..., int]
) -> None:
    question = ask([0, 1])
    store.answers.add("ana", CAT, question_id=question)
    deletion = store.classes.delete("ana", 1)
    store.answers.add("ana", DOG, question_id=question)
    with pytest.raises(Conflict, match="later change stands in the way"):
        store.events.undo("ana", event=deletion)
    assert _sheet(store)[:2] == [2, 2]


def test_an_answer_cannot_come_back_to_a_deleted_class(store: Store) -> None:
    store.classes.create("bob", "cat")
    store.answers.add("ana", CAT, item=0)
    store.events.undo("ana")
    store.classes.delete("bob", 1)
    with pytest.raises(Conflict, match="class that is deleted"):
        store.events.redo("ana")
    store.events.undo("bob")
    store.events.redo("ana")
    assert _sheet(store)[0] == 1


def test_merges_cannot_come_to_run_in_a_circle(store: Store) -> None:
    store.classes.create("ana", "cat")
    store.classes.create("ana", "dog")
    store.classes.merge("ana", 1, 2)
    store.events.undo("ana")
    store.classes.merge("bob", 2, 1)
    with pytest.raises(Conflict, match="merged into each other"):
        store.events.redo("ana")
    assert store.classes.heirs().tolist() == [-1, 1, 1]


def test_two_classes_cannot_come_to_share_a_name(store: Store) -> None:
    store.classes.create("ana", "cat")
    store.classes.delete("ana", 1)
    store.classes.create("bob", "Cat")
    with pytest.raises(Conflict, match=r"two classes named “cat”.*Rename"):
        store.events.undo("ana")
    store.classes.update("bob", 2, name="tiger")
    store.events.undo("ana")
    assert store.classes.names() == {1: "cat", 2: "tiger"}


def test_a_class_whose_key_was_given_away_comes_back_with_another(store: Store) -> None:
    store.classes.create("ana", "cat")
    store.classes.delete("ana", 1)
    store.classes.create("bob", "dog")
    store.events.undo("ana")
    assert [(row.name, row.key) for row in store.classes.all()] == [("cat", "2"), ("dog", "1")]
    store.events.redo("ana")  # and goes again, its old key with it
    assert [(row.name, row.key) for row in store.classes.all()] == [("dog", "1")]


@pytest.mark.parametrize("name", ["open", "closed", "answered"])
def test_a_class_may_be_named_as_a_state_of_questions(store: Store, name: str) -> None:
    store.classes.create("ana", name)
    rename = store.classes.update("ana", 1, name="other")
    assert rename.name == "other"
    store.events.undo("ana")
    store.events.redo("ana")
    store.classes.update("ana", 1, name="third")
    with pytest.raises(Conflict, match="later change stands in the way"):
        store.events.undo("ana", event=2)
    assert store.classes.names() == {1: "third"}


def test_undo_of_a_skip_gives_the_old_place_back(store: Store, ask: Callable[..., int]) -> None:
    first, second = ask([0, 1], priority=2.0), ask([2, 3], priority=1.0)
    store.questions.skip("ana", first)
    assert [row.id for row in store.questions.page("cluster")] == [second, first]
    store.events.undo("ana")
    assert [row.id for row in store.questions.page("cluster")] == [first, second]


def test_a_deletion_over_many_questions_is_undone_whole(store: Store) -> None:
    clusters = [Question("cluster", "why", members=np.array([0]), cluster=i) for i in range(1200)]
    ids = store.questions.ask_clusters("many", clusters)
    cat = store.classes.create("ana", "cat")
    with store.database.write() as connection:  # 1,200 answers at once, to save time
        answers = [
            {"event_id": 1, "question_id": i, "verdict": "class", "class_id": cat.id,
             "members": np.array([0]), "purpose": "learn", "annotator_id": 1, "seconds": 0,
             "actions": 0, "answered_at": 0, "withdrawn": False}
            for i in ids
        ]  # fmt: skip
        connection.execute(sa.insert(schema.answers), answers)
        connection.execute(sa.update(schema.questions).values(state="answered"))
    store.classes.delete("ana", cat.id)
    assert store.answers.totals()["total"] == 0
    assert store.questions.count_open()["cluster"] == 1200
    store.events.undo("ana")
    assert store.answers.totals()["total"] == 1200
    assert store.questions.count_open()["cluster"] == 0
