import numpy as np
import pytest

from experiments import kumar_letters as experiment
from fewclicks.records import NO_CLASS

pytest.importorskip("imblearn", reason="the extra balance makes classes equal")


class Teller:
    """Knows every class, and is unsure of images that are dark unless it has seen enough."""

    classes_ = np.arange(3)

    def fit(self, images, y):
        self.n = int((y != NO_CLASS).sum())
        return self

    def predict_proba(self, images):
        code, dark = images[:, 0, 0], images[:, 1, 1] == 0
        proba = np.full((len(images), 3), 0.05)
        proba[np.arange(len(images)), code] = 0.9
        proba[dark] = [0.4, 0.3, 0.3] if self.n < 40 else [0.9, 0.05, 0.05]
        return proba

    def predict(self, images):
        return self.predict_proba(images).argmax(axis=1)


@pytest.fixture
def found():
    """300 letters of three classes of unequal size, a fifth of them dark."""
    codes = np.repeat([0, 1, 2], [150, 90, 60])
    images = np.zeros((300, 2, 2), np.uint8)
    images[:, 0, 0] = codes
    images[:, 1, 1] = np.arange(300) % 5
    return experiment.Letters(images, codes, ["a", "b", "c"])


def test_what_is_unsure_is_answered_until_little_is_left(found):
    rounds = list(experiment.label_in_rounds(found, lambda seed: Teller(), seed=0))
    assert [iteration for iteration, *_ in rounds] == [1, 2]
    first, last = (answers for _, answers, _, _ in rounds)
    assert (first != NO_CLASS).sum() == 12  # a tenth of 3 × 42 letters
    assert np.bincount(first[first != NO_CLASS]).tolist() == [4, 4, 4]
    new = (last != NO_CLASS) & (first == NO_CLASS)
    assert (found.images[new, 1, 1] == 0).all()
    assert (last[new] == found.codes[new]).all()
    figures = [figures for *_, figures in rounds]
    assert figures[0]["unsure %"] == pytest.approx(100 * new.sum() / 114)
    assert figures[1]["unsure %"] == 0


def test_nothing_that_is_tested_on_is_learnt_from(found):
    pool, test = experiment.split(found, seed=0)
    assert sorted([*pool, *test]) == list(range(300))
    for _, answers, _, _ in experiment.label_in_rounds(found, lambda seed: Teller(), seed=0):
        assert (answers[test] == NO_CLASS).all()


def test_only_the_last_iteration_counts(found):
    rows = list(experiment.rows_of(found, "teller", lambda seed: Teller(), 0))
    assert experiment.final_rows(rows) == [rows[-1]]
    assert rows[-1]["answers"] > rows[0]["answers"] == 12
