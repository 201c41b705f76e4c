"""Feature rows on disk: one memory-mapped matrix per feature set, grown shard by shard.

The manifest says what the rows were made from and how many of them can be trusted; it is renamed
into place after its rows are on disk. So an interrupted run goes on after the last whole shard,
new items only append, and rows made from anything else are never read.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fewclicks import checks
from fewclicks.errors import Conflict, InvalidInput
from fewclicks.files import replacing, translated

VERSION = 1

MANIFEST = "manifest.json"


def stored_width(folder: Path, made_from: str) -> int | None:
    """Return the width of the rows in a folder; None if there are none of this fingerprint."""
    manifest = _manifest(folder)
    return int(manifest["width"]) if manifest.get("made_from") == made_from else None


class FeatureMatrix:
    """Rows of one feature set in a folder.

    Parameters
    ----------
    folder : Path
        Where ``rows.bin`` and ``manifest.json`` lie; made when the first rows are added.
    made_from : str
        Fingerprint of the transformer, its parameters and the project. Rows with another
        fingerprint count as absent and are overwritten.
    width : int
        Numbers per row.
    dtype : str, default "<f4"
        What the numbers are kept as: single precision, or "|u1" for the pixels of images.
    about : callable, optional
        What else the manifest is to tell of the rows, JSON-able; called when rows are added.
    """

    def __init__(
        self,
        folder: Path,
        made_from: str,
        width: int,
        dtype: str = "<f4",
        about: Callable[[], Any] | None = None,
    ) -> None:
        self.folder = folder
        self.made_from = made_from
        self.width = width
        self.dtype = np.dtype(dtype)
        self._about = about

    @property
    def n_rows(self) -> int:
        """Rows that can be trusted; 0 if there are none of this fingerprint."""
        manifest = self._manifest()
        fits = (
            manifest.get("version") == VERSION
            and manifest.get("made_from") == self.made_from
            and manifest.get("width") == self.width
            and manifest.get("dtype") == self.dtype.str
        )
        if not fits or not self._rows_path.exists():
            return 0
        on_disk = self._rows_path.stat().st_size // (self.width * self.dtype.itemsize)
        return int(min(manifest["n_rows"], on_disk))

    def append(self, rows: NDArray[Any], at: int | None = None) -> None:
        """Add rows after the trusted ones.

        Raises
        ------
        Conflict
            `at` is given, and is not the number of trusted rows: another process has added some.
        InvalidInput
            The rows have another width, or hold NaN or infinity; the message names the item.
        DiskFull, ReadOnlyProject
            They cannot be written; what was there stays trusted.
        """
        first = self.n_rows
        if at not in (None, first):
            raise Conflict(f"Feature rows from {at} came but {first} is next in {self.folder}.")
        ready = self._ready(rows, first)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            if not first:
                self._forget()
            # not "a": rows after the trusted ones were left by a killed run and are overwritten
            with open(self._rows_path, "r+b" if self._rows_path.exists() else "w+b") as file:
                file.seek(first * self.width * self.dtype.itemsize)
                file.write(ready.tobytes())
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise translated(error, self._rows_path) from error
        self._trust(first + len(ready))

    def rows(self, n: int) -> NDArray[Any]:
        """The first `n` rows, memory-mapped, shape (n, width).

        Raises
        ------
        InvalidInput
            Fewer rows can be trusted.
        """
        if n > self.n_rows:
            raise InvalidInput(
                f"{n} feature rows are needed but {self.folder} holds {self.n_rows}.",
                "Run: fewclicks prepare",
            )
        return np.memmap(self._rows_path, dtype=self.dtype, mode="r", shape=(n, self.width))

    @property
    def _rows_path(self) -> Path:
        return self.folder / "rows.bin"

    @property
    def _manifest_path(self) -> Path:
        return self.folder / MANIFEST

    def _manifest(self) -> dict[str, Any]:
        return _manifest(self.folder)

    def _forget(self) -> None:
        """Drop what was made from anything else, its manifest first, before its rows go.

        A new file takes their place, so a reader that has mapped the old rows keeps them.
        """
        self._manifest_path.unlink(missing_ok=True)
        self._rows_path.unlink(missing_ok=True)

    def _trust(self, n_rows: int) -> None:
        manifest = {
            "version": VERSION,
            "made_from": self.made_from,
            "n_rows": n_rows,
            "width": self.width,
            "dtype": self.dtype.str,
        }
        if self._about is not None:
            manifest["about"] = self._about()
        with replacing(self._manifest_path) as temporary, open(temporary, "w") as file:
            json.dump(manifest, file)
            file.flush()
            os.fsync(file.fileno())

    def _ready(self, rows: NDArray[Any], first: int) -> NDArray[Any]:
        with np.errstate(over="ignore"):
            ready = np.ascontiguousarray(rows, dtype=self.dtype)
        bad = np.flatnonzero(~np.isfinite(ready).reshape(len(ready), -1).all(axis=1))
        if len(bad):
            raise InvalidInput(
                f"Features must be finite but those of item {first + bad[0]} hold NaN, infinity "
                f"or a number too large for {self.dtype}.",
                "Repair or leave out its image.",
            )
        checks.rows(ready, "rows", width=self.width, at_least=0)
        return ready


def _manifest(folder: Path) -> dict[str, Any]:
    try:
        manifest = json.loads((folder / MANIFEST).read_text())
    except (FileNotFoundError, ValueError):
        return {}
    return manifest if isinstance(manifest, dict) else {}
