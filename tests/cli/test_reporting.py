"""The commands status and export."""

from __future__ import annotations

import csv
import json

from fewclicks.project import Project
from fewclicks.records import Reply


def answered(folder, n=3):
    with Project.open(folder) as project:
        for item in range(n):
            project.answer("ana", Reply("class", "a[b]", seconds=2, actions=1), item=item)


def test_status_counts_items_answers_and_labels(fewclicks, digits_project):
    answered(digits_project)
    told = fewclicks("status", digits_project)
    assert told.code == 0
    assert "300 (" in told.out
    assert "3 (3 to learn, 0 in reviews, 0 blind), manual labelling rate 1.00%" in told.out
    assert "certificate" not in told.out
    assert "3 by person (1.0%)" in told.out
    assert "a[b]" in told.out


def test_status_as_data(fewclicks, digits_project):
    answered(digits_project)
    document = fewclicks("status", digits_project, "--json").document
    assert document["answers"]["total"] == 3
    assert document["labelled"]["person"] == 3
    (row,) = document["classes"]
    assert (row["name"], row["n"]) == ("a[b]", 3)
    assert document["workflow"] == "fewclicks"


def test_export_by_the_targets_name(fewclicks, digits_project, tmp_path):
    answered(digits_project)
    target = tmp_path / "labels.csv"
    told = fewclicks("export", digits_project, target)
    assert told.code == 0
    assert told.out.startswith(f"300 items written to {target}")
    with open(target, newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["class"] for row in rows[:4]] == ["a[b]", "a[b]", "a[b]", ""]
    assert rows[0]["annotator"] == "ana"


def test_export_by_format(fewclicks, digits_project, tmp_path):
    answered(digits_project)
    target = tmp_path / "labels.txt"
    document = fewclicks("export", digits_project, target, "--format", "jsonl", "--json").document
    assert document["rows"] == 300
    lines = target.read_text().splitlines()
    assert json.loads(lines[0])["source"] == "person"


def test_export_refuses_what_it_does_not_know(fewclicks, prepared, tmp_path):
    told = fewclicks("export", prepared, tmp_path / "labels.xlsx")
    assert told.code == 2
    assert "xlsx" in told.err


def test_export_into_class_folders(fewclicks, tmp_path, photos):
    fewclicks("new", tmp_path / "mine", photos)
    answered(tmp_path / "mine", 2)
    told = fewclicks("export", tmp_path / "mine", tmp_path / "out", "--mode", "hardlink")
    assert told.code == 0
    assert len(list((tmp_path / "out").rglob("*.png"))) == 2, "items without a label stay out"
