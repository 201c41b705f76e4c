import inspect
import pickle

import pytest

from fewclicks import errors

KINDS = [
    kind
    for _, kind in inspect.getmembers(errors, inspect.isclass)
    if issubclass(kind, errors.FewclicksError)
]


@pytest.mark.parametrize("kind", KINDS)
def test_every_error_is_in_the_drawn_tree(kind):
    assert kind.__name__ in errors.__doc__


def test_codes_are_distinct():
    assert len({kind.code for kind in KINDS}) == len(KINDS)


def test_exit_codes_are_inherited_within_a_branch_and_differ_between_branches():
    branches = [
        kind
        for kind in KINDS
        if kind.__base__ is errors.FewclicksError or errors.FewclicksError in kind.__bases__
    ]
    assert len({kind.exit_code for kind in branches}) == len(branches)


def test_an_error_survives_the_trip_from_another_process():
    error = errors.DiskFull("No space is left.", "Free some.")
    back = pickle.loads(pickle.dumps(error))
    assert (type(back), back.message, back.remedy) == (errors.DiskFull, error.message, error.remedy)


def test_the_remedy_follows_the_message():
    assert str(errors.NotFound("There is no item 3.", "Ask for 0 to 2.")).endswith(
        "Ask for 0 to 2."
    )
