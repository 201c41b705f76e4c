"""The page's files, from memory: a page of many small modules asks for all of them at once."""

from __future__ import annotations

import gzip
import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

import plotly
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

PLOTLY = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"

MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
"""Said outright: what the operating system takes .js for may keep a browser from running it."""


_LINKED = re.compile(rb'((?:href|src)=")([^":]+\.(?:css|js)")')
"""Scripts and style sheets as HTML files name them; modules name each other relative to these."""

_ALWAYS_ASK = "no-cache"
_NEVER_ASK = "private, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class Kept:
    """A file as it was when last read."""

    changed: tuple[int, int]
    """When it was modified, in nanoseconds, and its size."""
    plain: bytes
    packed: bytes
    tag: str


@dataclass(frozen=True, slots=True)
class Version:
    """All scripts and style sheets as they were at one time."""

    name: str
    """A digest of them all: what has this name never changes."""
    files: dict[str, Kept]


class PageFiles:
    """An ASGI application that serves the files of a folder, and its index for the folder.

    Beside them it serves Plotly's script, which is that of the installed Python package.

    A file is read once and again when it has changed. Browsers ask each time whether their copy is
    still good, but for the scripts and style sheets that an HTML file names: these it names by
    their version, so that a page opened again asks for itself only. Those that can unpack gzip get
    it, for the sake of slow lines.

    Parameters
    ----------
    folder : Path
        Only files with one of MEDIA_TYPES are served.
    index : str, default "index.html"
        The file for the folder.
    """

    def __init__(self, folder: Path, index: str = "index.html") -> None:
        self._folder = folder.resolve()
        self._index = index
        self._kept: dict[Path, Kept] = {}
        self._version = Version("", {})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with a file, with 304, or raise 404 or 405."""
        if scope["method"] not in ("GET", "HEAD"):
            raise HTTPException(405)
        name = scope["path"].lstrip("/") or self._index
        try:
            kept, caching = self._find(name)
        except (OSError, ValueError):  # a null byte is a ValueError
            raise HTTPException(404) from None
        reply = _reply(kept, Path(name).suffix, caching, Headers(scope=scope))
        await reply(scope, receive, send)

    def _find(self, name: str) -> tuple[Kept, str]:
        version, _, rest = name.partition("/")
        if re.fullmatch("[0-9a-f]{16}", version):
            return self._of_version(version, rest), _NEVER_ASK
        kept = self._read(self._path(name))
        return self._dated(kept) if name.endswith(".html") else kept, _ALWAYS_ASK

    def _of_version(self, version: str, name: str) -> Kept:
        """A file as it was when its version was named, even if it has changed since."""
        if version != self._version.name:
            self._version = self._read_all()
        if version != self._version.name or name not in self._version.files:
            raise FileNotFoundError(name)
        return self._version.files[name]

    def _dated(self, page: Kept) -> Kept:
        """An HTML file that names the files of the present version."""
        self._version = self._read_all()
        folder = self._version.name.encode() + b"/"
        return _keep(page.changed, _LINKED.sub(rb"\g<1>" + folder + rb"\2", page.plain))

    def _read_all(self) -> Version:
        paths = sorted(path for path in self._folder.rglob("*") if path.suffix in (".css", ".js"))
        names = [path.relative_to(self._folder).as_posix() for path in paths]
        files = {name: self._read(self._path(name)) for name in names}
        told = "\n".join(f"{name} {kept.tag}" for name, kept in files.items())
        return Version(_digest(told.encode()), files)

    def _path(self, name: str) -> Path:
        if name == PLOTLY.name:
            return PLOTLY
        path = (self._folder / name).resolve()
        if path.suffix not in MEDIA_TYPES or not path.is_relative_to(self._folder):
            raise FileNotFoundError(name)
        return path

    def _read(self, path: Path) -> Kept:
        found = path.stat()
        changed = (found.st_mtime_ns, found.st_size)
        kept = self._kept.get(path)
        if kept is None or kept.changed != changed:
            kept = self._kept[path] = _keep(changed, path.read_bytes())
        return kept


def _keep(changed: tuple[int, int], plain: bytes) -> Kept:
    return Kept(changed, plain, gzip.compress(plain, mtime=0), _digest(plain))


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:16]


def _reply(kept: Kept, suffix: str, caching: str, asked: Headers) -> Response:
    packed = "gzip" in asked.get("accept-encoding", "")
    tag = f'"{kept.tag}{"-gzip" if packed else ""}"'
    headers = {"Cache-Control": caching, "ETag": tag, "Vary": "Accept-Encoding"}
    if tag in asked.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    if packed:
        headers["Content-Encoding"] = "gzip"
    headers["Content-Type"] = MEDIA_TYPES[suffix]
    return Response(kept.packed if packed else kept.plain, headers=headers)
