"""The command line: `fewclicks COMMAND`, or `fewclicks PHOTOS` for everything at once."""

from fewclicks.cli.door import main

__all__ = ["main"]
