import pytest

from benchmarks import curves
from benchmarks.curves import Point


def point(answers, right, met=()):
    return Point(answers, right, tuple(met), 1.0, 2.0, 3.0)


def test_looks_end_at_the_budget():
    assert curves.looks(100) == [10, 25, 50, 100]
    assert curves.looks(60) == [10, 25, 50, 60]
    assert curves.looks(5) == [5]


def test_what_ended_by_itself_keeps_its_last_share():
    points = [point(10, 0.5), point(40, 0.8)]
    assert curves.shares(points, [10, 25, 50, 60], ended=True) == {10: 0.5, 50: 0.8, 60: 0.8}
    assert curves.shares(points, [10, 25, 50, 60], ended=False) == {10: 0.5}
    assert curves.shares([], [10], ended=True) == {}


def test_area_by_hand():
    share = {10: 0.2, 20: 0.4, 60: 0.8}
    # (10 × 0.3 + 40 × 0.6) ÷ 50
    assert curves.area(share, [10, 20, 60]) == pytest.approx(27 / 50)
    assert curves.area({5: 0.7}, [5]) == 0.7


def test_there_is_no_area_under_what_was_not_reached():
    assert curves.area({10: 0.2, 20: 0.4}, [10, 20, 60]) is None


def test_when_all_classes_were_met():
    points = [point(10, 0.1, [1, 4]), point(20, 0.2, [1, 4, 13])]
    assert curves.all_met(points, 3) == 13
    assert curves.all_met(points, 4) is None
    assert curves.all_met([], 1) is None


def test_a_point_is_read_back_as_it_was():
    one = point(10, 0.5, [1, 2])
    assert Point.from_dict(one.to_dict()) == one


def test_curves_are_gathered_by_contender_and_spread_where_all_were_looked_at():
    rows = [
        {"contender": "a", "seed": 0, "curve": {"10": 0.2, "20": 0.4}},
        {"contender": "b", "seed": 0, "curve": {}},
        {"contender": "a", "seed": 1, "curve": {"10": 0.4}},
    ]
    found = curves.by_contender(rows)
    assert found == {"a": {0: {10: 0.2, 20: 0.4}, 1: {10: 0.4}}}
    assert curves.spread(list(found["a"].values())) == [(10, pytest.approx(0.3), 0.2, 0.4)]
    assert curves.spread([]) == []


def test_who_is_ahead_is_told_by_the_seeds_that_both_have():
    ours = {0: {10: 0.2, 20: 0.4}, 1: {10: 0.6, 20: 0.8}}
    assert curves.ahead(ours, {1: {10: 0.5}}) == {10: pytest.approx(0.1)}
    assert curves.ahead(ours, {0: {10: 0.3}, 1: {10: 0.5}}) == {10: pytest.approx(0)}
    assert curves.ahead(ours, {2: {10: 0.5}}) == {}
