"""Predictions of whole sources, as files."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil

import duckdb
import fsspec
import numpy as np
import pytest
from PIL import Image

from fewclicks import settings
from fewclicks.engine import LocalEngine
from fewclicks.errors import Conflict, DiskFull, InvalidInput, ProjectError, SourceError
from fewclicks.items.ingest import Failure
from fewclicks.project import Project
from fewclicks.records import Reply
from fewclicks.rows import nearest
from fewclicks.workflows import importing, parts
from fewclicks.workflows.parts import COLUMNS
from fewclicks.workflows.rounds import model_path

N, BROKEN = 30, ("07.png", "21.png")
ONE = LocalEngine(1)


def picture(number, seed=0):
    """A bright bar, upright or flat by its number, in noise."""
    pixels = np.random.default_rng([seed, number]).integers(0, 60, (16, 16, 3)).astype(np.uint8)
    if number % 2:
        pixels[6:9] = 250
    else:
        pixels[:, 6:9] = 250
    return Image.fromarray(pixels)


def folder_of(path, n, seed):
    path.mkdir()
    for number in range(n):
        picture(number, seed).save(path / f"{number:02d}.png")
    return path


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A prepared project with twenty answers, the same before any, and new photos, two broken."""
    home = tmp_path_factory.mktemp("partwise")
    items = folder_of(home / "items", 40, 0)
    with Project.create(home / "new", items, features="colour-hog", n_codewords=4) as made:
        made.prepare()
    with Project.open(shutil.copytree(home / "new", home / "taught")) as taught:
        for item in range(20):
            taught.answer("ana", Reply("class", ("upright", "flat")[item % 2]), item=item)
        taught.round()
    photos = folder_of(home / "photos", N, 1)
    for name in BROKEN:
        (photos / name).write_bytes((photos / name).read_bytes()[:60])
    return home


@pytest.fixture(autouse=True)
def small_parts(monkeypatch):
    monkeypatch.setattr(settings, "PART_ITEMS", 8)


@pytest.fixture
def photos(home, tmp_path):
    return shutil.copytree(home / "photos", tmp_path / "photos")


@pytest.fixture
def taught(home, tmp_path):
    with Project.open(shutil.copytree(home / "taught", tmp_path / "taught")) as opened:
        yield opened


def table(place):
    """All rows, in the order of the parts."""
    files = f"read_parquet('{place}/*.parquet', filename = true, file_row_number = true)"
    found = duckdb.sql(f"SELECT * FROM {files} ORDER BY filename, file_row_number")
    return [dict(zip(found.columns, row, strict=True)) for row in found.fetchall()]


def digests(place):
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in place.iterdir()}


def test_rows_say_what_predict_says(taught, photos, tmp_path):
    done = taught.predict_into(photos, tmp_path / "out", threshold=0.8, engine=ONE)
    rows, told = table(tmp_path / "out"), taught.predict(photos)
    assert [*rows[0]][: len(COLUMNS)] == [*COLUMNS]
    assert [row["name"] for row in rows] == [f"{n:02d}.png" for n in range(N)]
    collection = taught.collection()
    for row, one in zip(rows, told, strict=True):
        if isinstance(one, Failure):
            assert row["failure"] == one.reason
            assert {row[c] for c in COLUMNS} == {row["name"], row["failure"], None}
            continue
        assert (row["class"], row["class_2"]) == tuple(g.class_name for g in one.guesses)
        shares = [row["confidence"], row["confidence_2"]]
        assert shares == pytest.approx([g.confidence for g in one.guesses], abs=1e-5)
        assert (row["class_3"], row["confidence_3"], row["failure"]) == (None, None, None)
        assert (row["familiar"], row["sure"]) == (one.familiar, one.sure(0.8))
        rows_of = taught.predictor().look([np.asarray(Image.open(photos / row["name"]))]).rows
        assert row["cluster"] == nearest(rows_of, collection.codebook)[0][0, 0]
    assert (done.n_images, done.n_failed, done.n_parts, done.n_before) == (N, 2, 4, 0)
    assert done.n_sure == sum(bool(row["sure"]) for row in rows) > 20
    assert done.n_familiar == sum(bool(row["familiar"]) for row in rows)
    assert (
        done.classes
        == {"flat": 13, "upright": 15}
        == json.loads((tmp_path / "out" / "summary.json").read_text())["classes"]
    )
    assert list(done.classes) == ["upright", "flat"]
    assert done.failure.key == BROKEN[0]


