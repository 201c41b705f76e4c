from __future__ import annotations

import numpy as np
import pytest

from fewclicks.errors import Conflict, NotFound
from fewclicks.records import Question, Reply
from fewclicks.store import Store
from fewclicks.store.certificates import CertificateRow


def _begin(store: Store, client_id: str | None = None) -> CertificateRow:
    return store.certificates.begin(
        "ana", labels="f" * 32, error=0.01, confidence=0.95, seed=7, n_items=60, n_tested=50,
        client_id=client_id,
    )  # fmt: skip


def _queue(store: Store) -> list[int | None]:
    return [row.item for row in store.questions.page("item")]


def test_a_claim_is_on_record_and_open(store: Store) -> None:
    assert store.certificates.open() is None
    row = _begin(store)
    assert (row.error, row.confidence, row.seed, row.n_items, row.n_tested, row.state) == (
        0.01, 0.95, 7, 60, 50, "open",
    )  # fmt: skip
    assert store.certificates.open() == store.certificates.get(row.id) == row
    with pytest.raises(NotFound, match="no certificate 99"):
        store.certificates.get(99)


def test_the_same_request_begins_one_only(store: Store) -> None:
    assert _begin(store, "once") == _begin(store, "once")
    assert len(store.certificates.all()) == 1


def test_items_are_asked_about_in_the_order_drawn_before_all_others(store: Store) -> None:
    store.rounds.finish(1, "test", 0, 0, "", {}, [Question("item", "why", 500, item=1)], None)
    row = _begin(store)
    assert store.certificates.ask(row.id, np.array([30, 10, 20]), after=0) == 3
    assert store.certificates.ask(row.id, np.array([5]), after=3) == 4
    assert _queue(store) == [30, 10, 20, 5, 1]
    assert {q.purpose for q in store.questions.page("item")[:4]} == {"audit"}


def test_what_others_have_drawn_meanwhile_is_not_drawn_twice(store: Store) -> None:
    row = _begin(store)
    store.certificates.ask(row.id, np.array([30, 10]), after=0)
    assert store.certificates.ask(row.id, np.array([30, 10]), after=0) == 2
    assert _queue(store) == [30, 10]


def test_drawn_items_come_with_the_answer_that_stands(store: Store) -> None:
    row = _begin(store)
    store.certificates.ask(row.id, np.array([30, 10, 20]), after=0)
    first, second, _ = store.questions.page("item")
    store.answers.add("ana", Reply("class", "owl"), question_id=first.id)
    store.answers.add("bob", Reply("class", "wren"), question_id=first.id, replace=True)
    store.answers.add("ana", Reply("unsure"), question_id=second.id)
    drawn = store.certificates.drawn(row.id)
    names = store.classes.names()
    assert [(one.item, one.verdict, names.get(one.class_id or -1)) for one in drawn] == [
        (30, "class", "wren"),
        (10, "unsure", None),
        (20, None, None),
    ]
    assert [one.annotator for one in drawn] == ["bob", "ana", None]


def test_an_answer_taken_back_is_none(store: Store) -> None:
    row = _begin(store)
    store.certificates.ask(row.id, np.array([30]), after=0)
    store.answers.add("ana", Reply("class", "owl"), question_id=store.questions.page("item")[0].id)
    store.events.undo("ana")
    assert [one.verdict for one in store.certificates.drawn(row.id)] == [None]
    assert _queue(store) == [30]


def test_asking_can_stop_and_go_on(store: Store) -> None:
    row = _begin(store)
    store.certificates.ask(row.id, np.array([30, 10]), after=0)
    store.certificates.stop_asking(row.id)
    assert _queue(store) == []
    store.certificates.ask_again(row.id)
    assert _queue(store) == [30, 10]


def test_ending_closes_its_questions_and_undo_opens_them(store: Store) -> None:
    row = _begin(store)
    store.certificates.ask(row.id, np.array([30, 10]), after=0)
    assert store.certificates.end("ana", row.id).state == "ended"
    assert (_queue(store), store.certificates.open()) == ([], None)
    with pytest.raises(Conflict, match="ended already"):
        store.certificates.end("ana", row.id)
    store.events.undo("ana")
    assert store.certificates.open() == row
    assert _queue(store) == [30, 10]


def test_a_new_claim_ends_the_one_before(store: Store) -> None:
    first = _begin(store)
    store.certificates.ask(first.id, np.array([30]), after=0)
    second = _begin(store)
    assert store.certificates.open() == second
    assert store.certificates.get(first.id).state == "ended"
    assert _queue(store) == []


def test_beginning_can_be_undone(store: Store) -> None:
    row = _begin(store)
    store.events.undo("ana")
    assert store.certificates.get(row.id).state == "ended"
    store.events.redo("ana")
    assert store.certificates.open() == row


def test_rounds_leave_what_was_drawn_open(store: Store) -> None:
    row = _begin(store)
    store.certificates.ask(row.id, np.array([30]), after=0)
    store.rounds.finish(1, "test", 0, 0, "", {}, [Question("item", "why", item=1)], None)
    assert _queue(store) == [30, 1]
