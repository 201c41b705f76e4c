import numpy as np
import pytest
from PIL import Image

from fewclicks import settings
from fewclicks.items.sources import open_source
from fewclicks.items.thumbnails import ThumbnailStore
from fewclicks.store import Store
from fewclicks.workflows.importing import import_source


@pytest.fixture
def store(tmp_path):
    made = Store.create(tmp_path / "project", "project", {})
    yield made
    made.close()


@pytest.fixture
def thumbnails(store):
    return ThumbnailStore(store.folder / "thumbnails")


@pytest.fixture
def photos(tmp_path):
    """A folder of ten small images, each of its own shade."""
    folder = tmp_path / "photos"
    folder.mkdir()
    for number in range(10):
        save_image(folder / f"{number}.png", number)
    return folder


def save_image(path, shade):
    Image.fromarray(np.full((8, 8), shade * 20, np.uint8)).save(path)


@pytest.fixture
def small_shards(monkeypatch):
    monkeypatch.setattr(settings, "SHARD_ITEMS", 3)


@pytest.fixture
def run_import(store, thumbnails):
    def run(source, report=lambda *step: None, **options):
        opened = open_source(source, **options)
        return import_source(store, thumbnails, opened, report)

    return run
