"""The project on disk: rows that cannot be computed again, files that can."""

from fewclicks.store.store import Store

__all__ = ["Store"]
