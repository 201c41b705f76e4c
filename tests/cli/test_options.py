"""Options that several commands share."""

from __future__ import annotations

import pytest

from fewclicks.cli.options import workflow_options
from fewclicks.errors import InvalidInput


def test_parameters_are_json_where_they_can_be():
    given = ["method=1", "threshold=0.9", "name=two words", "flag=true", "none=null", "eq=a=b"]
    assert workflow_options(given) == {
        "method": 1, "threshold": 0.9, "name": "two words", "flag": True, "none": None, "eq": "a=b",
    }  # fmt: skip
    assert workflow_options(None) == {}


@pytest.mark.parametrize("pair", ["method", "=1", ""])
def test_a_pair_needs_a_name_and_an_equals_sign(pair):
    with pytest.raises(InvalidInput, match="NAME=VALUE"):
        workflow_options([pair])
