"""The commands new, add and prepare."""

from __future__ import annotations

import json

import pytest

from fewclicks.cli.collecting import MOST_FAILURES
from fewclicks.project import Project


def test_new_imports_and_says_what_comes_next(fewclicks, tmp_path, photos):
    told = fewclicks("new", tmp_path / "mine", photos, "--labels", "folders")
    assert told.code == 0
    assert told.out.startswith(f"24 new items, 24 in {tmp_path / 'mine'}, 0 of them copies")
    assert f"Next: fewclicks prepare {tmp_path / 'mine'}" in told.err
    with Project.open(tmp_path / "mine") as made:
        assert set(made.store.items.truths()) == {"cat", "dog"}


def test_new_hands_every_choice_to_the_project(fewclicks, tmp_path, photos):
    fewclicks(
        "new", tmp_path / "mine", photos, "--features", "pixels", "--codewords", "3",
        "--workflow", "confusion_area", "--set", "method=1", "--seed", "7", "--clusterer", "som",
    )  # fmt: skip
    with Project.open(tmp_path / "mine") as made:
        options = made.options
    assert options["features"] == "pixels"
    assert options["feature_options"] == {}
    assert options["clusterer"] == "som"
    assert options["n_codewords"] == 3
    assert options["workflow"] == "confusion_area"
    assert options["workflow_options"] == {"method": 1}
    assert options["seed"] == 7


def test_every_method_of_the_paper_has_an_option(fewclicks, tmp_path, photos):
    done = fewclicks(
        "new", tmp_path / "mine", photos, "--features", "fingerprint", "--kernel", "2",
        "--clusterer", "som", "--codewords", "6", "--confusion", "method1", "--labels", "folders",
    )  # fmt: skip
    assert done.code == 0
    with Project.open(tmp_path / "mine") as made:
        options = made.options
    assert options["feature_options"] == {"kernel": 2}
    assert (options["workflow"], options["workflow_options"]) == ("confusion_area", {"method": 1})
    assert fewclicks("prepare", tmp_path / "mine").code == 0
    told = fewclicks("simulate", tmp_path / "mine", "--rehearse", "--budget", "20")
    assert told.code == 0
    again = fewclicks(
        "simulate", tmp_path / "mine", "--rehearse", "--budget", "20", "--confusion", "neighbours"
    )
    assert again.code == 0


def test_features_have_options_of_their_own(fewclicks, tmp_path, photos):
    fewclicks(
        "new", tmp_path / "mine", photos, "--features", "fingerprint", "--kernel", "3",
        "--feature", "centre=ink", "--feature", "growth=2",
    )  # fmt: skip
    with Project.open(tmp_path / "mine") as made:
        assert made.options["feature_options"] == {"centre": "ink", "growth": 2, "kernel": 3}


def test_unknown_methods_are_refused_with_what_there_is(fewclicks, tmp_path, photos):
    for option, value, known in (
        ("--confusion", "method3", "method1, method2, neighbours"),
        ("--clusterer", "dbscan", "kmeans, lbg, agglomerative, spectral, hdbscan, som"),
    ):
        told = fewclicks("new", tmp_path / "mine", photos, option, value)
        assert told.code == 2
        assert known in told.err
    told = fewclicks("new", tmp_path / "mine", photos, "--features", "pixels", "--kernel", "2")
    assert told.code == 2
    assert "kernel" in told.err
    told = fewclicks(
        "new", tmp_path / "mine", photos, "--workflow", "fewclicks", "--confusion", "method1"
    )
    assert told.code == 2
    assert not (tmp_path / "mine").exists()


def test_columns_of_a_list_can_be_named(fewclicks, tmp_path, photos):
    rows = [{"picture": f"photos/dog/{n:02}.png", "animal": "dog"} for n in (0, 2, 4)]
    listed = tmp_path / "list.jsonl"
    listed.write_text("".join(json.dumps(row) + "\n" for row in rows))
    told = fewclicks(
        "new", tmp_path / "mine", listed, "--path-column", "picture", "--label-column", "animal",
        "--json",
    )  # fmt: skip
    assert told.document["n_new"] == 3
    with Project.open(tmp_path / "mine") as made:
        assert made.store.items.truths() == ["dog"] * 3


