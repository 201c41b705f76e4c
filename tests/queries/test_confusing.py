import numpy as np
import pytest
from sklearn.base import BaseEstimator

from fewclicks.clusters import VectorQuantizer
from fewclicks.confusion import ConfusingDataDetector
from fewclicks.errors import InvalidInput
from fewclicks.models import CalibratedLinear
from fewclicks.queries import Confusing, Strategy


class Told(BaseEstimator):
    """A detector that says what it was told to say, and remembers what it was shown."""

    def __init__(self, scores=None):
        self.scores = scores

    def fit(self, X, y=None):
        self.scores_ = self.scores
        seen.append((X, y))
        return self


seen: list[tuple] = []


@pytest.fixture(scope="module")
def pool():
    rng = np.random.default_rng(0)
    truth = np.repeat([0, 1], 60)
    X = rng.normal(size=(120, 4)) + 4 * truth[:, None]
    y = np.full(120, -1)
    y[[0, 1, 60, 61]] = truth[[0, 1, 60, 61]]
    return X.astype(np.float32), y


@pytest.mark.parametrize("method", [1, 2, "neighbours"])
def test_the_detectors_scores_decide(pool, method):
    X, _ = pool
    codebook = VectorQuantizer(n_codewords=6, random_state=0).fit(X)
    detector = ConfusingDataDetector(codebook, method=method)
    strategy = Confusing(detector)
    assert isinstance(strategy, Strategy)
    picked = strategy.pick(None, X, 20, random_state=1)
    scores = ConfusingDataDetector(codebook, method=method).fit(X).scores_
    assert len(np.unique(picked)) == 20
    assert scores[picked].min() >= np.sort(scores)[-20]
    assert not hasattr(detector, "scores_")


def test_answered_and_excluded_items_are_not_asked(pool):
    X, y = pool
    strategy = Confusing(Told(np.arange(120)[::-1]))
    exclude = np.arange(120) < 3
    assert strategy.pick(None, X, 2, y=y, exclude=exclude).tolist() == [3, 4]


def test_a_model_tells_the_labels_of_what_has_no_answer(pool):
    X, y = pool
    model = CalibratedLinear().fit(X, y)
    strategy = Confusing(Told(np.zeros(120)))
    seen.clear()
    strategy.score(model, X, y=np.where(np.arange(120) == 5, 7, y))
    strategy.score(None, X, y=y)
    strategy.score(None, X)
    shown = [labels for _, labels in seen]
    assert shown[0].tolist() == np.where(np.arange(120) == 5, 7, model.predict(X)).tolist()
    assert shown[1].tolist() == y.tolist()
    assert shown[2] is None


def test_among_neighbours_labelled_otherwise_it_asks_first(pool):
    X, y = pool
    codebook = VectorQuantizer(n_codewords=2, random_state=0).fit(X)
    model = CalibratedLinear().fit(X, y)
    wrong = y.copy()
    wrong[10:13] = 1
    wrong[0] = -1
    picked = Confusing(ConfusingDataDetector(codebook, method="neighbours")).score(
        model, X, y=wrong
    )
    assert set(np.argsort(-picked)[:3]) == {10, 11, 12}


@pytest.mark.parametrize(
    ("detector", "said"),
    [
        (CalibratedLinear(), "CalibratedLinear has no scores_"),
        (Told(np.zeros(4)), "scores has 4 rows but X has 120"),
        (Told(np.full(120, np.nan)), "scores must be finite"),
    ],
)
def test_what_is_no_detector_is_refused(pool, detector, said):
    X, y = pool
    with pytest.raises(InvalidInput, match=said):
        Confusing(detector).pick(None, X, 5, y=y)
