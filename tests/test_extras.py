import sys
from types import ModuleType

import pytest

from fewclicks.errors import MissingExtra
from fewclicks.extras import imported, lacking, needed


def test_what_is_there_is_not_lacking(monkeypatch):
    monkeypatch.setitem(sys.modules, "barred", None)
    monkeypatch.setitem(sys.modules, "by_hand", ModuleType("by_hand"))
    assert lacking(["numpy", "barred", "no_such_package", "by_hand"]) == [
        "barred",
        "no_such_package",
    ]
    needed(["numpy"], "The sum", "photos")
    assert imported("numpy", "The sum") is sys.modules["numpy"]


@pytest.mark.parametrize(
    ("package", "extra", "remedy"),
    [
        ("torch", "photos", "'fewclicks[photos]'"),
        ("torch", "torch", "'fewclicks[torch]'"),
        ("no_such_package", "photos", "no_such_package"),
    ],
)
def test_the_remedy_names_the_extra_that_was_meant(monkeypatch, package, extra, remedy):
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(MissingExtra) as told:
        needed(["numpy", package], "The encoder", extra)
    assert told.value.message == f"The encoder needs {package}, which is missing."
    assert told.value.remedy == f"Run: pip install {remedy}."


def test_an_import_that_fails_names_the_package_of_the_module(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(MissingExtra, match=r"The sum needs torch.*fewclicks\[torch\]"):
        imported("torch.no_such_part", "The sum")
    with pytest.raises(MissingExtra, match="pip install no_such_package"):
        imported("no_such_package.part", "The sum")
