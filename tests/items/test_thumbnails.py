from __future__ import annotations

import errno
import io
import os
import pickle
import threading
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from fewclicks.errors import DiskFull, InvalidInput, ProjectError, ReadOnlyProject
from fewclicks.items.thumbnails import (
    ThumbnailStore,
    decode_thumbnail,
    encode_thumbnail,
    media_type,
)


def noise(*shape: int) -> Image.Image:
    return Image.fromarray(np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8))


# one thumbnail


@pytest.mark.parametrize("shape", [(1, 1), (28, 28), (96, 96), (96, 20, 3)])
def test_small_images_lose_nothing(shape: tuple[int, ...]) -> None:
    image = noise(*shape)
    blob = encode_thumbnail(image)
    assert media_type(blob) == "image/png"
    np.testing.assert_array_equal(decode_thumbnail(blob), np.asarray(image))


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ((97, 97), (97, 97)),
        ((256, 100), (256, 100)),
        ((512, 100), (256, 50)),
        ((1000, 2000), (128, 256)),
        ((5000, 1), (256, 1)),
    ],
)
def test_large_images_become_jpegs_that_fit(
    size: tuple[int, int], expected: tuple[int, int]
) -> None:
    blob = encode_thumbnail(Image.new("RGB", size, (10, 150, 200)))
    image = Image.open(io.BytesIO(blob))
    assert (media_type(blob), image.format, image.size) == ("image/jpeg", "JPEG", expected)
    assert np.abs(decode_thumbnail(blob).astype(int) - [10, 150, 200]).max() <= 4


def test_grey_stays_one_channel() -> None:
    assert decode_thumbnail(encode_thumbnail(Image.new("L", (300, 200), 9))).shape == (171, 256)


def test_the_side_can_be_set() -> None:
    image = Image.open(io.BytesIO(encode_thumbnail(Image.new("L", (400, 200)), side=120)))
    assert image.size == (120, 60)


# the store


@pytest.fixture
def store(tmp_path: Path) -> ThumbnailStore:
    store = ThumbnailStore(tmp_path / "thumbnails")
    store.write(0, [b"a", b"bb", b""])
    store.write(3, [b"dddd", b"e"])
    return store


def test_thumbnails_are_read_by_item_id(store: ThumbnailStore) -> None:
    assert [store.read(item) for item in range(5)] == [b"a", b"bb", b"", b"dddd", b"e"]
    assert store.read_many([4, 0, 3, 0]) == [b"e", b"a", b"dddd", b"a"]
    assert store.read_many(np.array([1], dtype=np.int32)) == [b"bb"]
    assert store.read_many([]) == []


def test_a_pack_is_one_file_named_by_its_first_id(store: ThumbnailStore) -> None:
    assert sorted(os.listdir(store.folder)) == ["000000000.pack", "000000003.pack"]


def test_pixels_come_decoded(tmp_path: Path) -> None:
    grey, colour = noise(5, 4), noise(6, 7, 3)
    store = ThumbnailStore(tmp_path)
    store.write(0, [encode_thumbnail(grey), encode_thumbnail(colour)])
    second, first = store.pixels([1, 0])
    np.testing.assert_array_equal(first, np.asarray(grey))
    np.testing.assert_array_equal(second, np.asarray(colour))


@pytest.mark.parametrize("item", [5, -1, 10**12])
def test_an_item_without_thumbnail_is_named(store: ThumbnailStore, item: int) -> None:
    with pytest.raises(ProjectError, match=f"no thumbnail of item {item} ") as caught:
        store.read(item)
    assert "prepare" in caught.value.remedy


def test_an_empty_store_has_no_thumbnail(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match="no thumbnail"):
        ThumbnailStore(tmp_path / "nothing").read(0)


def test_packs_written_later_by_others_are_found(store: ThumbnailStore) -> None:
    other = ThumbnailStore(store.folder)
    assert other.read(4) == b"e"
    store.write(5, [b"f"])
    assert other.read(5) == b"f"


def test_an_orphan_pack_is_replaced_and_never_served_again(store: ThumbnailStore) -> None:
    assert store.read(3) == b"dddd"
    ThumbnailStore(store.folder).write(3, [b"new", b"newer", b"newest"])
    assert store.read_many([3, 4, 5]) == [b"new", b"newer", b"newest"]


