"""The command people."""

from __future__ import annotations

import json

from fewclicks.project import Project
from fewclicks.records import Reply


def answered(folder):
    with Project.open(folder) as project:
        for who, said in (("ana", "aabb"), ("bob", "aaba")):
            for item, name in enumerate(said):
                project.answer(who, Reply("class", name, seconds=30), item=item)
        project.answer("ana", Reply("class", "b"), item=9)


def test_people_and_how_far_they_agree(fewclicks, digits_project):
    answered(digits_project)
    told = fewclicks("people", digits_project)
    assert told.code == 0
    assert "4 items, 1 of them disputed" in told.out
    assert "75.0% (" in told.out
    assert "0.500 (" in told.out  # Cohen's kappa: 3 of 4 agreed upon, half by chance
    assert "labels go by most answers" in told.out


def test_people_as_data(fewclicks, digits_project):
    answered(digits_project)
    document = fewclicks("people", digits_project, "--json").document
    assert [one["name"] for one in document["people"]] == ["ana", "bob"]
    assert document["pairs"][0]["kappa"]["value"] == 0.5
    confusions = {(c["said"], c["labelled"]): c["n"] for c in document["people"][0]["confusions"]}
    assert confusions == {("a", "a"): 2, ("b", "b"): 1, ("b", "a"): 1}


def test_shares_are_changed(fewclicks, digits_project):
    answered(digits_project)
    told = fewclicks("people", digits_project, "--second-share", "1", "--again-share", "0.2")
    assert "1 second opinion asked from now on" in told.err
    assert "100% by another person, 20% by the same" in told.out
    told = fewclicks("people", digits_project, "--consensus", "loudest")
    assert told.code == 2
    assert "loudest" in told.err


def test_who_said_what_is_written(fewclicks, digits_project, tmp_path):
    answered(digits_project)
    told = fewclicks("people", digits_project, "--answers", tmp_path / "answers.jsonl")
    assert "9 answers written" in told.err
    rows = [json.loads(line) for line in (tmp_path / "answers.jsonl").read_text().splitlines()]
    assert [row["class"] for row in rows] == list("aabb" + "aaba" + "b")


def test_a_team_is_simulated(fewclicks, digits_project):
    fewclicks("people", digits_project, "--second-share", "1")
    rates = ("--team", "0", "--team", "0.1", "--team", "0.5")
    told = fewclicks("simulate", digits_project, "--budget", "60", *rates)
    assert told.code == 0
    document = fewclicks("people", digits_project, "--json").document
    names = {one["name"] for one in document["people"]}
    assert names == {"person 1", "person 2", "person 3"}
    assert document["n_shared"] > 5


def test_a_project_without_answers(fewclicks, digits_project):
    assert fewclicks("people", digits_project).out == "Nobody has answered yet.\n"


def test_a_project_is_made_for_several_people(fewclicks, digits, tmp_path):
    images, _ = digits
    told = fewclicks("new", tmp_path / "made", images, "--second-share", "0.5")
    assert told.code == 0
    with Project.open(tmp_path / "made") as project:
        assert project.options["second_share"] == 0.5
