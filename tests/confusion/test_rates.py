import gzip

import numpy as np
import pytest

from fewclicks.clusters import VectorQuantizer
from fewclicks.confusion import (
    ConfusingDataDetector,
    ConfusionRates,
    confusion_rates,
    majority_classes,
)
from fewclicks.errors import InvalidInput


def test_counts_by_hand():
    truth = [0, 0, 1, 1, 2, 2, 2, 0]
    given = [0, 0, 1, 0, 2, 1, 0, 0]  # wrong: items 3, 5, 6
    asked = np.array([1, 0, 0, 1, 0, 1, 0, 0], dtype=bool)
    rates = confusion_rates(truth, given, asked, n_codewords=2)
    assert rates == ConfusionRates(8, 2, errors=3, confusing=3, caught=2)
    assert rates.hit_rate == pytest.approx(2 / 3)
    assert rates.answers == 5
    assert rates.rate == pytest.approx(5 / 8)
    assert rates.right == 7
    assert rates.accuracy == pytest.approx(7 / 8)


def test_the_first_column_of_the_papers_table_5():
    """K = 297, C = 141, P = 553 (0.92 %), Q = 90.78 %, which needs E = 5,673."""
    rates = ConfusionRates(60_000, 256, errors=5_673, confusing=297, caught=141)
    assert rates.answers == 553
    assert rates.hit_rate == pytest.approx(0.474, abs=0.001)
    assert rates.rate == pytest.approx(0.0092, abs=0.0001)
    assert rates.accuracy == pytest.approx(0.9078, abs=0.0001)


def test_nothing_confusing_catches_nothing():
    assert confusion_rates([1], [1], [False], 1).hit_rate == 0


def test_arrays_must_match():
    with pytest.raises(InvalidInput, match="cluster_labels has 1 rows but truth has 2"):
        confusion_rates([1, 2], [1], [True, False], 1)


def test_the_commonest_class_names_a_cluster():
    assert majority_classes([3, 3, 1, 0, 2], [0, 0, 0, 2, 2], 3).tolist() == [3, 0, 0]


@pytest.mark.data
@pytest.mark.slow
def test_the_papers_headline_on_digits(data_dir):
    """Hwang and Wen, Table 5: 90.78 % at 0.92 % with 256 codewords of pixels and D ≥ 0.99."""
    with gzip.open(data_dir / "mnist" / "train-images-idx3-ubyte.gz") as file:
        images = np.frombuffer(file.read(), np.uint8, offset=16).reshape(-1, 784)
    with gzip.open(data_dir / "mnist" / "train-labels-idx1-ubyte.gz") as file:
        truth = np.frombuffer(file.read(), np.uint8, offset=8)
    rows = images.astype(np.float32) / 255
    codebook = VectorQuantizer(256, max_iter=10, random_state=0).fit(rows)
    found = ConfusingDataDetector(codebook, method=2, threshold=0.99).fit(rows)
    clusters = found.nearest_[:, 0]
    named = majority_classes(truth, clusters, 256)[clusters]
    rates = confusion_rates(truth, named, found.confusing_, 256)
    assert rates.rate <= 0.0095
    assert rates.accuracy >= 0.9078
