"""Queries: which items are most worth asking next. Higher scores are always more worth asking."""

from __future__ import annotations

from fewclicks.queries.badge import Badge
from fewclicks.queries.base import pick, spread_out
from fewclicks.queries.batch import ByBatch
from fewclicks.queries.clustering import UncertainClusters
from fewclicks.queries.committee import (
    ConsensusEntropy,
    ConsensusKL,
    VoteEntropy,
    consensus_entropy,
    consensus_kl,
    vote_entropy,
)
from fewclicks.queries.confusing import Confusing
from fewclicks.queries.coreset import CoreSet
from fewclicks.queries.coverage import Medoids, farthest, medoids, unseen_share
from fewclicks.queries.density import DensityWeighted
from fewclicks.queries.diversity import confusion_areas
from fewclicks.queries.expected_change import ExpectedGradientLength, expected_gradient_length
from fewclicks.queries.forecast import Forecast, worth_giving
from fewclicks.queries.herding import Herding
from fewclicks.queries.probcover import ProbCover
from fewclicks.queries.registry import STRATEGIES, make_strategy
from fewclicks.queries.response import MeanRDE, response_distribution_entropy
from fewclicks.queries.stopping import (
    CRITERIA,
    BudgetSpent,
    Criterion,
    FewChanges,
    LowUncertainty,
    Signal,
    StablePredictions,
    TargetAccuracy,
    make_criterion,
    round_figures,
)
from fewclicks.queries.strategy import ByScore, Strategy
from fewclicks.queries.stream import Asked, PageHinkley, StreamSampler
from fewclicks.queries.synthesis import (
    Decoder,
    Synthesised,
    boundary_pairs,
    latent_space,
    readability,
    synthesise,
)
from fewclicks.queries.typical import TypiClust
from fewclicks.queries.uncertainty import (
    Entropy,
    LeastConfidence,
    Margin,
    Random,
    entropy,
    least_confidence,
    margin,
)
from fewclicks.queries.variance import VarianceReduction

__all__ = [
    "CRITERIA",
    "STRATEGIES",
    "Asked",
    "Badge",
    "BudgetSpent",
    "ByBatch",
    "ByScore",
    "Confusing",
    "ConsensusEntropy",
    "ConsensusKL",
    "CoreSet",
    "Criterion",
    "Decoder",
    "DensityWeighted",
    "Entropy",
    "ExpectedGradientLength",
    "FewChanges",
    "Forecast",
    "Herding",
    "LeastConfidence",
    "LowUncertainty",
    "Margin",
    "MeanRDE",
    "Medoids",
    "PageHinkley",
    "ProbCover",
    "Random",
    "Signal",
    "StablePredictions",
    "Strategy",
    "StreamSampler",
    "Synthesised",
    "TargetAccuracy",
    "TypiClust",
    "UncertainClusters",
    "VarianceReduction",
    "VoteEntropy",
    "boundary_pairs",
    "confusion_areas",
    "consensus_entropy",
    "consensus_kl",
    "entropy",
    "expected_gradient_length",
    "farthest",
    "latent_space",
    "least_confidence",
    "make_criterion",
    "make_strategy",
    "margin",
    "medoids",
    "pick",
    "readability",
    "response_distribution_entropy",
    "round_figures",
    "spread_out",
    "synthesise",
    "unseen_share",
    "vote_entropy",
    "worth_giving",
]
