"""Suspected mistakes over HTTP."""

from __future__ import annotations

import pytest

from fewclicks.errors import Conflict
from fewclicks.server.work import KINDS