def test_other_processes_and_places_give_the_same_bytes(taught, photos, tmp_path, monkeypatch):
    taught.predict_into(photos, tmp_path / "one", engine=ONE)
    monkeypatch.setattr("fewclicks.workflows.partwise.ALONE_BELOW", 8)
    monkeypatch.setattr("fewclicks.workflows.engines.ALONE_BELOW", 8)
    steps = []
    taught.predict_into(
        photos,
        f"file://{tmp_path}/two",
        engine=LocalEngine(2),
        report=lambda *step: steps.append(step),
    )
    assert digests(tmp_path / "one") == digests(tmp_path / "two")
    assert [step for step in steps if step[0] == "predicting"][-1] == ("predicting", N, 0)
    taught.predict_into(photos, "memory://partwise/three", engine=ONE)
    kept = fsspec.filesystem("memory")
    names = [path.rpartition("/")[2] for path in kept.find("/partwise/three")]
    found = {name: kept.cat(f"/partwise/three/{name}") for name in names}
    kept.store.clear()
    assert found == {path.name: path.read_bytes() for path in (tmp_path / "one").iterdir()}


def test_what_is_there_is_not_made_again(taught, photos, tmp_path, monkeypatch):
    first = taught.predict_into(photos, tmp_path / "out", engine=ONE)
    before = digests(tmp_path / "out")
    lost = sorted((tmp_path / "out").glob("part-*"))[2]
    lost.unlink()
    (tmp_path / "out" / "summary.json").unlink()
    (tmp_path / "out" / f".{lost.name}.1-2.tmp").write_bytes(b"half")  # of a killed worker
    made = []
    rows = parts.PartMaker.rows
    monkeypatch.setattr(
        parts.PartMaker, "rows", lambda self, given: made.append(len(given)) or rows(self, given)
    )
    again = taught.predict_into(photos, tmp_path / "out", engine=ONE)
    assert made == [8]
    assert (again.n_parts, again.n_before) == (4, 3)
    assert again.document() == first.document()
    assert again.failure == first.failure
    (tmp_path / "out" / f".{lost.name}.1-2.tmp").unlink()
    assert digests(tmp_path / "out") == before


def test_a_place_of_something_else_is_refused(taught, photos, home, tmp_path):
    out = tmp_path / "out"
    taught.predict_into(photos, out, engine=ONE)
    before = digests(out)
    with pytest.raises(Conflict, match=r"out holds predictions at another threshold\. Name"):
        taught.predict_into(photos, out, threshold=0.5)
    with pytest.raises(Conflict, match=r"out holds predictions of another source\."):
        taught.predict_into(home / "items", out)
    with Project.open(home / "new") as other, pytest.raises(Conflict, match="another project"):
        other.predict_into(photos, out)
    taught.answer("ana", Reply("class", "flat"), item=31)
    with pytest.raises(Conflict, match="by another state of this one"):
        taught.predict_into(photos, out)
    with pytest.raises(Conflict, match=r"empty, or hold predictions .* but holds '00\.png'"):
        taught.predict_into(photos, photos)
    (out / "manifest.json").write_text("[]")
    with pytest.raises(Conflict, match=r"manifest\.json is no manifest of fewclicks"):
        taught.predict_into(photos, out)
    with pytest.raises(InvalidInput, match="must be a folder but cannot be listed"):
        taught.predict_into(photos, photos / "00.png")
    del before["manifest.json"]
    assert {name: digests(out)[name] for name in before} == before


@pytest.mark.parametrize("change", ["came", "went", "fewer"])
def test_a_source_that_lists_other_images_is_not_mixed_with_before(
    taught, photos, tmp_path, change
):
    taught.predict_into(photos, tmp_path / "out", engine=ONE)
    if change == "came":
        picture(0).save(photos / "00-new.png")
    for name in {"came": [], "went": ["03.png"], "fewer": [f"{n}.png" for n in range(24, 30)]}[
        change
    ]:
        (photos / name).unlink()
    number = 3 if change == "fewer" else 0
    with pytest.raises(Conflict, match=rf"part-000000{number}-\w+\.parquet is of other images"):
        taught.predict_into(photos, tmp_path / "out", engine=ONE)


