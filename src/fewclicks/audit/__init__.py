"""Answers looked at again, and what random looks show: mistakes, bounds and certificates."""

from fewclicks.audit.anytime import error_grid, error_interval, error_lower, error_upper
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
from fewclicks.audit.grids import certify_grids, grid_error_upper
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
from fewclicks.audit.strata import StratifiedCertifier
from fewclicks.audit.weighted import (
    WeightedCertifier,
    audit_order,
    suspicion_weights,
    weighted_error_upper,
    weighted_estimate,
    weighted_log_wealth,
)
from fewclicks.betting import log_wealth

__all__ = [
    "KINDS",
    "NOT_PROMISED",
    "Certificate",
    "Certifier",
    "Claim",
    "Doubts",
    "StratifiedCertifier",
    "Suspicions",
    "WeightedCertifier",
    "audit_order",
    "audits_to_go",
    "by_duplicates",
    "by_earlier_answers",
    "by_model",
    "by_neighbours",
    "certified_at",
    "certify",
    "certify_grids",
    "error_grid",
    "error_interval",
    "error_lower",
    "error_upper",
    "grid_error_upper",
    "log_wealth",
    "restart_alpha",
    "suspicion_weights",
    "suspicions",
    "weighted_error_upper",
    "weighted_estimate",
    "weighted_log_wealth",
]
