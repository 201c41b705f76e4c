"""Commands, options, exit codes, error codes, public names and routes are those of the manual."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import fewclicks as fc
from fewclicks import errors
from fewclicks.cli.app import command
from fewclicks.cli.door import EXIT_CODES
from fewclicks.server.failures import STATUSES, TRANSPORT_CODES
from fewclicks.workflows import WORKFLOWS

DOCS = Path(__file__).parents[2] / "docs"


def rows(page: str, columns: int) -> list[tuple[str, ...]]:
    """Every table row of a page that has so many columns, without its heading."""
    found = []
    for line in (DOCS / page).read_text().splitlines():
        cells = tuple(cell.strip() for cell in line.strip().strip("|").split(" | "))
        if line.startswith("| ") and len(cells) == columns and not cells[0].startswith("-"):
            found.append(cells)
    return found


def commands() -> dict[str, object]:
    """Every command by its heading in the manual."""
    top = dict(command().commands)
    top["fewclicks PHOTOS"] = top.pop("start")
    top["datasets get"] = top["datasets"].commands["get"]
    return top


def sections() -> dict[str, str]:
    """The sections of the page on the command line, by heading."""
    text = (DOCS / "command-line.md").read_text()
    parts = re.split(r"^## (.+)$", text, flags=re.MULTILINE)[1:]
    return dict(zip(parts[::2], parts[1::2], strict=True))


def test_every_command_has_its_section():
    assert set(sections()) == {*commands(), "Exit codes", "Environment"}


@pytest.mark.parametrize("name", commands())
def test_every_option_is_shown_with_its_help(name):
    section = sections()[name]
    shown = re.findall(r"^\| `([^`]+)` \| (.+?) \|", section, flags=re.MULTILINE)
    given = [
        (p.opts[0] if p.opts[0].startswith("-") else p.metavar or p.name.upper(), p.help)
        for p in commands()[name].params  # type: ignore[attr-defined]
    ]
    assert shown == given


def test_exit_codes():
    shown = re.findall(r"^\| (\d+) \| (.+) \|$", sections()["Exit codes"], flags=re.MULTILINE)
    assert {int(code): meaning for code, meaning in shown} == EXIT_CODES


def every_error() -> list[type[errors.FewclicksError]]:
    return [
        kind
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, errors.FewclicksError)
    ]


def test_error_codes():
    text = (DOCS / "python.md").read_text()
    shown = re.findall(r"^\| `(\w+)` \| `(\w+)` \| ", text, flags=re.MULTILINE)
    assert shown == [(kind.code, kind.__name__) for kind in every_error()]


def test_http_statuses():
    text = (DOCS / "http-api.md").read_text()
    shown = {
        (int(status), code)
        for status, codes in re.findall(r"^\| (\d+) \| (`.+`) \|$", text, flags=re.MULTILINE)
        for code in re.findall(r"`(\w+)`", codes)
    }
    assert shown == {(status, kind.code) for kind, status in STATUSES.items()}
    for status, code in TRANSPORT_CODES.items():
        if code not in {kind.code for kind in every_error()}:
            assert f"`{code}` ({status})" in text


def test_public_names():
    text = (DOCS / "python.md").read_text()
    table = text[: text.index("## A project")]
    assert set(re.findall(r"`fc\.(\w+)`", table)) == set(fc.__all__)


def test_routes(project):
    from fewclicks.server.app import create_app

    schema = create_app(project, "token", "ana").openapi()
    served = [
        (f"{method.upper()} {path}", told["summary"])
        for path, methods in schema["paths"].items()
        for method, told in methods.items()
    ]
    text = (DOCS / "http-api.md").read_text()
    shown = re.findall(r"^\| `([A-Z]+ /api/[^`]*)` \| (.+) \|$", text, flags=re.MULTILINE)
    assert shown == served


def test_features_and_workflows():
    from fewclicks.features import FEATURES

    features = {row[0].strip("`") for row in rows("features.md", 3)} - {"name"}
    assert features == set(FEATURES)
    told = (DOCS / "questions-and-answers.md").read_text()
    assert all(f"| `{name}` |" in told for name in WORKFLOWS)


def test_columns_of_a_list():
    from fewclicks.items import tables

    shown = {row[0]: row[1] for row in rows("items.md", 2)}
    for name in ("path", "label", "group", "split"):
        usual = getattr(tables, f"{name.upper()}S")
        assert shown[name] == ", ".join(f"`{column}`" for column in usual)


def test_the_rule_for_the_number_of_clusters():
    assert [fc.clusters.codewords_for(n) for n in (40, 900, 60_000, 4_000_000)] == [
        10, 30, 245, 1024,
    ]  # fmt: skip
    told = (DOCS / "clusters.md").read_text()
    assert "between 16 and 1,024, but never more than a quarter of the items" in told


def test_limits_that_the_manual_names_are_the_settings():
    from fewclicks import settings

    assert f"{settings.MAX_PIXELS:,} pixels" in (DOCS / "bad-input.md").read_text()
    assert f"{settings.EXACT_NEIGHBOURS_UP_TO:,} items" in (DOCS / "clusters.md").read_text()
    assert f"Beyond {settings.LAYOUT_LEARNT_FROM:,}" in (DOCS / "features.md").read_text()
    assert f"thumbnails of {settings.THUMBNAIL_SIDE} pixels" in (DOCS / "items.md").read_text()


def test_what_answering_costs():
    from fewclicks.answers.effort import EffortModel

    told, cost = (DOCS / "questions-and-answers.md").read_text(), EffortModel()
    assert f"{cost.easy} s for a typical image and {cost.hard} s for a confusing one" in told
    assert f"{cost.thumbnail} s per thumbnail" in told
    assert f"{cost.page:g} s to name it" in told
