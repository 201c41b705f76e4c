"""`fewclicks mistakes`: listed, explained, written to a table, asked about again."""

from __future__ import annotations

import csv

import pytest

from fewclicks.project import Project
from fewclicks.records import Reply, Statement


@pytest.fixture
def mistaken(digits_project):
    """Digits of which 200 are named, the first of them wrong; returns the folder and its truth."""
    with Project.open(digits_project) as project:
        truth = project.store.items.truths()
        wrong = "1" if truth[0] != "1" else "7"
        said = [wrong, *truth[1:200]]
        statements = [Statement(Reply("class", name), item=i) for i, name in enumerate(said)]
        project.store.answers.add_many("ana", statements)
    return digits_project, truth[0], wrong


def test_the_worst_are_listed_with_a_sentence(fewclicks, mistaken):
    folder, right, wrong = mistaken
    told = fewclicks("mistakes", folder, "--json", "--limit", 5).document
    assert told["n"] >= len(told["mistakes"])
    first = next(one for one in told["mistakes"] if one["item"] == 0)
    assert (first["said"], first["suspected"], first["annotator"]) == (wrong, right, "ana")
    assert first["reasons"][0]["score"] == first["score"]
    plain = fewclicks("mistakes", folder, "--kind", "neighbours", "--limit", 1)
    assert plain.code == 0
    assert "suspected, the worst first" in plain.out
    assert "nearest answered images" in plain.out


def test_all_of_them_go_into_a_table(fewclicks, mistaken, tmp_path):
    folder, right, wrong = mistaken
    told = fewclicks("mistakes", folder, "--json", "--limit", 1, "--csv", tmp_path / "m.csv")
    with open(tmp_path / "m.csv", newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == told.document["n"]
    row = next(row for row in rows if row["item"] == "0")
    assert (row["said"], row["suspected"]) == (wrong, right)
    assert [float(r["score"]) for r in rows] == sorted(float(r["score"]) for r in rows)[::-1]


def test_they_are_asked_about_again_for_review(fewclicks, mistaken):
    folder, _, _ = mistaken
    told = fewclicks("mistakes", folder, "--json", "--limit", 2, "--ask").document
    assert told["asked"] == 2
    with Project.open(folder) as project:
        asked = project.store.questions.page("item", 2)
        assert {q.item for q in asked} == {one["item"] for one in told["mistakes"]}
        assert {q.purpose for q in asked} == {"review"}


def test_nothing_suspected_and_a_kind_that_is_none(fewclicks, digits_project):
    nothing = fewclicks("mistakes", digits_project, "--ask")
    assert nothing.code == 0
    assert "No answer is contradicted" in nothing.out
    wrong = fewclicks("mistakes", digits_project, "--kind", "magic")
    assert wrong.code != 0
    assert "kind" in wrong.err
