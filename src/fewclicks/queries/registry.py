"""Query strategies by name, each with its parameters at their defaults or as given."""

from __future__ import annotations

from typing import Any

from fewclicks import checks
from fewclicks.errors import InvalidInput
from fewclicks.queries.strategy import Strategy
from fewclicks.queries.uncertainty import Entropy, LeastConfidence, Margin, Random

STRATEGIES: dict[str, type[Any]] = {
    made.name: made
    for made in (
        Random,
        LeastConfidence,
        Margin,
        Entropy,
    )
}
"""Every strategy that can be made from numbers and names alone, by name."""


def make_strategy(name: str, **parameters: Any) -> Strategy:
    """Make a strategy by name.

    Raises
    ------
    InvalidInput
        There is no such strategy, or it has no such parameter.
    """
    checks.one_of(name, STRATEGIES, "strategy")
    made = STRATEGIES[name]
    known = set(made.__dataclass_fields__)
    unknown = [given for given in parameters if given not in known]
    if unknown:
        raise InvalidInput(
            f"The strategy {name} has no parameter {', '.join(unknown)}; "
            f"it has {', '.join(sorted(known)) or 'none'}."
        )
    strategy: Strategy = made(**parameters)
    return strategy
