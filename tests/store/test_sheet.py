from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from fewclicks.records import CLUSTER, NO_CLASS, NOBODY, PERSON, PURPOSES, VERDICTS, Reply
from fewclicks.store import Store
from fewclicks.store.sheet import lay_out

CAT, DOG = Reply("class", "cat"), Reply("class", "dog")
N_ITEMS = 8


def test_a_sheet_worked_by_hand(store: Store, ask: Callable[..., int]) -> None:
    first, second, third = ask([0, 1, 2, 3]), ask([3, 4, 5]), ask([6, 7])
    store.answers.add("ana", CAT, item=1)  # 1: the item outranks the cluster named later
    cats = store.answers.add("ana", Reply("class", "cat", misfits=(2,)), question_id=first)
    dogs = store.answers.add("ana", DOG, question_id=second)  # 2: item 3 is a dog now
    nothing = store.answers.add("ana", Reply("none"), question_id=third)
    unsure = store.answers.add("ana", Reply("unsure"), item=5)
    store.answers.add("ana", DOG, item=0, purpose="audit")  # which only measures
    sheet = store.answers.sheet(N_ITEMS)
    assert sheet.class_ids.tolist() == [1, 1, -1, 2, 2, -1, -1, -1]
    assert sheet.sources.tolist() == [
        CLUSTER, PERSON, NOBODY, CLUSTER, CLUSTER, PERSON, CLUSTER, CLUSTER,
    ]  # fmt: skip
    assert sheet.answer_ids.tolist() == [
        cats.id, 1, -1, dogs.id, dogs.id, unsure.id, nothing.id, nothing.id,
    ]  # fmt: skip
    assert sheet.withheld.tolist() == [False] * 5 + [True] * 3
    assert sheet.n_answers == 6
    assert sheet.barred is not None
    assert sheet.barred.tolist() == [[2, 1]]


def test_the_later_word_on_an_item_counts(store: Store) -> None:
    store.answers.add("ana", CAT, item=0)
    store.answers.add("bob", DOG, item=0)
    store.answers.add("ana", Reply("unsure"), item=1)
    store.answers.add("bob", CAT, item=1)
    sheet = store.answers.sheet(2)
    assert sheet.class_ids.tolist() == [2, 1]
    assert sheet.withheld.tolist() == [False, False]


def test_mixed_and_unsure_say_nothing_of_a_cluster_s_items(
    store: Store, ask: Callable[..., int]
) -> None:
    store.answers.add("ana", Reply("unsure"), question_id=ask([0, 1]))
    store.answers.add("ana", Reply("mixed"), question_id=ask([2, 3]))
    sheet = store.answers.sheet(4)
    assert sheet.sources.tolist() == [NOBODY] * 4
    assert not sheet.withheld.any()
    assert sheet.n_answers == 2


def test_answers_about_items_that_came_later_are_left_out(
    store: Store, ask: Callable[..., int]
) -> None:
    store.answers.add("ana", CAT, question_id=ask([1, 50]))
    store.answers.add("ana", DOG, item=59)
    assert store.answers.sheet(3).class_ids.tolist() == [-1, 1, -1]


def test_without_answers_nobody_has_said_anything(store: Store) -> None:
    sheet = store.answers.sheet(3)
    assert sheet.class_ids.tolist() == [NO_CLASS] * 3
    assert sheet.sources.tolist() == [NOBODY] * 3
    assert sheet.answer_ids.tolist() == [-1] * 3
    assert sheet.n_answers == 0
    assert len(store.answers.sheet(0).sources) == 0


verdicts = st.sampled_from(["class", "none", "unsure", "mixed"])
items = st.integers(0, N_ITEMS + 2)
class_ids = st.integers(1, 4)
people = st.integers(1, 3)
purposes = st.sampled_from(["learn", "learn", "second", "review"])
HEIRS = np.array([NO_CLASS, 1, 1, NO_CLASS, 4])  # 2 was merged into 1, 3 was deleted


