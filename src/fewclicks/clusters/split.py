"""Taking a mixed cluster apart."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from fewclicks import checks
from fewclicks.clusters.portraits import Portraits
from fewclicks.clusters.quantizer import VectorQuantizer
from fewclicks.errors import InvalidInput
from fewclicks.records import FloatArray, IntArray


def parts_for(size: int) -> int:
    """Return into how many parts a cluster of `size` members is split: √(size / 8), in 2…8."""
    return min(8, max(2, round(math.sqrt(size / 8))))


def split_cluster(
    rows: FloatArray, members: Any, n_parts: int | None = None, random_state: Any = None
) -> list[IntArray]:
    """Split one cluster's members by k-means.

    Parameters
    ----------
    rows : array or memory map of shape (n_items, d)
        Only the rows of `members` are read.
    members : array of item ids
        At least 2, of which at least two differ in their rows.
    n_parts : int, optional
        In 2…the number of members; left out, `parts_for` decides.
    random_state : int, RandomState or None

    Returns
    -------
    list of ndarray of item ids
        The parts, largest first; in each the most typical first. None is empty. There may be fewer
        than asked for where members have equal rows.

    Raises
    ------
    InvalidInput
        If there is nothing to tell the members apart by.
    """
    ids = checks.item_ids(members, len(rows))
    own = np.asarray(rows[ids], dtype=np.float32)
    distinct = len(np.unique(own, axis=0))
    if distinct < 2:
        raise InvalidInput(
            f"A cluster must have members that differ to be split, but all {len(ids)} are alike.",
            "Answer its items one by one.",
        )
    n_parts = min(parts_for(len(ids)), distinct) if n_parts is None else n_parts
    checks.between(n_parts, 2, len(ids), "n_parts", integer=True)
    quantizer = VectorQuantizer(min(n_parts, distinct), random_state=random_state).fit(own)
    sorted_parts = Portraits.of(own, quantizer.labels_, quantizer.codebook_)
    largest_first = np.argsort(-sorted_parts.sizes(), kind="stable")
    return [ids[sorted_parts.members(int(part))] for part in largest_first]
