"""Audits without a project: what is drawn, what a filled sheet shows, and files that do not fit."""

from __future__ import annotations

import csv
import json

import duckdb
import numpy as np
import pytest

from fewclicks.audit import Claim, certify
from fewclicks.errors import Conflict, InvalidInput, NotFound, SourceError
from fewclicks.labels import pac_cut
from fewclicks.workflows import outside

N = 2000


def rows_of(path):
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def truth_of(name):
    return "cat" if int(name[3:]) % 2 else "dog"


@pytest.fixture
def predictions(tmp_path):
    """A table of 2,000 labels, the last 200 of which are unsure, and a quarter of those wrong."""
    path = tmp_path / "predictions.csv"
    with open(path, "w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(("file", "class", "score"))
        for item in range(N):
            name = f"im-{item}"
            unsure = item >= N - 200
            label = "bird" if unsure and item % 4 == 0 else truth_of(name)
            rows.writerow((name, label, 0.6 - item / 10**5 if unsure else 0.99))
    return path


def fill(sheet, said=truth_of, n=None):
    """Write what a person says into the first n rows."""
    with open(sheet, newline="") as file:
        header, *rows = list(csv.reader(file))
    for row in rows[:n]:
        row[2] = said(row[1])
    with open(sheet, "w", newline="") as file:
        csv.writer(file).writerows([header, *rows])


def test_a_sheet_is_blind_and_the_same_of_the_same_seed(predictions, tmp_path):
    one, same, other = (tmp_path / f"{name}.csv" for name in "abc")
    for sheet, seed in ((one, 1), (same, 1), (other, 2)):
        outside.draw_sheet(predictions, sheet, 300, Claim(0.05), seed)
    assert one.read_bytes() == same.read_bytes() != other.read_bytes()
    rows = rows_of(one)
    assert len({row["name"] for row in rows}) == 300
    assert set(rows[0]) == {"order", "name", "answer"}
    assert not any(row["answer"] for row in rows)
    plan = json.loads(outside.plan_path(one).read_text())
    assert (plan["n_items"], plan["n"], plan["error"], plan["seed"]) == (N, 300, 0.05, 1)


def test_a_filled_sheet_shows_what_the_audits_show(predictions, tmp_path):
    sheet = tmp_path / "sheet.csv"
    plan = outside.draw_sheet(predictions, sheet, 400, Claim(0.05), 0)
    fill(sheet)
    outcome = outside.read_sheet(predictions, sheet)
    given = outside.read_predictions(predictions)
    drawn = outside.order_of(plan)
    wrong = np.array([given.labels[item] == "bird" for item in drawn])
    assert outcome.certificate == certify(wrong, N, Claim(0.05))
    assert outcome.certificate.holds
    expected = pac_cut(-given.confidences, drawn, wrong, 0.05)
    assert (outcome.cut.people == expected.people).all()
    assert outcome.n_missing == 0


def test_only_answers_up_to_the_first_blank_count(predictions, tmp_path):
    sheet = tmp_path / "sheet.csv"
    outside.draw_sheet(predictions, sheet, 400, Claim(0.05), 0)
    fill(sheet, n=60)
    with open(sheet) as file:
        lines = file.read().splitlines()
    lines[100] += "cat"  # out of turn
    sheet.write_text("\n".join(lines) + "\n")
    outcome = outside.read_sheet(predictions, sheet)
    assert outcome.certificate.audits == 60
    assert outcome.n_missing == 339
    assert outcome.cut is None


def test_people_are_asked_about_the_least_sure(predictions, tmp_path):
    sheet, people = tmp_path / "sheet.csv", tmp_path / "people.csv"
    outside.draw_sheet(predictions, sheet, 600, Claim(0.01), 0)
    fill(sheet)
    outcome = outside.read_sheet(predictions, sheet)
    n = outside.write_people(predictions, outcome.cut, people)
    rows = rows_of(people)
    assert len(rows) == n == outcome.cut.people.sum()
    shares = [float(row["confidence"]) for row in rows]
    assert shares == sorted(shares)
    left = outcome.cut.kept.copy()
    given = outside.read_predictions(predictions)
    wrong = np.array([label == "bird" for label in given.labels])
    assert (left & wrong).sum() <= 0.01 * N
    with pytest.raises(Conflict, match="already"):
        outside.write_people(predictions, outcome.cut, people)


@pytest.mark.parametrize("ending", ["jsonl", "parquet"])
def test_other_tables_say_the_same(predictions, tmp_path, ending):
    path = tmp_path / f"predictions.{ending}"
    if ending == "jsonl":
        rows = rows_of(predictions)
        path.write_text("\n".join(json.dumps(row) for row in rows))
    else:
        duckdb.sql(f"COPY (FROM '{predictions}') TO '{path}' (FORMAT parquet)")
    one, other = outside.read_predictions(predictions), outside.read_predictions(path)
    assert (one.names, one.labels) == (other.names, other.labels)
    assert one.confidences.tolist() == other.confidences.tolist()


def test_predictions_need_no_confidence(tmp_path):
    path, sheet = tmp_path / "p.csv", tmp_path / "s.csv"
    path.write_text("name,label\na,x\nb,y\n")
    outside.draw_sheet(path, sheet, 500, Claim(0.1), 0)
    fill(sheet, {"a": "x", "b": "y"}.get)
    outcome = outside.read_sheet(path, sheet)
    assert outcome.plan.n == 2
    assert outcome.certificate.holds
    assert outcome.cut is None


@pytest.mark.parametrize(
    ("text", "error", "said"),
    [
        ("name,kind\na,x\n", InvalidInput, "prediction"),
        ("what,label\na,x\n", InvalidInput, "name"),
        ("name,label\na,x\na,y\n", InvalidInput, "twice"),
        ("name,label\na,\n", InvalidInput, "Row 1"),
        ("name,label,confidence\na,x,high\n", InvalidInput, "number"),
        ("name,label\n", SourceError, "no row"),
    ],
)
def test_tables_that_do_not_fit_are_refused(tmp_path, text, error, said):
    path = tmp_path / "p.csv"
    path.write_text(text)
    with pytest.raises(error, match=said):
        outside.read_predictions(path)
    with pytest.raises(NotFound):
        outside.read_predictions(tmp_path / "missing.csv")


def test_sheets_that_do_not_fit_are_refused(predictions, tmp_path):
    sheet = tmp_path / "sheet.csv"
    with pytest.raises(NotFound, match="plan"):
        outside.read_sheet(predictions, sheet)
    outside.draw_sheet(predictions, sheet, 5, Claim(0.05), 0)
    with pytest.raises(Conflict, match="already"):
        outside.draw_sheet(predictions, sheet, 5, Claim(0.05), 0)
    lines = sheet.read_text().splitlines()
    sheet.write_text("\n".join([lines[0], *lines[:0:-1]]))
    with pytest.raises(InvalidInput, match="in their order"):
        outside.read_sheet(predictions, sheet)
    predictions.write_text(predictions.read_text() + "more,cat,0.5\n")
    with pytest.raises(Conflict, match="not the table"):
        outside.read_sheet(predictions, sheet)
    outside.plan_path(sheet).write_text("{}")
    with pytest.raises(InvalidInput, match="no plan"):
        outside.read_sheet(predictions, sheet)
