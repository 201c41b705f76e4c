import numpy as np
import pytest
from PIL import Image

from fewclicks import settings
from fewclicks.answers.annotator import KnownLabels
from fewclicks.items.sources import open_source
from fewclicks.items.thumbnails import ThumbnailStore
from fewclicks.labels.resolve import answered
from fewclicks.records import BELIEVED, MODEL, NO_CLASS, NOBODY, PERSON, AnswerSheet, Labels
from fewclicks.simulate import certify, simulate
from fewclicks.store import Store
from fewclicks.workflows.base import State
from fewclicks.workflows.certifying import Certifying
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


@pytest.fixture
def state_of(project):
    """Makes the state of the project of 150 glyphs in which some items were named."""

    def make(said=None, **values):
        n = project.n_items
        class_ids = np.full(n, NO_CLASS, np.int32)
        sources = np.full(n, NOBODY, np.int8)
        for item, class_id in (said or {}).items():
            class_ids[item], sources[item] = class_id, PERSON
        n_answers = values.pop("n_answers", 50 if said else 0)
        answer_ids = np.where(sources == PERSON, np.arange(n), -1)
        times, never = (sources == PERSON).astype(np.int32), np.zeros(n, bool)
        sheet = AnswerSheet(class_ids, sources, answer_ids, never, n_answers, times, never)
        return State(project.collection(), sheet, sources == PERSON, **values)

    return make


@pytest.fixture
def truth(project):
    """The class id of every glyph: 1 bar, 2 ring, 3 cross."""
    ids = {"bar": 1, "ring": 2, "cross": 3}
    return np.array([ids[name] for name in project.store.items.truths()])


@pytest.fixture
def truths(project):
    return project.store.items.truths()


@pytest.fixture
def half_wrong(project, truths, monkeypatch):
    """A claim of 12.5 % about 150 glyphs, of which 30 unsure labels are wrong; none was named."""
    ids = {name: project.store.classes.create("ana", name).id for name in sorted(set(truths))}
    right = np.array([ids[truth] for truth in truths])
    rng = np.random.default_rng(5)
    unsure = rng.permutation(150)[:60]
    said = right.copy()
    said[unsure[::2]] = [next(i for i in ids.values() if i != right[n]) for n in unsure[::2]]
    shares = np.full(150, 0.9)
    shares[unsure] = rng.uniform(0.4, 0.6, 60)
    labels = Labels(
        np.column_stack([said, right]).astype(np.int32),
        np.column_stack([shares, 1 - shares]).astype(np.float32),
        np.full(150, MODEL, np.int8),
    )

    def now():
        return answered(labels, project.store.answers.sheet(150, BELIEVED))

    monkeypatch.setattr(project, "labels", now)
    monkeypatch.setattr(project, "certificates", Certifying(project.store, now))
    project.certificates.begin(0.125, seed=3)
    return project


@pytest.fixture
def certified(project):
    """150 glyphs of which at most a tenth is proved to be wrong."""
    annotator = KnownLabels(project.store.items.truths())
    simulate(project, annotator, budget=12)
    certify(project, annotator, error=0.1)
    return project


@pytest.fixture
def exported(certified, tmp_path):
    certified.export(tmp_path / "labels.csv")
    return tmp_path / "labels.csv"


@pytest.fixture
def with_noise(certified, tmp_path):
    """The same, and 150 images of noise that were added after it was proved."""
    rng = np.random.default_rng(0)
    (tmp_path / "noise").mkdir()
    for n in range(150):
        noise = Image.fromarray(rng.integers(0, 255, (16, 16), dtype=np.uint8))
        noise.save(tmp_path / "noise" / f"{n}.png")
    certified.add(str(tmp_path / "noise"))
    certified.prepare()
    return certified
