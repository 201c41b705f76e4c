"""What all routes share."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fewclicks.project import Project
from fewclicks.records import Reply
from fewclicks.server import context as contexts
from fewclicks.server.context import Context


@pytest.fixture
def here(project: Project) -> Iterator[Context]:
    made = Context(project, "ana", with_worker=False)
    yield made
    made.stop()


def test_labels_are_counted_once_for_everybody(
    here: Context, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted: list[Any] = []
    count = contexts.class_counts
    monkeypatch.setattr(contexts, "class_counts", lambda x: (counted.append(x), count(x))[1])
    with ThreadPoolExecutor(8) as pool:
        seen = list(pool.map(lambda _: here.labels(), range(32)))
    assert len({id(labels) for labels in seen}) == len(counted) == 1
    project.answer("ana", Reply("class", "bar"), item=0)
    assert here.labels() is not seen[0]
    assert len(counted) == 2


def test_a_class_after_a_write_has_the_last_count_of_labels(
    here: Context, project: Project
) -> None:
    project.answer("ana", Reply("class", "bar"), item=0)
    row = project.store.classes.all()[0]
    told = here.class_now(row)
    assert (told.n_answers, told.n_labels) == (1, 0)
    assert [(c.n_answers, c.n_labels) for c in here.classes()] == [(1, 1)]
    assert here.class_now(row).n_labels == 1


def test_neighbours_are_a_help_and_not_a_need(tmp_path: Path) -> None:
    rows = tmp_path / "rows.npy"
    np.save(tmp_path / "images.npy", np.zeros((6, 8, 8), np.uint8))
    np.save(rows, np.arange(12, dtype=np.float32).reshape(6, 2))
    with Project.create(
        tmp_path / "p", tmp_path / "images.npy", features=str(rows), n_codewords=2
    ) as project:
        project.answer("ana", Reply("class", "bar"), item=4)
        here = Context(project, "ana", with_worker=False)
        assert here.neighbours(5) == []  # not prepared yet
        project.prepare()
        assert [n.item for n in here.neighbours(5)] == [4]
    with Project.open(tmp_path / "p") as again:
        rows.unlink()
        assert Context(again, "ana", with_worker=False).neighbours(5) == []


def test_nothing_is_started_for_a_read_only_project(project: Project) -> None:
    project.store.jobs.add("round", {})
    project.store.database.read_only = True
    here = Context(project, "ana", with_worker=True)
    here.start()
    here.queued()
    here.changed()
    assert {s.pid for s in here._supervisors.values()} == {None}
    assert not (project.folder / "logs").exists()
    here.stop()
