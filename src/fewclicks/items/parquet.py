"""Parquet files as tables, through DuckDB: local, or wherever fsspec reaches."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any

from fewclicks.errors import SourceError
from fewclicks.items import places

ROW_NUMBER = "file_row_number"
"""Column with the number of a row in its file, from 0, beside the file's own columns."""

_ROWS_AT_ONCE = 4096


def is_parquet(uri: str) -> bool:
    """Tell a Parquet file by its first bytes."""
    return places.peek(uri, 4) == b"PAR1"


def column_types(uri: str) -> dict[str, Any]:
    """Return the DuckDB type of each column of a Parquet file, by name and in order."""
    with _translated(uri):
        relation = _connection(uri).read_parquet(_unglobbed(uri))
        return dict(zip(relation.columns, relation.types, strict=True))


def rows(uri: str) -> Iterator[Sequence[Any]]:
    """Yield all rows of a Parquet file."""
    return select([uri], "*", numbered=False)


def select(
    uris: Sequence[str],
    columns: str,
    where: str = "true",
    given: Sequence[Any] = (),
    *,
    numbered: bool = True,
) -> Iterator[tuple[Any, ...]]:
    """Yield some columns of the rows that fulfil a condition, a block in memory at a time.

    `columns` and `where` are DuckDB expressions; `given` fills the question marks in `where`. Rows
    come in the order of the files.
    """
    with _translated(uris[0]):
        table = f"read_parquet(?, file_row_number = {numbered})"
        query = f"SELECT {columns} FROM {table} WHERE {where}"
        answer = _connection(uris[0]).execute(query, [[*map(_unglobbed, uris)], *given])
        while block := answer.fetchmany(_ROWS_AT_ONCE):
            yield from block


def class_names(uri: str, column: str) -> list[str] | None:
    """Return the names that the Hugging Face metadata gives the codes of `column`, if it does."""
    with _translated(uri):
        query = "SELECT value FROM parquet_kv_metadata(?) WHERE key = 'huggingface'::BLOB"
        told = _connection(uri).execute(query, [_unglobbed(uri)]).fetchall()
    about = json.loads(told[0][0]) if told else {}
    feature = about.get("info", {}).get("features", {}).get(column, {})
    return feature.get("names") if isinstance(feature, dict) else None


def quoted(name: str) -> str:
    """Return a column name as DuckDB expressions take it, whatever is in it."""
    return '"' + name.replace('"', '""') + '"'


def _connection(uri: str) -> Any:
    """Return a cursor of its own, which threads need, of the database that is opened once."""
    database = _database()
    if places.is_remote(uri):
        system, _ = places.filesystem(uri)
        known = set(database.list_filesystems())
        protocols = (system.protocol,) if isinstance(system.protocol, str) else system.protocol
        if known.isdisjoint(protocols):
            database.register_filesystem(system)
    return database.cursor()


@cache
def _database() -> Any:
    import duckdb  # late: workers that read no Parquet do not pay for it

    # one thread: the engine already keeps every core busy
    return duckdb.connect(config={"threads": 1})


def _unglobbed(uri: str) -> str:
    """Keep DuckDB from taking brackets and stars in a file name for a pattern."""
    return "".join(f"[{letter}]" if letter in "[*?" else letter for letter in uri)


@contextmanager
def _translated(uri: str) -> Iterator[None]:
    import duckdb

    try:
        yield
    except (duckdb.Error, UnicodeError) as error:
        raise SourceError(
            f"{uri} must be a whole Parquet file but cannot be read: {error}.", "Copy it again."
        ) from error
