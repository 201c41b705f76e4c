"""Pages for audits: what is shown, what is planted, what counts, and when."""

from __future__ import annotations

import numpy as np
import pytest

from fewclicks.answers.annotator import KnownLabels
from fewclicks.errors import Conflict
from fewclicks.records import NO_CLASS, NOBODY, PERSON, AnswerSheet, Reply
from fewclicks.simulate import simulate
from fewclicks.store.certificates import DrawnRow, PageRow
from fewclicks.workflows.auditpages import (
    AuditPage,
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
    for item, class_id in said.items():
        class_ids[item], sources[item] = class_id, PERSON
    return AnswerSheet(class_ids, sources, np.full(N, -1), np.zeros(N, bool))


NAMED = sheet_of({0: 1, 1: 1, **dict.fromkeys(range(90, 100), 2)})


def page_of(waiting, pages=(), sheet=NAMED):
    return next_page(waiting, pages, LABELLED, sheet, FEATURES, 7)


def test_the_class_of_most_waiting_items_is_shown_with_others_planted():
    page = page_of(drawn_rows([60, *range(10, 28)]))
    assert page.class_id == 1
    asked = [item for item in page.items if item < 50]
    planted = [item for item in page.items if item >= 50]
    assert sorted(asked) == list(range(10, 28))
    assert len(planted) == 2
    assert set(planted) <= set(range(90, 98))  # of those named otherwise, the most alike
    assert page.items.tolist() == page_of(drawn_rows([60, *range(10, 28)])).items.tolist()


def test_what_was_planted_least_often_is_planted_next():
    before = PageRow(1, 1, np.arange(5), np.array([90, 91]), np.array([91]))
    page = page_of(drawn_rows(range(10, 28)), [before])
    assert not {90, 91} & set(page.items.tolist())


def test_without_anything_to_plant_there_is_no_page():
    with pytest.raises(Conflict, match="known to be of another class"):
        page_of(drawn_rows([10, 11]), sheet=sheet_of({0: 1}))


def test_what_is_not_noticed_is_right_and_planted_ones_are_counted():
    drawn = drawn_rows([10, 11, 12])
    page = AuditPage(1, np.array([10, 90, 11, 91, 12]))
    row, right = looked_through(page, [11, 90], drawn, LABELLED, NAMED, (6.0, 3))
    assert (row.planted.tolist(), row.missed.tolist()) == ([90, 91], [91])
    assert [(one.question_id, one.class_id) for one in right] == [(1010, 1), (1012, 1)]
    assert [one.reply.actions for one in right] == [3, 0]
    assert sum(one.reply.seconds for one in right) == 6.0
    assert missed_of([row, row]) == [False, True, False, True]
    assert [one.item for one in unshown(drawn, [row])] == []


def test_a_page_that_is_out_of_date_is_refused():
    page = AuditPage(1, np.array([10, 90]))
    for drawn in ([], drawn_rows([10], "answered")):
        with pytest.raises(Conflict, match="answered meanwhile"):
            looked_through(page, [], drawn, LABELLED, NAMED)
    stranger = AuditPage(1, np.array([10, 60]))  # nobody has named 60 otherwise
    with pytest.raises(Conflict, match="answered meanwhile"):
        looked_through(stranger, [], drawn_rows([10]), LABELLED, NAMED)


@pytest.fixture
def certifying(project):
    """An open certificate of 150 glyphs after 30 answers, all labels right."""
    simulate(project, KnownLabels(project.store.items.truths()), budget=30)
    project.certificates.begin(0.3, seed=1)
    return project


def look(project, noticing=True):
    """Look through the next page, noticing all or nothing; return what was planted."""
    truths = project.store.items.truths()
    page = project.certificates.pages.next(project.collection().features)
    name = project.store.classes.names()[page.class_id]
    wrong = [int(item) for item in page.items if truths[item] != name]
    project.certificates.pages.look_through(page, wrong if noticing else [], seconds=9, actions=4)
    return wrong


def test_pages_prove_a_claim(certifying):
    planted = 0
    while not certifying.certificates.standing().holds:
        planted += len(look(certifying))
    told = certifying.certificates.standing()
    assert (told.certificate.planted, told.certificate.missed) == (planted, 0)
    assert told.certificate.wrong == 0
    assert told.certificate.audits > 20
    assert certifying.certificates.questions() == []
    assert "planted on pages 0 were missed" in told.caveat


def test_who_misses_what_is_planted_proves_nothing(certifying):
    for _ in range(3):
        look(certifying, noticing=False)
    told = certifying.certificates.standing()
    assert told.certificate.missed == told.certificate.planted > 0
    assert told.certificate.wrong == 0
    assert not told.holds
    assert told.certificate.upper > 0.9


def test_what_was_noticed_is_asked_about_singly_and_holds_up_the_count(certifying):
    certificates = certifying.certificates
    page = certificates.pages.next(certifying.collection().features)
    asked = {question.item for question in certificates.questions()}
    first = next(int(item) for item in page.items if int(item) in asked)
    certificates.pages.look_through(page, [first])
    for _ in range(2):
        look(certifying)
    told = certificates.standing()
    assert told.noticed == 1
    order = certificates.frozen(told.row).order.tolist()
    assert told.certificate.audits == order.index(first)
    question = next(q for q in certificates.questions() if q.item == first)
    truth = certifying.store.items.truths()[first]
    certifying.answer("ana", Reply("class", truth), question_id=question.id)
    told = certificates.standing()
    assert told.noticed == 0
    assert told.certificate.audits > order.index(first)
    assert told.certificate.wrong == 0  # a second look has found it right


def test_one_undo_takes_a_page_back(certifying):
    page = certifying.certificates.pages.next(certifying.collection().features)
    certifying.certificates.pages.look_through(page, [], annotator="ana", client_id="once")
    certifying.certificates.pages.look_through(page, [], annotator="ana", client_id="once")
    assert len(certifying.store.certificates.pages(1)) == 1
    certifying.store.events.undo("ana")
    told = certifying.certificates.standing()
    assert (told.certificate.audits, told.certificate.planted) == (0, 0)
    again = certifying.certificates.pages.next(certifying.collection().features)
    assert again.items.tolist() == page.items.tolist()
