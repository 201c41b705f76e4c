import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fewclicks.errors import Conflict, InvalidInput
from fewclicks.export.folders import FolderItem, folder_name, write_folders


@pytest.fixture
def photos(tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir()
    for name in "abc":
        (folder / f"{name}.jpg").write_bytes(name.encode())
    return folder


def item(photos, name, class_name):
    path = photos / name
    return FolderItem(name, class_name, str(path), path.read_bytes)


def placed(target):
    return sorted(str(p.relative_to(target)) for p in target.rglob("*") if not p.is_dir())


@pytest.mark.parametrize("mode", ["copy", "hardlink", "symlink"])
def test_each_image_is_in_the_folder_of_its_class(photos, tmp_path, mode):
    target = tmp_path / "out"
    items = [
        item(photos, "a.jpg", "coat"),
        item(photos, "b.jpg", "hat"),
        item(photos, "c.jpg", None),
    ]
    done = write_folders(items, target, mode=mode)
    assert placed(target) == ["coat/a.jpg", "hat/b.jpg"]
    assert (done.n_written, done.n_unlabelled, done.missing) == (2, 1, [])
    assert (target / "coat/a.jpg").read_bytes() == b"a"
    assert (target / "coat/a.jpg").is_symlink() == (mode == "symlink")
    assert os.stat(photos / "a.jpg").st_nlink == (2 if mode == "hardlink" else 1)


def test_unlabelled_images_are_placed_only_when_asked(photos, tmp_path):
    write_folders([item(photos, "a.jpg", None)], tmp_path / "out", unlabelled=True)
    assert placed(tmp_path / "out") == ["_unlabelled/a.jpg"]


def test_equal_names_are_numbered(photos, tmp_path):
    items = [FolderItem(f"{folder}/x.jpg", "coat", None, lambda: b"x") for folder in "pqr"]
    write_folders(items, tmp_path / "out")
    assert placed(tmp_path / "out") == ["coat/x-2.jpg", "coat/x-3.jpg", "coat/x.jpg"]


def test_classes_whose_safe_names_collide_keep_apart(tmp_path):
    names = ["a/b", "a:b", "A/B", "a/b"]
    items = [FolderItem(f"{n}.jpg", name, None, lambda: b"x") for n, name in enumerate(names)]
    write_folders(items, tmp_path / "out")
    assert placed(tmp_path / "out") == ["A_B-3/2.jpg", "a_b-2/1.jpg", "a_b/0.jpg", "a_b/3.jpg"]


def test_a_missing_original_is_reported_and_the_rest_goes_on(photos, tmp_path):
    items = [
        item(photos, "gone.jpg", "coat"),
        FolderItem("x", "coat", None, lambda: None),
        item(photos, "a.jpg", "coat"),
    ]
    done = write_folders(items, tmp_path / "out")
    assert done.missing == ["gone.jpg", "x"]
    assert placed(tmp_path / "out") == ["coat/a.jpg"]


def test_a_folder_in_use_is_refused(photos):
    with pytest.raises(Conflict, match="not empty"):
        write_folders([], photos)


def test_the_mode_must_be_known(tmp_path):
    with pytest.raises(InvalidInput, match="copy, hardlink, symlink"):
        write_folders([], tmp_path / "out", mode="move")


def test_hard_links_across_disks_say_what_to_do(tmp_path):
    other = "/dev/shm"
    if not os.path.isdir(other) or os.stat(other).st_dev == os.stat(tmp_path).st_dev:
        pytest.skip("there is no second file system to link from")
    original = os.path.join(other, f"fewclicks-{os.getpid()}.jpg")
    with open(original, "wb") as file:
        file.write(b"x")
    try:
        far = FolderItem("x.jpg", "coat", original, lambda: b"x")
        with pytest.raises(InvalidInput, match="mode copy or symlink"):
            write_folders([far], tmp_path / "out", mode="hardlink")
    finally:
        os.unlink(original)


@pytest.mark.parametrize(
    ("name", "folder"),
    [
        ("coat", "coat"),
        ("a/b", "a_b"),
        ("..", "_"),
        ("", "_"),
        ("con", "_con"),
        ("été", "été"),
        ("_unlabelled", "__unlabelled"),
        ("x. ", "x"),
    ],
)
def test_folder_names_are_safe(name, folder):
    assert folder_name(name) == folder


@given(st.text())
def test_no_class_name_escapes_its_folder(name):
    folder = folder_name(name)
    assert 1 <= len(folder) <= 101
    assert "/" not in folder
    assert folder not in (".", "..")


def test_images_may_join_those_that_are_there(tmp_path):
    def item(name, class_name):
        return FolderItem(name, class_name, None, lambda: name.encode())

    target = tmp_path / "out"
    names = ("a/b", "a_b")
    write_folders([item("1.png", "a_b")], target, fresh=False, classes=names)
    write_folders([item("1.png", "a_b"), item("1.png", "a/b")], target, fresh=False, classes=names)
    found = sorted(path.relative_to(target).as_posix() for path in target.rglob("*.png"))
    assert found == ["a_b-2/1-2.png", "a_b-2/1.png", "a_b/1.png"]


def test_a_file_in_the_place_of_a_class_is_in_the_way(tmp_path):
    (tmp_path / "cat").write_text("a file")
    with pytest.raises(Conflict, match="is a file"):
        write_folders([FolderItem("1.png", "cat", None, lambda: b"1")], tmp_path, fresh=False)