def test_what_an_import_left_half_written_is_ignored(store: ThumbnailStore) -> None:
    (store.folder / ".000000005.pack.1.tmp").write_bytes(b"FCTP half")
    with pytest.raises(ProjectError, match="no thumbnail"):
        store.read(5)
    store.write(5, [b"f"])
    assert store.read(5) == b"f"


@pytest.mark.parametrize("damage", ["empty", "head", "early", "cut", "longer", "magic", "offsets"])
def test_a_damaged_pack_is_named_with_its_remedy(store: ThumbnailStore, damage: str) -> None:
    path = store.folder / "000000003.pack"
    whole = path.read_bytes()
    path.write_bytes(
        {
            "empty": b"",
            "head": whole[:6],
            "early": whole[:13],
            "cut": whole[:-1],
            "longer": whole + b"x",
            "magic": b"ZZZZ" + whole[4:],
            "offsets": whole[:16] + b"\xff" * 8 + whole[24:],
        }[damage]
    )
    with pytest.raises(ProjectError, match=r"000000003\.pack.*damaged.*fewclicks prepare"):
        store.read(3)
    assert store.read(0) == b"a"


def test_a_damaged_thumbnail_is_named(store: ThumbnailStore) -> None:
    told = r"thumbnail of item 3 is damaged.*Delete .*000000003\.pack\. Run `fewclicks prepare`"
    with pytest.raises(ProjectError, match=told):
        store.pixels([3])


def test_an_empty_pack_is_refused(store: ThumbnailStore) -> None:
    with pytest.raises(InvalidInput, match="at least one"):
        store.write(9, [])


@pytest.mark.parametrize(
    ("number", "error"),
    [(errno.ENOSPC, DiskFull), (errno.EROFS, ReadOnlyProject), (errno.EIO, ProjectError)],
)
def test_a_pack_that_cannot_be_written_leaves_the_old_one(
    store: ThumbnailStore, monkeypatch: pytest.MonkeyPatch, number: int, error: type[ProjectError]
) -> None:
    def fail(descriptor: int) -> None:
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fail)
        with pytest.raises(error, match=r"000000003\.pack cannot be written") as caught:
            store.write(3, [b"never"])
    assert type(caught.value) is error
    assert ThumbnailStore(store.folder).read(3) == b"dddd"


def test_a_store_can_be_pickled(store: ThumbnailStore) -> None:
    store.read(0)
    assert pickle.loads(pickle.dumps(store)).read(1) == b"bb"


def test_more_packs_than_are_kept_open(tmp_path: Path) -> None:
    store = ThumbnailStore(tmp_path)
    for item in range(140):
        store.write(item, [str(item).encode()])
    order = np.random.default_rng(0).permutation(140)
    assert store.read_many(order) == [str(item).encode() for item in order]


def test_many_threads_read_while_packs_are_replaced(tmp_path: Path) -> None:
    store = ThumbnailStore(tmp_path)
    wrong: list[object] = []
    for first in range(0, 200, 10):
        store.write(first, [str(first + spot).encode() for spot in range(10)])

    def read(seed: int) -> None:
        rng = np.random.default_rng(seed)
        items = rng.integers(0, 200, 400).tolist()
        wrong.extend(item for item in items if store.read(item) != str(item).encode())

    threads = [threading.Thread(target=read, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for first in range(0, 200, 10):
        store.write(first, [str(first + spot).encode() for spot in range(10)])
    for thread in threads:
        thread.join()
    assert wrong == []


@settings(max_examples=30)
@given(st.lists(st.lists(st.binary(max_size=20), min_size=1, max_size=5), max_size=6))
def test_whatever_is_written_is_read(
    tmp_path_factory: pytest.TempPathFactory, packs: list[list[bytes]]
) -> None:
    store = ThumbnailStore(tmp_path_factory.mktemp("packs"))
    written: list[bytes] = []
    for pack in packs:
        store.write(len(written), pack)
        written += pack
    assert store.read_many(range(len(written))) == written


def test_gaps_are_the_runs_without_a_whole_pack(tmp_path):
    store = ThumbnailStore(tmp_path)
    assert store.gaps(0) == []
    assert store.gaps(5) == [(0, 5)]
    store.write(2, [b"a", b"b"])
    store.write(6, [b"c"])
    assert store.gaps(9) == [(0, 2), (4, 6), (7, 9)]
    (tmp_path / "000000002.pack").write_bytes(b"FCTP")
    assert store.gaps(7) == [(0, 6)]
