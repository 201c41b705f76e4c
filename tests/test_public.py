"""`fewclicks.__all__` is the public surface, and importing it is quick."""

from __future__ import annotations

import json
import subprocess
import sys
from types import ModuleType

import pytest

import fewclicks as fc


@pytest.mark.parametrize("name", fc.__all__)
def test_every_public_name_is_there_and_says_what_it_is(name):
    value = getattr(fc, name)
    assert value is not None
    if name != "__version__":
        assert value.__doc__


def test_the_surface_is_listed_in_order_and_dir_shows_it():
    assert fc.__all__ == sorted(fc.__all__)
    assert dir(fc) == fc.__all__


def test_names_lie_where_they_are_said_to_lie():
    for name, home in fc._HOMES.items():
        value = getattr(fc, name)
        assert value.__module__ == f"fewclicks.{home}"
        assert value.__name__ == name


def test_what_is_not_public_is_not_there():
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = fc.nothing


def test_simulate_stays_a_function_whoever_imports_its_module():
    code = (
        "import fewclicks.simulate, fewclicks\n"
        "from fewclicks.simulate import score\n"
        "assert fewclicks.simulate is fewclicks.simulate.__globals__['simulate']\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_modules_are_modules():
    modules = set(fc.__all__) - set(fc._HOMES) - {"__version__"}
    assert all(isinstance(getattr(fc, name), ModuleType) for name in modules)
    for name in modules - {"errors"}:
        module = getattr(fc, name)
        assert all(hasattr(module, public) for public in module.__all__)


def test_importing_the_package_loads_none_of_it():
    code = "import sys, json, fewclicks; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = json.loads(done.stdout)
    assert [name for name in loaded if name.startswith("fewclicks.")] == []
    assert "numpy" not in loaded
