from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import psutil
import pytest

from fewclicks.engine import LocalEngine
from fewclicks.errors import FewclicksError, InvalidInput, UnreadableImage

BOTH = pytest.mark.parametrize("workers", [1, 2])


@BOTH
def test_results_come_in_order(work: ModuleType, workers: int) -> None:
    assert list(LocalEngine(workers).map(work.slow_first, range(9))) == list(range(9))


@BOTH
def test_no_shard_gives_no_result(work: ModuleType, workers: int) -> None:
    assert list(LocalEngine(workers).map(work.double, [])) == []


@BOTH
def test_every_result_is_reported(work: ModuleType, workers: int) -> None:
    told: list[tuple[str, int, int]] = []
    report = lambda *what: told.append(what)  # noqa: E731
    list(LocalEngine(workers).map(work.double, [1, 2], step="double", total=2, report=report))
    assert told == [("double", 0, 2), ("double", 1, 2), ("double", 2, 2)]


@BOTH
def test_an_error_of_the_function_comes_through(work: ModuleType, workers: int) -> None:
    results = LocalEngine(workers).map(work.fail_on_two, range(5))
    assert [next(results), next(results)] == [0, 1]
    with pytest.raises(UnreadableImage) as caught:
        next(results)
    assert caught.value.remedy == "Mend it."


@BOTH
def test_shards_are_not_taken_long_before_they_are_needed(work: ModuleType, workers: int) -> None:
    taken = []

    def shards() -> Iterator[int]:
        for number in range(100):
            taken.append(number)
            yield number

    results = LocalEngine(workers).map(work.double, shards())
    next(results)
    time.sleep(0.2)
    assert len(taken) <= 2 * workers
    results.close()  # type: ignore[attr-defined]
    assert len(taken) <= 2 * workers


def test_a_report_that_raises_stops_the_work(work: ModuleType) -> None:
    def stop(step: str, done: int, total: int) -> None:
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        list(LocalEngine(2).map(work.double, range(100), report=stop))
    assert not _workers()


def test_a_shard_whose_worker_is_killed_is_done_again(work: ModuleType, tmp_path: Path) -> None:
    shards = [(str(tmp_path / "died"), number) for number in range(12)]
    assert list(LocalEngine(2).map(work.die_once, shards)) == list(range(12))
    assert (tmp_path / "died").exists()


def test_a_shard_that_kills_its_worker_twice_is_named(work: ModuleType) -> None:
    results = LocalEngine(2).map(work.die_on_three, range(12))
    assert [next(results) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(FewclicksError, match="died twice on the same shard: 3"):
        next(results)
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
import sys, time
from itertools import count
from fewclicks.engine import LocalEngine
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
        parent.wait(timeout=20)
    assert len(family) >= 2
    _, alive = psutil.wait_procs(family, timeout=10)
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
