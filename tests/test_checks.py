import numpy as np
import pytest

from fewclicks import checks
from fewclicks.errors import InvalidInput


def test_rows_keeps_a_fitting_matrix_as_it_is():
    X = np.zeros((2, 3), np.float16)
    assert checks.rows(X) is X


def test_rows_turns_whole_numbers_into_floats():
    assert checks.rows([[1, 2]]).dtype == np.float32


@pytest.mark.parametrize(
    ("X", "says"),
    [
        ([1, 2], "shape"),
        ([["a"]], "numbers"),
        (np.zeros((0, 2)), "at least 1 rows"),
        ([[1.0, np.nan]], "row 0"),
        ([[1.0], [np.inf]], "row 1"),
    ],
)
def test_rows_says_what_is_wrong(X, says):
    with pytest.raises(InvalidInput, match=says):
        checks.rows(X)


def test_rows_names_the_width_of_fit():
    with pytest.raises(InvalidInput, match="3 columns"):
        checks.rows(np.zeros((1, 2)), width=3)


def test_finite_does_not_mistake_a_large_sum_for_infinity():
    checks.finite(np.full((4, 4), 3e38, np.float32), "X")


def test_same_length_tells_both_lengths():
    with pytest.raises(InvalidInput, match="items has 3 rows but answers has 2"):
        checks.same_length([1, 2, 3], [1, 2], ("items", "answers"))


def test_one_of_lists_the_choices():
    assert checks.one_of("a", ("a", "b"), "x") == "a"
    with pytest.raises(InvalidInput, match="one of a, b but is 'c'"):
        checks.one_of("c", ("a", "b"), "x")


@pytest.mark.parametrize("value", [-0.1, 1.1])
def test_between_refuses_what_is_outside(value):
    with pytest.raises(InvalidInput, match="between 0 and 1"):
        checks.between(value, 0, 1, "share")


def test_between_can_ask_for_whole_numbers():
    assert checks.between(2, 1, 3, "n", integer=True) == 2
    with pytest.raises(InvalidInput, match="whole"):
        checks.between(1.5, 1, 3, "n", integer=True)


def test_item_ids_must_exist():
    assert checks.item_ids([0, 2], 3).tolist() == [0, 2]
    with pytest.raises(InvalidInput, match="0…2 but 3"):
        checks.item_ids([1, 3], 3)


@pytest.mark.parametrize("value", ["3", None, True, 3.0, [3]])
def test_a_whole_number_is_no_other_thing(value):
    with pytest.raises(InvalidInput, match="n must be a whole number between 1 and 9 but is"):
        checks.between(value, 1, 9, "n", integer=True)


def test_numbers_may_be_numpys():
    assert checks.between(np.int64(3), 1, 4, "kernel", integer=True) == 3
    assert checks.between(np.float32(0.5), 0, 1, "share") == 0.5


def test_what_is_no_number_lies_between_none():
    with pytest.raises(InvalidInput, match="between 0 and 1"):
        checks.between(float("nan"), 0, 1, "share")
    with pytest.raises(InvalidInput, match="a number between 0 and 1 but is 'a'"):
        checks.between("a", 0, 1, "share")