def test_a_damaged_part_is_named(taught, photos, tmp_path):
    taught.predict_into(photos, tmp_path / "out", engine=ONE)
    part = min((tmp_path / "out").glob("part-*"))
    part.write_bytes(part.read_bytes()[:100])
    with pytest.raises(ProjectError, match=rf"{part.name} must be a part but .* Delete it"):
        taught.predict_into(photos, tmp_path / "out", engine=ONE)


def test_a_place_that_fills_keeps_what_is_there(taught, photos, tmp_path, monkeypatch):
    def full(descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    def report(step, done, total):
        if step == "predicting" and done == 16:
            monkeypatch.setattr(os, "fsync", full)

    with pytest.raises(DiskFull, match="No space left"):
        taught.predict_into(photos, tmp_path / "out", engine=ONE, report=report)
    monkeypatch.undo()
    monkeypatch.setattr(settings, "PART_ITEMS", 8)
    assert len(list((tmp_path / "out").glob("part-*"))) == 2
    done = taught.predict_into(photos, tmp_path / "out", engine=ONE)
    assert (done.n_parts, done.n_before, done.n_images) == (4, 2, N)


def test_where_nothing_is_known_there_are_clusters(home, photos, tmp_path):
    with Project.open(home / "new") as project:
        done = project.predict_into(photos, tmp_path / "out", threshold=0, engine=ONE)
    rows = [row for row in table(tmp_path / "out") if row["failure"] is None]
    assert {row["class"] for row in rows} == {None}
    assert {(row["familiar"], row["sure"]) for row in rows} == {(False, False)}
    assert all(0 <= row["cluster"] < 4 for row in rows)
    assert (done.by, done.n_sure, done.classes) == ("nothing", 0, {})


def test_a_project_that_is_not_prepared_is_refused(photos, tmp_path):
    with (
        Project.create(tmp_path / "p", photos) as project,
        pytest.raises(InvalidInput, match="must be prepared"),
    ):
        project.predict_into(photos, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_source_of_which_nothing_can_be_read(taught, photos, tmp_path):
    for path in photos.iterdir():
        path.write_bytes(b"\x89PNG")
    with pytest.raises(InvalidInput, match=r"None of the 30 images could be read; the first: 00"):
        taught.predict_into(photos, tmp_path / "out", engine=ONE)
    assert all(row["failure"] for row in table(tmp_path / "out"))


def test_a_worker_that_sees_no_image_is_no_reason_to_give_up_on_them(
    taught, photos, tmp_path, monkeypatch
):
    blind = lambda source, entries: [Failure(e.key, "no such file", "") for e in entries]  # noqa: E731
    monkeypatch.setattr(parts, "ingest", blind)
    with pytest.raises(SourceError, match=r"worker cannot read 00\.png .* this process can"):
        taught.predict_into(photos, tmp_path / "out", engine=ONE)
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["manifest.json"]
    assert importing.ingest is not blind


def test_a_place_that_workers_see_otherwise_is_an_error(taught, photos, tmp_path):
    class Elsewhere:
        """A worker whose files this process does not find."""

        workers = 1

        def map(self, function, shards, **options):
            for told in ONE.map(function, shards, **options):
                (tmp_path / "out" / told.name).unlink()
                yield told

    with pytest.raises(ProjectError, match=r"has written part-0000000-.* a URL that every machine"):
        taught.predict_into(photos, tmp_path / "out", engine=Elsewhere())


def test_the_network_judges_in_other_processes_too(taught, photos, tmp_path, monkeypatch):
    pytest.importorskip("torch", reason="a network needs the extra torch")
    from fewclicks.models import Network

    pictures = taught.collection().pictures
    network = Network(min_steps=20, augment="photos", device="cpu")
    network.fit(pictures.images, taught.store.answers.sheet(40).class_ids)
    network.save(model_path(taught.store, taught.store.rounds.latest().id))
    done = taught.predict_into(photos, tmp_path / "one", engine=ONE)
    assert (done.by, done.note) == ("network", "")
    monkeypatch.setattr("fewclicks.workflows.engines.ALONE_BELOW", 8)
    taught.predict_into(photos, tmp_path / "two", engine=LocalEngine(2))
    assert digests(tmp_path / "one") == digests(tmp_path / "two")
