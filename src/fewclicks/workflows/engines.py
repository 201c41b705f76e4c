"""Which engine does the per-item work."""

from __future__ import annotations

from fewclicks import checks, settings
from fewclicks.engine.base import Engine
from fewclicks.engine.local import LocalEngine
from fewclicks.engine.ray import RayEngine
from fewclicks.errors import InvalidInput

ALONE_BELOW = 4 * settings.SHARD_ITEMS
"""Items below which starting other processes takes longer than it saves."""


def engine_for(n_items: int, engine: Engine | None = None) -> Engine:
    """The engine that does the work on some items.

    That is `engine`, by default the one that the environment asks for. But a few items are done by
    this process where it is of this machine, and a cluster is joined for them only if it is given.
    """
    if engine is None and n_items >= ALONE_BELOW and settings.engine() == "ray":
        engine = RayEngine(settings.ray_address())
    if engine is not None and not isinstance(engine, LocalEngine):
        return engine
    return LocalEngine(1) if n_items < ALONE_BELOW else engine or LocalEngine()


def make_engine(name: str, *, address: str | None = None, gpus: float = 0) -> Engine:
    """Make an engine by its name: "local" or "ray".

    Parameters
    ----------
    name : str
    address : str, optional
        HOST:PORT of a Ray cluster; by default FEWCLICKS_RAY_ADDRESS, else that of this machine.
    gpus : float, default 0
        GPUs that a worker on the cluster takes.

    Raises
    ------
    InvalidInput
        There is no such engine, or it takes no address or GPUs.
    MissingExtra, NotFound
        As by `fewclicks.engine.RayEngine`.
    """
    checks.one_of(name, settings.ENGINES, "engine")
    if name == "ray":
        return RayEngine(address or settings.ray_address(), gpus=gpus)
    if address is not None or gpus:
        raise InvalidInput(
            "An address and GPUs are of a Ray cluster, but the engine is “local”.",
            "Add: --engine ray",
        )
    return LocalEngine()
