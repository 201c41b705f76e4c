"""One folder per class, holding the images by copy, hard link or symbolic link."""

from __future__ import annotations

import errno
import os
import re
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from fewclicks import checks
from fewclicks.errors import Conflict, InvalidInput
from fewclicks.files import translated
from fewclicks.progress import Report, silent

MODES = ("copy", "hardlink", "symlink")
UNLABELLED = "_unlabelled"
_RESERVED = frozenset(
    {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10))}
)


@dataclass(frozen=True, slots=True)
class FolderItem:
    """One image to be placed: its wanted file name, its class, and where its bytes are.

    `path` is a file that can be linked; without one, `read` gives the bytes, or None if they
    cannot be had.
    """

    name: str
    class_name: str | None
    path: str | None
    read: Callable[[], bytes | None]


@dataclass(slots=True)
class FolderReport:
    """How many images were placed, how many had no class, and which had no original."""

    n_written: int = 0
    n_unlabelled: int = 0
    missing: list[str] = field(default_factory=list)


def write_folders(
    items: Iterable[FolderItem],
    target: Path,
    *,
    mode: str = "copy",
    unlabelled: bool = False,
    fresh: bool = True,
    classes: Iterable[str] = (),
    total: int = 0,
    report: Report = silent,
) -> FolderReport:
    """Place every image in the folder of its class.

    Parameters
    ----------
    items : iterable of FolderItem
    target : Path
        A new or empty folder.
    mode : {"copy", "hardlink", "symlink"}, default "copy"
        Images that are not files of their own (in archives, arrays) are written out in any mode.
    unlabelled : bool, default False
        Whether images without a class go to ``_unlabelled``; otherwise they are left out.
    fresh : bool, default True
        Whether the folder must be new or empty. If not, images join those in the folders of their
        classes, and one whose name is taken gets another.
    classes : iterable of str, optional
        Classes that are given their folders' names first, in this order, so that the names stay
        the same from one time to the next.

    Raises
    ------
    Conflict
        The folder must be empty and is not, or there is a file where a class's folder must be.
    InvalidInput
        Hard links were asked for and the originals lie on another disk.
    DiskFull, ReadOnlyProject
        The folder cannot be written; what was placed before stays.
    """
    checks.one_of(mode, MODES, "mode")
    done = FolderReport()
    folders = _Folders(target, classes)
    try:
        target.mkdir(parents=True, exist_ok=True)
        if fresh and any(target.iterdir()):
            raise Conflict(f"{target} is not empty.", "Choose a new or empty folder.")
        for number, item in enumerate(items, start=1):
            if item.class_name is None and not unlabelled:
                done.n_unlabelled += 1
            else:
                _place_one(item, folders.of(item.class_name), mode, done)
            if number % 100 == 0 or number == total:
                report("writing images", number, total)
    except OSError as error:
        raise translated(error, target) from error
    return done


def folder_name(class_name: str) -> str:
    """Return a folder name that every file system accepts.

    Characters other than letters, digits, space, ``.``, ``_`` and ``-`` become ``_``; dots and
    spaces at the ends go; reserved or empty names get a leading ``_``; 100 characters at most.
    """
    safe = re.sub(r"[^\w .-]", "_", class_name).strip(". ")[:100].rstrip(". ")
    taken = not safe or safe.lower() in _RESERVED or safe == UNLABELLED
    return f"_{safe}" if taken else safe


class _Folders:
    """The folder of each class: two classes never share one, even where capitals do not count."""

    def __init__(self, target: Path, classes: Iterable[str] = ()) -> None:
        self._target = target
        self._by_class: dict[str | None, Path] = {}
        self._taken: set[str] = set()
        for class_name in classes:
            self._name(class_name)

    def of(self, class_name: str | None) -> Path:
        """Return the folder of a class, made when first asked for."""
        folder = self._name(class_name)
        if not folder.is_dir():
            if folder.exists():
                raise Conflict(f"{folder} is a file.", "Move it away, or choose another folder.")
            folder.mkdir()
        return folder

    def _name(self, class_name: str | None) -> Path:
        if class_name not in self._by_class:
            wanted = UNLABELLED if class_name is None else folder_name(class_name)
            name, number = wanted, 1
            while name.casefold() in self._taken:
                number += 1
                name = f"{wanted}-{number}"
            self._taken.add(name.casefold())
            self._by_class[class_name] = self._target / name
        return self._by_class[class_name]


def _place_one(item: FolderItem, folder: Path, mode: str, done: FolderReport) -> None:
    place = _free(folder / Path(item.name).name)
    if _place(item, place, mode):
        done.n_written += 1
    else:
        done.missing.append(item.name)


def _free(place: Path) -> Path:
    """Give a name that is not taken: photo.jpg, photo-2.jpg, photo-3.jpg, …"""
    tried, number = place, 1
    while os.path.lexists(tried):
        number += 1
        tried = place.with_name(f"{place.stem}-{number}{place.suffix}")
    return tried


def _place(item: FolderItem, place: Path, mode: str) -> bool:
    if item.path is None:
        content = item.read()
        if content is None:
            return False
        place.write_bytes(content)
        return True
    if not os.path.exists(item.path):
        return False
    if mode == "symlink":
        place.symlink_to(os.path.abspath(item.path))
    elif mode == "hardlink":
        _hard_link(item.path, place)
    else:
        shutil.copyfile(item.path, place)
    return True


def _hard_link(original: str, place: Path) -> None:
    try:
        os.link(original, place)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        raise InvalidInput(
            f"Hard links need one disk, but {original} lies on another than {place.parent}.",
            "Export to the same disk, or use mode copy or symlink.",
        ) from error