def test_unreadable_files_are_named_with_reason_and_remedy(fewclicks, tmp_path, photos):
    (photos / "cat" / "broken[1]\n.png").write_bytes(b"no image")
    told = fewclicks("new", tmp_path / "mine", photos)
    assert told.code == 0
    assert "1 file could not be read:" in told.out
    assert "cat/broken[1]\\n.png: is not an image" in told.out
    document = fewclicks("status", tmp_path / "mine", "--json").document
    (failure,) = document["failures"]
    assert failure["name"] == "cat/broken[1]\n.png"
    assert failure["remedy"]


def test_many_unreadable_files_are_cut_short(fewclicks, tmp_path, photos):
    for number in range(MOST_FAILURES + 5):
        (photos / f"bad{number:02}.png").write_bytes(b"no image")
    told = fewclicks("new", tmp_path / "mine", photos)
    assert "and 5 more; see: fewclicks status --failures" in told.out
    listed = fewclicks("status", tmp_path / "mine", "--failures").out
    assert all(f"bad{number:02}.png" in listed for number in range(MOST_FAILURES + 5))


def test_a_source_without_images_leaves_no_project(fewclicks, tmp_path):
    (tmp_path / "empty").mkdir()
    told = fewclicks("new", tmp_path / "mine", tmp_path / "empty")
    assert told.code == 2
    assert str(tmp_path / "empty") in told.err
    assert not (tmp_path / "mine").exists()


def test_a_name_in_use_is_a_conflict(fewclicks, prepared, digits):
    told = fewclicks("new", prepared, digits[0])
    assert told.code == 4
    assert "holds a project already" in told.err


def test_add_brings_only_what_is_new(fewclicks, tmp_path, photos):
    fewclicks("new", tmp_path / "mine", photos, "--labels", "folders")
    (photos / "dog" / "99.png").write_bytes((photos / "dog" / "00.png").read_bytes())
    document = fewclicks("add", tmp_path / "mine", photos, "--json").document
    assert document["n_new"] == 1
    assert document["n_items"] == 25
    assert document["n_duplicates"] == 1
    with Project.open(tmp_path / "mine") as made:
        assert made.store.items.truths()[-1] == "dog", "a source keeps the options it came with"


def test_prepare_says_features_and_clusters(fewclicks, tmp_path, photos):
    fewclicks("new", tmp_path / "mine", photos, "--codewords", "4", "--features", "colour-hog")
    told = fewclicks("prepare", tmp_path / "mine", "--json")
    assert told.code == 0
    assert told.document["features"] == "colour-hog"
    assert told.document["n_clusters"] == 4
    assert told.document["open"]["clusters"] == 4


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (["--engine", "dask"], "engine must be one of local, ray but is 'dask'"),
        (["--address", "head:6379"], "Add: --engine ray"),
        (["--engine", "ray", "--address", "head"], "must be HOST:PORT but is 'head'"),
    ],
)
def test_an_engine_that_cannot_be_is_refused(fewclicks, tmp_path, photos, asked, said):
    if "ray" in asked:
        pytest.importorskip("ray", reason="needs the extra ray")
    told = fewclicks("new", tmp_path / "mine", photos, *asked)
    assert told.code == 2
    assert said in told.err
    assert not (tmp_path / "mine").exists()
    Project.create(tmp_path / "mine").close()
    for command in (["add", tmp_path / "mine", photos], ["prepare", tmp_path / "mine"]):
        assert said in fewclicks(*command, *asked).err


def test_this_machine_may_be_asked_for(fewclicks, tmp_path, photos, monkeypatch):
    monkeypatch.setenv("FEWCLICKS_ENGINE", "ray")
    assert fewclicks("new", tmp_path / "mine", photos, "--engine", "local").code == 0


def test_prepare_without_items_names_the_remedy(fewclicks, tmp_path):
    Project.create(tmp_path / "mine").close()
    told = fewclicks("prepare", tmp_path / "mine")
    assert told.code == 2
    assert "fewclicks add" in told.err


def test_an_import_that_was_cut_off_goes_on(fewclicks, tmp_path, photos):
    Project.create(tmp_path / "mine", seed=5).close()
    document = fewclicks("new", tmp_path / "mine", photos, "--json").document
    assert document["n_items"] == 24
