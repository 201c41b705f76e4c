"""Query strategies by name, each with its parameters at their defaults or as given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, fields
from typing import Any

from fewclicks import checks
from fewclicks.errors import InvalidInput
from fewclicks.queries.badge import Badge
from fewclicks.queries.clustering import UncertainClusters
from fewclicks.queries.committee import ConsensusEntropy, ConsensusKL, VoteEntropy
from fewclicks.queries.coreset import CoreSet
from fewclicks.queries.coverage import Medoids
from fewclicks.queries.density import DensityWeighted
from fewclicks.queries.expected_change import ExpectedGradientLength
from fewclicks.queries.herding import Herding
from fewclicks.queries.probcover import ProbCover
from fewclicks.queries.response import MeanRDE
from fewclicks.queries.strategy import Strategy
from fewclicks.queries.typical import TypiClust
from fewclicks.queries.uncertainty import Entropy, LeastConfidence, Margin, Random
from fewclicks.queries.variance import VarianceReduction

STRATEGIES: dict[str, type[Any]] = {
    made.name: made
    for made in (
        Random,
        LeastConfidence,
        Margin,
        Entropy,
        VoteEntropy,
        ConsensusKL,
        ConsensusEntropy,
        ExpectedGradientLength,
        VarianceReduction,
        DensityWeighted,
        MeanRDE,
        CoreSet,
        Medoids,
        Badge,
        UncertainClusters,
        TypiClust,
        ProbCover,
        Herding,
    )
}
"""Every strategy that can be made from numbers and names alone, by name."""


def make_strategy(name: str, **parameters: Any) -> Strategy:
    """Make a strategy by name.

    Raises
    ------
    InvalidInput
        There is no such strategy, or its parameters are not these.
    """
    strategy: Strategy = make(STRATEGIES, "strategy", name, parameters)
    return strategy


def make(kinds: Mapping[str, type[Any]], noun: str, name: str, parameters: dict[str, Any]) -> Any:
    """Make one of several dataclasses by name.

    Raises
    ------
    InvalidInput
        There is none of that name, it has no such parameter, or it needs one that did not come.
    """
    checks.one_of(name, kinds, noun)
    known = {field.name: field for field in fields(kinds[name])}
    unknown = [given for given in parameters if given not in known]
    if unknown:
        raise InvalidInput(
            f"The {noun} {name} has no parameter {', '.join(unknown)}; "
            f"it has {', '.join(sorted(known)) or 'none'}."
        )
    defaults = {n for n, f in known.items() if (f.default, f.default_factory) != (MISSING, MISSING)}
    missing = known.keys() - defaults - parameters.keys()
    if missing:
        raise InvalidInput(f"The {noun} {name} needs {', '.join(sorted(missing))}.")
    return kinds[name](**parameters)
