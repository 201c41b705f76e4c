from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from fewclicks.records import Reply
from fewclicks.store import Store, ledger
from fewclicks.store.ledger import NONE, Ledger

CAT = Reply("class", "cat", seconds=2, actions=3)


def test_the_columns_of_a_few_answers(store: Store, ask: Callable[..., int]) -> None:
    first = store.answers.add("ana", CAT, item=4, purpose="audit")
    question = ask([1, 2, 3])
    second = store.answers.add("bob", Reply("class", "dog", misfits=(2,)), question_id=question)
    third = store.answers.add("ana", Reply("unsure"), item=5)
    with store.database.read() as connection:
        told = Ledger().read(connection)
    assert told.ids.tolist() == [first.id, second.id, third.id]
    assert told.events.tolist() == [first.event, second.event, third.event]
    assert told.items.tolist() == [4, NONE, 5]
    assert told.class_ids.tolist() == [1, 2, -1]
    assert told.verdicts.tolist() == [0, 0, 1]
    assert told.purposes.tolist() == [2, 0, 0]
    assert told.actions.tolist() == [3, 0, 0]
    assert told.seconds.tolist() == [2, 0, 0]
    [(place, members, misfits)] = told.clusters
    assert (place, members.tolist()) == (1, [1, 2, 3])
    assert misfits is not None
    assert misfits.tolist() == [2]
    assert told.standing(["learn"]).tolist() == [False, True, True]


def test_an_answer_is_read_once(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[int] = []
    plain = ledger._columns

    def counted(rows: list[object]) -> ledger.Answered:
        read.append(len(rows))
        return plain(rows)

    book = Ledger()
    monkeypatch.setattr(ledger, "_columns", counted)
    monkeypatch.setattr(ledger, "_ROWS_PER_READ", 2)
    for item in range(5):
        store.answers.add("ana", CAT, item=item)
    with store.database.read() as connection:
        assert book.read(connection).items.tolist() == [0, 1, 2, 3, 4]
    assert read == [2, 2, 1]
    store.answers.add("ana", CAT, item=9)
    for _ in range(2):
        with store.database.read() as connection:
            assert book.read(connection).items.tolist() == [0, 1, 2, 3, 4, 9]
    assert read == [2, 2, 1, 1]


def test_what_is_taken_back_and_done_again_is_seen(store: Store) -> None:
    book = Ledger()

    def standing() -> list[bool]:
        with store.database.read() as connection:
            found: list[bool] = book.read(connection).standing().tolist()
            return found

    store.answers.add("ana", CAT, item=0)
    store.answers.add("ana", CAT, item=1)
    assert standing() == [True, True]
    store.events.undo("ana")
    assert standing() == [True, False]
    store.events.redo("ana")
    assert standing() == [True, True]


def test_a_transaction_does_not_see_what_came_after_it_began(store: Store) -> None:
    book = Ledger()
    store.answers.add("ana", CAT, item=0)
    with store.database.read() as earlier:
        assert len(book.read(earlier).ids) == 1
        store.answers.add("ana", Reply("class", "dog"), item=1)
        with store.database.read() as later:
            assert len(book.read(later).ids) == 2
        seen = book.read(earlier)
    assert seen.items.tolist() == [0]
    assert len(seen.withdrawn) == 1


def test_the_copies_are_those_in_the_rows(store: Store) -> None:
    marks = store.items.duplicate_of()
    with store.database.read() as connection:
        copies, originals = store.items.copies.read(connection)
    assert copies.tolist() == np.flatnonzero(marks >= 0).tolist()
    assert originals.tolist() == marks[marks >= 0].tolist()
    assert store.items.count_duplicates() == len(copies)
