"""A list of image files: CSV, JSON lines or Parquet, naming paths or URLs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar

from fewclicks.errors import SourceError
from fewclicks.items import places
from fewclicks.items.base import Read, SourceBase
from fewclicks.items.tables import read_rows
from fewclicks.records import Entry


class ListSource(SourceBase):
    """The images a list names, in its order; the key is the path or URL as written there.

    Relative paths are seen from the folder of the list. Of rows that name the same image the first
    counts. Labels, groups and splits are columns of the list.
    """

    kind: ClassVar[str] = "list"
    takes_labels: ClassVar[bool] = False

    def entries(self) -> Iterator[Entry]:
        """Yield what the list names, whether it is there or not."""
        seen: set[str] = set()
        for row in read_rows(self.uri, self.options):
            if row.path in seen:
                continue
            if not seen:
                self._check_reach(row.path)
            seen.add(row.path)
            yield Entry(*row)
        if not seen:
            raise SourceError(f"{self.uri} must name images but has no row.", "Check the list.")

    def read(self, keys: Sequence[str]) -> Iterator[Read]:
        """Yield the content of each file named."""
        return places.read_files([self._place(key) for key in keys])

    def path_of(self, key: str) -> str | None:
        """Return the file itself, where it is on the local disk."""
        place = self._place(key)
        return None if places.is_remote(place) else place

    def _place(self, key: str) -> str:
        return places.join(places.parent(self.uri), key)

    def _check_reach(self, key: str) -> None:
        """Say that a package is missing once, not for every row."""
        place = self._place(key)
        if places.is_remote(place):
            places.filesystem(place)
