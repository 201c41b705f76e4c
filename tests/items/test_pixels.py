from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fewclicks.errors import FewclicksError, SourceError
from fewclicks.items.pixels import Layout, layout_of
from fewclicks.items.sources import open_source
from fewclicks.records import Entry


@pytest.fixture
def images() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (7, 28, 28), dtype=np.uint8)


def written(images: np.ndarray, labels: list[str] | None, header: bool, delimiter: str) -> str:
    n = images[0].size
    lines = [[f"pixel{i}" for i in range(n)]] if header else []
    lines += [[str(value) for value in image.ravel()] for image in images]
    if labels is not None:
        first = (["label"] if header else []) + labels
        lines = [[label, *line] for label, line in zip(first, lines, strict=True)]
    return "\r\n".join(delimiter.join(line) for line in lines) + "\r\n"


@pytest.mark.parametrize("header", [True, False])
@pytest.mark.parametrize("labels", [None, list("0123456"), list("abcdefg")])
@pytest.mark.parametrize("delimiter", [",", "\t"])
def test_pixels_with_and_without_header_and_labels(
    tmp_path: Path, images: np.ndarray, header: bool, labels: list[str] | None, delimiter: str
) -> None:
    path = tmp_path / "letters.csv"
    path.write_text(written(images, labels, header, delimiter))
    source = open_source(path)
    assert source.kind == "pixels"
    assert list(source.entries()) == [
        Entry(str(row), label) for row, label in enumerate(labels or [None] * 7)
    ]
    np.testing.assert_array_equal(list(source.read([str(row) for row in range(7)])), images)
    np.testing.assert_array_equal(list(source.read(["5", "1", "1"])), images[[5, 1, 1]])
    assert next(source.read(["0"])).dtype == np.uint8  # type: ignore[union-attr]


def test_compressed_and_remote(memory: Any, images: np.ndarray) -> None:
    content = written(images, list("0123456"), True, ",").encode()
    memory.pipe("/b/x.csv.gz", gzip.compress(content))
    source = open_source("memory://b/x.csv.gz")
    keys = [entry.key for entry in source.entries()]
    np.testing.assert_array_equal(list(source.read(keys)), images)


def test_a_bad_line_costs_one_image(tmp_path: Path, images: np.ndarray) -> None:
    lines = written(images, list("0123456"), False, ",").splitlines()
    lines[2] = lines[2].rsplit(",", 1)[0]
    lines[4] = lines[4].replace(",", ",x", 1)
    lines.insert(5, "")
    (tmp_path / "x.csv").write_text("\n".join(lines))
    source = open_source(tmp_path / "x.csv")
    got = list(source.read([entry.key for entry in source.entries()]))
    reasons = [x.message if isinstance(x, FewclicksError) else "" for x in got]
    assert "784 pixels but has 783" in reasons[2]
    assert "numbers only" in reasons[4]
    assert [bool(reason) for reason in reasons] == [spot in (2, 4) for spot in range(7)]
    np.testing.assert_array_equal(got[6], images[6])


@pytest.mark.parametrize("key", ["7", "-1", "x"])
def test_rows_that_are_not_there(tmp_path: Path, images: np.ndarray, key: str) -> None:
    (tmp_path / "x.csv").write_text(written(images, None, False, ","))
    source = open_source(tmp_path / "x.csv")
    missing, there = source.read([key, "2"])
    assert isinstance(missing, FewclicksError)
    np.testing.assert_array_equal(there, images[2])


def test_fractions_stay_fractions(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("1," + ",".join(["0.5"] * 16) + "\n")
    (pixels,) = open_source(tmp_path / "x.csv").read(["0"])
    np.testing.assert_array_equal(pixels, np.full((4, 4), 0.5))


def test_a_cut_file_says_so(tmp_path: Path, images: np.ndarray) -> None:
    whole = gzip.compress(written(images, list("0123456"), False, ",").encode())
    (tmp_path / "x.csv.gz").write_bytes(whole[:-2000])
    with pytest.raises(SourceError, match=r"cut short|cannot be unpacked"):
        list(open_source(tmp_path / "x.csv.gz").entries())


@pytest.mark.parametrize(
    ("content", "layout"),
    [
        (",".join("1" * 17), Layout(b",", header=False, labelled=True, side=4)),
        (";".join("1" * 16), Layout(b";", header=False, labelled=False, side=4)),
        ("path,label\na.png,3\n", None),
        (",".join("1" * 10), None),  # 3 × 3 with a label: more likely a table
        (",".join("a" * 17), None),  # a header and nothing below it
        (",".join("a" * 17) + "\n" + ",".join("b" * 17), None),
        ("", None),
    ],
)
def test_layouts(tmp_path: Path, content: str, layout: Layout | None) -> None:
    (tmp_path / "x.csv").write_text(content)
    assert layout_of(str(tmp_path / "x.csv")) == layout
