"""Pages for audits: what is shown, what is planted, what counts, and when."""

from __future__ import annotations

import numpy as np
import pytest

from fewclicks.errors import Conflict
from fewclicks.records import NO_CLASS, NOBODY, PERSON, AnswerSheet
from fewclicks.store.certificates import DrawnRow, PageRow
from fewclicks.workflows import auditpages
from fewclicks.workflows.auditpages import (
    AuditPage,
    Pool,
    looked_through,
    missed_of,
    next_page,
    unshown,
)

N = 100
LABELLED = np.repeat([1, 2], 50)
FEATURES = np.where(LABELLED[:, None] == 1, 0.0, 10.0) + np.arange(N)[:, None] / N


def drawn_rows(items, state="open"):
    return [DrawnRow(1000 + item, item, state, None, None, None, None) for item in items]


def sheet_of(said):
    class_ids, sources = np.full(N, NO_CLASS, np.int32), np.full(N, NOBODY, np.int8)
    answer_ids = np.full(N, -1)
    for item, class_id in said.items():
        class_ids[item], sources[item], answer_ids[item] = class_id, PERSON, 500 + item
    return AnswerSheet(class_ids, sources, answer_ids, np.zeros(N, bool))


NAMED = sheet_of({0: 1, 1: 1, **dict.fromkeys(range(90, 100), 2)})


def pool_of(waiting, pages=(), sheet=NAMED, labelled=LABELLED):
    return Pool(waiting, pages, labelled, sheet, FEATURES, 7)


def row_of(page, planted, missed=()):
    return PageRow(1, page.class_id, page.items, np.array(planted), np.array(missed, int))


def planted_on(page):
    """What is shown as the class but claimed to be another."""
    return [int(item) for item in page.items if LABELLED[item] != page.class_id]


def test_the_class_of_most_waiting_items_is_shown_with_others_planted():
    page = next_page(pool_of(drawn_rows([60, *range(10, 28)])))
    assert page.class_id == 1
    asked = [item for item in page.items if item < 50]
    assert sorted(asked) == list(range(10, 28))
    assert len(planted_on(page)) == 2
    assert set(planted_on(page)) <= set(range(90, 98))  # of those named otherwise, the most alike
    again = next_page(pool_of(drawn_rows([60, *range(10, 28)])))
    assert page.items.tolist() == again.items.tolist()


def test_no_image_is_planted_twice_and_pages_end_when_none_is_left():
    pages = []
    for _ in range(5):
        page = next_page(pool_of(drawn_rows(range(10, 28)), pages))
        pages.append(row_of(page, planted_on(page)))
    planted = [item for page in pages for item in page.planted]
    assert sorted(planted) == list(range(90, 100))
    with pytest.raises(Conflict, match="none are left") as refused:
        next_page(pool_of(drawn_rows(range(10, 28)), pages))
    assert refused.value.remedy == "Answer one by one."


def test_an_exact_copy_of_what_was_planted_tells_nothing_new():
    sheet = sheet_of({0: 1, **dict.fromkeys(range(96, 100), 2)})
    sheet.answer_ids[[96, 97, 98]] = 7  # copies of one image, two images in all
    page = next_page(pool_of(drawn_rows(range(10, 28)), sheet=sheet))
    assert len(planted_on(page)) == 2
    assert 99 in planted_on(page)
    before = row_of(AuditPage(1, np.array([97])), [97])
    page = next_page(pool_of(drawn_rows(range(10, 28)), [before], sheet))
    assert planted_on(page) == [99]


def test_where_few_are_left_to_be_planted_pages_are_smaller():
    pool = pool_of(drawn_rows(range(10, 40)), sheet=sheet_of({0: 1, 97: 2, 98: 2}))
    page = next_page(pool)
    assert sorted(planted_on(page)) == [97, 98]
    assert sorted(page.items) == [*range(10, 28), 97, 98]
    row, right = looked_through(page, [97], pool)
    assert row.missed.tolist() == [98]
    assert len(right) == 18


