import doctest

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import entropy as entropy_of

from fewclicks.errors import InvalidInput
from fewclicks.models import CalibratedLinear, Committee
from fewclicks.queries import ConsensusEntropy, ConsensusKL, VoteEntropy, committee
from fewclicks.queries.committee import consensus_entropy, consensus_kl, vote_entropy

SCORES = [vote_entropy, consensus_kl, consensus_entropy]
STRATEGIES = [VoteEntropy(), ConsensusKL(), ConsensusEntropy()]

probas = arrays(float, (4, 5, 3), elements=st.floats(0.001, 1)).map(
    lambda raw: raw / raw.sum(axis=2, keepdims=True)
)


def test_the_examples_hold():
    assert doctest.testmod(committee).failed == 0


def test_votes_by_hand():
    # 4 members, 5 classes, votes 2, 1, 1: entropy (½ + ½ + ½) log 2 of log 4
    votes = np.eye(5)[[0, 0, 3, 4]][:, None]
    assert vote_entropy(votes) == pytest.approx([0.75])


@given(probas)
def test_divergence_as_it_is_defined(probas):
    mean = probas.mean(axis=0)
    slow = [
        np.mean([entropy_of(member[item], mean[item]) for member in probas]) for item in range(5)
    ]
    np.testing.assert_allclose(consensus_kl(probas), np.array(slow) / np.log(3), atol=1e-12)


@given(probas)
def test_scores_lie_between_whatever_the_order_of_members_and_classes(probas):
    for score in SCORES:
        values = score(probas)
        assert ((values >= -1e-9) & (values <= 1 + 1e-9)).all()
        if score is not vote_entropy:  # whose votes, on a tie, fall to the first class
            np.testing.assert_allclose(score(probas[::-1, :, ::-1]), values, atol=1e-9)


@given(probas)
def test_members_that_agree_do_not_disagree(probas):
    same = np.repeat(probas[:1], 4, axis=0)
    np.testing.assert_allclose(vote_entropy(same), 0, atol=1e-9)
    np.testing.assert_allclose(consensus_kl(same), 0, atol=1e-9)


@pytest.mark.parametrize("score", SCORES)
def test_members_that_are_all_sure_of_other_classes_score_1(score):
    assert score(np.eye(3)[:, None]) == pytest.approx([1])
    assert score(np.ones((3, 2, 1))).tolist() == [0, 0]


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_blocks_are_scored_as_the_whole_is(strategy, monkeypatch):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(50, 4))
    y = np.where(np.arange(50) < 12, np.arange(50) % 3, -1)
    model = Committee(CalibratedLinear(n_folds=2), n_members=3).fit(X, y)
    whole = strategy.score(model, X)
    monkeypatch.setattr("fewclicks.settings.BLOCK_ROWS", 7)
    np.testing.assert_allclose(strategy.score(model, X), whole, atol=1e-6)
    np.testing.assert_allclose(strategy.score(model.member_probas(X), X), whole, atol=1e-6)


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize(
    ("model", "said"),
    [
        (None, "got None.*models.Committee"),
        (CalibratedLinear(), "got CalibratedLinear.*models.Committee"),
        (np.full((6, 2), 0.5), r"got an array of shape \(6, 2\)"),
        (np.full((3, 5, 2), 0.5), "has 5 rows but X has 6"),
        (np.full((3, 6, 2), np.nan), "from item 0 on must be finite"),
    ],
)
def test_what_is_no_committee_is_refused(strategy, model, said):
    with pytest.raises(InvalidInput, match=said):
        strategy.pick(model, np.zeros((6, 2)), 2)
