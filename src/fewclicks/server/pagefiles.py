"""The page's files, from memory: a page of fifty small modules asks for all of them at once."""

from __future__ import annotations

import gzip
import hashlib
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


@dataclass(frozen=True, slots=True)
class Kept:
    """A file as it was when last read."""

    changed: tuple[int, int]
    """When it was modified, in nanoseconds, and its size."""
    plain: bytes
    packed: bytes
    tag: str


class PageFiles:
    """An ASGI application that serves the files of a folder, and its index for the folder.

    Beside them it serves Plotly's script, which is that of the installed Python package.

    A file is read once and again when it has changed. Browsers ask each time whether their copy is
    still good; those that can unpack gzip get it, for the sake of slow lines.

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

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with a file, with 304, or raise 404 or 405."""
        if scope["method"] not in ("GET", "HEAD"):
            raise HTTPException(405)
        try:
            path = self._path(scope["path"].lstrip("/"))
            kept = self._read(path)
        except (OSError, ValueError):  # a null byte is a ValueError
            raise HTTPException(404) from None
        await _reply(kept, path.suffix, Headers(scope=scope))(scope, receive, send)

    def _path(self, name: str) -> Path:
        if name == PLOTLY.name:
            return PLOTLY
        path = (self._folder / (name or self._index)).resolve()
        if path.suffix not in MEDIA_TYPES or not path.is_relative_to(self._folder):
            raise FileNotFoundError(name)
        return path

    def _read(self, path: Path) -> Kept:
        found = path.stat()
        changed = (found.st_mtime_ns, found.st_size)
        kept = self._kept.get(path)
        if kept is None or kept.changed != changed:
            plain = path.read_bytes()
            tag = hashlib.sha256(plain).hexdigest()[:16]
            kept = self._kept[path] = Kept(changed, plain, gzip.compress(plain), tag)
        return kept


def _reply(kept: Kept, suffix: str, asked: Headers) -> Response:
    packed = "gzip" in asked.get("accept-encoding", "")
    tag = f'"{kept.tag}{"-gzip" if packed else ""}"'
    headers = {"Cache-Control": "no-cache", "ETag": tag, "Vary": "Accept-Encoding"}
    if tag in asked.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    if packed:
        headers["Content-Encoding"] = "gzip"
    headers["Content-Type"] = MEDIA_TYPES[suffix]
    return Response(kept.packed if packed else kept.plain, headers=headers)
