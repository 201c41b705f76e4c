"""Functions that workers can import, wherever pytest is started, and a Ray cluster of two nodes."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from fewclicks.engine import LocalEngine, RayEngine

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

def placed(number):
    import ray
    time.sleep(0.05)
    kept_where_it_was_made = bytes(300_000)
    return number, ray.get_runtime_context().get_node_id(), kept_where_it_was_made

class Counter:
    \"\"\"Counts how often it was unpickled in this process, which it tells.\"\"\"
    arrived = 0
    def __call__(self, number):
        return os.getpid(), Counter.arrived
    def __setstate__(self, state):
        Counter.arrived += 1
    def __getstate__(self):
        return {"nothing": 0}
"""

STORE_BYTES = 100 << 20

LOOKED_AFTER_MS = 500
"""Between two looks at a node; after five that find nothing it counts as dead."""


@pytest.fixture(scope="session")
def work_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the functions' module lies."""
    folder: Path = tmp_path_factory.mktemp("work")
    (folder / "engine_work.py").write_text(WORK)
    return folder


@pytest.fixture
def work(work_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """The functions."""
    monkeypatch.syspath_prepend(str(work_folder))
    yield importlib.import_module("engine_work")
    del sys.modules["engine_work"]


@pytest.fixture(scope="module")
def cluster(work_folder: Path) -> Iterator[Any]:
    """Two nodes of one CPU each, each with processes of its own."""
    ray = pytest.importorskip("ray", reason="needs the extra ray")
    from ray.cluster_utils import Cluster

    with pytest.MonkeyPatch.context() as patch:
        known = os.environ.get("PYTHONPATH")
        patch.setenv("PYTHONPATH", os.pathsep.join(filter(None, [str(work_folder), known])))
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        made = Cluster()
        made.add_node(
            num_cpus=1,
            object_store_memory=STORE_BYTES,
            include_dashboard=False,
            _system_config={"health_check_period_ms": LOOKED_AFTER_MS},
        )
        made.add_node(num_cpus=1, object_store_memory=STORE_BYTES)
        yield made
        ray.shutdown()
        made.shutdown()


@pytest.fixture(params=["alone", "local", "ray"])
def engine(request: pytest.FixtureRequest) -> Any:
    """Every engine: this process, two others, and a worker on each of two nodes."""
    if request.param == "ray":
        return RayEngine(request.getfixturevalue("cluster").address)
    return LocalEngine(1 if request.param == "alone" else 2)
