"""Where per-item work runs: the same pure function over shards, here or on many machines."""

from fewclicks.engine.base import Engine, in_shards
from fewclicks.engine.local import LocalEngine
from fewclicks.engine.ray import RayEngine

__all__ = ["Engine", "LocalEngine", "RayEngine", "in_shards"]
