"""Pages that are looked through for a certificate, in a project: what they prove, and when."""

from __future__ import annotations

import numpy as np
import pytest
import sqlalchemy as sa

from fewclicks.answers.annotator import KnownLabels
from fewclicks.audit.anytime import error_upper
from fewclicks.errors import Conflict
from fewclicks.records import Reply
from fewclicks.settings import user_name
from fewclicks.simulate import simulate
from fewclicks.store import schema
from fewclicks.store.auditpages import PageRow
from fewclicks.workflows import auditpages
from fewclicks.workflows.auditpages import missed_of
from fewclicks.workflows.verifying import verify


@pytest.fixture
def certifying(project):
    """An open certificate of 150 glyphs after 30 answers, all labels right."""
    simulate(project, KnownLabels(project.store.items.truths()), budget=30)
    project.certificates.begin(0.3, seed=1)
    return project


def page_now(project):
    return project.certificates.pages.next(project.collection().features)


def look_through(project, page, wrong, **who):
    features = project.collection().features
    project.certificates.pages.look_through(page, wrong, features, **who)


def not_of(project, page):
    """The items of a page that are truly of another class."""
    truths, name = project.store.items.truths(), project.store.classes.names()[page.class_id]
    return [int(item) for item in page.items if truths[item] != name]


def look(project, noticing=True):
    """Look through the next page, noticing all or nothing; return what was planted."""
    page = page_now(project)
    wrong = not_of(project, page)
    look_through(project, page, wrong if noticing else [], seconds=9, actions=4)
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
    page = page_now(certifying)
    asked = {question.item for question in certificates.questions()}
    first = next(int(item) for item in page.items if int(item) in asked)
    look_through(certifying, page, [first])
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
    page = page_now(certifying)
    look_through(certifying, page, [], annotator="ana", client_id="once")
    look_through(certifying, page, [], annotator="ana", client_id="once")
    assert len(certifying.store.certificates.pages(1)) == 1
    certifying.store.events.undo("ana")
    told = certifying.certificates.standing()
    assert (told.certificate.audits, told.certificate.planted) == (0, 0)
    again, others = page_now(certifying), set(not_of(certifying, page))
    drawn = set(page.items.tolist()) - others
    assert drawn <= set(again.items.tolist())
    assert others.isdisjoint(again.items.tolist())  # seen before, they would tell nothing new


def test_a_page_taken_back_is_told_and_does_not_open_the_way_of_single_answers(certifying):
    look(certifying)
    certifying.store.events.undo(user_name())
    told = certifying.certificates.standing()
    assert (told.looked_through, told.taken_back, told.may_look_through) == (1, 1, True)
    assert "Of the pages 1 were taken back" in told.caveat
    answer_singly(certifying, 50)
    told = certifying.certificates.standing()
    assert told.certificate.audits == 50
    assert told.certificate.upper == 1  # how much would have been missed is not known
    assert "How much is missed on pages is not known" in told.sentence
    with pytest.raises(Conflict, match="Pages have been looked through"):
        certifying.certificates.name_unsure()
    look(certifying)
    assert certifying.certificates.standing().certificate.planted > 0


def test_a_page_taken_back_is_verified(certifying, tmp_path):
    for _ in range(3):
        look(certifying)
    certifying.store.events.undo(user_name())
    look(certifying)
    certifying.export(tmp_path / "labels.csv")
    assert [one.sentence for one in verify(tmp_path / "labels.csv") if one.holds is False] == []


def test_an_old_copy_of_a_page_does_not_undo_what_was_noticed(certifying):
    page = page_now(certifying)
    look_through(certifying, page, page.items.tolist(), annotator="ana")
    before = certifying.certificates.standing()
    with pytest.raises(Conflict, match="out of date"):
        look_through(certifying, page, not_of(certifying, page), annotator="bob")
    after = certifying.certificates.standing()
    assert after.noticed == before.noticed > 0
    assert after.certificate.planted == before.certificate.planted == len(not_of(certifying, page))


