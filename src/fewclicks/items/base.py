"""What every source of images is: a list of entries, and their bytes or pixels by key."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import Any, ClassVar, Protocol, TypedDict

from numpy.typing import NDArray

from fewclicks.errors import FewclicksError
from fewclicks.records import Entry

Read = bytes | NDArray[Any] | FewclicksError
"""One image as a source gives it: an encoded image file, pixels, or why it cannot be had."""


class Options(TypedDict, total=False):
    """How a source is to be read, beyond its place; what is absent is found by usual names."""

    labels: str
    groups: str
    path_column: str
    label_column: str
    group_column: str
    split_column: str


class Source(Protocol):
    """Images that can be listed, and read by key.

    `open_source(uri, **options)` gives the same source again, in any process: `options` is
    JSON-able. A source can be pickled, and all pickles opened in one process share one source.
    """

    kind: ClassVar[str]
    uri: str
    options: Options

    def entries(self) -> Iterator[Entry]:
        """Yield what there is, keys unique, in an order that depends only on the source.

        Raises SourceError where nothing can be listed, or there is no image.
        """
        ...

    def read(self, keys: Sequence[str]) -> Iterator[Read]:
        """Yield one result per key, in order; an error object where that image cannot be read.

        Asking in the order of `entries` is fast everywhere; other orders may be slow where the
        source is compressed as one stream.
        """
        ...

    def path_of(self, key: str) -> str | None:
        """Return the file on the local disk that is this image and nothing else, if there is."""
        ...


class SourceBase:
    """What all sources share: their identity, and how it travels to other processes."""

    kind: ClassVar[str] = ""
    takes_labels: ClassVar[bool] = True
    """Whether ground truth may lie elsewhere (``labels=``) and not in a column of its own."""
    takes_groups: ClassVar[bool] = False
    """Whether its images lie in folders, which may be groups (``groups="folders"``)."""

    def __init__(self, uri: str, options: Options) -> None:
        self.uri = uri
        self.options = options

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.uri!r}, {self.options!r})"

    def __reduce__(self) -> tuple[Callable[..., SourceBase], tuple[type[SourceBase], str, str]]:
        return _reopened, (type(self), self.uri, json.dumps(self.options, sort_keys=True))

    def path_of(self, key: str) -> str | None:
        """Return None: these images are not files of their own."""
        return None


@lru_cache(maxsize=8)
def _reopened(kind: type[SourceBase], uri: str, options: str) -> SourceBase:
    """Give a worker the source it already has open, with its place in the stream."""
    return kind(uri, json.loads(options))
