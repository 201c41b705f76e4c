"""Where the bytes of a source lie: on the local disk, or anywhere fsspec reaches.

A place is written as a path or as a URL (``s3://bucket/photos``, ``zip::https://…``). fsspec is
imported only when a URL needs it.
"""

from __future__ import annotations

import bz2
import errno
import gzip
import lzma
import os
import stat
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from typing import Any, BinaryIO, cast

from fewclicks.errors import FewclicksError, MissingExtra, SourceError, UnreadableImage

MAX_FILE_BYTES = 1 << 30
"""Bytes above which a file is not read as one image: the pixel limit, three channels, 16 bits."""

DAMAGE = (OSError, EOFError, zlib.error, lzma.LZMAError)
"""What reading a damaged or cut compressed stream may raise."""

_FETCH_AT_ONCE = 64
_EXTRAS = {"http": "web", "https": "web"}
_UNPACKERS: dict[bytes, Callable[[BinaryIO], Any]] = {
    b"\x1f\x8b": lambda raw: gzip.GzipFile(fileobj=raw),
    b"BZh": bz2.BZ2File,
    b"\xfd7zXZ\x00": lzma.LZMAFile,
}


def absolute(uri: str | os.PathLike[str]) -> str:
    """Return a path that means the same from every working folder; URLs stay as they are."""
    text = os.fsdecode(os.fspath(uri)).removeprefix("file://")
    if "\0" in text:
        raise SourceError(f"A source must be a path or URL without NUL characters but is {text!r}.")
    return text if is_remote(text) else os.path.abspath(text)


def is_remote(uri: str) -> bool:
    """Tell whether `uri` is a URL for fsspec and not a file that happens to be named like one."""
    return ("://" in uri or "::" in uri) and not os.path.lexists(uri)


def filesystem(uri: str) -> tuple[Any, str]:
    """Return the fsspec file system of a URL and the path within it."""
    from fsspec.core import url_to_fs  # late: files on the local disk need none of it

    try:
        return cast(tuple[Any, str], url_to_fs(uri))
    except ImportError as error:
        extra = _EXTRAS.get(uri.partition("://")[0])
        remedy = f"Run: pip install 'fewclicks[{extra}]'." if extra else "Install that package."
        raise MissingExtra(
            f"Reading {uri} needs a package that is missing: {error}.", remedy
        ) from (error)
    except (OSError, ValueError) as error:
        raise SourceError(f"{uri} cannot be reached: {error}.", "Check the URL.") from error


def is_folder(uri: str) -> bool:
    """Tell whether `uri` is a folder."""
    if not is_remote(uri):
        return os.path.isdir(uri)
    system, path = filesystem(uri)
    return bool(system.isdir(path))


def exists(uri: str) -> bool:
    """Tell whether there is a file or folder at `uri`."""
    if not is_remote(uri):
        return os.path.exists(uri)
    system, path = filesystem(uri)
    return bool(system.exists(path))


def parent(uri: str) -> str:
    """Return the folder that holds `uri`."""
    return uri.rpartition("/")[0] if is_remote(uri) else os.path.dirname(uri)


def join(folder: str, name: str) -> str:
    """Return the place that `name` means as seen from `folder`."""
    if is_remote(name):
        return name
    return f"{folder}/{name}" if is_remote(folder) else os.path.join(folder, name)


def within(folder: str, place: str) -> str | None:
    """Return the POSIX path of `place` inside `folder` ("" for itself), None if outside."""
    if place == folder:
        return ""
    start = folder.rstrip("/") + "/"
    return place.removeprefix(start) if place.startswith(start) else None


def open_binary(uri: str) -> BinaryIO:
    """Open a seekable stream over a whole file; SourceError where that cannot be done."""
    try:
        if not is_remote(uri):
            return open(uri, "rb")
        system, path = filesystem(uri)
        return cast(BinaryIO, system.open(path, "rb"))
    except OSError as error:
        raise SourceError(f"{uri} cannot be opened: {reason_of(error)}.", "Check the path.") from (
            error
        )


