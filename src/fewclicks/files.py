"""Files that can be computed again: written whole or not at all, trusted only with their manifest.

An artefact is one .npz file that carries its manifest (what it was made from, as a fingerprint).
It is written under a temporary name, flushed to disk and renamed, so that a reader sees the old
file, the new file, or none.
"""

from __future__ import annotations

import errno
import glob
import hashlib
import json
import os
import secrets
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np

from fewclicks.errors import DiskFull, ProjectError, ReadOnlyProject

MANIFEST = "manifest"

LEFT_OVER_SECONDS = 3600
"""A temporary file that nobody has written to for so long was left by a killed process."""


def fingerprint(**inputs: Any) -> str:
    """Thirty-two hexadecimal digits that change whenever any input does (JSON-able values)."""
    text = json.dumps(inputs, sort_keys=True, ensure_ascii=True)
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def save(path: Path, made_from: str, arrays: dict[str, np.ndarray[Any, Any]]) -> None:
    """Write an artefact atomically.

    Raises
    ------
    DiskFull, ReadOnlyProject
        It could not be written; no partial file is left under its name.
    """
    manifest = json.dumps({"made_from": made_from, "version": 1})
    with replacing(path) as temporary, open(temporary, "wb") as file:
        # NumPy before 2.1 takes allow_pickle=False for one more array, so it is not said
        np.savez(file, **{**arrays, MANIFEST: np.array(manifest)})  # type: ignore[arg-type]
        file.flush()
        os.fsync(file.fileno())


def load(path: Path, made_from: str | None = None) -> dict[str, np.ndarray[Any, Any]] | None:
    """Read an artefact; None if it is missing, damaged or made from other inputs.

    With `made_from` None any inputs will do.
    """
    try:
        with open(path, "rb") as file, np.load(file, allow_pickle=False) as stored:
            manifest = json.loads(str(stored[MANIFEST]))
            if made_from is not None and manifest["made_from"] != made_from:
                return None
            return {name: stored[name] for name in stored.files if name != MANIFEST}
    except (OSError, KeyError, ValueError, EOFError, RuntimeError, zipfile.BadZipFile):
        return None  # what a flipped bit in a zip's headers raises, found by trying each of them


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`; it takes `path`'s place when the block ends well."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}-{secrets.token_hex(4)}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        os.replace(temporary, path)
        _sync_folder(path.parent)
        _sweep(path)
    except OSError as error:
        raise translated(error, path) from error
    finally:
        with suppress(OSError):  # a read-only disk refuses this too, and has been told
            temporary.unlink()


def _sweep(path: Path) -> None:
    """Remove what killed processes left of `path`; one that still writes has touched its file."""
    for left in path.parent.glob(f".{glob.escape(path.name)}.*.tmp"):
        with suppress(OSError):
            if time.time() - left.stat().st_mtime > LEFT_OVER_SECONDS:
                left.unlink()


def _sync_folder(folder: Path) -> None:
    """Make a rename durable; Windows can neither open a folder nor needs it."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def translated(error: OSError, path: Path | str) -> ProjectError:
    """The house's error for a failed write."""
    message = f"{path} cannot be written: {error.strerror or error}."
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return DiskFull(message, "Free some space and try again.")
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return ReadOnlyProject(message, "Give yourself write permission there.")
    return ProjectError(message, "Check the disk and the path, then try again.")
