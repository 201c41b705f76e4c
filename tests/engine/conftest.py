"""Functions that worker processes can import, wherever pytest is started."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

WORK = """
import os, signal, time

def double(number):
    return 2 * number

def slow_first(number):
    time.sleep(0.3 if number == 0 else 0)
    return number

def die_once(marker_and_number):
    marker, number = marker_and_number
    if number == 3 and not os.path.exists(marker):
        open(marker, "w").close()
        os.kill(os.getpid(), signal.SIGKILL)
    return number

def die_on_three(number):
    if number == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return number

def fail_on_two(number):
    from fewclicks.errors import UnreadableImage
    if number == 2:
        raise UnreadableImage("is odd", "Mend it.")
    return number

def about(_):
    import sys
    return os.getpid(), os.environ.get("OMP_NUM_THREADS"), "numpy" in sys.modules
"""


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    (tmp_path / "engine_work.py").write_text(WORK)
    monkeypatch.syspath_prepend(str(tmp_path))
    yield importlib.import_module("engine_work")
    del sys.modules["engine_work"]