@given(
    st.lists(st.tuples(verdicts, class_ids, st.sets(items), st.sets(items)), max_size=6),
    st.lists(
        st.tuples(verdicts.filter(lambda v: v != "mixed"), class_ids, items, people, purposes),
        max_size=16,
    ),
)
def test_the_sheet_is_that_of_a_slow_reading(
    clusters: list[tuple[str, int, set[int], set[int]]],
    singles: list[tuple[str, int, int, int, str]],
) -> None:
    cluster_rows: list[Any] = [
        (number, verdict, class_id if verdict == "class" else NO_CLASS,
         np.array(sorted(members), int), np.array(sorted(misfits), int) if misfits else None)
        for number, (verdict, class_id, members, misfits) in enumerate(clusters)
    ]  # fmt: skip
    item_rows = [
        (100 + number, VERDICTS.index(verdict), class_id if verdict == "class" else NO_CLASS, item,
         who, PURPOSES.index(purpose))
        for number, (verdict, class_id, item, who, purpose) in enumerate(singles)
    ]  # fmt: skip
    columns = list(np.array(item_rows, int).reshape(-1, 6).T)
    sheet = lay_out(cluster_rows, columns, HEIRS, N_ITEMS, 7)
    expected: dict[int, tuple[int, int, int, bool]] = {}
    for number, (verdict, class_id, members, misfits) in enumerate(clusters):
        for item in misfits if verdict == "class" else ():
            said = (int(HEIRS[class_id]), CLUSTER)
            if said[0] != NO_CLASS and expected.get(item, (0, 0))[:2] == said:
                del expected[item]
        for item in members - misfits:
            _say(expected, item, verdict, class_id, CLUSTER, number)
    for item in range(N_ITEMS):
        number = _deciding(singles, item)
        if number is not None:
            _say(expected, item, *singles[number][:2], PERSON, 100 + number)
    nobody = (NO_CLASS, NOBODY, -1, False)
    told = zip(sheet.class_ids, sheet.sources, sheet.answer_ids, sheet.withheld, strict=True)
    assert [tuple(row) for row in told] == [expected.get(i, nobody) for i in range(N_ITEMS)]
    assert sheet.n_answers == 7
    assert sheet.barred is not None
    assert [tuple(pair) for pair in sheet.barred.tolist()] == [
        (item, int(HEIRS[class_id]))
        for verdict, class_id, _, misfits in clusters
        for item in sorted(misfits)
        if verdict == "class" and HEIRS[class_id] != NO_CLASS and item < N_ITEMS
    ]


def _deciding(singles: list[tuple[str, int, int, int, str]], item: int) -> int | None:
    """The number of the answer that decides an item: everybody has one vote."""
    latest: dict[int, int] = {}
    for number, (verdict, class_id, about, who, purpose) in enumerate(singles):
        if about != item or (verdict == "class" and HEIRS[class_id] == NO_CLASS):
            continue
        if purpose == "review":
            latest.clear()
        latest.pop(who, None)
        latest[who] = number
    votes = {n: singles[n][:2] for n in latest.values() if singles[n][0] != "unsure"}
    if not votes:
        return max(latest.values(), default=None)
    said = {n: int(HEIRS[c]) if verdict == "class" else -1 for n, (verdict, c) in votes.items()}
    counts = Counter(said.values())
    best = {c for c in counts if counts[c] == max(counts.values())}
    newest = said[max(said)]
    chosen = newest if newest in best else min(best)
    return max(n for n in said if said[n] == chosen)


def _say(
    sheet: dict[int, tuple[int, int, int, bool]],
    item: int,
    verdict: str,
    class_id: int,
    source: int,
    answer_id: int,
) -> None:
    if verdict == "class" and HEIRS[class_id] != NO_CLASS:
        sheet[item] = (int(HEIRS[class_id]), source, answer_id, False)
    elif verdict == "none" or (verdict == "unsure" and source == PERSON):
        sheet[item] = (NO_CLASS, source, answer_id, True)


def test_a_misfit_is_not_what_an_earlier_cluster_was_named(
    store: Store, ask: Callable[..., int]
) -> None:
    store.answers.add("ana", CAT, question_id=ask([0, 1, 2]))
    store.answers.add("ana", DOG, question_id=ask([3, 4]))
    [again] = store.questions.ask_about("ana", [1, 2, 3, 5], "again", together=True)
    store.answers.add("ana", Reply("class", "cat", misfits=(2, 3)), question_id=again.id)
    sheet = store.answers.sheet(N_ITEMS)
    assert sheet.class_ids.tolist() == [1, 1, -1, 2, 2, 1, -1, -1]  # 3 may well be a dog
    assert sheet.sources[2] == NOBODY