def test_of_two_who_send_a_page_at_once_one_is_refused(certifying):
    """Both have found it due before either was recorded."""
    page, certificates = page_now(certifying), certifying.store.certificates
    planted, questions = np.array(not_of(certifying, page)), certificates.drawn(1)
    row = PageRow(0, page.class_id, page.items, planted, planted[:0])
    certificates.answer_page("ana", 1, row, [])
    with pytest.raises(Conflict, match="out of date"):
        certificates.answer_page("bob", 1, row, [])
    assert len(certificates.pages(1)) == 1
    certifying.store.events.undo("ana")
    mine = next(one for one in questions if one.item in set(page.items.tolist()))
    certifying.answer("bob", Reply("unsure"), question_id=mine.question)
    with pytest.raises(Conflict, match="out of date"):
        certificates.answer_page("ana", 1, row, [])


def test_what_was_planted_again_counts_once(certifying):
    """As in projects whose pages planted images more than once."""
    page, table = page_now(certifying), schema.audit_pages
    planted = not_of(certifying, page)
    look_through(certifying, page, planted)
    with certifying.store.certificates._database.write() as connection:
        columns = [column for column in table.c if column.name not in ("id", "missed")]
        kept = sa.select(*columns, table.c.planted.label("missed"))
        connection.execute(sa.insert(table).from_select([*columns, table.c.missed], kept))
    pages = certifying.store.certificates.pages(1)
    assert [len(one.planted) for one in pages] == [len(planted), 0]
    assert missed_of(pages) == [False] * len(planted)


def answer_singly(project, n):
    for question in project.certificates.questions()[:n]:
        truth = project.store.items.truths()[question.item]
        project.answer("ana", Reply("class", truth), question_id=question.id)


def test_a_class_without_pages_is_bounded_by_its_single_answers(certifying):
    certifying.certificates.begin(0.02, seed=1)
    shown = page_now(certifying).class_id
    look(certifying)
    answer_singly(certifying, 30)
    told = certifying.certificates.standing().classes
    alone = {
        one.class_id: error_upper(np.zeros(one.audits, bool), one.n_tested, 0.05) for one in told
    }
    assert sum(one.audits > 0 for one in told) == 3
    for one in told:
        if one.class_id == shown:
            assert one.upper > alone[one.class_id]
        else:
            assert one.upper == alone[one.class_id]


def test_pages_are_looked_through_from_the_first_answer_on_or_never(certifying):
    page = page_now(certifying)
    assert certifying.certificates.standing().may_look_through
    answer_singly(certifying, 1)
    assert not certifying.certificates.standing().may_look_through
    drawn = len(certifying.store.certificates.drawn(1))
    for ask in (lambda: page_now(certifying), lambda: look_through(certifying, page, [])):
        with pytest.raises(Conflict, match="given singly before any page") as refused:
            ask()
        assert "begin the certificate anew" in refused.value.remedy
    assert len(certifying.store.certificates.drawn(1)) == drawn
    certifying.store.events.undo("ana")
    assert not certifying.certificates.standing().may_look_through
    certifying.certificates.begin(0.03, seed=1)
    look(certifying)
    answer_singly(certifying, 1)
    assert certifying.certificates.standing().may_look_through


def test_nothing_is_drawn_for_pages_once_the_claim_is_proved(certifying):
    while not certifying.certificates.standing().holds:
        look(certifying)
    drawn = len(certifying.store.certificates.drawn(1))
    with pytest.raises(Conflict, match="is proved"):
        page_now(certifying)
    assert len(certifying.store.certificates.drawn(1)) == drawn
    assert certifying.certificates.questions() == []


def test_nothing_is_drawn_for_pages_that_nothing_can_be_planted_on(certifying, monkeypatch):
    monkeypatch.setattr(auditpages, "_known_otherwise", lambda *_: np.empty(0, int))
    drawn = len(certifying.store.certificates.drawn(1))
    with pytest.raises(Conflict, match="none are left"):
        page_now(certifying)
    assert len(certifying.store.certificates.drawn(1)) == drawn


def test_without_its_classes_nothing_can_be_looked_through(certifying):
    for row in certifying.store.classes.all():
        certifying.store.classes.delete("ana", row.id)
    drawn = len(certifying.store.certificates.drawn(1))
    with pytest.raises(Conflict, match=r"classes of all labels .* deleted"):
        page_now(certifying)
    assert len(certifying.store.certificates.drawn(1)) == drawn


def test_what_was_of_a_deleted_class_is_not_shown_but_others_are(certifying):
    gone, *others = certifying.store.classes.all()
    certifying.store.classes.delete("ana", gone.id)
    assert page_now(certifying).class_id in {row.id for row in others}
