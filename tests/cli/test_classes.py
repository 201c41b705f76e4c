"""The command classes."""

from __future__ import annotations

import json

from fewclicks.project import Project
from fewclicks.records import Reply


def test_a_list_comes_and_goes(fewclicks, digits_project, tmp_path):
    assert "No class yet" in fewclicks("classes", digits_project).out
    names = tmp_path / "names.txt"
    names.write_text("seven\nnine\n")
    told = fewclicks("classes", digits_project, "--import", names, "--annotator", "ana")
    assert (told.code, told.out) == (0, "2 classes added, 0 changed, 0 as before\n")
    with Project.open(digits_project) as project:
        project.answer("ana", Reply("class", "nine"), item=0)
        project.store.classes.update("ana", 2, description="closed\nat the top", examples=[0])
        assert project.store.events.history()[-1].annotator == "ana"
    listed = fewclicks("classes", digits_project).out
    assert listed.splitlines()[0].split() == ["class", "parent", "key", "answers", "description"]
    assert listed.splitlines()[2].split() == ["nine", "2", "1", "closed", "at", "the", "top"]
    target = tmp_path / "classes.json"
    told = fewclicks("classes", digits_project, "--export", target)
    assert told.out == f"2 classes written to {target}\n"
    assert json.loads(target.read_text())["classes"][1]["description"] == "closed\nat the top"


def test_as_data(fewclicks, digits_project, tmp_path):
    table = tmp_path / "classes.csv"
    table.write_text("name,parent,examples\nseven,odd,nowhere.png\n")
    document = fewclicks("classes", digits_project, "--import", table, "--json").document
    assert document == {"n_added": 2, "n_changed": 0, "n_same": 0, "n_skipped_examples": 1}
    odd, seven = fewclicks("classes", digits_project, "--json").document["classes"]
    assert (odd["name"], odd["parent"], seven["parent"], seven["parent_id"]) == (
        "odd", None, "odd", odd["id"],
    )  # fmt: skip
    assert (seven["examples"], seven["n_answers"]) == ([], 0)
    document = fewclicks("classes", digits_project, "--export", table, "--json").document
    assert document == {"path": str(table), "n_classes": 2}


def test_what_cannot_be_done(fewclicks, digits_project, tmp_path):
    table = tmp_path / "classes.csv"
    table.write_text("name,color\nseven,red\n")
    told = fewclicks("classes", digits_project, "--import", table)
    assert told.code == 2
    assert "row 2 (“seven”)" in told.err
    assert fewclicks("classes", digits_project, "--import", table, "--export", table).code == 2
    assert fewclicks("classes", digits_project, "--import", tmp_path / "gone").code == 3
