"""Options that several commands share."""

from __future__ import annotations

import pytest

from fewclicks.cli.options import stop_rule, workflow_options
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


def test_a_stopping_rule_may_bring_its_value():
    assert stop_rule(None) is None
    assert stop_rule("stable") == {"name": "stable"}
    assert stop_rule("stable=0.998") == {"name": "stable", "bound": 0.998}
    assert stop_rule("budget=50") == {"name": "budget", "budget": 50}


@pytest.mark.parametrize("rule", ["never", "stable=2", "budget", "accuracy=much"])
def test_a_stopping_rule_that_cannot_be_is_refused(rule):
    with pytest.raises(InvalidInput):
        stop_rule(rule)
