"""Export jobs: where they write, and how they begin again."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from fewclicks.errors import Conflict, InvalidInput
from fewclicks.project import Project
from fewclicks.records import Reply
from fewclicks.server.exports import check_target, export
from fewclicks.store.jobs import JobRow


def silent(step: str, done: int, total: int) -> None: ...


@pytest.fixture
def labelled(project: Project) -> Project:
    for item, name in enumerate(("bar", "dash", "bar")):
        project.answer("ana", Reply("class", name), item=item)
    return project


def job(project: Project, **args: Any) -> JobRow:
    return project.store.jobs.add("export", args)


def files(folder: Path) -> dict[str, int]:
    return {place.name: len(list(place.iterdir())) for place in folder.iterdir() if place.is_dir()}


def test_class_folders_go_under_the_project_by_default(labelled: Project) -> None:
    result = export(labelled, job(labelled, format="folders"), silent)
    assert result["path"] == str(labelled.folder / "exports" / "labels-1")
    assert files(Path(result["path"])) == {"bar": 2, "dash": 1}
    assert result["n_missing"] == 0


def test_class_folders_go_where_they_are_wanted(labelled: Project, tmp_path: Path) -> None:
    target = tmp_path / "my labels"
    target.mkdir()
    result = export(labelled, job(labelled, format="folders", folder=str(target)), silent)
    assert result["path"] == str(target)
    assert files(target) == {"bar": 2, "dash": 1}


def test_an_export_that_was_cut_off_begins_again(labelled: Project, tmp_path: Path) -> None:
    target = tmp_path / "labels"
    row = job(labelled, format="folders", folder=str(target))

    def cut_off(step: str, done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        export(labelled, row, cut_off)
    assert [place.name[0] for place in target.iterdir()] == ["."]
    assert export(labelled, row, silent)["rows"] == 3
    assert files(target) == {"bar": 2, "dash": 1}


def test_a_folder_that_is_in_use_by_then(labelled: Project, tmp_path: Path) -> None:
    row = job(labelled, format="folders", folder=str(tmp_path / "x"))
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "mine.txt").touch()
    with pytest.raises(Conflict, match="not an empty folder"):
        export(labelled, row, silent)
    assert os.listdir(tmp_path / "x") == ["mine.txt"]


def test_targets_that_can_be_told_to_be_wrong_at_once(tmp_path: Path) -> None:
    check_target("csv", None)
    check_target("folders", str(tmp_path))
    check_target("folders", str(tmp_path / "not yet"))
    (tmp_path / "something").touch()
    for folder in (tmp_path, tmp_path / "something"):
        with pytest.raises(Conflict):
            check_target("folders", str(folder))
    with pytest.raises(InvalidInput, match="absolute"):
        check_target("folders", "labels")
    with pytest.raises(InvalidInput, match="folders"):
        check_target("csv", str(tmp_path))
