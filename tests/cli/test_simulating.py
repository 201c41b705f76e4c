"""The command simulate."""

from __future__ import annotations

import json
import shutil

import pytest

from fewclicks.cli.simulating import COLUMNS
from fewclicks.project import Project


def test_a_row_per_round_and_the_result(fewclicks, prepared):
    told = fewclicks("simulate", prepared, "--rehearse", "--budget", "80")
    assert told.code == 0
    lines = told.out.splitlines()
    assert lines[0].split() == list(COLUMNS)
    answers = [int(line.split()[1]) for line in lines[1 : lines.index("")]]
    assert answers == sorted(set(answers))
    assert answers[-1] == 80
    assert "80 for 300 items" in told.out
    assert "26.667%" in told.out
    assert "80 keys and clicks" in told.out


def test_a_rehearsal_leaves_the_project_as_it_is(fewclicks, prepared):
    before = fewclicks("status", prepared, "--json").document
    fewclicks("simulate", prepared, "--rehearse", "--budget", "10")
    after = fewclicks("status", prepared, "--json").document
    assert after.pop("seconds_since_round") > before.pop("seconds_since_round")
    assert after == before


def test_without_rehearsal_the_answers_stay_and_a_second_run_is_refused(fewclicks, digits_project):
    assert fewclicks("simulate", digits_project, "--budget", "10").code == 0
    document = fewclicks("status", digits_project, "--json").document
    assert document["answers"]["total"] == 10
    told = fewclicks("simulate", digits_project, "--budget", "10")
    assert told.code == 2
    assert "--rehearse" in told.err


def test_the_file_holds_every_round(fewclicks, prepared, tmp_path):
    file = tmp_path / "run.json"
    fewclicks("simulate", prepared, "--rehearse", "--budget", "80", "--seed", "3", "--json", file)
    document = json.loads(file.read_text())
    assert document["rounds"][-1]["answers"] == 80
    assert len(document["rounds"]) > 1
    assert document["budget"] == 80
    assert document["seed"] == 3


def test_the_same_seed_gives_the_same_rounds(fewclicks, prepared):
    def rounds(seed):
        document = fewclicks(
            "simulate", prepared, "--rehearse", "--budget", "60", "--seed", seed, "--json", "-"
        ).document
        return [{**row, "seconds": 0} for row in document["rounds"]]

    assert rounds(1) == rounds(1)


def test_a_truth_file_gives_what_imported_labels_give(fewclicks, prepared, digits, tmp_path):
    blind = tmp_path / "blind"
    fewclicks("new", blind, digits[0])
    fewclicks("prepare", blind)
    told = fewclicks("simulate", blind, "--rehearse", "--budget", "60")
    assert told.code == 2
    assert "--truth" in told.err
    by_file, imported = (
        fewclicks(
            "simulate", folder, "--rehearse", "--budget", "60", "--truth", truth, "--json", "-"
        ).document["rounds"]
        for folder, truth in ((blind, digits[1]), (prepared, "imported"))
    )
    columns = ("answers", "accuracy", "accuracy_unasked", "macro_f1")
    assert [[row[c] for c in columns] for row in by_file] == [
        [row[c] for c in columns] for row in imported
    ]
    assert by_file[-1]["accuracy"] > 0.5


def test_a_truth_file_needs_one_source(fewclicks, digits_project, digits, tmp_path):
    again = shutil.copy(digits[0], tmp_path / "again-idx3-ubyte.gz")
    fewclicks("add", digits_project, again)
    told = fewclicks("simulate", digits_project, "--truth", digits[1])
    assert told.code == 2
    assert "one source" in told.err


def test_errors_and_doubts_cost_accuracy(fewclicks, prepared):
    def last(*options):
        document = fewclicks(
            "simulate", prepared, "--rehearse", "--budget", "60", "--json", "-", *options
        ).document
        return document["rounds"][-1]

    right, wrong = last(), last("--error-rate", "0.5")
    assert wrong["accuracy"] < right["accuracy"]
    assert last("--unsure-rate", "1")["accuracy"] == 0


def test_another_workflow_and_its_parameters(fewclicks, prepared):
    document = fewclicks(
        "simulate", prepared, "--rehearse", "--workflow", "confusion_area",
        "--set", "threshold=0.5", "--json", "-",
    ).document  # fmt: skip
    assert document["workflow"] == "confusion_area"
    assert document["rounds"][0]["answers"] == 17, "one answer per cluster: the root of 300"
    told = fewclicks("simulate", prepared, "--rehearse", "--set", "colour=red")
    assert told.code == 2
    assert "has the parameters" in told.err
    assert "colour" in told.err


@pytest.mark.parametrize("rate", ["-0.1", "1.1", "often"])
def test_rates_are_shares(fewclicks, prepared, rate):
    assert fewclicks("simulate", prepared, "--error-rate", rate).code == 2


def test_labels_come_from_the_simulated_annotator(fewclicks, digits_project, tmp_path):
    fewclicks("simulate", digits_project, "--budget", "10")
    with Project.open(digits_project) as project:
        assert project.store.answers.totals()["total"] == 10
        project.export(tmp_path / "labels.jsonl")
    rows = [json.loads(line) for line in (tmp_path / "labels.jsonl").read_text().splitlines()]
    assert {row["annotator"] for row in rows if row["source"] == "person"} == {"simulated"}


def test_misfits_are_clicked_out_if_asked_for(fewclicks, prepared):
    def named(*options):
        document = fewclicks(
            "simulate", prepared, "--rehearse", "--workflow", "confusion_area", "--budget", "17",
            "--json", "-", *options,
        ).document  # fmt: skip
        assert document["misfits"] is bool(options)
        return document["rounds"][0]

    assert named("--misfits")["actions"] > named()["actions"] == 34
