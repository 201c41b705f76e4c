from __future__ import annotations

import gzip
import json
from pathlib import Path

import duckdb
import pytest

from fewclicks.errors import SourceError
from fewclicks.items.tables import Row, find_column, read_rows, text


def rows(path: Path, content: str | bytes, **options: str) -> list[Row]:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return list(read_rows(str(path), options))  # type: ignore[arg-type]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_csv_in_its_usual_forms(tmp_path: Path, delimiter: str) -> None:
    lines = [["File_Name", "x", "LABEL", "group", "split"], ["a.png", "", "cat", "g", "train"]]
    content = "\r\n".join(delimiter.join(line) for line in lines)
    assert rows(tmp_path / "t.csv", content) == [Row("a.png", "cat", "g", "train")]


def test_csv_with_quotes_newlines_and_a_byte_order_mark(tmp_path: Path) -> None:
    content = b'\xef\xbb\xbfpath,label\n"a ""b"",\nc.png","x, y"\n'
    assert rows(tmp_path / "t.csv", content) == [Row('a "b",\nc.png', "x, y", None, None)]


def test_csv_without_a_header(tmp_path: Path) -> None:
    assert rows(tmp_path / "t.csv", "a.png,cat\nb.png,dog\n") == [
        Row("a.png", "cat", None, None),
        Row("b.png", "dog", None, None),
    ]


def test_a_plain_list_of_paths(tmp_path: Path) -> None:
    assert [row.path for row in rows(tmp_path / "t.txt", "a b.png\nc.jpg\n")] == [
        "a b.png",
        "c.jpg",
    ]


def test_empty_lines_and_paths_are_passed_over_and_short_rows_filled(tmp_path: Path) -> None:
    content = "path,label\n\na.png\n,ghost\nb.png,\n"
    assert rows(tmp_path / "t.csv", content) == [
        Row("a.png", None, None, None),
        Row("b.png", None, None, None),
    ]


def test_json_lines(tmp_path: Path) -> None:
    lines = [
        {"url": "a"},
        {"url": "b", "category": 3},
        {"category": 1},
        {"url": "c", "category": None},
    ]
    content = "\n\n".join(map(json.dumps, lines))
    for name, packed in (
        ("t.jsonl", content.encode()),
        ("t.jsonl.gz", gzip.compress(content.encode())),
    ):
        assert rows(tmp_path / name, packed) == [
            Row("a", None, None, None),
            Row("b", "3", None, None),
            Row("c", None, None, None),
        ]


def test_parquet(tmp_path: Path) -> None:
    path = tmp_path / "it's [1]*.parquet"
    duckdb.connect().query(
        "SELECT * FROM (VALUES ('a.png', 3.0, 'g'), ('b.png', NULL, NULL), (NULL, 1.0, 'g')) "
        "AS t(filename, label, track)"
    ).write_parquet(str(tmp_path / "plain.parquet"))
    (tmp_path / "plain.parquet").rename(path)
    assert list(read_rows(str(path), {})) == [
        Row("a.png", "3", "g", None),
        Row("b.png", None, None, None),
    ]


def test_columns_can_be_named(tmp_path: Path) -> None:
    content = "path,where,what,who,when\nx,a.png,cat,ana,test\n"
    options = {"path_column": "where", "label_column": "what", "group_column": "who"}
    assert rows(tmp_path / "t.csv", content, **options, split_column="when") == [
        Row("a.png", "cat", "ana", "test")
    ]


@pytest.mark.parametrize(
    ("content", "options", "message"),
    [
        ("a,b\n1,2\n", {}, "must have a column of paths"),
        ("path\nx\n", {"label_column": "what"}, "no column 'what' among 'path'"),
        ('{"path": "a"}\n{"path": \n', {}, "line 2 is broken"),
        ('{"path": "a"}\n[1]\n', {}, "line 2 is "),
        ("path\n" + "x" * 200_000, {}, "cannot be read as CSV at line 2"),
        (gzip.compress(b"path\n" + bytes(range(256)) * 9)[:-30], {}, "cannot be (read|unpacked)"),
        (b"PAR1 but no more", {}, "must be a whole Parquet file"),
        ("", {}, "must have a column of paths"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(
    tmp_path: Path, content: str | bytes, options: dict[str, str], message: str
) -> None:
    with pytest.raises(SourceError, match=message):
        rows(tmp_path / "t.csv", content, **options)


def test_usual_names_come_in_their_order_and_any_case() -> None:
    assert find_column(["Image", " PATH "], ("path", "image"), None) == " PATH "
    assert find_column(["x"], ("path",), None) is None
    assert find_column(["x"], ("path",), "x") == "x"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        ("", None),
        (float("nan"), None),
        (3, "3"),
        (3.0, "3"),
        (0.5, "0.5"),
        ("a", "a"),
    ],
)
def test_cells_as_text(value: object, expected: str | None) -> None:
    assert text(value) == expected
