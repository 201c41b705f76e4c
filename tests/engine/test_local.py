from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import tempfile
import textwrap
from functools import partial
from pathlib import Path
from types import ModuleType

import numpy as np
import psutil
import pytest

from fewclicks.engine import LocalEngine
from fewclicks.errors import DiskFull, FewclicksError, InvalidInput


def test_a_report_that_raises_stops_the_work(work: ModuleType) -> None:
    def stop(step: str, done: int, total: int) -> None:
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        list(LocalEngine(2).map(work.double, range(100), report=stop))
    assert not _workers()


def test_no_worker_is_left_after_an_error(work: ModuleType) -> None:
    with pytest.raises(FewclicksError, match="died twice"):
        list(LocalEngine(2).map(work.die_on_three, range(12)))
    assert not _workers()


def test_workers_are_other_processes_with_one_thread_each(
    work: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    told = list(LocalEngine(2).map(work.about, range(6)))
    assert os.getpid() not in {pid for pid, _, _ in told}
    assert {threads for _, threads, _ in told} <= {"1", os.environ.get("OMP_NUM_THREADS")}
    assert not any(numpy_came for _, _, numpy_came in told)


def test_one_worker_is_this_process(work: ModuleType) -> None:
    assert [pid for pid, _, _ in LocalEngine(1).map(work.about, [0])] == [os.getpid()]


def test_workers_follow_the_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FEWCLICKS_WORKERS", "3")
    assert LocalEngine().workers == 3


def test_no_worker_is_refused() -> None:
    with pytest.raises(InvalidInput, match="workers must be between 1"):
        LocalEngine(0)


def test_no_room_for_the_large_arrays_of_a_function_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", str(tmp_path))

    monkeypatch.setattr(tempfile, "mkstemp", full)
    with pytest.raises(DiskFull, match=rf"{tmp_path} cannot be written: No space left"):
        list(LocalEngine(2).map(partial(np.take, np.arange(1 << 19)), [0]))


def test_a_script_without_a_guard_runs_once(tmp_path: Path) -> None:
    output = _script(
        tmp_path,
        """
        import operator
        print("started")
        from fewclicks.engine import LocalEngine
        print(list(LocalEngine(2).map(operator.neg, range(4))))
        """,
    )
    assert output.split("\n")[:2] == ["started", "[0, -1, -2, -3]"]


def test_a_function_of_the_script_itself_runs(tmp_path: Path) -> None:
    output = _script(
        tmp_path,
        """
        from functools import partial
        from fewclicks.engine import LocalEngine
        def power(exponent, base):
            return base ** exponent
        if __name__ == "__main__":
            print(list(LocalEngine(2).map(partial(power, 2), range(4))))
        """,
    )
    assert output.strip() == "[0, 1, 4, 9]"


ENDLESS = """
import signal
from itertools import count
from fewclicks.engine import LocalEngine
# shells have what they run in the background ignore it
signal.signal(signal.SIGINT, signal.default_int_handler)
for result in LocalEngine(2).map(abs, count()):
    if result == 9:
        print("going", flush=True)
"""


@pytest.mark.skipif(os.name == "nt", reason="signals as POSIX has them")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_no_worker_outlives_its_parent(tmp_path: Path, number: signal.Signals) -> None:
    script = tmp_path / "endless.py"
    script.write_text(ENDLESS)
    with subprocess.Popen(
        [sys.executable, str(script)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == "going\n"
        family = psutil.Process(parent.pid).children(recursive=True)
        parent.send_signal(number)
        parent.wait(timeout=60)
    assert len(family) >= 2
    _, alive = psutil.wait_procs(family, timeout=60)
    assert not alive


def _script(folder: Path, code: str) -> str:
    path = folder / "script.py"
    path.write_text(textwrap.dedent(code))
    done = subprocess.run(
        [sys.executable, str(path)], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def _workers() -> list[psutil.Process]:
    """Processes of this test run that execute shards: what forked from its fork server."""
    servers = psutil.Process().children()
    return [child for server in servers for child in server.children()]