def open_unpacked(uri: str, stack: ExitStack) -> BinaryIO:
    """Open a file, undoing gzip, bzip2 or xz by content; `stack` closes what was opened.

    Seeking backwards in a compressed file starts it afresh, so read forwards.
    """
    raw = stack.enter_context(open_binary(uri))
    start = raw.read(8)
    raw.seek(0)
    for magic, unpacker in _UNPACKERS.items():
        if start.startswith(magic):
            return cast(BinaryIO, stack.enter_context(unpacker(raw)))
    return raw


def peek(uri: str, size: int) -> bytes:
    """Return the first `size` bytes of a file, after undoing its compression."""
    with ExitStack() as stack:
        try:
            return open_unpacked(uri, stack).read(size)
        except DAMAGE as error:
            raise SourceError(
                f"{uri} looks compressed but cannot be unpacked: {error}.", "Copy it again."
            ) from error


def reason_of(error: BaseException) -> str:
    """Say in a few words why a file cannot be read."""
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return "no such file"
    if isinstance(error, PermissionError):
        return "no permission to read it"
    if isinstance(error, IsADirectoryError):
        return "is a folder, not a file"
    if isinstance(error, OSError) and error.errno is not None:
        return (error.strerror or errno.errorcode.get(error.errno, "unknown")).lower()
    return f"{type(error).__name__}: {error}"


def unreadable(error: BaseException) -> UnreadableImage:
    """Turn what went wrong while fetching one file into an error that the batch survives."""
    return UnreadableImage(reason_of(error), "Check its path and permissions, then import again.")


def read_files(places: Sequence[str]) -> Iterator[bytes | FewclicksError]:
    """Yield the content of each file, in order, or the error that prevented it."""
    for start in range(0, len(places), _FETCH_AT_ONCE):
        block = places[start : start + _FETCH_AT_ONCE]
        fetched = _fetch([place for place in block if is_remote(place)])
        yield from (fetched[place] if is_remote(place) else read_local(place) for place in block)


def read_local(path: str) -> bytes | UnreadableImage:
    """Return the content of a regular file on the local disk, or why it cannot be had.

    Pipes and devices are refused, not waited for.
    """
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    try:
        descriptor = os.open(path, flags)
    except (OSError, ValueError) as error:
        return unreadable(error)
    try:
        about = os.fstat(descriptor)
        if not stat.S_ISREG(about.st_mode):
            return UnreadableImage("is not a regular file", "Name an image file.")
        if about.st_size > MAX_FILE_BYTES:
            return too_large(about.st_size)
        return _read_all(descriptor, about.st_size)
    except OSError as error:
        return unreadable(error)
    finally:
        os.close(descriptor)


def _read_all(descriptor: int, size: int) -> bytes:
    """Read to the end of the file, in one system call where the system allows it."""
    parts = [os.read(descriptor, size)] if size else []
    while (size := size - len(parts[-1]) if parts else 0) > 0 and parts[-1]:
        parts.append(os.read(descriptor, size))
    return parts[0] if len(parts) == 1 else b"".join(parts)


def too_large(size: int) -> UnreadableImage:
    """Say that a file is larger than any image that would be accepted."""
    return UnreadableImage(
        f"has {size:,} bytes, more than the {MAX_FILE_BYTES:,} an image file may have",
        "Save it smaller.",
    )


def _fetch(urls: Sequence[str]) -> dict[str, bytes | FewclicksError]:
    """Fetch files by URL, those of one file system together."""
    fetched: dict[str, bytes | FewclicksError] = {}
    paths: dict[Any, dict[str, str]] = defaultdict(dict)
    for url in urls:
        try:
            system, path = filesystem(url)
            paths[system][url] = path
        except FewclicksError as error:
            fetched[url] = error
    for system, by_url in paths.items():
        fetched |= zip(by_url, read_remote(system, list(by_url.values())), strict=True)
    return fetched


def read_remote(system: Any, paths: Sequence[str]) -> Iterator[bytes | FewclicksError]:
    """Yield the content of files of one fsspec file system, fetched many at a time."""
    for start in range(0, len(paths), _FETCH_AT_ONCE):
        block = list(paths[start : start + _FETCH_AT_ONCE])
        for got in system.cat_ranges(block, None, None, on_error="return"):
            yield unreadable(got) if isinstance(got, BaseException) else got
