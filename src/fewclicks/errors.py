"""Every error fewclicks raises on purpose.

::

    FewclicksError                 something a caller can understand and mend
    ├── InvalidInput               an argument, file or row does not hold what it must
    │   ├── SourceError            a source cannot be listed at all (no folder, no image in it)
    │   └── UnreadableImage        one image cannot be decoded; the batch goes on
    ├── NotFound                   an item, class, question, project or file that is not there
    ├── Conflict                   the request contradicts what is already recorded
    ├── MissingExtra               an optional dependency is not installed
    └── ProjectError               the project as a whole cannot be used this way
        ├── ProjectBusy            another process holds it
        ├── ProjectTooNew          a later version of fewclicks wrote it
        ├── ReadOnlyProject        its files cannot be written
        └── DiskFull               no space left where it lies

A message says what must hold, what came, and what to do. Libraries raise these; the command line
turns them into exit codes (``exit_code``) and the server into HTTP statuses.
"""

from __future__ import annotations

from typing import ClassVar


class FewclicksError(Exception):
    """Something a caller can understand and mend.

    Parameters
    ----------
    message : str
        What must hold and what came instead.
    remedy : str, default ""
        What to do about it, as a sentence.
    """

    code: ClassVar[str] = "error"
    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(f"{message} {remedy}".strip())
        self.message = message
        self.remedy = remedy

    def __reduce__(self) -> tuple[type[FewclicksError], tuple[str, str]]:
        """Survive the trip from a worker process."""
        return type(self), (self.message, self.remedy)


class InvalidInput(FewclicksError, ValueError):
    """An argument, file or row does not hold what it must."""

    code = "invalid_input"
    exit_code = 2


class SourceError(InvalidInput):
    """A source cannot be listed at all."""

    code = "source_error"


class UnreadableImage(InvalidInput):
    """One image cannot be decoded; the batch goes on without it."""

    code = "unreadable_image"


class NotFound(FewclicksError, LookupError):
    """An item, class, question, project or file that is not there."""

    code = "not_found"
    exit_code = 3


class Conflict(FewclicksError):
    """The request contradicts what is already recorded."""

    code = "conflict"
    exit_code = 4


class MissingExtra(FewclicksError, ImportError):
    """An optional dependency is not installed."""

    code = "missing_extra"
    exit_code = 5


class ProjectError(FewclicksError):
    """The project as a whole cannot be used this way."""

    code = "project_error"
    exit_code = 6


class ProjectBusy(ProjectError):
    """Another process holds the project."""

    code = "project_busy"


class ProjectTooNew(ProjectError):
    """A later version of fewclicks wrote the project."""

    code = "project_too_new"


class ReadOnlyProject(ProjectError):
    """The project's files cannot be written."""

    code = "read_only_project"


class DiskFull(ProjectError):
    """No space left where the project lies."""

    code = "disk_full"
