"""Which engine does the per-item work."""

from __future__ import annotations

from fewclicks import settings
from fewclicks.engine.base import Engine
from fewclicks.engine.local import LocalEngine

ALONE_BELOW = 4 * settings.SHARD_ITEMS
"""Items below which starting other processes takes longer than it saves."""


def engine_for(n_items: int) -> Engine:
    """This process alone for a few items, this machine's cores for many."""
    return LocalEngine(workers=1 if n_items < ALONE_BELOW else None)
