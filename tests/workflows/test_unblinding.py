"""What was said blindly: kept apart while it measures, told once its certificate has ended."""

from __future__ import annotations

import numpy as np
import pytest

from fewclicks.records import NO_CLASS, Reply, Statement
from fewclicks.workflows.unblinding import measuring, told, told_words


@pytest.fixture
def certified(project):
    """A project in which three items were audited for a certificate and one by no certificate."""
    truth = project.store.items.truths()
    for item in range(75):
        project.store.answers.add("ana", Reply("class", truth[item]), item=item)
    project.round()
    still = project.store.questions.open_items(["audit"])
    project.certificates.begin(0.1, seed=0)
    asked = [one for one in project.certificates.questions() if one.item not in still]
    for question in asked[:3]:
        project.answer("ben", Reply("class", "ring"), question_id=question.id)
    apart = asked[-1].item
    alone = [Statement(Reply("class", "ring"), item=apart)]
    project.store.answers.add_many("ben", alone, purpose="audit")
    return project, [one.item for one in asked[:3]], apart, still


def test_blind_answers_are_apart_until_their_certificate_has_ended(certified):
    project, items, apart, still = certified
    store, n = project.store, project.n_items
    blind = {*items, apart, *still, *(one.item for one in project.certificates.questions())}
    assert (told(store, n).class_ids[[*items, apart]] == NO_CLASS).all()
    assert set(np.flatnonzero(measuring(store, n)).tolist()) == blind
    assert not np.isin(items, told_words(store, n).items).any()
    before = told(store, n)

    project.certificates.end("ana")
    after = told(store, n)
    assert set(np.flatnonzero(after.class_ids != before.class_ids).tolist()) == set(items)
    ring = next(key for key, name in store.classes.names().items() if name == "ring")
    assert (after.class_ids[items] == ring).all()
    assert set(np.flatnonzero(measuring(store, n)).tolist()) == {apart, *still}
    assert np.isin(items, told_words(store, n).items).all()


def test_a_certificate_that_goes_on_blinds_them_again(certified):
    project, items, *_ = certified
    project.certificates.end("ana")
    project.store.events.undo("ana")
    assert len(project.store.certificates.served()) == 0
    assert measuring(project.store, project.n_items)[items].all()
    assert (told(project.store, project.n_items).class_ids[items] == NO_CLASS).all()


def test_only_answers_that_stand_are_told(certified):
    project, items, *_ = certified
    project.certificates.end("ana")
    assert len(project.store.certificates.served()) == len(items)
    [last] = [one for one in project.store.certificates.drawn(1) if one.item == items[-1]]
    project.answer("ben", Reply("class", "cross"), question_id=last.question, replace=True)
    assert len(project.store.certificates.served()) == len(items)
