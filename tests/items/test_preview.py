"""A first look at a source."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from fewclicks.errors import InvalidInput, SourceError
from fewclicks.items.preview import preview
from fewclicks.items.sources import open_source


@pytest.fixture
def photos(tmp_path):
    for number in range(10):
        folder = tmp_path / "photos" / f"subject {number % 2}"
        folder.mkdir(parents=True, exist_ok=True)
        shade = np.full((8, 8), 20 * number, np.uint8)
        Image.fromarray(shade).save(folder / f"{number}.png")
    (tmp_path / "photos" / "broken.png").write_bytes(b"no image")
    return tmp_path / "photos"


def test_all_of_few_are_looked_at(photos):
    seen = preview(open_source(photos, groups="folders"))
    assert (seen.n_images, seen.complete) == (11, True)
    assert len(seen.samples) == 10
    assert [failure.key for failure in seen.failures] == ["broken.png"]
    assert (seen.n_labels, seen.n_groups) == (0, 2)


def test_samples_are_spread_over_what_was_listed(photos):
    seen = preview(open_source(photos), 3)
    listed = [entry.key for entry in open_source(photos).entries()]
    looked = {one.entry.key for one in seen.samples} | {one.key for one in seen.failures}
    assert looked == {listed[0], listed[5], listed[10]}


def test_a_list_that_takes_long_is_cut_off(photos):
    seen = preview(open_source(photos), seconds=0)
    assert (seen.n_images, seen.complete, len(seen.samples) + len(seen.failures)) == (1, False, 1)


def test_labels_that_the_source_knows_are_counted(photos):
    assert preview(open_source(photos, labels="folders")).n_labels == 2


def test_what_holds_no_image_is_refused(tmp_path, photos):
    (tmp_path / "empty").mkdir()
    with pytest.raises(SourceError):
        preview(open_source(tmp_path / "empty"))
    with pytest.raises(InvalidInput, match="n must"):
        preview(open_source(photos), 0)
