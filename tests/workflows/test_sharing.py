import csv
from dataclasses import replace

import numpy as np
import pytest

from fewclicks.answers.annotator import KnownLabels
from fewclicks.labels.resolve import overlay
from fewclicks.project import Project
from fewclicks.records import (
    CLUSTER,
    GROUP,
    MODEL,
    NO_CLASS,
    NOBODY,
    PERSON,
    AnswerSheet,
    Labels,
    Question,
)
from fewclicks.simulate import simulate
from fewclicks.workflows import FewClicks
from fewclicks.workflows.base import State
from fewclicks.workflows.collection import ALONE, Collection
from fewclicks.workflows.sharing import (
    FIRST_CHECKS,
    Purity,
    answers_behind,
    purity,
    reduced,
    share,
)

N_GROUPS, SIZE = 30, 4
N = N_GROUPS * SIZE


@pytest.fixture
def groups():
    return np.repeat(np.arange(N_GROUPS), SIZE)


@pytest.fixture
def classes():
    """The class of every item when groups are pure."""
    return np.repeat(np.arange(N_GROUPS) % 3 + 1, SIZE)


@pytest.fixture
def state_of_groups(groups, classes):
    """Makes a state in which these items were named, of their own class unless told."""
    random = np.random.default_rng(0)
    rows = random.normal(size=(N, 5)) + 4 * np.eye(5)[classes]
    collection = Collection(rows.astype(np.float32), n_codewords=5, kind="photos", groups=groups)

    def make(items=(), other=None, n_answers=60):
        sheet = sheet_of({int(i): int(classes[i]) for i in items} | (other or {}))
        sheet = replace(sheet, n_answers=n_answers)
        return State(collection, sheet, sheet.sources == PERSON)

    return make


def sheet_of(said, n=N, by_cluster=()):
    class_ids, sources = np.full(n, NO_CLASS, np.int32), np.full(n, NOBODY, np.int8)
    answer_ids = np.full(n, -1, np.int64)
    for number, (item, class_id) in enumerate(said.items()):
        class_ids[item], sources[item], answer_ids[item] = class_id, PERSON, 100 + number
    for item, class_id in by_cluster:
        class_ids[item], sources[item], answer_ids[item] = class_id, CLUSTER, 7
    times = (sources == PERSON).astype(np.int32)
    never = np.zeros(n, np.bool_)
    return AnswerSheet(class_ids, sources, answer_ids, never, len(said), times, never.copy())


PURE = (0, 1, 4, 5, 8, 9, 80, 81, 84, 85)
"""Two items of each of five groups, the last two far down."""


def test_words_are_counted_once_and_groups_with_two_classes_are_torn():
    groups = np.array([0, 0, 0, 1, 1, 2, ALONE])
    sheet = sheet_of({0: 1, 1: 1, 3: 1, 4: 2, 5: 3, 6: 1}, n=7)
    sheet.class_ids[2], sheet.sources[2] = 1, PERSON
    sheet.answer_ids[2] = sheet.answer_ids[1]  # an exact copy
    told = purity(groups, sheet)
    assert told.words.tolist() == [2, 2, 1]
    assert told.torn.tolist() == [False, True, False]
    assert told.n_checked == 2


@pytest.mark.parametrize(
    ("pure", "torn", "trusted"),
    [(0, 0, False), (4, 0, False), (5, 0, True), (7, 1, False), (12, 1, True), (40, 10, False)],
)
def test_groups_are_trusted_once_nearly_all_that_were_checked_are_pure(pure, torn, trusted):
    words = np.full(pure + torn + 5, 2)
    words[pure + torn :] = 1
    assert Purity(words, np.arange(len(words)) >= pure + 5).torn.sum() == torn
    told = Purity(words, np.isin(np.arange(len(words)), np.arange(torn)))
    assert told.trusted() is trusted


def test_once_a_group_is_torn_they_must_be_right_more_often_than_labels():
    torn = Purity(np.full(13, 2), np.arange(13) == 0)  # 13 of 15 by Laplace's rule
    assert torn.trusted(right=10, audited=13)
    assert not torn.trusted(right=14, audited=14)
    assert Purity(np.full(13, 2), np.zeros(13, np.bool_)).trusted(right=14, audited=14)


def test_before_groups_have_proved_pure_nothing_is_shared(state_of_groups):
    state = state_of_groups([0, 4, 8, 12])
    shared = share(state)
    assert shared.units is state
    assert shared.said is state.sheet
    question = Question("item", "why", item=3)
    assert shared.about_items([question]) == [question]
    proba = np.ones((N, 2))
    assert shared.of_items(proba) is proba


def test_an_answer_holds_for_its_group(state_of_groups, classes):
    shared = share(state_of_groups([*PURE, 12]))
    assert shared.units.collection.n_items == N_GROUPS
    assert shared.units.asked[:5].tolist() == [True, True, True, True, False]
    sheet = shared.said
    assert sheet.class_ids[:16].tolist() == classes[:16].tolist()
    assert sheet.sources[[0, 2, 12, 13]].tolist() == [PERSON, GROUP, PERSON, GROUP]
    assert (sheet.class_ids[16:80] == NO_CLASS).all()


