import numpy as np
import pytest

from experiments import hwang_confusion_area as experiment
from fewclicks.clusters import VectorQuantizer

PAPER = experiment.PAPER


def test_the_papers_tables_agree_with_themselves():
    clusters = {"LBG": PAPER["codewords"], "SOM": PAPER["map"][0] * PAPER["map"][1]}
    for table in PAPER["detection"]:
        for k, c, p, q in zip(table["K"], table["C"], table["P"], table["q"], strict=True):
            assert p == clusters[table["clusterer"]] + k
            assert c <= k
            assert 90 < q < 100
        for counts in (table["K"], table["C"], table["q"]):
            assert counts == sorted(counts)


@pytest.fixture
def data():
    """Two heaps of sixty, each of its own class."""
    random = np.random.default_rng(0)
    truth = np.repeat([0, 1], 60)
    rows = (truth[:, None] * 9 + random.normal(size=(120, 3))).astype("f4")
    return experiment.Digits(rows, truth, n_codewords=2, map_side=2)


def test_clusters_are_named_by_their_commonest_class(data):
    data.truth[[0, 60]] = [1, 0]
    fitted = VectorQuantizer(2, random_state=0).fit(data.images)
    named = experiment.Named.of(fitted, data.images, data.truth)
    assert np.flatnonzero(named.labels != data.truth).tolist() == [0, 60]


def test_detecting_counts_as_table_3_defines_it(data):
    labels = data.truth.copy()
    labels[[0, 60]] = [1, 0]
    named = experiment.Named(np.array([[0.0] * 3, [9.0] * 3]), labels)
    rates = experiment.rates_of(named, data.images, data.truth, method="neighbours", budget=2)
    assert (rates.confusing, rates.caught, rates.accuracy) == (2, 2, 1)
    table = {**PAPER["detection"][0], "threshold": [0.0], "K": [1], "C": [1], "P": [5], "q": [91]}
    (row,) = experiment.detecting_rows(table, named, data.images, data, seed=0)
    assert (row["K"], row["q %"]) == (120, 100)
    assert row["p %"] == pytest.approx(100 * 122 / 120)
