"""Labels of another tool: tables that say the same, and tables that do not fit."""

from __future__ import annotations

import csv
import json

import duckdb
import pytest

from fewclicks.errors import InvalidInput, NotFound, SourceError
from fewclicks.workflows import brought


@pytest.fixture
def predictions(tmp_path):
    path = tmp_path / "predictions.csv"
    path.write_text("file,class,score\nim-0,dog,0.9\nim-1, cat ,0.25\n")
    return path


def test_labels_are_without_the_blanks_around_them(predictions):
    assert brought.read_predictions(predictions).labels == ["dog", "cat"]


@pytest.mark.parametrize("ending", ["jsonl", "parquet"])
def test_other_tables_say_the_same(predictions, tmp_path, ending):
    path = tmp_path / f"predictions.{ending}"
    if ending == "jsonl":
        rows = [row for row in csv.DictReader(predictions.read_text().splitlines())]
        path.write_text("\n".join(json.dumps(row) for row in rows))
    else:
        duckdb.sql(f"COPY (FROM '{predictions}') TO '{path}' (FORMAT parquet)")
    one, other = brought.read_predictions(predictions), brought.read_predictions(path)
    assert (one.names, one.labels) == (other.names, other.labels)
    assert one.confidences.tolist() == other.confidences.tolist()


@pytest.mark.parametrize(
    ("text", "error", "said"),
    [
        ("name,kind\na,x\n", InvalidInput, "prediction"),
        ("what,label\na,x\n", InvalidInput, "name"),
        ("name,label\na,x\na,y\n", InvalidInput, "twice"),
        ("name,label\na,\n", InvalidInput, "Row 1"),
        ("name,label,confidence\na,x,high\n", InvalidInput, "number"),
        ("name,label\na,  \n", InvalidInput, "Row 1"),
        ("name,label\n", SourceError, "no row"),
        ("", SourceError, "is empty"),
        ("\n\n", SourceError, "is empty"),
    ],
)
def test_tables_that_do_not_fit_are_refused(tmp_path, text, error, said):
    path = tmp_path / "p.csv"
    path.write_text(text)
    with pytest.raises(error, match=said):
        brought.read_predictions(path)
    with pytest.raises(NotFound):
        brought.read_predictions(tmp_path / "missing.csv")
