"""Several people: what each gave, how far they agree, with others and with themselves."""

from __future__ import annotations

import csv
import json

import numpy as np
import pytest

from fewclicks.errors import InvalidInput
from fewclicks.project import Project
from fewclicks.records import Reply

NAMES = ("bar", "dash", "box")


@pytest.fixture
def team(project):
    """Items 0 to 5 called by two people, who differ on 4 and 5; 6 by one; 7 by one, twice."""
    for who, names in (("ana", "001122"), ("bob", "001101")):
        for item, number in enumerate(names):
            say(project, who, item, NAMES[int(number)])
    say(project, "ana", 6, "bar")
    say(project, "ana", 0, "bar", purpose="again")
    say(project, "ana", 2, "bar", purpose="again")
    return project


def say(project, who, item, name, **values):
    reply = Reply("class", class_name=name, seconds=2.0, actions=1)
    return project.store.answers.add(who, reply, item=item, **values)


def test_a_team_worked_by_hand(team):
    told = team.people()
    assert (told["n_shared"], told["n_disputed"]) == (6, 2)
    assert told["agreement"]["value"] == pytest.approx(4 / 6)
    assert told["agreement"]["low"] < 4 / 6 < told["agreement"]["high"]
    # ana: 2 bars, 2 dashes, 2 boxes; bob: 3 bars, 3 dashes; by chance ⅓
    kappa = (4 / 6 - 1 / 3) / (1 - 1 / 3)
    [pair] = told["pairs"]
    assert (sorted(pair["people"]), pair["n"]) == (["ana", "bob"], 6)
    assert pair["kappa"]["value"] == pytest.approx(kappa)
    # of 12 votes 5 are bars, 5 dashes, 2 boxes: of 132 pairs of them 90 differ, and 2 of 6 do
    assert told["alpha"]["value"] == pytest.approx(1 - (2 / 6) / (90 / 132))
    shares = (5 / 12) ** 2 * 2 + (2 / 12) ** 2
    assert told["fleiss"]["value"] == pytest.approx((4 / 6 - shares) / (1 - shares))
    assert (told["fleiss"]["n"], told["fleiss"]["n_votes"]) == (6, 2)
    assert not told["weighed"]
    ana, bob = told["people"]
    assert (ana["name"], ana["answers"], ana["n_items"], ana["n_shared"]) == ("ana", 9, 7, 6)
    assert (bob["name"], bob["answers"], bob["n_items"], bob["n_shared"]) == ("bob", 6, 6, 6)
    assert ana["seconds"] == 18
    assert ana["agreement"]["value"] == pytest.approx(4 / 6)
    assert ana["right"] is None
    assert {k: ana["consistency"][k] for k in ("same", "n", "share")} == {
        "same": 1, "n": 2, "share": 0.5,
    }  # fmt: skip
    assert bob["consistency"] is None
    ids = {name: number for number, name in team.store.classes.names().items()}
    said = {(c["said"], c["labelled"]): c["n"] for c in ana["confusions"]}
    assert said == {
        (ids["bar"], ids["bar"]): 2, (ids["dash"], ids["dash"]): 2,
        (ids["box"], ids["bar"]): 1, (ids["box"], ids["dash"]): 1,
    }  # fmt: skip
    json.dumps(told)


def test_one_person_alone_agrees_with_nobody(project):
    say(project, "ana", 0, "bar")
    told = project.people()
    assert (told["n_shared"], told["agreement"], told["alpha"], told["fleiss"]) == (0, *[None] * 3)
    assert told["pairs"] == []
    assert told["people"][0]["agreement"] is None
    assert told["people"][0]["confusions"] == []


def test_nobody_has_said_anything(project):
    told = project.people()
    assert (told["people"], told["pairs"], told["n_shared"]) == ([], [], 0)


def test_who_named_clusters_only_is_told_of_too(project):
    question = project.store.questions.page("cluster", 1)[0]
    project.answer("ana", Reply("class", "bar"), question_id=question.id)
    say(project, "bob", 0, "bar")
    told = project.people()
    assert {one["name"]: one["n_items"] for one in told["people"]} == {"ana": 0, "bob": 1}


def test_three_who_share_enough_are_told_how_often_they_are_right(project, truth):
    rng = np.random.default_rng(0)
    for who, error in (("ana", 0.02), ("bob", 0.1), ("eve", 0.4)):
        for item in range(90):
            wrong = rng.random() < error
            number = (int(truth[item]) - 1 + int(wrong) * int(rng.integers(1, 3))) % 3
            say(project, who, item, NAMES[number])
    told = project.people()
    right = {one["name"]: one["right"] for one in told["people"]}
    assert right["ana"] > 0.9
    assert right["ana"] > right["bob"] > right["eve"]
    assert right["eve"] == pytest.approx(0.6, abs=0.15)
    assert told["weighed"]
    project.consult(consensus="majority")
    assert not project.people()["weighed"]


def test_the_same_project_is_told_the_same_way(team):
    assert team.people() == team.people()
    assert team.people(random_state=1) != team.people(random_state=2)


def test_choices_are_checked_and_kept(team):
    assert team.consult(second_share=1.0) == 1  # only item 6 has been judged by one
    assert team.consult(again_share=0.25) == 0
    told = team.people()
    assert (told["second_share"], told["again_share"], told["consensus"]) == (1.0, 0.25, "auto")
    with pytest.raises(InvalidInput, match="second_share"):
        team.consult(second_share=1.5)
    with pytest.raises(InvalidInput, match="consensus"):
        team.consult(consensus="loudest")
    assert team.options["second_share"] == 1.0


def test_shares_are_chosen_when_a_project_is_made(tmp_path):
    with Project.create(tmp_path / "made", second_share=0.5, consensus="latest") as project:
        options = project.options
    assert (options["second_share"], options["again_share"]) == (0.5, 0.0)
    assert options["consensus"] == "latest"
    with pytest.raises(InvalidInput, match="again_share"):
        Project.create(tmp_path / "other", again_share=-1)


def test_who_said_what_is_written_down(team, tmp_path):
    team.store.classes.merge("ana", 3, 1)
    assert team.export_answers(tmp_path / "answers.csv") == 15
    with open(tmp_path / "answers.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["annotator"] for row in rows] == ["ana"] * 6 + ["bob"] * 6 + ["ana"] * 3
    assert (rows[4]["item"], rows[4]["class"], rows[4]["verdict"]) == ("4", "bar", "class")
    assert [row["purpose"] for row in rows[-3:]] == ["learn", "again", "again"]


def test_where_nobody_said_anything_nothing_is_written(project, tmp_path):
    with pytest.raises(InvalidInput, match="Nobody"):
        project.export_answers(tmp_path / "answers.csv")


def test_a_disagreement_is_a_suspected_mistake_until_it_is_reviewed(team):
    team.prepare()
    suspected = {one.item: one for one in team.mistakes(kind="earlier")}
    assert {4, 5} <= set(suspected)
    assert suspected[4].score == 0.5
    assert 0 not in suspected
    say(team, "ana", 4, "box", purpose="review")
    assert 4 not in {one.item for one in team.mistakes(kind="earlier")}
    names = team.store.classes.names()
    assert names[int(team.labels().class_ids[4, 0])] == "box"
