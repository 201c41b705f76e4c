"""Commands by name, and a place that stands for one."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

import fewclicks as package
from fewclicks.cli.app import command, is_place

COMMANDS = [
    "new",
    "add",
    "prepare",
    "label",
    "open",
    "status",
    "classes",
    "export",
    "mistakes",
    "certify",
    "verify",
    "audit",
    "people",
    "predict",
    "synthesise",
    "simulate",
    "demo",
    "doctor",
]
HEAVY = ("numpy", "sqlalchemy", "faiss", "sklearn", "scipy", "fastapi", "duckdb", "PIL", "plotly")


def test_every_command_of_the_issue_is_there():
    assert set(command().commands) == {*COMMANDS, "datasets", "start"}
    assert set(command().commands["datasets"].commands) == {"get"}


@pytest.mark.parametrize("name", [*COMMANDS, "datasets", "start"])
def test_every_command_explains_itself(fewclicks, name):
    told = fewclicks(name, "--help")
    assert told.code == 0
    assert "Usage: fewclicks" in told.out


def test_the_help_names_every_command_but_the_hidden_one(fewclicks):
    told = fewclicks("--help").out
    assert all(f" {name} " in told for name in [*COMMANDS, "datasets"])
    assert " start " not in told


def test_the_version(fewclicks):
    assert fewclicks("--version").out == f"fewclicks {package.__version__}\n"


def test_what_is_no_command_and_no_place_is_not_found(fewclicks):
    told = fewclicks("exprot", "digits")
    assert told.code == 3
    assert "'exprot' is neither a command nor an existing place. Did you mean export?" in told.err


def test_an_unknown_option_is_refused_as_an_option(fewclicks):
    told = fewclicks("--colour")
    assert told.code == 2
    assert "--colour" in told.err


def test_places_are_urls_and_what_is_on_the_disk(tmp_path):
    assert is_place("s3://bucket/photos")
    assert is_place(str(tmp_path))
    assert not is_place(str(tmp_path / "missing"))


def test_help_loads_nothing_heavy():
    code = (
        "import sys, json\n"
        "from fewclicks.cli.door import run\n"
        "run(['--help'])\n"
        "print(json.dumps(sorted(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not set(HEAVY) & set(json.loads(done.stderr))
