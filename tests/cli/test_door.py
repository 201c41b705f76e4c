"""Errors become one line and an exit code."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest

from fewclicks import errors
from fewclicks.cli import door


def every_error() -> list[type[errors.FewclicksError]]:
    found, waiting = [], [errors.FewclicksError]
    while waiting:
        kind = waiting.pop()
        found.append(kind)
        waiting += kind.__subclasses__()
    return [kind for kind in found if kind.__module__ == errors.__name__]


class Raising:
    """A command line of which every command ends with this error."""

    def __init__(self, error: BaseException) -> None:
        self.error = error

    def main(self, **arguments: object) -> None:
        raise self.error


@pytest.fixture
def raising(monkeypatch):
    def use(error: BaseException) -> None:
        monkeypatch.setattr(door, "command", lambda: Raising(error))

    return use


@pytest.mark.parametrize("kind", every_error())
def test_every_error_of_ours_has_an_exit_code_that_is_documented(kind, raising, fewclicks):
    raising(kind("The thing is wrong.", "Do that."))
    told = fewclicks("status")
    assert told.code == kind.exit_code
    assert told.code in door.EXIT_CODES
    assert told.err == "The thing is wrong. Do that.\n"
    assert told.out == ""


def test_an_error_of_the_system_names_the_file(raising, fewclicks):
    raising(PermissionError(13, "Permission denied", "/some/file"))
    told = fewclicks("status")
    assert told.code == door.FAILED
    assert told.err.startswith("/some/file: Permission denied.")


def test_a_defect_is_called_one_and_shows_no_traceback(raising, fewclicks):
    raising(ZeroDivisionError("division by zero"))
    told = fewclicks("status")
    assert told.code == door.DEFECT
    assert "defect of fewclicks: ZeroDivisionError: division by zero" in told.err
    assert "Traceback" not in told.err


def test_debug_raises(raising, fewclicks, monkeypatch):
    raising(errors.NotFound("Nothing there."))
    with pytest.raises(errors.NotFound):
        fewclicks("status", "--debug")
    monkeypatch.setenv("FEWCLICKS_DEBUG", "1")
    with pytest.raises(errors.NotFound):
        fewclicks("status")


def test_a_wrong_value_is_one_line(fewclicks, prepared):
    told = fewclicks("simulate", prepared, "--budget", "0")
    assert told.code == door.USAGE
    assert "--budget" in told.err
    assert len(told.err.splitlines()) == 1


def test_with_json_the_error_is_data_too(fewclicks, tmp_path):
    told = fewclicks("status", tmp_path, "--json")
    assert told.code == 3
    assert set(told.document["error"]) == {"code", "message", "remedy"}
    assert told.document["error"]["code"] == "not_found"
    assert "no fewclicks project" in told.err


def test_without_arguments_there_is_help():
    done = subprocess.run([sys.executable, "-m", "fewclicks"], capture_output=True, text=True)
    assert done.returncode == 0
    assert "Usage: fewclicks" in done.stdout


@pytest.mark.slow
def test_ctrl_c_keeps_what_was_imported_and_the_command_goes_on(tmp_path, fewclicks):
    from fewclicks.items import sample

    folder, images = tmp_path / "digits", sample.path()[0]
    command = [sys.executable, "-m", "fewclicks", "new", str(folder), str(images)]
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # a shell that runs the tests in the background has it ignored
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    deadline = time.monotonic() + 60
    while not any(folder.glob("thumbnails/*")) and time.monotonic() < deadline:
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == door.STOPPED
    assert err.splitlines()[-1].startswith("Stopped. What was done is kept")
    told = fewclicks("new", folder, images, "--json")
    assert told.code == 0
    assert told.document["n_items"] == 10_000
    assert fewclicks("new", folder, images).code == 4
