import csv
import json

import duckdb
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fewclicks.errors import InvalidInput, ProjectError
from fewclicks.export.tables import items_in, readable, tally, told_of, write_table

ODD_NAMES = ["a b/c.png", 'quo"te', "it's", "two\nlines", "comma, semicolon;", "été 写真", "\\back"]


def blocks(n=3, size=2):
    for first in range(0, n, size):
        ids = np.arange(first, min(first + size, n))
        yield {
            "item": ids,
            "class": [None if i == 1 else f"class {i}" for i in ids],
            "confidence": (ids / 4).astype(np.float32),
            "round": np.ma.array(ids, mask=ids == 0),
        }


def read(path):
    if path.suffix == ".csv":
        with open(path, newline="", encoding="utf-8") as file:
            return [{k: v or None for k, v in row.items()} for row in csv.DictReader(file)]
    if path.suffix == ".jsonl":
        return [json.loads(line) for line in path.read_text().splitlines()]
    table = duckdb.sql(f"SELECT * FROM read_parquet('{path}')")
    return [dict(zip(table.columns, row, strict=True)) for row in table.fetchall()]


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".jsonl"])
def test_every_format_holds_the_same_rows(tmp_path, suffix):
    target = tmp_path / f"labels{suffix}"
    assert write_table(blocks(), target) == 3
    rows = read(target)
    assert [row["class"] for row in rows] == ["class 0", None, "class 2"]
    assert [float(row["confidence"]) for row in rows] == [0, 0.25, 0.5]
    assert [None if row["round"] is None else int(row["round"]) for row in rows] == [None, 1, 2]


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".jsonl"])
def test_odd_names_survive(tmp_path, suffix):
    target = tmp_path / f"labels{suffix}"
    write_table([{"item": np.arange(len(ODD_NAMES)), "name": ODD_NAMES}], target)
    assert [row["name"] for row in read(target)] == ODD_NAMES


@settings(max_examples=20)
@given(
    st.lists(st.text(st.characters(exclude_characters="\0", codec="utf-8"), min_size=1), min_size=1)
)
def test_any_text_survives_parquet(tmp_path_factory, names):
    target = tmp_path_factory.mktemp("t") / "labels.parquet"
    write_table([{"name": names}], target)
    assert [row["name"] for row in read(target)] == names


def test_undecodable_bytes_are_escaped(tmp_path):
    name = b"caf\xe9.png".decode("utf-8", "surrogateescape")
    assert readable(name) == "caf\\xe9.png"
    write_table([{"name": [name]}], tmp_path / "labels.csv")
    assert read(tmp_path / "labels.csv")[0]["name"] == "caf\\xe9.png"


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".jsonl"])
def test_numbers_may_have_gaps_even_a_whole_block_of_them(tmp_path, suffix):
    parts = [
        {"item": np.arange(2), "round": np.ma.array([0, 0], mask=[True, True])},
        {"item": np.arange(2), "round": np.ma.array([0, 3], mask=[True, False])},
    ]
    write_table(parts, tmp_path / f"labels{suffix}")
    rounds = [row["round"] for row in read(tmp_path / f"labels{suffix}")]
    assert rounds == [None, None, None, "3" if suffix == ".csv" else 3]


def test_an_unknown_suffix_lists_the_known_ones(tmp_path):
    with pytest.raises(InvalidInput, match=r"\.csv, \.parquet, \.jsonl"):
        write_table(blocks(), tmp_path / "labels.xlsx")


def test_the_format_may_be_said_instead(tmp_path):
    write_table(blocks(), tmp_path / "labels.txt", "csv")
    assert (tmp_path / "labels.txt").read_text().startswith("item,class,")


def test_no_rows_is_an_error_and_leaves_nothing(tmp_path):
    with pytest.raises(InvalidInput, match="no rows"):
        write_table([], tmp_path / "labels.csv")
    assert list(tmp_path.iterdir()) == []


def test_an_error_half_way_leaves_the_old_file(tmp_path):
    target = tmp_path / "labels.csv"
    target.write_text("old")

    def failing():
        yield from blocks()
        raise ValueError("half way")

    with pytest.raises(ValueError, match="half way"):
        write_table(failing(), target)
    assert target.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["labels.csv"]


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ProjectError, match=r"labels\.csv cannot be written"):
        write_table(blocks(), tmp_path / "file" / "labels.csv")


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".jsonl"])
def test_labels_are_read_again(tmp_path, suffix):
    target = tmp_path / f"it's{suffix}"
    names = ['a "b", c', None, "2024-01-01", "7"]
    sources = ["person", "none", "model", None]
    write_table([{"item": np.arange(4), "class": names, "source": sources}], target)
    assert told_of(target, [0, 2, 9]) == {0: (names[0], "person"), 2: ("2024-01-01", "model")}
    assert tally(target) == {one: 1 for one in zip(names, sources, strict=True)}
    items, named, given = items_in(target, "person")
    assert items.tolist() == [0, 1, 2, 3]
    assert named.tolist() == [True, False, True, True]
    assert given.tolist() == [True, False, False, False]


def test_what_is_no_table_of_labels_is_refused(tmp_path):
    (tmp_path / "labels.csv").write_text("item,class\n0,9\n")
    with pytest.raises(InvalidInput, match="is no table of labels"):
        tally(tmp_path / "labels.csv")
