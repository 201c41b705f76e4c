"""Where the command line begins and ends: what was typed comes in, an exit code goes out."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Sequence
from typing import TextIO

import typer

from fewclicks.cli.app import command
from fewclicks.errors import FewclicksError

FAILED, USAGE, DEFECT, STOPPED = 1, 2, 70, 130

EXIT_CODES = {
    0: "Done.",
    FAILED: "Something outside fewclicks failed, such as a file that cannot be written.",
    USAGE: "A command, option, argument, file or row does not hold what it must.",
    3: "An item, class, question, project or file is not there.",
    4: "The request contradicts what is already recorded, such as a name in use.",
    5: "An optional dependency is missing; the message names it.",
    6: "The project is busy, too new, read-only, or its disk is full.",
    DEFECT: "A defect of fewclicks; run again with --debug and report what it prints.",
    STOPPED: "Stopped with Ctrl-C. What was done is kept; imports and preparation go on.",
}
"""Every exit code and what it means; `FewclicksError.exit_code` gives those of our own errors."""

log = logging.getLogger(__name__)
log.addHandler(logging.NullHandler())


def main() -> None:
    """Run the command in `sys.argv` and leave with its exit code."""
    for stream in (sys.stdout, sys.stderr):
        _survive_any_name(stream)
    sys.exit(run(sys.argv[1:] or ["--help"]))


def run(arguments: Sequence[str]) -> int:
    """Run one command; return its exit code, one of `EXIT_CODES`.

    An error becomes one red line on stderr, unless --debug or FEWCLICKS_DEBUG asks for it raw.
    """
    if "--debug" in arguments or os.environ.get("FEWCLICKS_DEBUG"):
        return _invoke([argument for argument in arguments if argument != "--debug"])
    try:
        return _invoke(arguments)
    except FewclicksError as error:
        return _tell(error.exit_code, error.message, error.remedy)
    except typer.TyperException as error:
        return _tell(USAGE, error.format_message().rstrip(".") + ".", "See: fewclicks --help")
    except typer.Abort:
        return _stopped()
    except OSError as error:
        what = f"{error.filename}: " if error.filename else ""
        return _tell(FAILED, f"{what}{error.strerror or error}.", "Mend that and run it again.")
    except Exception as error:
        log.exception("A command failed.")
        what = f"{type(error).__name__}: {error}"
        return _tell(DEFECT, f"This is a defect of fewclicks: {what}.", "See more with: --debug")


def _invoke(arguments: Sequence[str]) -> int:
    code = command().main(args=list(arguments), prog_name="fewclicks", standalone_mode=False)
    if code == STOPPED:
        return _stopped()
    return code if isinstance(code, int) else 0


def _stopped() -> int:
    return _tell(STOPPED, "Stopped.", "What was done is kept; the same command goes on from there.")


def _tell(code: int, message: str, remedy: str) -> int:
    from fewclicks.cli.screen import complain  # late: rich is not needed to print help

    complain(message, remedy)
    return code


def _survive_any_name(stream: TextIO) -> None:
    """Let file names that the terminal's encoding lacks be printed escaped."""
    if hasattr(stream, "reconfigure"):
        stream.reconfigure(errors="backslashreplace")
