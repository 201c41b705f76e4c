from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from fewclicks.errors import Conflict, InvalidInput, NotFound
from fewclicks.records import Reply
from fewclicks.store import Store


def test_every_change_is_told_in_a_sentence(store: Store, ask: Callable[..., int]) -> None:
    cluster, item = ask([1, 2, 3, 4]), ask(9)
    cat = store.answers.add("ana", Reply("class", "cat", misfits=(2, 3)), question_id=cluster)
    assert cat.class_id is not None
    store.answers.add("bob", Reply("unsure"), question_id=item)
    store.answers.add("bob", Reply("none"), item=8)
    store.questions.skip("ana", ask([5, 6]))
    store.classes.update("ana", cat.class_id, name="Cat")
    store.classes.update("ana", cat.class_id, key="9")
    dog = store.classes.create("ana", "dog")
    store.classes.merge("ana", dog.id, cat.class_id)
    store.events.undo("ana")
    store.events.redo("ana")
    store.classes.delete("ana", cat.class_id)
    assert [(event.annotator, event.text) for event in reversed(store.events.history())] == [
        ("ana", "called a cluster of 4 “cat”, leaving out 2"),
        ("bob", "not sure about item 9"),
        ("bob", "no class fits item 8"),
        ("ana", "skipped a cluster of 2"),
        ("ana", "renamed class “cat” to “Cat”"),
        ("ana", "changed class “Cat”"),
        ("ana", "added class “dog”"),
        ("ana", "merged class “dog” into “Cat”"),
        ("ana", "undid: merged class “dog” into “Cat”"),
        ("ana", "did again: merged class “dog” into “Cat”"),
        ("ana", "deleted class “Cat” with 1 answers"),
    ]


def test_history_is_read_page_by_page_newest_first(store: Store) -> None:
    for number in range(5):
        store.answers.add("ana", Reply("class", "cat"), item=number)
    ids = [event.id for event in store.events.history(limit=2)]
    ids += [event.id for event in store.events.history(before=ids[-1], limit=10)]
    assert ids == sorted(ids, reverse=True)
    assert len(ids) == 5
    assert store.events.last_id() == ids[0]


def test_before_the_first_change_there_is_no_history(store: Store) -> None:
    assert store.events.history() == []
    assert store.events.last_id() == 0


def test_a_repeated_client_id_changes_nothing(
    store: Store, ask: Callable[..., int], dump: Callable[..., object]
) -> None:
    question, other = ask([1, 2, 3, 4]), ask([5, 6])
    said = Reply("class", "cat", misfits=(2,))
    calls: list[Callable[[], object]] = [
        lambda: store.answers.add("ana", said, question_id=question, client_id="a"),
        lambda: store.answers.add("ana", Reply("mixed"), question_id=other, client_id="b",
                                  parts=[[5], [6]]),
        lambda: store.classes.create("ana", "dog", client_id="c"),
        lambda: store.classes.update("ana", 2, client_id="d", name="Dog"),
        lambda: store.classes.merge("ana", 2, 1, client_id="e"),
        lambda: store.questions.skip("ana", 3, client_id="f"),
        lambda: store.events.undo("ana", client_id="g"),
        lambda: store.events.redo("ana", client_id="h"),
        lambda: store.classes.delete("ana", 1, client_id="i"),
    ]  # fmt: skip
    replies = []
    for call in calls:
        replies.append(call())
        before = dump(store)
        assert call() == replies[-1]
        assert dump(store) == before
    first = calls[2]()  # its class has been renamed and merged away since
    assert first.id == replies[2].id  # type: ignore[attr-defined]


def test_a_client_id_is_for_one_kind_of_change(store: Store) -> None:
    store.answers.add("ana", Reply("class", "cat"), item=1, client_id="a")
    with pytest.raises(Conflict, match=r"used for another change .answer: called item 1"):
        store.events.undo("ana", client_id="a")
    assert store.answers.totals()["total"] == 1


def test_one_client_id_from_many_threads_is_one_answer(store: Store) -> None:
    def answer(_: int) -> int:
        return store.answers.add("ana", Reply("class", "cat"), item=1, client_id="a").id

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(answer, range(8)))) == 1
    assert store.answers.totals()["total"] == 1


def test_an_event_is_found_by_its_client_id(store: Store) -> None:
    answer = store.answers.add("ana", Reply("class", "cat"), item=1, client_id="a")
    assert store.events.of_client("a").id == answer.event
    with pytest.raises(NotFound, match="No change was sent with the client id 'b'"):
        store.events.of_client("b")


@pytest.mark.parametrize("client_id", ["", "x" * 65, "a\nb", "\udcff"])
def test_a_client_id_must_be_short_and_plain(store: Store, client_id: str) -> None:
    with pytest.raises(InvalidInput, match="client id"):
        store.answers.add("ana", Reply("class", "cat"), item=1, client_id=client_id)


@pytest.mark.parametrize("annotator", ["", "x" * 201, "a\0b"])
def test_an_annotator_must_have_a_name(store: Store, annotator: str) -> None:
    with pytest.raises(InvalidInput, match="annotator's name"):
        store.answers.add(annotator, Reply("class", "cat"), item=1)


def test_a_change_that_is_refused_leaves_no_event(store: Store) -> None:
    with pytest.raises(NotFound):
        store.answers.add("ana", Reply("class", "cat"), item=1000, client_id="a")
    assert store.events.last_id() == 0
    store.answers.add("ana", Reply("class", "cat"), item=1, client_id="a")  # the id is still free
    assert store.answers.totals()["total"] == 1


def test_undoable_says_what_undo_would_take(store: Store) -> None:
    store.classes.create("ana", "cat")
    store.classes.update("ana", 1, name="cat")  # changes nothing
    nothing, created = store.events.history()
    assert (nothing.undoable, created.undoable) == (False, True)
    undo, undone = store.events.undo("ana")
    assert undone.id == created.id
    assert (undone.undone, undone.undoable, undo.undone, undo.undoable) == (
        True, False, False, False,
    )  # fmt: skip
