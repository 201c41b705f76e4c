"""The command datasets and its catalogue."""

from __future__ import annotations

import hashlib

import pytest

from fewclicks.cli import datasets
from fewclicks.cli.catalogue import DATASETS, DataFile, Dataset


@pytest.fixture
def local(tmp_path, monkeypatch):
    """A data set of two files that lies on this disk."""
    published = tmp_path / "published"
    published.mkdir()
    files = []
    for name in ("images.bin", "labels.bin"):
        content = name.encode()
        (published / name).write_bytes(content)
        digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
        files.append(DataFile(f"file://{published}/{name}", len(content), digest))
    made = Dataset(
        "local", "two files", 2, 1, "here", "CC0", "fewclicks new x FOLDER", tuple(files)
    )
    monkeypatch.setitem(datasets.DATASETS, "local", made)
    return made


def test_the_list_tells_origin_licence_and_how_to_load(fewclicks):
    out = fewclicks("datasets").out
    for dataset in DATASETS.values():
        assert dataset.origin in out
        assert dataset.licence in out
        assert dataset.load in out


def test_the_list_as_data(fewclicks):
    document = fewclicks("datasets", "--json").document
    assert [row["name"] for row in document["datasets"]] == list(DATASETS)
    assert document["datasets"][0]["files"][0]["size"] == 9_912_422


def test_get_fetches_and_says_how_to_go_on(fewclicks, local, tmp_path):
    told = fewclicks("datasets", "get", "local", tmp_path / "mine")
    assert told.code == 0
    assert told.out.startswith("2 of 2 files fetched")
    assert f"Next: fewclicks new x {tmp_path / 'mine'}" in told.err
    assert (tmp_path / "mine" / "images.bin").read_bytes() == b"images.bin"
    again = fewclicks("datasets", "get", "local", tmp_path / "mine", "--json").document
    assert again["n_fetched"] == 0


def test_a_name_that_is_not_in_the_list(fewclicks, tmp_path):
    told = fewclicks("datasets", "get", "imagenet", tmp_path)
    assert told.code == 3
    assert "mnist" in told.err


def test_a_set_without_a_lasting_address_says_where_to_get_it(fewclicks, tmp_path):
    told = fewclicks("datasets", "get", "letters", tmp_path)
    assert told.code == 2
    assert DATASETS["letters"].origin in told.err


@pytest.mark.parametrize("dataset", DATASETS.values(), ids=lambda dataset: dataset.name)
def test_every_entry_is_complete(dataset):
    assert bool(dataset.files) != bool(dataset.by_hand)
    assert dataset.load.startswith("fewclicks new ")
    assert "FOLDER" in dataset.load
    for file in dataset.files:
        kind, _, digits = file.digest.partition(":")
        assert len(bytes.fromhex(digits)) == hashlib.new(kind, usedforsecurity=False).digest_size
        assert file.size > 1000
        assert file.name
