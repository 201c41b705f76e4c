from __future__ import annotations

import numpy as np
import pytest

from fewclicks.errors import Conflict
from fewclicks.records import Purpose, Question, Reply
from fewclicks.store import Store


def _item(item: int, purpose: Purpose = "learn") -> Question:
    return Question("item", "why", item=item, purpose=purpose)


def _finish(store: Store, *questions: Question) -> list[int]:
    number = store.rounds.next_id()
    return store.rounds.finish(number, "test", 3, 2, "note", {"a": 1.5}, questions, "p")


def test_a_round_is_on_record(store: Store) -> None:
    assert store.rounds.latest() is None
    assert store.rounds.next_id() == 1
    _finish(store)
    _finish(store)
    latest = store.rounds.latest()
    assert latest is not None
    assert (latest.id, latest.workflow, latest.n_answers, latest.last_event, latest.note) == (
        2, "test", 3, 2, "note",
    )  # fmt: skip
    assert latest.figures == {"a": 1.5}
    assert [row.id for row in store.rounds.all()] == [1, 2]


def test_only_the_next_round_can_be_finished(store: Store) -> None:
    _finish(store)
    with pytest.raises(Conflict, match="next round is 2 but 1 came"):
        store.rounds.finish(1, "test", 0, 0, "", {}, [_item(1)], None)
    assert store.questions.count_open()["item"] == 0


def test_figures_are_finite(store: Store) -> None:
    figures = {"a": float("nan"), "b": float("inf"), "c": 2}
    store.rounds.finish(1, "test", 0, 0, "", figures, [], None)
    assert store.rounds.all()[0].figures == {"c": 2.0}


def test_questions_come_back_clusters_first(store: Store) -> None:
    cluster = Question("cluster", "why", members=np.array([1, 2]), cluster=0)
    ids = _finish(store, _item(5), cluster, _item(4))
    rows = [store.questions.get(i) for i in ids]
    assert [(row.kind, row.item, row.cluster) for row in rows] == [
        ("cluster", None, 0), ("item", 5, None), ("item", 4, None),
    ]  # fmt: skip
    assert [row.round for row in rows] == [1, 1, 1]


def test_a_round_closes_what_earlier_rounds_asked_about_items(store: Store) -> None:
    answered, waiting, blind = _finish(store, _item(1), _item(2), _item(3, "audit"))
    store.answers.add("ana", Reply("none"), question_id=answered)
    _finish(store)
    states = [store.questions.get(i).state for i in (answered, waiting, blind)]
    assert states == ["answered", "closed", "open"]


def test_a_misfit_s_question_outlives_rounds_and_is_not_asked_twice(store: Store) -> None:
    cluster = Question("cluster", "why", members=np.array([1, 2]), cluster=0)
    [question] = _finish(store, cluster)
    store.answers.add("ana", Reply("class", "cat", misfits=(2,)), question_id=question)
    [misfit] = store.questions.page("item")
    first, second = _finish(store, _item(2), _item(3))
    assert first == misfit.id
    assert second != misfit.id
    assert store.questions.count_open()["item"] == 2


def _cluster(number: int, *members: int) -> Question:
    return Question("cluster", "why", members=np.array(members), cluster=number)


def test_clusters_of_a_workflows_own_close_the_others(store: Store) -> None:
    [kept] = store.questions.ask_clusters("collection", [_cluster(0, 1, 2)])
    number = store.rounds.next_id()
    store.rounds.finish(number, "test", 0, 0, "", {}, [_cluster(0, 2, 3)], "collection")
    assert store.questions.get(kept).state == "open"
    own = store.rounds.finish(
        number + 1, "test", 0, 0, "", {}, [_cluster(0, 4, 5), _cluster(1, 5, 9)], "own", only=True
    )
    assert [row.id for row in store.questions.page("cluster")] == own
    assert store.questions.get(kept).state == "closed"
    assert store.questions.shown_items(besides="collection").tolist() == [4, 5, 9]
    assert store.questions.shown_items(besides="own").tolist() == []
