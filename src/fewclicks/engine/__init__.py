"""Where per-item work runs: the same pure function over shards, here or on many machines."""

from fewclicks.engine.base import Engine, in_shards
from fewclicks.engine.local import LocalEngine

__all__ = ["Engine", "LocalEngine", "in_shards"]
