from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from fewclicks.errors import FewclicksError, SourceError
from fewclicks.items.sources import open_source
from fewclicks.records import Entry

Encode = Callable[..., bytes]
Rows = list[tuple[bytes | None, str | None, int | None, str | None]]


def write(path: Path, rows: Rows, names: list[str] | None = None, image: str = "image") -> Path:
    """Write rows of (bytes, path, label, track), in row groups of two rows."""
    features = {"label": {"names": names, "_type": "ClassLabel"}}
    metadata = json.dumps({"info": {"features": features}})
    connection = duckdb.connect()
    connection.execute("CREATE TABLE t(content BLOB, place VARCHAR, label BIGINT, track VARCHAR)")
    connection.executemany("INSERT INTO t VALUES (?, ?, ?, ?)", rows)
    connection.execute(
        f"COPY (SELECT {{'bytes': content, 'path': place}} AS \"{image}\", label, track FROM t) "
        f"TO '{path}' (FORMAT parquet, ROW_GROUP_SIZE 2"
        + (f", KV_METADATA {{huggingface: '{metadata}'}})" if names else ")")
    )
    return path


@pytest.fixture
def rows(make_image: Encode) -> Rows:
    return [(make_image(colour=(i, 0, 0)), f"x/{i}.png", i % 2, f"t{i // 2}") for i in range(5)]


def test_images_labels_and_groups(tmp_path: Path, rows: Rows) -> None:
    source = open_source(write(tmp_path / "train-00000-of-00001.parquet", rows, ["cat", "dog"]))
    assert source.kind == "parquet"
    entries = list(source.entries())
    assert entries == [
        Entry(f"x/{i}.png", ["cat", "dog"][i % 2], f"t{i // 2}", "train") for i in range(5)
    ]
    assert list(source.read([entry.key for entry in entries])) == [row[0] for row in rows]
    assert list(source.read(["x/3.png", "x/0.png"])) == [rows[3][0], rows[0][0]]


def test_codes_without_names_stay_codes(tmp_path: Path, rows: Rows) -> None:
    source = open_source(write(tmp_path / "x.parquet", rows))
    assert [entry.label for entry in source.entries()] == ["0", "1", "0", "1", "0"]
    assert {entry.split for entry in source.entries()} == {None}


def test_unlabelled_and_unnamed_codes(tmp_path: Path, rows: Rows) -> None:
    coded = [
        (row[0], row[1], code, row[3]) for row, code in zip(rows, [0, -1, None, 7], strict=False)
    ]
    source = open_source(write(tmp_path / "x.parquet", coded, ["cat"]))
    assert [entry.label for entry in source.entries()] == ["cat", None, None, "7"]


@pytest.mark.parametrize("path", ["same.png", None])
def test_rows_are_numbered_where_paths_do_not_tell_them_apart(
    tmp_path: Path, rows: Rows, path: str | None
) -> None:
    source = open_source(write(tmp_path / "x.parquet", [(r[0], path, r[2], r[3]) for r in rows]))
    assert [entry.key for entry in source.entries()] == ["0", "1", "2", "3", "4"]
    assert list(source.read(["4", "1"])) == [rows[4][0], rows[1][0]]


@pytest.mark.parametrize("numbered", [True, False])
def test_a_folder_of_files_is_one_source(tmp_path: Path, rows: Rows, numbered: bool) -> None:
    if numbered:
        rows = [(row[0], None, *row[2:]) for row in rows]
    (tmp_path / "set" / "data").mkdir(parents=True)
    write(tmp_path / "set" / "data" / "train-0.parquet", rows[:2])
    write(tmp_path / "set" / "data" / "train-1.parquet", rows[2:4])
    write(tmp_path / "set" / "data" / "test.parquet", rows[4:])
    source = open_source(tmp_path / "set")
    entries = list(source.entries())
    assert [entry.split for entry in entries] == ["test", "train", "train", "train", "train"]
    keys = [entry.key for entry in entries]
    if numbered:
        assert keys[:3] == ["data/test/0", "data/train-0/0", "data/train-0/1"]
    assert list(source.read(keys)) == [rows[i][0] for i in (4, 0, 1, 2, 3)]
    assert list(source.read(keys[::-1])) == [rows[i][0] for i in (3, 2, 1, 0, 4)]


def test_more_rows_than_are_fetched_at_once(tmp_path: Path) -> None:
    rows: Rows = [(str(i).encode(), f"{i}.png", None, None) for i in range(700)]
    source = open_source(write(tmp_path / "x.parquet", rows))
    for keys in ([f"{i}.png" for i in range(700)], [f"{i}.png" for i in range(699, 0, -97)]):
        assert list(source.read(keys)) == [key.removesuffix(".png").encode() for key in keys]


def test_missing_images_and_keys_are_reported(tmp_path: Path, rows: Rows) -> None:
    rows[1] = (None, *rows[1][1:])
    source = open_source(write(tmp_path / "x.parquet", rows))
    good, empty, unknown = source.read(["x/0.png", "x/1.png", "x/9.png"])
    assert good == rows[0][0]
    assert isinstance(empty, FewclicksError)
    assert isinstance(unknown, FewclicksError)


def test_columns_of_bytes_and_odd_names(tmp_path: Path, make_image: Encode) -> None:
    connection = duckdb.connect()
    connection.execute('CREATE TABLE t("img" BLOB, "my ""class""" VARCHAR, "filename" VARCHAR)')
    connection.execute("INSERT INTO t VALUES (?, 'cat', 'a.png')", [make_image()])
    path = tmp_path / "it's [1].parquet"
    connection.table("t").write_parquet(str(tmp_path / "plain.parquet"))
    (tmp_path / "plain.parquet").rename(path)
    source = open_source(path, label_column='my "class"')
    assert list(source.entries()) == [Entry("0", "cat")]
    assert list(source.read(["0"])) == [make_image()]


def test_a_column_that_is_not_there_is_named(tmp_path: Path, rows: Rows) -> None:
    source = open_source(write(tmp_path / "x.parquet", rows), label_column="what")
    with pytest.raises(SourceError, match="no column 'what' among 'image'"):
        list(source.entries())


def test_parquet_without_images_is_a_list(tmp_path: Path, make_image: Encode) -> None:
    (tmp_path / "a.png").write_bytes(make_image())
    table = duckdb.connect().query("SELECT 'a.png' AS path, 'cat' AS label")
    table.write_parquet(str(tmp_path / "x.parquet"))
    source = open_source(tmp_path / "x.parquet")
    assert (source.kind, list(source.entries())) == ("list", [Entry("a.png", "cat")])
    assert list(source.read(["a.png"])) == [make_image()]


def test_remote_files_are_the_same(tmp_path: Path, memory: Any, rows: Rows) -> None:
    write(tmp_path / "test.parquet", rows, ["cat", "dog"])
    memory.pipe("/b/data/test.parquet", (tmp_path / "test.parquet").read_bytes())
    for uri in ("memory://b/data/test.parquet", "memory://b"):
        source = open_source(uri)
        entries = list(source.entries())
        assert (entries[1].label, entries[1].split) == ("dog", "test")
        assert list(source.read([entry.key for entry in entries])) == [row[0] for row in rows]


def test_a_cut_file_is_refused(tmp_path: Path, rows: Rows) -> None:
    path = write(tmp_path / "x.parquet", rows)
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(SourceError, match=r"x\.parquet must be a whole Parquet file"):
        open_source(path)
