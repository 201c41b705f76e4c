"""`audit`: labels of another tool, from the draw to what the answers show."""

from __future__ import annotations

import csv

import pytest


@pytest.fixture
def predictions(tmp_path):
    path = tmp_path / "p.csv"
    rows = [f"im-{item},x,{0.5 + item / 4000}" for item in range(1000)]
    path.write_text("\n".join(["name,label,confidence", *rows]) + "\n")
    return path


def fill(sheet, answers):
    with open(sheet, newline="") as file:
        header, *rows = list(csv.reader(file))
    for row, answer in zip(rows, answers, strict=False):
        row[2] = answer
    with open(sheet, "w", newline="") as file:
        csv.writer(file).writerows([header, *rows])


def test_from_the_draw_to_the_certificate(fewclicks, predictions, tmp_path):
    sheet = tmp_path / "sheet.csv"
    named = ("audit", "--predictions", predictions, "--sheet", sheet)
    drawn = fewclicks(*named, "--n", 100, "--error", 0.05, "--json")
    assert drawn.code == 0
    assert drawn.document["drawn"] == 100
    none = fewclicks(*named)
    assert "No label is audited yet." in none.out
    fill(sheet, ["x"] * 80)
    told = fewclicks(*named, "--json").document
    assert (told["holds"], told["audits"], told["missing"]) == (True, 80, 20)
    shown = fewclicks(*named)
    assert "With confidence 95%, at least 95% of the 1,000 labels are right." in shown.out


def test_people_are_asked_about_the_rest(fewclicks, predictions, tmp_path):
    sheet, people = tmp_path / "sheet.csv", tmp_path / "people.csv"
    named = ("audit", "--predictions", predictions, "--sheet", sheet)
    fewclicks(*named, "--n", 200, "--error", 0.05, "--seed", 0)
    with open(sheet, newline="") as file:
        names = [row["name"] for row in csv.DictReader(file)]
    early = fewclicks(*named, "--people", people)
    assert early.code == 2
    assert "once the sheet is full" in early.err
    fill(sheet, ["y" if int(name[3:]) < 150 else "x" for name in names])
    told = fewclicks(*named, "--people", people)
    assert told.code == 0
    text = " ".join(told.out.split())
    assert "It seems false that at least 95% of the 1,000 labels are right" in text
    assert "more items, those that the tool was least sure of, and the sheet's answers" in text
    with open(people, newline="") as file:
        rows = list(csv.DictReader(file))
    wrong = {name for name in names if int(name[3:]) < 150}
    assert {row["name"] for row in rows if row["answer"]} == wrong
    assert all(row["answer"] in ("", "y") for row in rows)
    noted = " ".join(told.err.split())
    assert f"{len(rows) - len(wrong):,} items for people to label, and {len(wrong):,} that" in noted


def test_a_claim_in_doubt_is_not_called_false(fewclicks, predictions, tmp_path):
    sheet = tmp_path / "sheet.csv"
    named = ("audit", "--predictions", predictions, "--sheet", sheet)
    fewclicks(*named, "--n", 20, "--error", 0.05)
    fill(sheet, ["y"] + ["x"] * 19)
    assert "It is not shown yet" in fewclicks(*named).out


def test_every_sheet_is_another_draw(fewclicks, predictions, tmp_path):
    named = ("audit", "--predictions", predictions, "--n", 100, "--sheet")
    texts = set()
    for name, seed in (("a", ()), ("b", ()), ("c", ("--seed", 4)), ("d", ("--seed", 4))):
        assert fewclicks(*named, tmp_path / name, *seed).code == 0
        texts.add((tmp_path / name).read_text())
    assert len(texts) == 3
    again = fewclicks("audit", "--predictions", predictions, "--sheet", tmp_path / "a", "--json")
    assert again.document["missing"] == 100  # the seed is in the plan


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("--confidence", 1, "confidence must be at least 0.5 and below 1 but is 1"),
        ("--confidence", 0.3, "confidence must be at least 0.5 and below 1 but is 0.3"),
        ("--error", 0, "error must be above 0 and below 1 but is 0"),
    ],
)
def test_claims_out_of_range_are_refused(fewclicks, predictions, tmp_path, option, value, said):
    sheet = tmp_path / "sheet.csv"
    told = fewclicks("audit", "--predictions", predictions, "--sheet", sheet, option, value)
    assert told.code == 2
    assert said in told.err.replace("\n", " ")
    assert not sheet.exists()


def test_what_is_settled_is_not_chosen_again(fewclicks, predictions, tmp_path):
    sheet = tmp_path / "sheet.csv"
    named = ("audit", "--predictions", predictions, "--sheet", sheet)
    fewclicks(*named)
    again = fewclicks(*named, "--error", 0.2, "--seed", 3)
    assert again.code != 0
    assert "--error, --seed: settled when" in again.err


def test_a_missing_table_is_told(fewclicks, tmp_path):
    told = fewclicks("audit", "--predictions", tmp_path / "no.csv", "--sheet", tmp_path / "s.csv")
    assert told.code == 3
    assert "There is no file" in told.err
