"""Who answers, what it costs them, how far several agree, and what to make of it if not."""

from fewclicks.answers.agreement import (
    Estimate,
    Resampling,
    agreement_with_others,
    cohen_kappa,
    cohen_kappa_of,
    fleiss_kappa,
    krippendorff_alpha,
    raw_agreement,
)
from fewclicks.answers.consensus import DawidSkene, Majority, majority
from fewclicks.answers.votes import Votes

__all__ = [
    "DawidSkene",
    "Estimate",
    "Majority",
    "Resampling",
    "Votes",
    "agreement_with_others",
    "cohen_kappa",
    "cohen_kappa_of",
    "fleiss_kappa",
    "krippendorff_alpha",
    "majority",
    "raw_agreement",
]
