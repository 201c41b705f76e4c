"""Audits without a project: what is drawn, what a filled sheet shows, and files that do not fit."""

from __future__ import annotations

import csv
import json

import numpy as np
import pytest

from fewclicks.audit import Claim, certify
from fewclicks.errors import Conflict, InvalidInput, NotFound
from fewclicks.labels import pac_cut
from fewclicks.workflows import brought, outside

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
    plan = outside.draw_sheet(predictions, sheet, 400, Claim(0.1), 0)
    fill(sheet)
    outcome = outside.read_sheet(predictions, sheet)
    given = brought.read_predictions(predictions)
    drawn = outside.order_of(plan)
    wrong = np.array([given.labels[item] == "bird" for item in drawn])
    assert outcome.certificate == certify(wrong, N, Claim(0.1))
    assert outcome.certificate.holds
    expected = pac_cut(-given.confidences, drawn, wrong, 0.1)
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


@pytest.mark.parametrize("seed", range(5))
def test_what_is_left_to_do_keeps_the_promise(tmp_path, seed):
    """The file alone tells a person all that the promise needs, though little of it is unsure."""
    predictions, sheet, todo = (tmp_path / f"{name}.csv" for name in ("p", "sheet", "todo"))
    sure = np.random.default_rng(seed).random(3000)
    labels = np.where(
        np.random.default_rng(seed + 9).random(3000) < 0.25 * (1 - sure) ** 2, "x", ""
    )
    rows = [f"im-{n},{labels[n] or truth_of(f'im-{n}')},{sure[n]}" for n in range(3000)]
    predictions.write_text("\n".join(["name,label,confidence", *rows]) + "\n")
    plan = outside.draw_sheet(predictions, sheet, 1000, Claim(0.03), seed)
    fill(sheet)
    outcome = outside.read_sheet(predictions, sheet)
    outside.write_people(predictions, outcome, todo)
    rows = rows_of(todo)
    unsure = [row for row in rows if not row["answer"]]
    assert len(unsure) == outcome.cut.people.sum() > 0
    shares = [float(row["confidence"]) for row in unsure]
    assert shares == sorted(shares)
    found = [f"im-{n}" for n in outside.order_of(plan) if labels[n]]
    assert [row["name"] for row in rows[len(unsure) :]] == found
    finished = dict(zip((f"im-{n}" for n in range(3000)), labels, strict=True))
    finished |= {row["name"]: row["answer"].replace(truth_of(row["name"]), "") for row in rows}
    assert sum(map(bool, finished.values())) <= 0.03 * 3000 < (labels != "").sum()
    with pytest.raises(Conflict, match="already"):
        outside.write_people(predictions, outcome, todo)


def test_nothing_is_to_do_before_the_sheet_is_full(predictions, tmp_path):
    sheet = tmp_path / "sheet.csv"
    outside.draw_sheet(predictions, sheet, 600, Claim(0.01), 0)
    fill(sheet, n=599)
    outcome = outside.read_sheet(predictions, sheet)
    with pytest.raises(InvalidInput, match="once the sheet is full"):
        outside.write_people(predictions, outcome, tmp_path / "todo.csv")


def test_mended_labels_are_tested_by_other_items(predictions, tmp_path):
    """Not even the same seed draws again what an earlier sheet found wrong."""
    one, other = tmp_path / "one.csv", tmp_path / "other.csv"
    outside.draw_sheet(predictions, one, 300, Claim(0.05), 0)
    fill(one)
    said = {row["name"]: row["answer"] for row in rows_of(one)}
    rows = [
        (row["file"], said.get(row["file"], row["class"]), row["score"])
        for row in rows_of(predictions)
    ]
    with open(predictions, "w", newline="") as file:
        csv.writer(file).writerows([("file", "class", "score"), *rows])
    with pytest.raises(Conflict, match="has changed since") as refused:
        outside.read_sheet(predictions, one)
    assert "drawn anew" in refused.value.remedy
    outside.draw_sheet(predictions, other, 300, Claim(0.05), 0)
    again = {row["name"] for row in rows_of(other)} & set(said)
    assert len(again) < 100  # 45 by chance


def test_blanks_around_labels_and_answers_make_none_wrong(tmp_path):
    path, sheet = tmp_path / "p.csv", tmp_path / "s.csv"
    path.write_text("name,label\na, cat\nb,dog \nc,\tcat\n")
    outside.draw_sheet(path, sheet, 3, Claim(0.1), 0)
    fill(sheet, {"a": "cat", "b": " dog", "c": "cat "}.get)
    assert outside.read_sheet(path, sheet).certificate.wrong == 0


@pytest.mark.parametrize(
    ("error", "confidence", "said"),
    [
        (0, 0.95, "error must be above 0 and below 1 but is 0"),
        (1, 0.95, "error must be above 0 and below 1 but is 1"),
        (float("nan"), 0.95, "error must be above 0"),
        (0.01, 1, "confidence must be at least 0.5 and below 1 but is 1"),
        (0.01, 0.3, "confidence must be at least 0.5 and below 1 but is 0.3"),
    ],
)
def test_claims_out_of_range_are_refused(error, confidence, said):
    with pytest.raises(InvalidInput, match=said) as refused:
        outside.claim_of(error, confidence)
    assert refused.value.remedy


def test_claims_in_range_are_made():
    assert outside.claim_of(0.01, 0.95) == Claim(0.01, 0.05)
    assert outside.claim_of(0.5, 0.5) == Claim(0.5, 0.5)
    assert 0 < outside.claim_of(0.01, 1 - 1e-14).alpha < 2e-14


def test_predictions_need_no_confidence(tmp_path):
    path, sheet = tmp_path / "p.csv", tmp_path / "s.csv"
    path.write_text("name,label\na,x\nb,y\n")
    outside.draw_sheet(path, sheet, 500, Claim(0.1), 0)
    fill(sheet, {"a": "x", "b": "y"}.get)
    outcome = outside.read_sheet(path, sheet)
    assert outcome.plan.n == 2
    assert outcome.certificate.holds
    assert outcome.cut is None


def test_sheets_that_do_not_fit_are_refused(predictions, tmp_path):
    sheet = tmp_path / "sheet.csv"
    with pytest.raises(NotFound, match="plan"):
        outside.read_sheet(predictions, sheet)
    outside.draw_sheet(predictions, sheet, 5, Claim(0.05), 0)
    with pytest.raises(Conflict, match="already"):
        outside.draw_sheet(predictions, sheet, 5, Claim(0.05), 0)
    sheet.rename(tmp_path / "away.csv")
    with pytest.raises(Conflict, match="plan of an earlier sheet"):
        outside.draw_sheet(predictions, sheet, 5, Claim(0.05), 0)
    lines = (tmp_path / "away.csv").read_text().splitlines()
    sheet.write_text("\n".join([lines[0], *lines[:0:-1]]))
    with pytest.raises(InvalidInput, match="in their order"):
        outside.read_sheet(predictions, sheet)
    predictions.write_text(predictions.read_text() + "more,cat,0.5\n")
    with pytest.raises(Conflict, match="must be the table"):
        outside.read_sheet(predictions, sheet)
    outside.plan_path(sheet).write_text("{}")
    with pytest.raises(InvalidInput, match="no plan"):
        outside.read_sheet(predictions, sheet)
