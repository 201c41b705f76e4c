"""Answers looked at again, and what random looks show: mistakes, bounds and certificates."""

from fewclicks.audit.anytime import error_grid, error_interval, error_lower, error_upper
from fewclicks.audit.betting import log_wealth
from fewclicks.audit.certificate import (
    NOT_PROMISED,
    Certificate,
    Claim,
    audits_to_go,
    certified_at,
    certify,
    restart_alpha,
)
from fewclicks.audit.certifier import Certifier
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
    "NOT_PROMISED",
    "Certificate",
    "Certifier",
    "Claim",
    "Doubts",
    "Suspicions",
    "audits_to_go",
    "by_duplicates",
    "by_earlier_answers",
    "by_model",
    "by_neighbours",
    "certified_at",
    "certify",
    "error_grid",
    "error_interval",
    "error_lower",
    "error_upper",
    "log_wealth",
    "restart_alpha",
    "suspicions",
]
