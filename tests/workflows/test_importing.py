import os
import shutil

import pytest

from fewclicks.errors import ProjectBusy, SourceError


def keys(store):
    return [row[0] for _, rows in store.items.columns("key") for row in rows]


def test_items_come_in_the_order_listed_with_their_thumbnails(
    store, thumbnails, photos, run_import
):
    done = run_import(photos)
    assert (done.n_new, done.n_known, done.n_failed) == (10, 0, 0)
    assert keys(store) == [f"{n}.png" for n in range(10)]
    assert [int(pixels[0, 0]) for pixels in thumbnails.pixels([0, 9])] == [0, 180]


def test_class_folders_are_ground_truth_when_asked_for(store, tmp_path, photos, run_import):
    for number in range(10):
        folder = tmp_path / "sorted" / ("even" if number % 2 == 0 else "odd")
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(photos / f"{number}.png", folder)
    run_import(tmp_path / "sorted", labels="folders")
    assert store.items.truths() == ["even"] * 5 + ["odd"] * 5


def test_a_second_import_of_the_same_folder_adds_only_what_is_new(store, photos, run_import):
    run_import(photos)
    before = keys(store)
    shutil.copy(photos / "3.png", photos / "00-first-by-name.png")
    done = run_import(photos)
    assert (done.n_new, done.n_known) == (1, 10)
    assert keys(store) == [*before, "00-first-by-name.png"]


def test_exact_duplicates_are_found_across_shards(store, photos, run_import, small_shards):
    shutil.copy(photos / "1.png", photos / "1-again.png")
    shutil.copy(photos / "1.png", photos / "9-again.png")
    done = run_import(photos)
    assert done.n_duplicates == 2
    copies = dict(zip(keys(store), store.items.duplicate_of().tolist(), strict=True))
    first = keys(store).index("1-again.png")
    assert copies["1-again.png"] == -1
    assert copies["1.png"] == copies["9-again.png"] == first


def test_unreadable_files_are_reported_and_the_rest_goes_on(
    store, photos, run_import, small_shards
):
    (photos / "4.png").write_bytes(b"")
    (photos / "5.png").write_bytes((photos / "6.png").read_bytes()[:40])
    done = run_import(photos)
    assert (done.n_new, done.n_failed) == (8, 2)
    assert [failure.key for failure in store.items.failures()] == ["4.png", "5.png"]
    assert all(failure.reason and failure.remedy for failure in done.failures)
    assert store.items.count() == 8


def test_a_mended_file_is_taken_in_by_the_next_import(store, photos, run_import):
    good = (photos / "4.png").read_bytes()
    (photos / "4.png").write_bytes(b"")
    run_import(photos)
    (photos / "4.png").write_bytes(good)
    assert run_import(photos).n_new == 1
    assert store.items.failures() == []


def test_an_interrupted_import_goes_on_where_it_stopped(
    store, thumbnails, photos, run_import, small_shards
):
    class Stopped(Exception):
        pass

    def stop_after_two_shards(step, done, total):
        if done >= 6:
            raise Stopped

    with pytest.raises(Stopped):
        run_import(photos, report=stop_after_two_shards)
    assert store.items.count() == 6
    done = run_import(photos)
    assert (done.n_new, done.n_known) == (4, 6)
    assert [int(p[0, 0]) for p in thumbnails.pixels(range(10))] == [n * 20 for n in range(10)]


def test_a_pack_without_its_rows_is_overwritten(store, thumbnails, photos, run_import):
    thumbnails.write(0, [b"left by a killed import"] * 3)
    run_import(photos)
    assert int(thumbnails.pixels([2])[0][0, 0]) == 40


def test_odd_file_names_are_kept(store, photos, run_import):
    odd = ["a b.png", "quo\"te'.png", "two\nlines.png", "été 写真.png"]
    for name in odd:
        shutil.copy(photos / "1.png", photos / name)
    latin = os.fsencode(photos) + b"/caf\xe9.png"
    shutil.copy(os.fsencode(photos / "2.png"), latin)
    run_import(photos)
    assert set(odd) | {os.fsdecode(b"caf\xe9.png")} <= set(keys(store))


def test_a_folder_without_images_is_refused(tmp_path, run_import):
    (tmp_path / "empty").mkdir()
    with pytest.raises(SourceError, match="must hold images"):
        run_import(tmp_path / "empty")


def test_a_folder_with_nothing_readable_says_why(tmp_path, run_import):
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "x.png").write_bytes(b"")
    with pytest.raises(SourceError, match=r"x\.png"):
        run_import(tmp_path / "bad")


def test_two_imports_at_once_are_refused(store, photos, run_import):
    with store.lock("import"), pytest.raises(ProjectBusy, match="import"):
        run_import(photos)
