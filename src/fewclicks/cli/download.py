"""Fetching a published file: whole and as published, or not at all."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from fewclicks.errors import SourceError
from fewclicks.files import replacing
from fewclicks.items import places
from fewclicks.progress import Report, silent

if TYPE_CHECKING:
    from fewclicks.cli.catalogue import DataFile

_BLOCK_BYTES = 1 << 20


def fetch(file: DataFile, folder: Path, report: Report = silent) -> bool:
    """Bring one file into a folder and check its size and digest.

    Returns
    -------
    bool
        Whether it was fetched; False if it was there already, as published.

    Raises
    ------
    SourceError
        It cannot be reached, or what came is not what was published; nothing is kept.
    MissingExtra
        Its kind of URL needs a package that is not installed.
    DiskFull, ReadOnlyProject
        It cannot be written.
    """
    target = folder / file.name
    if target.exists() and not _difference(file, _blocks(str(target))):
        return False
    with replacing(target) as temporary:
        with open(temporary, "wb") as out:
            difference = _difference(file, _kept(out.write, file, report))
            out.flush()
            os.fsync(out.fileno())
        if difference:
            raise SourceError(
                f"{file.url} is not as published: {difference}.",
                "Try again later; if it stays so, get the file from its origin.",
            )
    return True


def _kept(write: Callable[[bytes], object], file: DataFile, report: Report) -> Iterator[bytes]:
    """Yield the file as it comes, writing it down on the way."""
    done = 0
    report(f"fetching {file.name}", 0, file.size)
    for block in _blocks(file.url):
        write(block)
        done += len(block)
        report(f"fetching {file.name}", done, file.size)
        yield block


def _blocks(url: str) -> Iterator[bytes]:
    try:
        with places.open_binary(url) as stream:
            while block := stream.read(_BLOCK_BYTES):
                yield block
    except _network_errors() as error:
        raise SourceError(f"{url} cannot be fetched: {error}.", "Check the network.") from error


def _network_errors() -> tuple[type[Exception], ...]:
    try:
        from aiohttp import ClientError
    except ImportError:
        return (TimeoutError,)
    return (TimeoutError, ClientError)


def _difference(file: DataFile, blocks: Iterator[bytes]) -> str:
    """Say how a file differs from what was published, "" if it does not."""
    kind, _, wanted = file.digest.partition(":")
    digest, size = hashlib.new(kind, usedforsecurity=False), 0
    for block in blocks:
        digest.update(block)
        size += len(block)
    if size != file.size:
        return f"it has {size:,} bytes instead of {file.size:,}"
    if digest.hexdigest() != wanted:
        return f"its {kind} is {digest.hexdigest()} instead of {wanted}"
    return ""
