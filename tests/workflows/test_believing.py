from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from fewclicks.labels import resolve
from fewclicks.project import Project
from fewclicks.records import MODEL, PERSON, Reply
from fewclicks.workflows import believing


@pytest.fixture
def project(tmp_path: Path) -> Project:
    images = np.random.default_rng(0).integers(0, 256, (40, 8, 8), np.uint8)
    np.save(tmp_path / "images.npy", images)
    made = Project.create(tmp_path / "project", tmp_path / "images.npy", n_codewords=2)
    made.prepare()
    made.answer("ana", Reply("class", "cat"), item=0)
    made.answer("ana", Reply("class", "dog"), item=1)
    made.round()
    return made


def test_what_a_model_believes_is_followed_again_only_when_classes_change(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    followed: list[int] = []

    def counted(*arguments: object) -> object:
        followed.append(1)
        return resolve.followed(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(believing, "followed", counted)
    with project:
        before = project.labels()
        project.answer("ana", Reply("class", "dog"), item=2)
        after = project.labels()
        assert len(followed) == 1
        assert (before.sources[2], after.sources[2]) == (MODEL, PERSON)
        project.store.events.undo("ana")
        assert project.labels().sources[2] == MODEL
        assert len(followed) == 1
        project.store.classes.merge("ana", 1, into=2)
        assert set(project.labels().class_ids[:, 0].tolist()) == {2}
        assert len(followed) == 2
