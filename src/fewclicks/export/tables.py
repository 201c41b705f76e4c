"""Label tables as CSV, Parquet or JSONL.

Blocks of columns are staged in a DuckDB file beside the target and written out in one statement,
so memory stays bounded and the target appears whole or not at all.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeGuard

import duckdb
import numpy as np
from numpy.typing import NDArray

from fewclicks import checks
from fewclicks.errors import InvalidInput
from fewclicks.files import replacing
from fewclicks.records import BoolArray, IntArray

FORMATS = {
    "csv": "FORMAT csv, HEADER true",
    "parquet": "FORMAT parquet, COMPRESSION zstd",
    "jsonl": "FORMAT json, ARRAY false",
}
"""Table formats by name, which is also their file suffix."""

MEMORY_LIMIT = "512MB"

_NUMBERS = {"i": "BIGINT", "u": "BIGINT", "b": "BOOLEAN", "f": "FLOAT"}

Block = Mapping[str, Sequence[Any] | NDArray[Any]]


def write_table(blocks: Iterable[Block], target: Path, format: str | None = None) -> int:
    """Write blocks of columns as one table and return its number of rows.

    Parameters
    ----------
    blocks : iterable of mappings
        Column name to values; every block has the same columns. Arrays of numbers stay numbers
        (masked ones are empty), everything else becomes text, None is empty.
        Text that holds undecodable file name bytes is written with them as ``\\xNN``.
    target : Path
        The file to write; an existing file is replaced.
    format : {"csv", "parquet", "jsonl"}, optional
        By default the target's suffix.

    Raises
    ------
    InvalidInput
        The format is unknown, or there is no block.
    DiskFull, ReadOnlyProject
        The file cannot be written; an existing one stays as it was.
    """
    chosen = format_of(target, format)
    with replacing(target) as temporary:
        staged = temporary.with_suffix(".staged")
        try:
            n_rows = _stage(blocks, staged)
            _copy(staged, temporary, chosen)
        except duckdb.IOException as error:
            raise _as_os_error(error) from error
        finally:
            for leftover in staged.parent.glob(f"{staged.name}*"):
                leftover.unlink(missing_ok=True)
    return n_rows


def told_of(path: Path, items: Sequence[int]) -> dict[int, tuple[str | None, str | None]]:
    """Read the class and the source of some items in a table of labels, but of items it lacks.

    Raises
    ------
    InvalidInput
        It cannot be read, or lacks a column.
    """
    wanted = np.asarray(items, np.int64)
    query = "SELECT item, class, source FROM labels JOIN wanted ON item = id"
    with _reading(path) as connection:
        connection.register("wanted", {"id": wanted})
        rows = connection.execute(query).fetchall()
    return {int(item): (name, source) for item, name, source in rows}


def tally(path: Path) -> dict[tuple[str | None, str | None], int]:
    """Count the rows of a table of labels by class and source; raises as `told_of`."""
    query = "SELECT class, source, count(*) FROM labels GROUP BY ALL"
    with _reading(path) as connection:
        rows = connection.execute(query).fetchall()
    return {(name, source): n for name, source, n in rows}


def items_in(path: Path, source: str) -> tuple[IntArray, BoolArray, BoolArray]:
    """Read the items of a table of labels, whether each has a class, and whether from the source.

    Raises as `told_of`.
    """
    query = (
        "SELECT item, class IS NOT NULL AS named, coalesce(source = ?, false) AS given FROM labels"
    )
    with _reading(path) as connection:
        found = connection.execute(query, [source]).fetchnumpy()
    item, named, given = (np.asarray(found[name]) for name in ("item", "named", "given"))
    return item.astype(np.int64), named.astype(np.bool_), given.astype(np.bool_)


@contextmanager
def _reading(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection that knows a table that `write_table` wrote as `labels`."""
    text = "columns={item: 'BIGINT', class: 'VARCHAR', source: 'VARCHAR'}"
    read = {
        "csv": "read_csv(?, all_varchar=true, header=true, delim=',', quote='\"', escape='\"')",
        "parquet": "read_parquet(?)",
        "jsonl": f"read_ndjson(?, {text})",
    }[format_of(path, None)]
    quoted = str(path).replace("'", "''")
    view = (
        "CREATE VIEW labels AS SELECT CAST(item AS BIGINT) AS item, class, source FROM "
        + read.replace("?", f"'{quoted}'")
    )
    with duckdb.connect(config={"memory_limit": MEMORY_LIMIT}) as connection:
        try:
            connection.execute(view)
            yield connection
        except duckdb.Error as error:
            what = str(error).splitlines()[0].rstrip(".")
            raise InvalidInput(f"{path} is no table of labels: {what}.") from error


def format_of(target: Path, format: str | None) -> str:
    """Return the format asked for, or the one that the target's suffix names."""
    if format is None:
        format = target.suffix.lower().lstrip(".")
        if format not in FORMATS:
            known = ", ".join(f".{name}" for name in FORMATS)
            raise InvalidInput(
                f"A table's suffix must be one of {known} but is {target.suffix!r}.",
                "Rename the target or say which format to write.",
            )
    return checks.one_of(format, FORMATS, "format")


def _stage(blocks: Iterable[Block], path: Path) -> int:
    n_rows = 0
    with duckdb.connect(str(path), config={"memory_limit": MEMORY_LIMIT}) as connection:
        for block in blocks:
            part = {name: _column(values) for name, values in block.items()}  # noqa: F841
            if not n_rows:
                columns = ", ".join(f'"{n}" {_type(v)}' for n, v in block.items())
                connection.execute(f"CREATE TABLE rows ({columns})")
            connection.execute("INSERT INTO rows SELECT * FROM part")
            n_rows += len(next(iter(block.values())))
    if not n_rows:
        raise InvalidInput("There are no rows to write.", "Add images first.")
    return n_rows


def _copy(staged: Path, target: Path, format: str) -> None:
    quoted = str(target).replace("'", "''")
    with duckdb.connect(str(staged), config={"memory_limit": MEMORY_LIMIT}) as connection:
        connection.execute(f"COPY rows TO '{quoted}' ({FORMATS[format]})")
    with open(target, "rb") as file:
        os.fsync(file.fileno())


def _type(values: Sequence[Any] | NDArray[Any]) -> str:
    return _NUMBERS[values.dtype.kind] if _is_numbers(values) else "VARCHAR"


def _column(values: Sequence[Any] | NDArray[Any]) -> NDArray[Any]:
    if _is_numbers(values) and not isinstance(values, np.ma.MaskedArray):
        return np.asarray(values)
    column = np.empty(len(values), dtype=object)
    plain = values.tolist() if isinstance(values, np.ma.MaskedArray) else values
    column[:] = [readable(v) if isinstance(v, str) else v for v in plain]
    return column


def _is_numbers(values: Sequence[Any] | NDArray[Any]) -> TypeGuard[NDArray[Any]]:
    return isinstance(values, np.ndarray) and values.dtype.kind in _NUMBERS


def readable(text: str) -> str:
    """Replace undecodable file name bytes, which no table format can hold, by ``\\xNN``."""
    if text.isascii():
        return text
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _as_os_error(error: duckdb.IOException) -> OSError:
    text = str(error).lower()
    full = "no space left" in text or "disk quota" in text
    return OSError(errno.ENOSPC if full else errno.EACCES, str(error))
