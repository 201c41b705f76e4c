"""A folder that whole files are put into: on the local disk, or anywhere fsspec reaches."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path

from fewclicks.errors import InvalidInput, ProjectError
from fewclicks.files import replacing, translated
from fewclicks.items import places


class Shelf:
    """Files by name at one place, each there whole or not at all.

    A file is written under a hidden name and moved. A shelf can be pickled and used anywhere that
    reaches its place.

    Parameters
    ----------
    place : path or URL
        Of a folder, which need not be there yet.
    """

    def __init__(self, place: str | os.PathLike[str]) -> None:
        self.uri = places.absolute(place).rstrip("/") or "/"

    def __str__(self) -> str:
        return self.uri

    def place_of(self, name: str) -> str:
        """Return where a file is, or would be."""
        return places.join(self.uri, name)

    def names(self) -> list[str]:
        """Return what is there, hidden names left out, in no order.

        Raises
        ------
        InvalidInput
            The place is no folder, or cannot be listed.
        """
        try:
            found = self._listed()
        except FileNotFoundError:
            return []
        except OSError as error:
            raise InvalidInput(
                f"{self.uri} must be a folder but cannot be listed: {places.reason_of(error)}.",
                "Name a new or empty folder.",
            ) from error
        return [name for name in found if not name.startswith(".")]

    def has(self, name: str) -> bool:
        """Tell whether a file is there now."""
        if not places.is_remote(self.uri):
            return os.path.exists(self.place_of(name))
        system, root = places.filesystem(self.uri)
        system.invalidate_cache()
        return bool(system.exists(f"{root}/{name}"))

    def read(self, name: str) -> bytes:
        """Return a file's content; ProjectError where it cannot be read."""
        content = next(places.read_files([self.place_of(name)]))
        if isinstance(content, bytes):
            return content
        raise ProjectError(f"{self.place_of(name)} {content.message}.", "Check its permissions.")

    def put(self, name: str, content: bytes) -> None:
        """Write a file, or replace it.

        Raises
        ------
        DiskFull, ReadOnlyProject, ProjectError
            It could not be written; nothing has changed under its name.
        """
        if places.is_remote(self.uri):
            self._put_remote(name, content)
            return
        with replacing(Path(self.place_of(name))) as temporary, open(temporary, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())

    def _put_remote(self, name: str, content: bytes) -> None:
        system, root = places.filesystem(self.uri)
        temporary = f"{root}/.{name}.{secrets.token_hex(4)}.tmp"
        try:
            system.makedirs(root, exist_ok=True)
            system.pipe_file(temporary, content)
            system.mv(temporary, f"{root}/{name}")
        except OSError as error:
            with suppress(OSError):
                system.rm_file(temporary)
            raise translated(error, self.place_of(name)) from error
        except NotImplementedError as error:
            raise InvalidInput(
                f"{self.uri} cannot be written to: its kind of place is only read.",
                "Name a folder or a bucket.",
            ) from error

    def _listed(self) -> list[str]:
        if not places.is_remote(self.uri):
            return os.listdir(self.uri)
        system, root = places.filesystem(self.uri)
        system.invalidate_cache()
        found = system.ls(root, detail=False)
        if found == [root]:
            raise NotADirectoryError
        return [path.rstrip("/").rpartition("/")[2] for path in found]
