from copy import copy
from dataclasses import replace

import numpy as np

from fewclicks.workflows.drawing import drawn, drawn_questions, mates, set_apart


def test_the_draw_is_the_same_in_every_round_and_another_for_another_seed(state_of):
    first, later = drawn(state_of(round=1)), drawn(state_of(round=5))
    assert first.tolist() == later.tolist()
    assert sorted(first) == list(range(150))
    assert drawn(state_of(seed=1)).tolist() != first.tolist()


def test_items_that_come_later_leave_the_order_of_the_others(state_of):
    class Grown:
        seed = 0

        class collection:
            n_items = 200

        class sheet:
            withheld = np.zeros(200, bool)

    grown = drawn(Grown)
    assert grown[grown < 150].tolist() == drawn(state_of()).tolist()


def test_a_part_of_the_draw_is_marked(state_of):
    mask = set_apart(state_of(), 2, 7)
    assert sorted(np.flatnonzero(mask)) == sorted(drawn(state_of())[2:7])


def test_only_what_still_needs_an_answer_is_asked_within_the_budget(state_of):
    order = drawn(state_of())
    state = state_of({int(order[1]): 1})
    assert [q.item for q in drawn_questions(state, 4)] == order[[0, 2, 3]].tolist()
    assert [q.item for q in drawn_questions(state_of(budget_left=2), 4)] == order[:2].tolist()


def test_what_nobody_could_name_is_replaced_by_the_next(state_of):
    order = drawn(state_of())
    state = state_of()
    state.sheet.withheld[order[0]] = state.asked[order[0]] = True
    assert [q.item for q in drawn_questions(state, 3)] == order[1:4].tolist()


def test_mates_are_the_others_of_the_groups(state_of):
    state = state_of()
    collection = copy(state.collection)
    collection.groups = np.append([0, 0, 0, 1, 1], np.full(145, -1))
    found = mates(replace(state, collection=collection), np.isin(np.arange(150), [1, 9]))
    assert np.flatnonzero(found).tolist() == [0, 2]
