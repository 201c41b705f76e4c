import json
import os
import subprocess
import sys
import time

import numpy as np
import pytest

from fewclicks.errors import Conflict, DiskFull, InvalidInput
from fewclicks.features import FeatureMatrix, matrix


def some_rows(n, start=0, width=3):
    return np.arange(start * width, (start + n) * width, dtype=np.float32).reshape(n, width)


@pytest.fixture
def filled(tmp_path):
    found = FeatureMatrix(tmp_path / "m", "a", 3)
    found.append(some_rows(4))
    return found


def test_rows_come_back_memory_mapped_and_read_only(filled):
    rows = filled.rows(4)
    assert isinstance(rows, np.memmap)
    assert np.array_equal(rows, some_rows(4))
    with pytest.raises(ValueError, match="read-only"):
        rows[0, 0] = 1


def test_new_items_only_append(filled):
    before = filled.rows(4)
    filled.append(some_rows(2, start=4))
    assert np.array_equal(FeatureMatrix(filled.folder, "a", 3).rows(6), some_rows(6))
    assert np.array_equal(before, some_rows(4))


def test_the_manifest_tells_what_else_is_known_of_the_rows(tmp_path):
    found = FeatureMatrix(tmp_path / "m", "a", 3, about=lambda: {"licence": "MIT"})
    found.append(some_rows(2))
    told = json.loads((tmp_path / "m" / "manifest.json").read_text())
    assert told["about"] == {"licence": "MIT"}


@pytest.mark.parametrize(("made_from", "width"), [("b", 3), ("a", 4)])
def test_rows_made_from_anything_else_count_as_absent(filled, made_from, width):
    other = FeatureMatrix(filled.folder, made_from, width)
    assert other.n_rows == 0
    with pytest.raises(InvalidInput, match=r"2 feature rows are needed.*fewclicks prepare"):
        other.rows(2)
    other.append(some_rows(1, width=width))
    assert other.n_rows == 1
    assert filled.n_rows == 0


def test_a_reader_keeps_the_rows_it_has_mapped(filled):
    mapped = filled.rows(4)
    FeatureMatrix(filled.folder, "b", 3).append(-some_rows(4))
    assert np.array_equal(mapped, some_rows(4))


def killed_before_the_manifest(monkeypatch, target, rows):
    def killed(self, n_rows):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(FeatureMatrix, "_trust", killed)
        with pytest.raises(KeyboardInterrupt):
            target.append(rows)


def test_rows_a_kill_left_behind_are_not_trusted_but_overwritten(filled, monkeypatch):
    killed_before_the_manifest(monkeypatch, filled, some_rows(5, start=100))
    assert filled.n_rows == 4
    filled.append(some_rows(1, start=4))
    assert np.array_equal(filled.rows(5), some_rows(5))


def test_rows_of_another_fingerprint_written_before_a_kill_never_pass_as_the_old_ones(
    filled, monkeypatch
):
    killed_before_the_manifest(monkeypatch, FeatureMatrix(filled.folder, "b", 3), -some_rows(4))
    assert filled.n_rows == 0


@pytest.mark.parametrize("cut", [0, 5, 3 * 4 * 2 + 1])
def test_a_shortened_file_is_trusted_only_as_far_as_it_goes(filled, cut):
    os.truncate(filled.folder / "rows.bin", cut)
    assert filled.n_rows == cut // 12
    filled.append(some_rows(4 - filled.n_rows, start=filled.n_rows))
    assert np.array_equal(filled.rows(4), some_rows(4))


@pytest.mark.parametrize("text", ["", "{", "[]", '{"version": 99}'])
def test_a_damaged_or_foreign_manifest_counts_as_none(filled, text):
    (filled.folder / "manifest.json").write_text(text)
    assert filled.n_rows == 0


def test_the_manifest_says_what_the_rows_are(filled):
    manifest = json.loads((filled.folder / "manifest.json").read_text())
    assert manifest == {"version": 1, "made_from": "a", "n_rows": 4, "width": 3, "dtype": "<f4"}


@pytest.mark.parametrize("wrong", [np.nan, np.inf, 1e300])
def test_numbers_that_are_not_finite_are_refused_by_the_name_of_the_item(filled, wrong):
    rows = np.zeros((3, 3))
    rows[1, 2] = wrong
    with pytest.raises(InvalidInput, match="item 5"):
        filled.append(rows)
    assert filled.n_rows == 4


def test_rows_of_another_width_are_refused(filled):
    with pytest.raises(InvalidInput, match="must have 3 columns"):
        filled.append(some_rows(1, width=2))


def test_a_full_disk_leaves_what_was_there(filled, monkeypatch):
    def full(descriptor):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(matrix.os, "fsync", full)
        with pytest.raises(DiskFull, match=r"rows\.bin"):
            filled.append(some_rows(1))
    assert np.array_equal(filled.rows(4), some_rows(4))
    assert filled.n_rows == 4


WRITER = """
import sys
from pathlib import Path
import numpy as np
from fewclicks.features.matrix import FeatureMatrix
matrix = FeatureMatrix(Path(sys.argv[1]), "a", 64)
print("ready", flush=True)
while True:
    first = matrix.n_rows
    matrix.append(np.repeat(np.arange(first, first + 50)[:, None], 64, axis=1))
"""


def test_killed_at_any_moment_it_goes_on_after_the_last_whole_shard(tmp_path):
    random = np.random.default_rng(0)
    n_before = 0
    for _ in range(3):
        with subprocess.Popen(
            [sys.executable, "-c", WRITER, tmp_path], stdout=subprocess.PIPE
        ) as writer:
            writer.stdout.readline()
            time.sleep(random.uniform(0.02, 0.15))
            writer.kill()
        found = FeatureMatrix(tmp_path, "a", 64)
        n_rows = found.n_rows
        assert n_rows % 50 == 0
        assert n_rows >= n_before
        if n_rows:
            assert np.array_equal(found.rows(n_rows), np.repeat(np.arange(n_rows)[:, None], 64, 1))
        n_before = n_rows
    assert n_before


def test_two_writers_cannot_mix_their_rows(filled):
    with pytest.raises(Conflict, match="4 is next"):
        filled.append(some_rows(4), at=0)
    filled.append(some_rows(1, start=4), at=4)
    assert np.array_equal(filled.rows(5), some_rows(5))
