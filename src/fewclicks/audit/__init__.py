"""Answers looked at again: those that everything else contradicts."""

from fewclicks.audit.mistakes import (
    KINDS,
    Doubts,
    Suspicions,
    by_duplicates,
    by_earlier_answers,
    by_model,
    by_neighbours,
    suspicions,
)

__all__ = [
    "KINDS",
    "Doubts",
    "Suspicions",
    "by_duplicates",
    "by_earlier_answers",
    "by_model",
    "by_neighbours",
    "suspicions",
]
