"""How a certificate stands: what is told of each class."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import numpy as np
import pytest

from fewclicks.audit.anytime import error_upper
from fewclicks.audit.grids import grid_error_upper
from fewclicks.records import MODEL, NO_CLASS, Labels
from fewclicks.store.certificates import PageRow
from fewclicks.workflows.bets import Bets
from fewclicks.workflows.frozen import freeze, thawed

ALL = np.arange(0, 900, 3)
RIGHT = np.zeros(300, bool)


def page_of(number, class_id, n_planted, n_missed):
    items = 10 * number + np.arange(n_planted)
    return PageRow(number, class_id, items, items, items[:n_missed])


def bounds_of(pages):
    """Of the classes 1, 2 and 4, of 300 labels each; what was called 3 is 1 by now."""
    labels = {"class_ids": np.repeat([1, 2, 4], 300), "uncertainty": np.zeros(900, np.float32)}
    frozen = thawed({**labels, "order": np.arange(900)})
    bets = Bets(frozen, np.array([NO_CLASS, 1, 2, 1, 4]), 0.1, 0.05)
    return [one.upper for one in bets.of_classes(ALL.tolist(), RIGHT, pages)]


def test_a_class_is_bounded_by_what_was_planted_on_its_own_pages():
    """Nothing was missed on pages of class 1, all on those of class 2."""
    pages = [page_of(n, 1 + n % 3, 2, 2 * (n % 3 == 1)) for n in range(60)]
    one, two, four = bounds_of(pages)
    assert one == grid_error_upper(RIGHT[:100], 300, [False] * 80) < 0.2
    assert two == 1
    assert four == error_upper(RIGHT[:100], 300)  # each was asked about singly


def test_a_class_whose_pages_tell_nothing_of_what_is_missed_has_no_bound():
    assert bounds_of([page_of(1, 1, 4, 0), page_of(2, 4, 0, 0)])[2] == 1


@pytest.mark.parametrize("draw", ["evenly", "suspected"])
def test_several_who_ask_at_once_count_an_answer_once(draw):
    sure = np.linspace(0.5, 1, 2000, dtype=np.float32)
    labels = Labels(
        np.column_stack([np.arange(2000) % 10, np.full(2000, 99)]).astype(np.int32),
        np.column_stack([sure, 1 - sure]),
        np.full(2000, MODEL, np.int8),
    )
    everything = np.ones(2000, bool)
    frozen = freeze(labels, everything, ~everything, 0, draw)
    wrong = np.zeros(60, bool)
    alone = Bets(frozen, np.arange(100), 0.05, 0.05)
    told = alone.of_all(wrong), alone.of_classes(frozen.order[:60], wrong)
    for _ in range(10):
        bets = Bets(frozen, np.arange(100), 0.05, 0.05)
        at_once = Barrier(3)

        def ask(bets=bets, at_once=at_once):
            at_once.wait()
            return bets.of_all(wrong), bets.of_classes(frozen.order[:60], wrong)

        with ThreadPoolExecutor(3) as people:
            found = [asked.result() for asked in [people.submit(ask) for _ in range(3)]]
        assert found == [told] * 3
