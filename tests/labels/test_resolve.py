from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fewclicks.errors import InvalidInput
from fewclicks.labels.resolve import answered, followed, overlay, resolve
from fewclicks.records import CLUSTER, MODEL, NO_CLASS, NOBODY, PERSON, AnswerSheet, Labels

CLASSES = np.array([4, 7, 9])


def sheet(said, withheld=()):
    """`said`: item → (class id, source)."""
    n = 4
    class_ids = np.full(n, NO_CLASS, np.int32)
    sources = np.full(n, NOBODY, np.int8)
    doubtful = np.zeros(n, bool)
    for item, (class_id, source) in said.items():
        class_ids[item], sources[item] = class_id, source
    for item in withheld:
        sources[item], doubtful[item] = PERSON, True
    return AnswerSheet(class_ids, sources, np.full(n, -1, np.int64), doubtful)


PROBA = np.array([[0.2, 0.5, 0.3], [0.1, 0.1, 0.8], [1, 0, 0], [0.4, 0.3, 0.3]], dtype=np.float32)


def test_a_model_labels_what_people_have_not():
    labels = resolve(sheet({0: (4, PERSON), 2: (9, CLUSTER)}, withheld=[3]), PROBA, CLASSES)
    assert labels.class_ids[:, 0].tolist() == [4, 9, 9, NO_CLASS]
    assert labels.sources.tolist() == [PERSON, MODEL, CLUSTER, PERSON]
    assert labels.confidences[:, 0].tolist() == pytest.approx([1, 0.8, 1, 0])


def test_the_best_classes_come_in_order():
    labels = resolve(sheet({}), PROBA, CLASSES)
    assert labels.class_ids[0].tolist() == [7, 9, 4]
    assert labels.confidences[0].tolist() == pytest.approx([0.5, 0.3, 0.2])


def test_fewer_classes_than_guesses_leave_gaps():
    labels = resolve(sheet({}), np.ones((4, 1), np.float32), np.array([4]))
    assert labels.class_ids[0].tolist() == [4, NO_CLASS, NO_CLASS]


def test_without_a_model_the_rest_is_unlabelled():
    labels = resolve(sheet({1: (7, PERSON)}))
    assert labels.sources.tolist() == [NOBODY, PERSON, NOBODY, NOBODY]


def test_shares_must_cover_every_item():
    with pytest.raises(InvalidInput, match="one row per item"):
        resolve(sheet({}), PROBA[:2], CLASSES)


def test_a_model_does_not_give_what_a_misfit_is_not():
    said = sheet({2: (4, PERSON)})
    barred = np.array([[0, 7], [1, 9], [1, 4], [2, 4], [3, 9], [0, 77]])
    labels = resolve(replace(said, barred=barred), PROBA, CLASSES)
    assert labels.class_ids.tolist() == [
        [9, 4, NO_CLASS], [7, NO_CLASS, NO_CLASS], [4, NO_CLASS, NO_CLASS], [4, 7, NO_CLASS],
    ]  # fmt: skip
    assert labels.confidences[:2, 0].tolist() == pytest.approx([0.3, 0.1])
    assert labels.sources.tolist() == [MODEL, MODEL, PERSON, MODEL]


def test_a_misfit_of_the_only_class_has_none():
    said = replace(sheet({}), barred=np.array([[1, 4]]))
    labels = resolve(said, np.ones((4, 1), np.float32), np.array([4]))
    assert labels.class_ids[:, 0].tolist() == [4, NO_CLASS, 4, 4]
    assert labels.sources.tolist() == [MODEL, NOBODY, MODEL, MODEL]


def model_labels(ids=(4, 7, 9)):
    confidences = np.array([[0.5, 0.3, 0.2]] * 4, np.float32)
    return Labels(np.array([ids] * 4, np.int32), confidences, np.full(4, MODEL, np.int8))


def heirs(**changes):
    table = np.arange(10, dtype=np.int32)
    for class_id, heir in changes.items():
        table[int(class_id[1:])] = heir
    return table


def test_merged_classes_add_up():
    labels = overlay(model_labels((4, 7, 9)), sheet({}), heirs(c9=7))
    assert labels.class_ids[0].tolist() == [4, 7, NO_CLASS]
    assert labels.confidences[0].tolist() == pytest.approx([0.5, 0.5, 0])
    labels = overlay(model_labels((4, 7, 9)), sheet({}), heirs(c4=9))
    assert labels.class_ids[0, 0] == 9
    assert labels.confidences[0, 0] == pytest.approx(0.7)


def test_the_next_best_stands_in_for_a_deleted_class():
    labels = overlay(model_labels(), sheet({}), heirs(c4=NO_CLASS))
    assert labels.class_ids[0].tolist() == [7, 9, NO_CLASS]


def test_with_every_class_deleted_nobody_has_decided():
    gone = heirs(c4=NO_CLASS, c7=NO_CLASS, c9=NO_CLASS)
    assert overlay(model_labels(), sheet({}), gone).sources.tolist() == [NOBODY] * 4


def test_items_added_since_are_unlabelled():
    first_two = model_labels()
    old = Labels(first_two.class_ids[:2], first_two.confidences[:2], first_two.sources[:2])
    assert overlay(old, sheet({}), heirs()).sources.tolist() == [MODEL, MODEL, NOBODY, NOBODY]


def test_an_answer_taken_back_leaves_its_item_unlabelled():
    old = resolve(sheet({0: (4, PERSON), 1: (7, CLUSTER)}), PROBA, CLASSES)
    assert overlay(old, sheet({}), heirs()).sources.tolist() == [NOBODY, NOBODY, MODEL, MODEL]


def test_answers_given_since_count_at_once():
    labels = overlay(model_labels(), sheet({2: (9, PERSON)}, withheld=[3]), heirs())
    assert labels.class_ids[:, 0].tolist() == [4, 4, 9, NO_CLASS]
    assert labels.confidences[2].tolist() == [1, 0, 0]


@given(st.lists(st.sampled_from([NO_CLASS, *range(10)]), min_size=10, max_size=10))
def test_overlay_keeps_classes_distinct_and_confidence_falling(table):
    labels = overlay(model_labels(), sheet({}), np.array(table, np.int32))
    named = labels.class_ids[0][labels.class_ids[0] != NO_CLASS].tolist()
    assert len(named) == len(set(named))
    assert (np.diff(labels.confidences[0]) <= 0).all()
    assert set(named) == {table[c] for c in (4, 7, 9)} - {NO_CLASS}


def test_answers_laid_over_what_was_followed_leave_it_as_it_was():
    before = resolve(sheet({}), PROBA, CLASSES)
    heirs = np.arange(10)
    model = followed(before, heirs, 4)
    said = sheet({0: (4, PERSON), 2: (9, CLUSTER)}, withheld=[3])
    labels, expected = answered(model, said), overlay(before, said, heirs)
    for name in ("class_ids", "confidences", "sources"):
        np.testing.assert_array_equal(getattr(labels, name), getattr(expected, name))
        np.testing.assert_array_equal(getattr(model, name), getattr(before, name))
