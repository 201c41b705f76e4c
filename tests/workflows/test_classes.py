"""A project's classes: split, shown by what is typical, and moved to another project."""

from __future__ import annotations

import shutil

import numpy as np
import pytest

from fewclicks.errors import InvalidInput, NotFound
from fewclicks.project import Project
from fewclicks.records import Reply


def kinds(n: int) -> np.ndarray:
    """`n` images of 12 × 12: bars and dashes in turn; the last is that two before it."""
    rng = np.random.default_rng(0)
    images = rng.integers(0, 20, (n, 12, 12)).astype(np.uint8)
    images[::2, 2:10, 5:7] = 250
    images[1::2, 5:7, 2:10] = 250
    images[n - 1] = images[n - 3]
    return images


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    """Folder of a project of 60 bars and dashes in 4 clusters."""
    home = tmp_path_factory.mktemp("classes")
    np.save(home / "kinds.npy", kinds(60))
    with Project.create(home / "kinds", home / "kinds.npy", n_codewords=4) as project:
        project.prepare()
    return home / "kinds"


@pytest.fixture
def bars(template, tmp_path):
    """A project of one's own."""
    with Project.open(shutil.copytree(template, tmp_path / "kinds")) as project:
        yield project


@pytest.fixture
def named(bars):
    """The same with all but the first called “thing”, each cluster and 41 items one by one."""
    for question in bars.store.questions.page("cluster"):
        bars.answer("ana", Reply("class", "thing"), question_id=question.id)
    bars.answer("ana", Reply("class", "other"), item=0)
    for item in range(2, 43):
        bars.answer("ana", Reply("class", "thing"), item=item)
    return bars


def of_class(project: Project, name: str) -> int:
    return next(i for i, known in project.store.classes.names().items() if known == name)


def test_what_is_split_is_every_item_of_the_class_once(named):
    thing = of_class(named, "thing")
    sheet = named.store.answers.sheet(60)
    rows = [named.store.questions.get(i) for i in named.classes.split("ana", thing)]
    shown = np.concatenate([[row.item] if row.members is None else row.members for row in rows])
    whole = set(np.flatnonzero(sheet.class_ids == thing).tolist())
    assert len(shown) == len(set(shown.tolist()))
    assert set(shown.tolist()) == whole - {59}  # an exact copy follows its original
    groups = [set(row.members.tolist()) for row in rows if row.members is not None]
    singly = [members for members in groups if members <= set(range(2, 43))]
    assert len(singly) >= 2
    assert set().union(*singly) == set(range(2, 43)), "what was named one by one"
    assert all(len({item % 2 for item in members}) == 1 for members in singly), "like with like"


def test_a_cluster_comes_back_without_what_was_said_otherwise(bars):
    question = bars.store.questions.page("cluster")[0]
    members = question.members.tolist()
    bars.answer("ana", Reply("class", "post", misfits=(members[1],)), question_id=question.id)
    bars.answer("ana", Reply("class", "rod"), item=members[0])
    [again] = bars.classes.split("ana", of_class(bars, "post"))
    expected = set(members[2:])
    if 57 in expected:  # 59 is an exact copy, which follows its original
        expected -= {59}
    assert set(bars.store.questions.get(again).members.tolist()) == expected


def test_typical_items_show_every_kind(named):
    thing = of_class(named, "thing")
    typical = named.classes.typical(thing, 6)
    assert len(set(typical)) == 6
    assert {item % 2 for item in typical[:2]} == {0, 1}
    assert 0 not in named.classes.typical(thing, 60)
    with pytest.raises(NotFound):
        named.classes.typical(99)
    with pytest.raises(InvalidInput):
        named.classes.typical(thing, 0)


def test_a_class_nobody_answered_has_no_typical_items(bars):
    made = bars.store.classes.create("ana", "empty")
    assert bars.classes.typical(made.id) == []


def test_an_unprepared_project_is_split_all_the_same(tmp_path):
    np.save(tmp_path / "kinds.npy", kinds(20))
    with Project.create(tmp_path / "kinds", tmp_path / "kinds.npy") as project:
        for item in range(19):
            project.store.answers.add("ana", Reply("class", "thing"), item=item)
        assert project.classes.typical(1, 3) == [0, 1, 2]
        [question] = project.classes.split("ana", 1)
        assert project.store.questions.get(question).members.tolist() == [*range(19)]


@pytest.mark.parametrize("suffix", ["csv", "json"])
def test_a_list_moves_to_another_project(tmp_path, suffix):
    np.save(tmp_path / "kinds.npy", kinds(20))
    lists = tmp_path / f"classes.{suffix}"
    with Project.create(tmp_path / "one", tmp_path / "kinds.npy") as project:
        project.store.classes.create("ana", "shape", key="h", color="#102030")
        project.store.classes.create(
            "ana", "bar", parent=1, description="upright,\nnot lying", examples=[4, 2]
        )
        assert project.classes.export(lists) == 2
    with Project.create(tmp_path / "two", tmp_path / "kinds.npy") as project:
        taken = project.classes.take("ana", lists)
        assert (taken.n_added, taken.n_skipped_examples) == (2, 0)
        shape, bar = project.store.classes.all()
        assert (shape.name, shape.key, shape.color) == ("shape", "h", "#102030")
        assert (bar.parent_id, bar.description) == (shape.id, "upright,\nnot lying")
        assert bar.examples == (4, 2)
        project.store.answers.add("ana", Reply("class"), class_id=bar.id, item=0)
        project.prepare()
        table = tmp_path / "labels.csv"
        project.export(table)
        assert table.read_text().splitlines()[1].startswith("0,0,bar,shape,1.0,person")


def test_files_that_cannot_be(tmp_path):
    np.save(tmp_path / "kinds.npy", kinds(4))
    with Project.create(tmp_path / "one", tmp_path / "kinds.npy") as project:
        with pytest.raises(InvalidInput, match=r"\.csv or \.json"):
            project.classes.export(tmp_path / "classes.txt")
        with pytest.raises(NotFound, match="cannot be read"):
            project.classes.take("ana", tmp_path / "nothing.csv")
