"""A real cluster of two nodes on one machine: nodes and drivers that die, projects made by it."""

from __future__ import annotations

import errno
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from hashlib import sha256
from itertools import count, takewhile
from pathlib import Path
from types import ModuleType
from typing import Any

import fsspec
import numpy as np
import pytest
from PIL import Image

from fewclicks import settings
from fewclicks.cli.door import run
from fewclicks.engine import LocalEngine, RayEngine
from fewclicks.errors import (
    DiskFull,
    FewclicksError,
    InvalidInput,
    MissingExtra,
    NotFound,
    ProjectError,
    SourceError,
)
from fewclicks.project import Project
from fewclicks.records import Reply

N_IMAGES, BROKEN = 90, 40
STORE_BYTES = 100 << 20
PATIENCE = 60.0


@pytest.fixture
def engine(cluster: Any) -> RayEngine:
    return RayEngine(cluster.address)


def test_there_is_a_worker_for_each_core_of_the_cluster(engine: RayEngine) -> None:
    assert engine.workers == 2


def test_workers_are_on_every_node_with_one_thread_each(
    work: ModuleType, engine: RayEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert len({node for _, node, _ in engine.map(work.placed, range(40))}) == 2
    assert {threads for _, threads, _ in engine.map(work.about, range(6))} == {"1"}


def test_shards_larger_than_what_travels_in_a_message_come_whole(engine: RayEngine) -> None:
    shards = [np.full(1 << 20, number, np.uint8) for number in range(12)]
    assert [int(sums) for sums in engine.map(np.max, shards)] == list(range(12))


def test_a_node_that_dies_in_mid_run_loses_nothing(work: ModuleType, cluster: Any) -> None:
    doomed = cluster.add_node(num_cpus=2, object_store_memory=STORE_BYTES)
    cluster.wait_for_nodes()
    engine = RayEngine(cluster.address)
    assert engine.workers == 4
    killed_at: list[int] = []
    shards = takewhile(lambda number: not killed_at or number < killed_at[0] + 60, count())
    told, nodes = [], []
    for number, node, _ in engine.map(work.placed, shards):
        told.append(number)
        nodes.append(node)
        if node == doomed.node_id and not killed_at:
            cluster.remove_node(doomed, allow_graceful=False)
            killed_at.append(len(told))
    assert told == list(range(killed_at[0] + 60))
    done_before = 2 * 4  # at most two shards per worker are done but not yet asked for
    assert doomed.node_id not in nodes[killed_at[0] + done_before :]
    until = time.monotonic() + PATIENCE  # the cluster's own list may lag behind its workers
    while engine.workers != 2:
        assert time.monotonic() < until, "the cluster never missed its node"
        time.sleep(0.1)


def test_a_closed_iterator_leaves_the_workers_room_to_others(
    work: ModuleType, engine: RayEngine
) -> None:
    first = engine.map(work.double, range(100))
    assert next(first) == 0
    hurried = RayEngine(patience=1)
    with pytest.raises(FewclicksError, match="No worker could start within 1 seconds"):
        list(hurried.map(work.double, [1]))
    first.close()
    assert list(engine.map(work.double, [1])) == [2]


def test_a_function_that_a_node_lacks_is_an_error_at_once(
    engine: RayEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "only_here.py").write_text("def same(shard):\n    return shard\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    same = __import__("only_here").same
    with pytest.raises(FewclicksError, match=r"cannot start.*only_here.*Install the same"):
        list(engine.map(same, [1]))


def test_more_than_a_node_has_is_refused(cluster: Any) -> None:
    with pytest.raises(InvalidInput, match="takes 1 CPU, 1 GPU, but no node has that"):
        RayEngine(cluster.address, gpus=1)
    with pytest.raises(InvalidInput, match="takes 9 CPU"):
        RayEngine(cluster.address, cpus=9)
    with pytest.raises(InvalidInput, match="workers must be between 1"):
        RayEngine(cluster.address, workers=0)


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """A folder of small images; one in the middle cannot be decoded."""
    folder = tmp_path / "photos"
    folder.mkdir()
    rng = np.random.default_rng(0)
    for number in range(N_IMAGES):
        pixels = rng.integers(0, 256, (12, 12, 3), np.uint8)
        Image.fromarray(pixels).save(folder / f"{number:02d}.png")
    whole = (folder / f"{BROKEN}.png").read_bytes()
    (folder / f"{BROKEN}.png").write_bytes(whole[: len(whole) // 2])
    return folder


@pytest.fixture
def twins(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Project, Path]]:
    """A project prepared by this machine, and a copy of it from before it had any item."""
    monkeypatch.setattr(settings, "SHARD_ITEMS", 8)
    monkeypatch.setattr(settings, "SENT_ITEMS", 4)
    Project.create(tmp_path / "local", features="colour-hog", n_codewords=5).close()
    shutil.copytree(tmp_path / "local", tmp_path / "twin")
    with Project.open(tmp_path / "local") as local:
        local.add(photos, engine=LocalEngine())
        local.prepare(engine=LocalEngine())
        yield local, tmp_path / "twin"


def computed(folder: Path) -> dict[str, bytes]:
    """Every file of a project that is computed from its images, by name."""
    parts = ("thumbnails", "features", "clusters")
    found = sorted(path for part in parts for path in (folder / part).rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in found}


def rows(project: Project) -> list[Any]:
    columns = ("key", "content_hash", "width", "height")
    told = [row for _, block in project.store.items.columns(*columns) for row in block]
    return [told, project.store.items.failures()]


def same(one: Project, other: Project) -> bool:
    files = computed(one.folder)
    assert len(files) > 15
    others = computed(other.folder)
    assert sorted(files) == sorted(others)
    # names alone: a comparison of the bytes would take minutes to tell
    assert [name for name in files if files[name] != others[name]] == []
    return rows(one) == rows(other)


def test_a_project_made_by_a_cluster_is_the_same_byte_for_byte(
    twins: tuple[Project, Path], engine: RayEngine, photos: Path
) -> None:
    local, folder = twins
    with Project.open(folder) as twin:
        done = twin.add(photos, engine=engine)
        assert (done.n_new, [failed.key for failed in done.failures]) == (
            N_IMAGES - 1,
            [f"{BROKEN}.png"],
        )
        twin.prepare(engine=engine)
        assert same(local, twin)


def test_the_command_line_joins_a_cluster(
    cluster: Any, photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    on_it = ["--engine", "ray", "--address", cluster.address, "--json"]
    made = str(tmp_path / "made")
    assert run(["new", made, str(photos), "--features", "pixels", *on_it]) == 0
    assert run(["prepare", made, *on_it]) == 0
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [document["n_items"] for document in told] == [N_IMAGES - 1] * 2
    assert told[0]["failures"][0]["name"] == f"{BROKEN}.png"


DRIVER = """
import os, signal, sys
from fewclicks import settings
from fewclicks.cli.door import run
from fewclicks.engine import RayEngine
from fewclicks.project import Project
settings.SHARD_ITEMS, settings.SENT_ITEMS = 8, 4
folder, photos, address, fatal = sys.argv[1:]
def report(step, done, total):
    if step == fatal and done >= 32:
        os.kill(os.getpid(), signal.SIGKILL)
engine = RayEngine(address)
project = Project.open(folder)
project.add(photos, report=report, engine=engine)
project.prepare(report=report, engine=engine)
"""


def test_a_run_that_is_killed_goes_on_where_it_stopped(
    twins: tuple[Project, Path], engine: RayEngine, cluster: Any, photos: Path, tmp_path: Path
) -> None:
    local, folder = twins
    script = tmp_path / "driver.py"
    script.write_text(DRIVER)
    kept_by = {"reading images": "thumbnails/*.pack", "describing images": "**/rows.bin"}
    for fatal, kept in kept_by.items():
        command = [sys.executable, script, folder, photos, cluster.address, fatal]
        done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
        assert done.returncode == -signal.SIGKILL, done.stderr
        assert list(folder.glob(kept))
        if fatal == "reading images":
            with Project.open(folder) as twin:
                assert twin.n_items == 32
    told: list[tuple[str, int]] = []
    with Project.open(folder) as twin:
        twin.prepare(lambda step, done, total: told.append((step, done)), engine=engine)
        assert same(local, twin)
    assert ("describing images", 32) in told
    assert ("describing images", 0) not in told


@pytest.fixture
def taught(twins: tuple[Project, Path], monkeypatch: pytest.MonkeyPatch) -> Project:
    """A prepared project in which two classes are known."""
    monkeypatch.setattr(settings, "PART_ITEMS", 4)
    local, _ = twins
    for item in range(8):
        local.answer("ana", Reply("class", "ab"[item % 2]), item=item)
    return local


def written(place: Path) -> dict[str, str]:
    """What was written to a place, by name; not what a killed worker left half-written."""
    whole = (path for path in place.iterdir() if not path.name.startswith("."))
    return {path.name: sha256(path.read_bytes()).hexdigest() for path in whole}


def test_predictions_by_a_cluster_that_loses_a_node_are_the_same_byte_for_byte(
    taught: Project, cluster: Any, photos: Path, tmp_path: Path
) -> None:
    done = taught.predict_into(photos, tmp_path / "by-local", engine=LocalEngine())
    assert (done.n_images, done.n_failed, done.n_parts) == (N_IMAGES, 1, 23)
    assert sorted(done.classes) == ["a", "b"]
    doomed = cluster.add_node(num_cpus=2, object_store_memory=STORE_BYTES)
    cluster.wait_for_nodes()
    lost: list[int] = []

    def report(step: str, done: int, total: int) -> None:
        if step == "predicting" and done >= 16 and not lost:
            cluster.remove_node(doomed, allow_graceful=False)
            lost.append(done)

    by_ray = RayEngine(cluster.address)
    assert by_ray.workers >= 4  # nodes lost before may still count
    again = taught.predict_into(photos, tmp_path / "by-ray", engine=by_ray, report=report)
    assert lost
    assert written(tmp_path / "by-local") == written(tmp_path / "by-ray")
    assert (again.n_before, again.document()) == (0, done.document())


FORETELLER = """
import os, signal, sys
from fewclicks import settings
from fewclicks.engine import RayEngine
from fewclicks.project import Project
settings.PART_ITEMS = 4
folder, photos, place, address = sys.argv[1:]
def report(step, done, total):
    if step == "predicting" and done >= 32:
        os.kill(os.getpid(), signal.SIGKILL)
with Project.open(folder) as project:
    project.predict_into(photos, place, engine=RayEngine(address), report=report)
"""


def test_predictions_that_were_killed_go_on_and_by_another_engine(
    taught: Project, cluster: Any, engine: RayEngine, photos: Path, tmp_path: Path
) -> None:
    whole, place = tmp_path / "whole", tmp_path / "place"
    taught.predict_into(photos, whole, engine=engine)
    script = tmp_path / "foreteller.py"
    script.write_text(FORETELLER)
    command = [sys.executable, script, taught.folder, photos, place, cluster.address]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr
    kept = written(place)
    assert len(kept) >= 9
    assert "summary.json" not in kept
    again = taught.predict_into(photos, place, engine=LocalEngine(2))
    assert again.n_before == len([name for name in kept if name.startswith("part-")])
    assert written(place) == written(whole)


def test_a_place_in_the_memory_of_a_worker_is_refused(
    taught: Project, engine: RayEngine, photos: Path
) -> None:
    with pytest.raises(ProjectError, match=r"as this process sees it.*a URL that every machine"):
        taught.predict_into(photos, "memory://elsewhere/place", engine=engine)
    fsspec.filesystem("memory").store.clear()


def test_a_disk_that_fills_in_mid_matrix_leaves_the_rows_before(
    twins: tuple[Project, Path],
    engine: RayEngine,
    photos: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    local, folder = twins

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with Project.open(folder) as twin, monkeypatch.context() as patch:
        twin.add(photos)

        def report(step: str, done: int, total: int) -> None:
            if step == "describing images" and done == 32:
                patch.setattr(os, "fsync", full)

        with pytest.raises(DiskFull, match=r"rows\.bin"):
            twin.prepare(report, engine=engine)
    told: list[tuple[str, int]] = []
    with Project.open(folder) as twin:
        twin.prepare(lambda step, done, total: told.append((step, done)), engine=engine)
        assert same(local, twin)
    assert ("describing images", 32) in told
    assert ("describing images", 0) not in told


def test_images_that_only_this_process_sees_are_no_unreadable_images(
    engine: RayEngine, photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # which the workers' own working folder is not
    seen = Path("/proc/self/cwd/photos")
    if not seen.exists():
        pytest.skip("this system has no /proc")
    with Project.create(tmp_path / "blind", features="pixels") as project:
        with pytest.raises(SourceError, match=r"worker cannot read 00\.png .* by a shared folder"):
            project.add(seen, engine=engine)
        assert (project.n_items, project.store.items.failures()) == (0, [])


@pytest.mark.parametrize(
    ("address", "kind", "said"),
    [
        ("nowhere", InvalidInput, "must be HOST:PORT but is 'nowhere'"),
        ("127.0.0.1:1", NotFound, "There is no Ray cluster at 127.0.0.1:1"),
    ],
)
def test_an_address_where_no_cluster_is(address: str, kind: type[Exception], said: str) -> None:
    code = (
        "import sys\nfrom fewclicks.engine import RayEngine\n"
        "try:\n    RayEngine(sys.argv[1])\n"
        "except Exception as error:\n    print(type(error).__name__, error)\n"
    )
    pytest.importorskip("ray", reason="needs the extra ray")
    done = subprocess.run(
        [sys.executable, "-c", code, address], capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith(kind.__name__)
    assert said in done.stdout


def test_without_ray_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(MissingExtra, match=r"pip install 'fewclicks\[ray\]'"):
        RayEngine()
