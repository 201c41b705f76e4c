"""The command predict."""

from __future__ import annotations

import shutil

import numpy as np
import pytest
from PIL import Image

from fewclicks.cli.door import run
from fewclicks.project import Project
from fewclicks.workflows import refining


@pytest.fixture(scope="module")
def template(tmp_path_factory, prepared):
    """A project of digits with a hundred answers."""
    folder = shutil.copytree(prepared, tmp_path_factory.mktemp("taught") / "digits")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(refining, "STEPS", 10)  # before the fixture of all tests can say so
        assert run(["simulate", str(folder), "--budget", "100"]) == 0
    return folder


@pytest.fixture
def taught(template, tmp_path):
    return shutil.copytree(template, tmp_path / "digits")


@pytest.fixture
def images(taught, tmp_path):
    """A folder of three digits, each moved a little, noise, and a broken file."""
    folder = tmp_path / "images"
    (folder / "deep").mkdir(parents=True)
    with Project.open(taught) as project:
        truths = project.store.items.truths()
        spots = [truths.index(name) for name in ("0", "1", "7")]
        for name, pixels in zip(
            ("a", "b", "deep/c"), project.thumbnails.pixels(spots), strict=True
        ):
            Image.fromarray(np.roll(pixels, 1, axis=1)).save(folder / f"{name}.png")
    noise = np.random.default_rng(0).integers(0, 256, (28, 28), dtype=np.uint8)
    Image.fromarray(noise).save(folder / "noise.png")
    (folder / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\nnothing")
    return folder


def test_class_and_confidence_are_printed(fewclicks, taught, images):
    told = fewclicks("predict", taught, images, "--threshold", "0.5")
    assert told.code == 0, told.err
    lines = [line.split() for line in told.out.splitlines()]
    assert [line[:2] for line in lines[1:4]] == [
        ["a.png", "0"],
        ["b.png", "1"],
        ["deep/c.png", "7"],
    ]
    assert lines[1][2].endswith("%")
    assert "noise.png" in told.out
    assert "to be asked, unlike everything in the project" in told.out
    assert "1 file could not be read:" in told.out
    assert "broken.png: is cut short or damaged" in told.out


def test_single_files_and_data(fewclicks, taught, images):
    told = fewclicks("predict", taught, images / "a.png", images / "noise.png", "--json")
    document = told.document
    assert document["by"] == "neighbours"
    first, second = document["predictions"]
    assert (first["name"], first["class"]) == (str(images / "a.png"), "0")
    assert len(first["guesses"]) == 3
    assert (second["familiar"], second["sure"]) == (False, False)
    assert document["failures"] == []
    assert document["filed"] is None


def test_sure_images_are_filed_and_nothing_is_overwritten(fewclicks, taught, images, tmp_path):
    target = tmp_path / "sorted"
    for _ in range(2):
        told = fewclicks("predict", taught, images, "--threshold", "0.5", "--file-into", target)
        assert told.code == 0, told.err
        assert f"3 images copied into {target}" in told.out
    found = sorted(path.relative_to(target).as_posix() for path in target.rglob("*.png"))
    assert found == ["0/a-2.png", "0/a.png", "1/b-2.png", "1/b.png", "7/c-2.png", "7/c.png"]
    assert (target / "0" / "a-2.png").read_bytes() == (images / "a.png").read_bytes()


def test_unsure_images_become_questions(fewclicks, taught, images):
    told = fewclicks("predict", taught, images, "--threshold", "0.5", "--ask", "--json")
    by_name = {one["name"]: one for one in told.document["predictions"]}
    assert by_name["noise.png"]["item"] == 300
    assert by_name["a.png"]["item"] is None
    with Project.open(taught) as project:
        assert project.n_items == 301
        assert project.store.questions.page("item", 1)[0].item == 300
    again = fewclicks("predict", taught, images, "--threshold", "0.5", "--ask")
    assert "1 question to answer on the page" in again.out
    with Project.open(taught) as project:
        assert project.n_items == 301


def test_images_of_one_name_in_two_folders_are_two_questions(fewclicks, taught, tmp_path):
    rng = np.random.default_rng(1)
    folders = [tmp_path / name for name in ("one", "two")]
    for folder in folders:
        folder.mkdir()
        noise = rng.integers(0, 256, (28, 28), dtype=np.uint8)
        Image.fromarray(noise).save(folder / "x.png")
    told = fewclicks("predict", taught, *folders, "--ask", "--json")
    assert [(one["name"], one["item"]) for one in told.document["predictions"]] == [
        ("x.png", 300), ("x.png", 301),
    ]  # fmt: skip
    assert (
        "2 questions to answer on the page" in fewclicks("predict", taught, *folders, "--ask").out
    )
    same = fewclicks("predict", taught, folders[0], folders[0] / "x.png", "--ask")
    assert "1 question to answer on the page" in same.out


def test_nothing_readable_is_an_error(fewclicks, taught, images):
    told = fewclicks("predict", taught, images / "broken.png")
    assert told.code == 2
    assert "None of the 1 images could be read" in told.err
    assert fewclicks("predict", taught, images / "nowhere").code == 2


def test_a_place_that_is_no_project(fewclicks, tmp_path, images):
    assert fewclicks("predict", tmp_path / "none", images).code == 3


def test_before_any_class_everything_is_to_be_asked(fewclicks, prepared, images):
    told = fewclicks("predict", prepared, images / "a.png")
    assert told.code == 0
    assert "to be asked" in told.out


def test_predictions_of_a_source_go_into_files(fewclicks, taught, images, tmp_path):
    out = tmp_path / "out"
    told = fewclicks("predict", taught, images, "--threshold", "0.5", "--into", out)
    assert told.code == 0, told.err
    table = [line.split() for line in told.out.splitlines()]
    assert table[0] == ["class", "images"]
    assert {"0", "1", "7"} <= {line[0] for line in table[1:]}
    assert f"5 images in 1 file in {out}: 3 sure, 1 unlike everything in the project" in told.out
    assert "1 image could not be read, as the column “failure” says; the first: broken" in told.out
    again = fewclicks("predict", taught, images, "--threshold", "0.5", "--into", out, "--json")
    document = again.document
    assert {name: document[name] for name in ("n_images", "n_failed", "n_sure", "n_before")} == {
        "n_images": 5, "n_failed": 1, "n_sure": 3, "n_before": 1,
    }  # fmt: skip
    assert document["failure"]["name"] == "broken.png"
    assert sum(document["classes"].values()) == 4
    other = fewclicks("predict", taught, images, "--into", out)
    assert other.code == 4
    assert "at another threshold" in other.err


def test_what_does_not_go_with_files_is_refused(fewclicks, taught, images, tmp_path):
    out = tmp_path / "out"
    for more, said in (
        ([images], "--into takes one source but 2 came"),
        (["--ask"], "Leave out --ask, or --into"),
        (["--file-into", tmp_path / "filed"], "Leave out --file-into, or --into"),
        (["--gpus", "1"], "Add: --engine ray"),
    ):
        told = fewclicks("predict", taught, images, "--into", out, *more)
        assert (told.code, said in told.err) == (2, True), told.err
    told = fewclicks("predict", taught, images, "--engine", "local")
    assert (told.code, "Add: --into PLACE" in told.err) == (2, True)
    assert not out.exists()


def test_before_any_class_files_say_so(fewclicks, prepared, images, tmp_path):
    told = fewclicks("predict", prepared, images, "--into", tmp_path / "out")
    assert "5 images in 1 file" in told.out
    assert "no class is known yet" in told.out
