from __future__ import annotations

import json
import pickle
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fewclicks.errors import SourceError
from fewclicks.items.images import decode
from fewclicks.items.ingest import Ingested, ingest
from fewclicks.items.sources import open_source

Encode = Callable[..., bytes]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.png", b"\x89PNG\r\n\x1a\n", "is one image"),
        ("a.jpg", b"not even that", "is one image"),
        ("a.bin", bytes(range(256)), "is none"),
        ("a.csv", b"", "is none"),
    ],
)
def test_what_is_no_source_is_refused(
    tmp_path: Path, name: str, content: bytes, message: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(SourceError, match=message):
        open_source(tmp_path / name)


@pytest.mark.parametrize("place", ["/no/such/place", "memory://no/such/place"])
def test_nothing_there(place: str, memory: Any) -> None:
    with pytest.raises(SourceError, match=f"nothing at {place}"):
        open_source(place)


@pytest.mark.parametrize("content", ["path,label\na.png,cat\n", ",".join("1" * 17)])
def test_labels_from_elsewhere_are_not_silently_ignored(tmp_path: Path, content: str) -> None:
    (tmp_path / "x.csv").write_text(content)
    with pytest.raises(SourceError, match=r"tell its labels itself.*label_column"):
        open_source(tmp_path / "x.csv", labels="y.npy")


def test_content_counts_and_not_the_name(tmp_path: Path, digits: np.ndarray) -> None:
    np.save(tmp_path / "x.npy", digits)
    (tmp_path / "x.npy").rename(tmp_path / "x.zip")
    assert open_source(tmp_path / "x.zip").kind == "array"


def test_relative_places_are_remembered_whole(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "t.csv").write_text("path,label\ndog/1.png,pug\n")
    monkeypatch.chdir(tmp_path)
    source = open_source("photos", labels="t.csv", label_column="label")
    assert source.uri == str(photos)
    assert source.options == {"labels": str(tmp_path / "t.csv"), "label_column": "label"}
    monkeypatch.chdir("/")
    options = json.loads(json.dumps(source.options))
    again = open_source(source.uri, **options)
    assert list(again.entries()) == list(source.entries())


def test_groups_are_of_folders_only(photos: Path, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"groups must be “folders”.*subject came"):
        open_source(photos, groups="subject")
    (tmp_path / "list.csv").write_text(f"path\n{photos}/dog/1.png\n")
    with pytest.raises(SourceError, match="group_column"):
        open_source(tmp_path / "list.csv", groups="folders")


def test_a_source_can_be_pickled_and_stays_one_per_process(photos: Path) -> None:
    source = open_source(photos, labels="folders")
    source_bytes = pickle.dumps(source)
    assert len(source_bytes) < 500
    first, second = pickle.loads(source_bytes), pickle.loads(source_bytes)
    assert first is second
    assert list(first.entries()) == list(source.entries())
    assert (first.uri, first.options, first.kind) == (source.uri, source.options, "folder")


SETS = [
    ("mnist/t10k-images-idx3-ubyte.gz", "mnist/t10k-labels-idx1-ubyte.gz", 10_000, 10, 0),
    ("mnist/train-images-idx3-ubyte.gz", "mnist/train-labels-idx1-ubyte.gz", 60_000, 10, 0),
    ("letters/letters_az28.npz", None, 21_384, 26, 0),
    ("cifar10/test.parquet", None, 10_000, 10, 0),
    ("cifar10", None, 60_000, 10, 0),
    ("traffic_signs/tracks.parquet", None, 13_070, 43, 0),
    ("clothing/clothing.zip", "clothing/labels.csv", 5_761, 20, 5),
]


@pytest.mark.data
@pytest.mark.parametrize(("name", "labels", "n", "n_classes", "n_missing"), SETS)
def test_every_public_set_opens(
    data_dir: Path, name: str, labels: str | None, n: int, n_classes: int, n_missing: int
) -> None:
    beside = data_dir / labels if labels else None
    truth = str(beside) if beside and beside.exists() else labels
    source = open_source(data_dir / name, labels=truth)
    entries = list(source.entries())
    assert len(entries) == len({entry.key for entry in entries}) == n
    assert len({entry.label for entry in entries} - {None}) == n_classes
    step = n // 40
    sample = [*entries[: n - n_missing : step], *entries[n - n_missing :]]
    results = ingest(source, sample)
    assert sum(not isinstance(result, Ingested) for result in results) == n_missing


@pytest.mark.data
def test_the_tracks_are_groups(data_dir: Path) -> None:
    source = open_source(data_dir / "traffic_signs" / "tracks.parquet")
    sizes = Counter(entry.group for entry in source.entries())
    assert len(sizes) == 1307
    assert max(sizes.values()) <= 10


@pytest.mark.data
def test_class_names_come_from_the_file(data_dir: Path) -> None:
    entry = next(open_source(data_dir / "cifar10" / "test.parquet").entries())
    assert (entry.key, entry.label, entry.split) == ("test/truck/0770.jpg", "truck", "test")


@pytest.mark.data
def test_digits_are_what_they_are(data_dir: Path) -> None:
    source = open_source(data_dir / "mnist" / "train-images-idx3-ubyte.gz")
    (pixels,) = source.read(["0"])
    image = decode(pixels)  # type: ignore[arg-type]
    assert (image.size, image.mode) == ((28, 28), "L")
    assert np.asarray(image).sum() == 27_525
