"""Fixtures shared by all tests."""

from __future__ import annotations

from pathlib import Path

import hypothesis
import pytest

from fewclicks import settings

# shared machines are too uneven for a time limit per example
hypothesis.settings.register_profile("fewclicks", deadline=None)
hypothesis.settings.load_profile("fewclicks")


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """Folder with the public data sets; the test is skipped where it is absent."""
    folder = settings.data_dir()
    if folder is None or not folder.is_dir():
        pytest.skip("FEWCLICKS_DATA does not name a folder with the public data sets")
    return folder