def test_a_group_whose_answers_differ_is_taken_apart(state_of_groups, classes):
    more = [4 * g + i for g in (*range(3, 10), 22) for i in (0, 1)]
    other = {40: int(classes[40]), 41: int(classes[40]) % 3 + 1}
    shared = share(state_of_groups([*PURE, *more], other))
    sheet = shared.said
    assert sheet.sources[40:44].tolist() == [PERSON, PERSON, NOBODY, NOBODY]
    assert shared.units.collection.n_items == N_GROUPS + SIZE
    assert shared.unit_of[40:44].tolist() == [30, 31, 32, 33]
    assert shared.units.asked[[10, 30, 31, 32]].tolist() == [True, True, True, False]


def test_a_question_is_about_the_typical_item_nobody_was_asked_about(state_of_groups):
    state = state_of_groups(PURE)
    shared = share(state)
    rows = state.features[20:24]
    far = np.linalg.norm(rows - rows.mean(axis=0), axis=1)
    order = 20 + np.argsort(far)
    asked = shared.about_items([Question("item", "Why.", item=5)])[0]
    assert asked.item == order[0]
    assert asked.reason == "Why. It stands for the 4 images of its group."
    without = shared.without([asked])
    assert without.about_items([Question("item", "Why.", item=5)])[0].item == order[1]
    assert not without.units.asked[5]
    assert shared.without([replace(asked, item=i) for i in range(20, 24)]).units.asked[5]


def test_what_is_asked_again_is_the_item_that_was_named(state_of_groups):
    shared = share(state_of_groups([*PURE, 13]))
    assert shared.about_items([Question("item", "Again.", item=3)])[0].item == 13


def test_checks_are_second_items_of_groups_of_which_one_was_named(state_of_groups, groups):
    first = set(range(0, 40, 4))
    shared = share(state_of_groups(first))
    drawn = [question.item for question in shared.checks(9, [])]
    assert len(drawn) == len(set(groups[drawn])) == FIRST_CHECKS
    assert set(groups[drawn]) <= set(range(10))
    assert not set(drawn) & first
    assert len(shared.checks(2, [])) == 2
    assert drawn == [question.item for question in shared.checks(9, [])]
    fresh = share(state_of_groups([], n_answers=0))
    asked = [Question("item", "why", item=item) for item in (0, 4, 8)]
    assert sorted(groups[[q.item for q in fresh.checks(9, asked)]].tolist()) == [0, 1, 2]


def test_as_answers_come_more_groups_are_checked(state_of_groups):
    said = [*PURE, *range(12, 80, 4), *range(88, 120, 4)]
    assert len(share(state_of_groups(said, n_answers=60)).checks(9, [])) == FIRST_CHECKS - 5
    assert len(share(state_of_groups(said, n_answers=200)).checks(99, [])) == 20 - 5


def test_words_on_clusters_are_laid_out_by_most_and_yield_to_a_word_on_an_item():
    unit_of = np.array([0, 0, 0, 1, 1, 2, 2])
    sheet = sheet_of({4: 9}, n=7, by_cluster=[(0, 1), (1, 2), (2, 2), (3, 1)])
    sheet.withheld[5] = sheet.withheld[6] = True
    sheet.sources[5] = sheet.sources[6] = PERSON
    told = reduced(sheet, unit_of, 4)
    assert told.class_ids.tolist() == [2, 9, NO_CLASS, NO_CLASS]
    assert told.sources.tolist() == [CLUSTER, PERSON, PERSON, NOBODY]
    assert told.withheld.tolist() == [False, False, True, False]
    assert told.times.tolist() == [0, 1, 0, 0]


def test_the_answer_behind_a_shared_label_is_that_of_its_group(groups):
    sheet = sheet_of({0: 1, 5: 2})
    sources = np.where(groups < 2, GROUP, MODEL).astype(np.int8)
    sources[[0, 5]] = PERSON
    class_ids = np.zeros((N, 3), np.int32)
    class_ids[:4], class_ids[4:8] = 1, 2
    labels = Labels(class_ids, np.zeros((N, 3), np.float32), sources)
    ids = answers_behind(labels, sheet, groups)
    assert ids[:9].tolist() == [100] * 4 + [101] * 4 + [-1]
    alone = np.full(N, ALONE)
    assert answers_behind(labels, sheet, alone)[1] == -1


@pytest.fixture
def grouped(project, monkeypatch):
    """The project of 150 glyphs in groups of five of a class, or of five as they come."""

    def make(pure):
        truths = np.array(project.store.items.truths())
        order = np.argsort(truths, kind="stable") if pure else np.arange(150)
        groups = np.empty(150, np.int64)
        groups[order] = np.arange(150) // 5
        monkeypatch.setattr(project.store.items, "groups", lambda: groups)
        return project

    return make


