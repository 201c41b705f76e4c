"""Locks: one process at a time per purpose, freed by the system if that process dies."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import filelock

from fewclicks import files
from fewclicks.errors import ProjectBusy


@contextmanager
def hold(folder: Path, purpose: str) -> Iterator[None]:
    """Hold `folder` for one purpose; a note beside the lock names the holder to others.

    Raises
    ------
    ProjectBusy
        Another process holds it; the message names that process.
    ReadOnlyProject, DiskFull
        The lock cannot be written.
    """
    path, holder = folder / f"{purpose}.lock", folder / f"{purpose}.holder"
    lock = filelock.FileLock(path, timeout=0)
    try:
        lock.acquire()
    except filelock.Timeout as error:
        raise ProjectBusy(
            f"The project at {folder} is in use for “{purpose}” by {_read(holder)}.",
            "Wait for it or stop it.",
        ) from error
    except OSError as error:
        raise files.translated(error, path) from error
    try:
        _write(holder)
        yield
    finally:
        with suppress(OSError):
            holder.unlink()
        lock.release()


def _write(holder: Path) -> None:
    try:
        holder.write_text(f"process {os.getpid()} ({' '.join(sys.argv[:3])})", errors="replace")
    except OSError as error:
        raise files.translated(error, holder) from error


def _read(holder: Path) -> str:
    try:
        return holder.read_text(errors="replace") or "another process"
    except OSError:  # it has just taken the lock, or is just letting go
        return "another process"