def test_what_waits_for_a_blind_answer_is_not_planted():
    waiting = drawn_rows([*range(10, 19), *range(90, 99)])
    assert planted_on(next_page(pool_of(waiting[:9] + waiting[10:]))) in ([90], [99])


def test_what_was_planted_and_is_drawn_later_is_shown_as_its_own_class():
    before = row_of(AuditPage(1, np.array([10, 60])), [60])
    assert [one.item for one in unshown(drawn_rows([10, 60]), [before])] == [60]


def test_without_anything_to_plant_there_is_no_page():
    with pytest.raises(Conflict, match="known to be of another class"):
        next_page(pool_of(drawn_rows([10, 11]), sheet=sheet_of({0: 1})))


def test_without_a_class_there_is_no_page():
    with pytest.raises(Conflict, match="have been deleted"):
        next_page(pool_of(drawn_rows([10, 11]), labelled=np.full(N, NO_CLASS)))


def test_what_is_not_noticed_is_right_and_planted_ones_are_counted():
    pool = pool_of(drawn_rows(range(10, 28)))
    page = next_page(pool)
    noticed, missed = planted_on(page)
    row, right = looked_through(page, [11, noticed], pool, (6.0, 3))
    assert sorted(row.planted.tolist()) == sorted([noticed, missed])
    assert row.missed.tolist() == [missed]
    said = [(one.question_id, one.class_id) for one in right]
    assert sorted(said) == [(1000 + item, 1) for item in range(10, 28) if item != 11]
    assert [one.reply.actions for one in right] == [3] + [0] * 16
    assert sum(one.reply.seconds for one in right) == pytest.approx(6.0)
    assert sorted(missed_of([row])) == [False, True]
    assert unshown(pool.waiting, [row]) == []


def test_a_page_of_the_first_that_wait_is_due_also_when_more_were_drawn_since():
    page = next_page(pool_of(drawn_rows(range(10, 28))))
    more = pool_of(drawn_rows(range(10, 40)))
    assert len(next_page(more).items) > len(page.items)
    assert len(looked_through(page, [], more)[1]) == 18


def test_a_page_that_is_out_of_date_is_refused():
    pool = pool_of(drawn_rows(range(10, 28)))
    page = next_page(pool)
    answered = [drawn_rows([10], "answered")[0], *drawn_rows(range(11, 28))]
    seen = [row_of(page, planted_on(page))]
    for waiting, pages in (
        ([], []),
        (unshown(answered, []), []),
        (unshown(pool.waiting, seen), seen),
    ):
        with pytest.raises(Conflict, match="answered meanwhile"):
            looked_through(page, [], pool_of(waiting, pages))


@pytest.mark.parametrize(
    "shown",
    [
        lambda own, planted: own,  # nothing is planted
        lambda own, planted: own + planted[:1],
        lambda own, planted: own + planted * 30,
        lambda own, planted: own + own + planted,
        lambda own, planted: planted,
        lambda own, planted: own + planted + [40],  # neither drawn nor known
        lambda own, planted: own + list({90, 91, 92} - set(planted))[:2],  # others than chosen
        lambda own, planted: own[1:] + planted,  # not the first that wait
    ],
)
def test_a_page_that_was_never_shown_is_refused(shown):
    pool = pool_of(drawn_rows(range(10, 28)))
    planted = planted_on(next_page(pool))
    page = AuditPage(1, np.array(shown(list(range(10, 28)), planted)))
    with pytest.raises(Conflict, match="out of date"):
        looked_through(page, [], pool)


def test_a_page_that_is_longer_than_any_shown_is_refused():
    sheet = sheet_of(dict.fromkeys(range(90, 100), 2))
    pool = pool_of(drawn_rows(range(50)), sheet=sheet)
    assert len(looked_through(next_page(pool), [], pool)[1]) == 45
    longer = auditpages._page_of(1, 50, pool)
    with pytest.raises(Conflict, match="out of date"):
        looked_through(longer, [], pool)


def test_what_is_noticed_must_be_on_the_page():
    pool = pool_of(drawn_rows(range(10, 28)))
    with pytest.raises(Conflict, match="out of date"):
        looked_through(next_page(pool), [40], pool)