@pytest.mark.parametrize("pure", [True, False])
def test_pure_groups_are_asked_once_and_others_item_by_item(grouped, pure):
    project = grouped(pure)
    truths = project.store.items.truths()
    workflow = FewClicks(n_start=20, n_batch=5, refine="never")
    run = simulate(project, KnownLabels(truths), budget=60, workflow=workflow)
    sources = project.labels().sources
    if pure:
        assert np.count_nonzero(sources == GROUP) > 50
        assert run.accuracy == 1
    else:
        assert np.count_nonzero(sources == GROUP) == 0
    assert run.answers <= 60


def test_nothing_is_shared_where_that_was_forbidden(grouped):
    project = grouped(pure=True)
    workflow = FewClicks(n_start=20, n_batch=5, refine="never", share="never")
    simulate(project, KnownLabels(project.store.items.truths()), budget=40, workflow=workflow)
    assert np.count_nonzero(project.labels().sources == GROUP) == 0
    questions = project.round(workflow=workflow).questions
    assert len(questions) == 5
    assert not any("group" in question.reason for question in questions)


def test_groups_come_with_the_images_and_the_label_says_whose_answer_it_was(tmp_path):
    """From a file with tracks to the export: who named the group, and when."""
    random = np.random.default_rng(0)
    track, kinds = np.repeat(np.arange(40), 5), np.repeat(np.arange(40) % 2, 5)
    images = random.integers(0, 60, (200, 12, 12, 3), dtype=np.uint8)
    images[kinds == 1, 3:9, 3:9] += 150
    np.savez(tmp_path / "tracks.npz", X=images, y=np.array(["dark", "light"])[kinds], track=track)
    source = tmp_path / "tracks.npz"
    with Project.create(tmp_path / "project", source, features="colour-hog") as project:
        truths = project.store.items.truths()
        run = simulate(project, KnownLabels(truths), budget=70)
        told = project.status()["labelled"]
        project.export(tmp_path / "labels.csv")
        assert set(project.store.items.groups().tolist()) == set(range(1, 41))
    assert run.accuracy == 1
    assert told["group"] > 100
    assert sum(told.values()) == 200
    with open(tmp_path / "labels.csv", newline="") as file:
        lines = list(csv.DictReader(file))
    shared = [line for line in lines if line["source"] == "group"]
    assert len(shared) == told["group"]
    assert {line["annotator"] for line in shared} == {"simulated"}
    assert all(line["answered_at"] for line in shared)


def test_a_copy_in_another_group_speaks_for_that_group_too():
    groups = np.array([0, 0, 1, 1])
    sheet = sheet_of({0: 1, 3: 2}, n=4)
    sheet.class_ids[2], sheet.sources[2] = 1, PERSON
    sheet.answer_ids[2] = sheet.answer_ids[0]  # an exact copy of item 0
    told = purity(groups, sheet)
    assert told.words.tolist() == [1, 2]
    assert told.torn.tolist() == [False, True]


def test_where_networks_learn_only_the_answers_are_shared(state_of_groups, classes):
    state = state_of_groups([*PURE, 12])
    shared = share(state, by_units=False)
    assert shared.unit_of is None
    assert shared.units.collection is state.collection
    assert shared.units.sheet.sources[12:16].tolist() == [PERSON, GROUP, GROUP, GROUP]
    assert shared.units.taught()[12:16].tolist() == classes[12:16].tolist()
    assert shared.units.asked[:4].all()
    assert not shared.units.asked[16:20].any()
    without = shared.without([Question("item", "why", item=17)])
    assert without.units.asked[[0, 1, 17]].all()
    torn = state_of_groups([4 * g + i for g in range(10, 24) for i in (0, 1)], {4: 1, 5: 2})
    sheet = share(torn, by_units=False).said
    assert sheet.sources[4:8].tolist() == [PERSON, PERSON, NOBODY, NOBODY]


def test_when_every_unit_is_named_the_rest_of_the_budget_goes_to_further_items(grouped):
    project = grouped(pure=True)
    workflow = FewClicks(n_start=20, n_batch=10, refine="never", audit=0)
    run = simulate(project, KnownLabels(project.store.items.truths()), budget=90, workflow=workflow)
    assert run.answers == 90  # of 30 groups of five
    assert run.accuracy == 1


def test_shared_labels_of_a_deleted_class_are_gone_and_unowned_ones_have_no_answer(groups):
    labels = Labels(
        np.full((N, 3), NO_CLASS, np.int32), np.zeros((N, 3), np.float32), np.zeros(N, np.int8)
    )
    labels.class_ids[:4, 0], labels.sources[:4] = 1, (PERSON, GROUP, GROUP, GROUP)
    labels.class_ids[4:8, 0], labels.sources[4:8] = 2, (PERSON, GROUP, GROUP, GROUP)
    left = overlay(labels, sheet_of({0: 1}), np.array([NO_CLASS, 1, NO_CLASS]))
    assert left.sources[:8].tolist() == [PERSON, GROUP, GROUP, GROUP] + [NOBODY] * 4
    # an audit that named another class is not what the label goes back to
    assert answers_behind(left, sheet_of({0: 1, 1: 2}), groups)[2] == 100
    assert answers_behind(left, sheet_of({1: 2}), groups)[2] == -1
