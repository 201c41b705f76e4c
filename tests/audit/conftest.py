"""What tests of audits share."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest


@pytest.fixture(scope="session")
def orders():
    """Every order in which a small collection can be drawn, one a row; all are as likely."""

    def drawn(n_items, n_wrong):
        rows = np.zeros((0, n_items), bool)
        for places in combinations(range(n_items), n_wrong):
            row = np.zeros((1, n_items), bool)
            row[0, list(places)] = True
            rows = np.concatenate([rows, row])
        return rows

    return drawn
