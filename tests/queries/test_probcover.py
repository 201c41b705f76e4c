import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fewclicks.errors import InvalidInput
from fewclicks.queries import ProbCover
from fewclicks.queries.probcover import greedy_cover, joined, joined_to, pure_radius, within


def pairs(bits):
    return np.unpackbits(bits, axis=1, count=len(bits)).astype(bool)


def naive_cover(near, covered, n):
    """Greedy maximum cover with every count again for every pick."""
    covered, picked = covered.copy(), []
    for _ in range(n):
        gains = (near & ~covered[:, None]).sum(axis=0)
        if not gains.max():
            break
        picked.append(int(gains.argmax()))
        covered |= near[:, picked[-1]]
    return picked


def test_along_a_line_by_hand():
    X = np.array([[0], [1], [2], [10], [11], [20]], np.float32)
    # the ball around 1 covers three items, one of 10 and 11 two, 20 itself
    for seed in range(5):
        picked = ProbCover(delta=1.2).pick(None, X, 3, random_state=seed).tolist()
        assert picked[0] == 1
        assert picked[1] in (3, 4)
        assert picked[2] == 5


def test_what_an_answer_covers_does_not_count():
    X = np.array([[0], [1], [2], [10], [11], [20]], np.float32)
    y = np.array([-1, 0, -1, -1, -1, -1])
    picked = ProbCover(delta=1.2).pick(None, X, 2, y=y)
    assert picked[0] in (3, 4)
    assert picked[1] == 5


def test_when_all_is_covered_the_rest_is_drawn():
    X = np.arange(12, dtype=np.float32)[:, None]
    batches = {tuple(ProbCover(delta=50).pick(None, X, 4, random_state=s)) for s in range(6)}
    assert len(batches) > 1
    assert all(len(set(batch)) == 4 for batch in batches)


@settings(max_examples=30)
@given(st.integers(0, 10_000), st.floats(0.1, 3))
def test_cover_is_that_of_the_definition(seed, radius):
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(45, 2)).astype(np.float32)
    covered = rng.random(45) < 0.2
    bits = joined(rows, radius)
    gaps = np.linalg.norm(rows[:, None] - rows, axis=2)
    near = pairs(bits)
    assert ((near == (gaps <= radius)) | (np.abs(gaps - radius) < 1e-4)).all()
    assert greedy_cover(bits, covered, 10).tolist() == naive_cover(near, covered, 10)


def test_bits_are_counted_in_blocks(monkeypatch):
    monkeypatch.setattr("fewclicks.queries.probcover.BLOCK", 4)
    bits = joined(np.array([[0], [1], [2], [5], [6], [9]], np.float32), 1.5)
    assert joined_to(bits, np.arange(6)).tolist() == [2, 3, 2, 2, 2, 1]
    assert joined_to(bits, np.array([2, 3])).tolist() == [0, 1, 1, 1, 1, 0]


def test_pure_radius_by_hand():
    rows = np.array([[0], [1], [2], [4], [7]], np.float32)
    cluster = np.array([0, 0, 0, 1, 1])
    # the other cluster begins 4, 3, 2, 2 and 5 away
    assert pure_radius(rows, cluster, 1) == 2
    assert pure_radius(rows, cluster, 0.6) == 3
    assert pure_radius(rows, cluster, 0) == 5
    assert pure_radius(rows, np.zeros(5, int), 0.95) == np.inf


@settings(max_examples=25)
@given(st.integers(0, 10_000), st.integers(0, 30))
def test_balls_are_as_pure_as_asked_and_no_smaller(seed, impure):
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(50, 2)).astype(np.float32)
    cluster = (rows[:, 0] > 0).astype(int)
    radius = pure_radius(rows, cluster, 1 - impure / 50)
    gaps = np.linalg.norm(rows[:, None] - rows, axis=2)
    other = cluster[:, None] != cluster
    found = [((gaps <= radius * by) & other).any(axis=1).sum() for by in (0.999, 1.001)]
    assert found[0] <= impure < found[1]


def test_within_a_radius_of_any_centre():
    rows = np.array([[0], [3], [5]], np.float32)
    assert within(rows, np.array([[1], [4.5]], np.float32), 1).tolist() == [True, False, True]
    assert within(rows, rows[:0], 1).tolist() == [False] * 3


def test_a_sample_stands_for_the_pool():
    rng = np.random.default_rng(0)
    X = np.concatenate([rng.normal(size=(400, 2)), rng.normal(size=(100, 2)) + 20])
    picked = ProbCover(delta=4, sample=60).pick(None, X, 2)
    assert picked[0] < 400 <= picked[1]


def test_items_all_alike_are_drawn():
    assert len(set(ProbCover().pick(None, np.ones((30, 2)), 5))) == 5


def test_parameters_must_fit():
    with pytest.raises(InvalidInput, match="purity must be between 0 and 1"):
        ProbCover(purity=95)
    with pytest.raises(InvalidInput, match="delta"):
        ProbCover(delta=-1.0)
    with pytest.raises(InvalidInput, match="n_classes"):
        ProbCover(n_classes=1)


@settings(max_examples=25)
@given(seed=st.integers(0, 10_000), radius=st.floats(0, 3), step=st.integers(1, 40))
def test_answers_looked_at_part_by_part_cover_the_same(seed, radius, step):
    rng = np.random.default_rng(seed)
    rows, centres = (rng.normal(size=(n, 2)).astype(np.float32) for n in (60, 30))
    gaps = np.linalg.norm(rows[:, None] - centres, axis=2).min(axis=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("fewclicks.queries.probcover.ANSWERS_AT_A_TIME", step)
        found = within(rows, centres, radius)
    assert ((found == (gaps <= radius)) | (np.abs(gaps - radius) < 1e-4)).all()


def test_of_many_answers_some_are_drawn(monkeypatch):
    seen = []

    def watched(rows, centres, radius):
        seen.append(centres)
        return within(rows, centres, radius)

    monkeypatch.setattr("fewclicks.queries.probcover.MOST_ANSWERS", 50)
    monkeypatch.setattr("fewclicks.queries.probcover.within", watched)
    rng = np.random.default_rng(0)
    X = np.concatenate([rng.normal(size=(900, 2)), rng.normal(size=(100, 2)) + 20])
    y = np.where(np.arange(1000) < 700, 0, -1)
    for seed in (0, 1):  # every open item of the first cloud is within delta of hundreds of answers
        picked = ProbCover(delta=2.5).pick(None, X, 1, y=y, random_state=seed)
        assert picked[0] >= 900
    assert [len(centres) for centres in seen] == [50, 50]
    assert (seen[0] != seen[1]).any()


def test_covered_rows_are_not_looked_at_again(monkeypatch):
    import faiss

    looked, search = [], faiss.knn

    def counted(rows, centres, k):
        looked.append(len(rows))
        return search(rows, centres, k)

    monkeypatch.setattr("fewclicks.queries.probcover.faiss.knn", counted)
    monkeypatch.setattr("fewclicks.queries.probcover.ANSWERS_AT_A_TIME", 1)
    rows = np.array([[0], [1], [5], [9]], np.float32)
    centres = np.array([[0.5], [9], [5], [7]], np.float32)
    assert within(rows, centres, 1).all()
    assert looked == [4, 2, 1]
