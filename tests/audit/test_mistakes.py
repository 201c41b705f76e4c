"""Answers that all else contradicts: each kind on paper, and how kinds are put together."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fewclicks import extras
from fewclicks.audit import (
    KINDS,
    by_duplicates,
    by_earlier_answers,
    by_model,
    by_neighbours,
    suspicions,
)
from fewclicks.errors import MissingExtra
from fewclicks.records import NO_CLASS


def blobs(n: int, n_wrong: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Answers, shares of belief in classes 3 and 8, and which answers are wrong."""
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 2, n)
    share = np.clip(rng.normal(0.9, 0.05, n), 0.6, 0.99)
    proba = np.where(truth[:, None] == [0, 1], share[:, None], 1 - share[:, None])
    wrong = np.zeros(n, bool)
    wrong[rng.choice(n, n_wrong, replace=False)] = True
    return np.array([3, 8])[np.where(wrong, 1 - truth, truth)], proba, wrong


def test_a_model_contradicts_planted_mistakes_and_nothing_else() -> None:
    pytest.importorskip("cleanlab")
    said, proba, wrong = blobs(200, 10)
    found = by_model(said, proba, np.array([3, 8]))
    assert found.at.tolist() == np.flatnonzero(wrong).tolist()
    assert found.suspected.tolist() == (11 - said[found.at]).tolist()
    own = proba[found.at, (said[found.at] == 8).astype(int)]
    np.testing.assert_allclose(found.scores, 1 - own)
    np.testing.assert_allclose(found.votes, np.stack([1 - own, own, np.ones_like(own)], axis=1))


def test_of_answers_that_no_model_has_judged_nothing_is_said() -> None:
    pytest.importorskip("cleanlab")
    said, proba, _ = blobs(200, 10)
    classes = np.array([3, 8])
    before = by_model(said, proba, classes).at
    proba[before[0]] = np.nan
    assert before[0] not in by_model(said, proba, classes).at
    assert len(by_model(said[said == 3], proba[said == 3], classes).at) == 0


def test_a_model_needs_cleanlab(monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(name: str) -> None:
        raise ModuleNotFoundError(name)

    monkeypatch.setattr(extras, "import_module", gone)
    said, proba, _ = blobs(20, 2)
    with pytest.raises(MissingExtra, match="Confident learning needs cleanlab"):
        by_model(said, proba, np.array([3, 8]))


def test_neighbours_on_paper() -> None:
    said = np.array([3, 8, 8, 8, 3, 3])
    near = np.array(
        [
            [1, 2, 3, -1],  # all three say 8: 3 of 4 votes
            [2, 3, 0, 4],  # two of four say 3: as many as say 8
            [1, 3, -1, -1],
            [0, 4, -1, -1],  # both say 3, but two are too few to tell
            [1, 2, 3, 5],  # three of four say 8, of five votes
            [-1, -1, -1, -1],
        ]
    )
    found = by_neighbours(said, near)
    assert found.at.tolist() == [0, 4]
    assert found.suspected.tolist() == [8, 8]
    assert found.votes.tolist() == [[3, 1, 4], [3, 2, 5]]
    assert found.scores.tolist() == [3 / 4, 3 / 5]


def test_duplicates_on_paper() -> None:
    said = np.array([3, 8, 3, 3, 8, 5, 5])
    groups = np.array([0, 0, 4, 4, 4, -1, -1])
    found = by_duplicates(said, groups)
    assert found.at.tolist() == [0, 1, 4]  # of two either; of three the one against two
    assert found.suspected.tolist() == [8, 3, 3]
    assert found.scores.tolist() == [1 / 2, 1 / 2, 2 / 3]


def test_earlier_answers_on_paper() -> None:
    said = np.array([3, 8, 5])
    found = by_earlier_answers(said, np.array([0, 0, 1, 1, 1, 2]), np.array([8, 3, 8, 3, 8, 5]))
    assert found.at.tolist() == [0]
    assert found.suspected.tolist() == [8]
    assert found.scores.tolist() == [1 / 2]


@given(st.lists(st.tuples(st.integers(-1, 4), st.integers(0, 3)), min_size=1, max_size=40))
def test_who_has_the_majority_of_a_group_is_not_suspected(rows: list[tuple[int, int]]) -> None:
    groups = np.array([group for group, _ in rows])
    said = np.array([class_id for _, class_id in rows])
    found = by_duplicates(said, groups)
    for at in range(len(rows)):
        mates = said[groups == groups[at]] if groups[at] >= 0 else said[at : at + 1]
        n_mine = int((mates == said[at]).sum())
        n_other = max((int((mates == c).sum()) for c in range(4) if c != said[at]), default=0)
        assert (at in found.at) == (n_other >= n_mine and n_other > 0)
    assert ((found.scores >= 0.5) & (found.scores < 1)).all()


def test_the_worst_of_all_kinds_comes_first() -> None:
    said = np.array([3, 8, 3, 3])
    duplicates = by_duplicates(said, np.array([0, 0, -1, -1]))
    earlier = by_earlier_answers(said, np.array([0, 0, 3, 3, 3]), np.array([3, 5, 5, 5, 3]))
    both = suspicions({"duplicates": duplicates, "earlier": earlier})
    assert both.at.tolist() == [3, 0, 1]  # 2/3; 1/2 twice; 1/2 once
    assert [KINDS[kind] for kind in both.worst] == ["earlier", "duplicates", "duplicates"]
    assert both.suspected[1].tolist() == [NO_CLASS, NO_CLASS, 8, 5]
    assert both.scores[2].tolist() == [0, 0, 1 / 2, 0]
    assert both.only(slice(1)).at.tolist() == [3]
    assert len(suspicions({}).at) == 0
