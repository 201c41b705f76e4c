"""What README, CONTRIBUTING and the manual show is run, page by page, in the order shown."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from fewclicks.cli.door import run

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
RUN = ("console", "python")
_BLOCK = re.compile(
    r"(?:<!-- not run: (?P<reason>[^\n]+?) -->\n)?^```(?P<language>\w*)\n(?P<text>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True)
class Block:
    """One fenced block of a page; `reason` says why it is not run, if it is not."""

    page: str
    line: int
    language: str
    text: str
    reason: str | None


def blocks_of(page: Path) -> list[Block]:
    """Every block of a page that shows commands or Python, in order."""
    content = page.read_text()
    return [
        Block(
            str(page.relative_to(ROOT)),
            content.count("\n", 0, found.start("language")) + 1,
            found["language"],
            found["text"],
            found["reason"],
        )
        for found in _BLOCK.finditer(content)
        if found["language"] in RUN
    ]


NOT_RUN = {
    ("CONTRIBUTING.md", "$ make test"),
    ("README.md", "$ pip install fewclicks"),
    ("README.md", "$ make demo"),
    ("docs/features.md", "$ fewclicks new birds photos/ --features timm:resnet50"),
    ("docs/http-api.md", "import json"),
    ("docs/install.md", "$ pip install fewclicks"),
    ("docs/install.md", "$ fewclicks demo"),
    ("docs/install.md", "$ fewclicks datasets get mnist mnist-files"),
    ("docs/questions-and-answers.md", "$ fewclicks label digits"),
    (
        "docs/scaling-out.md",
        "$ ray start --head --port 6379 --disable-usage-stats --include-dashboard=false",
    ),
    (
        "docs/scaling-out.md",
        "$ fewclicks predict birds s3://bucket/rest --into s3://bucket/labels --engine ray "
        "--address FIRST:6379",
    ),
}
"""Blocks that no test can run, by page and first line; each says why in a comment before it."""

RUNNABLE = [page for page in PAGES if any(b.reason is None for b in blocks_of(page))]


@pytest.mark.parametrize("page", RUNNABLE, ids=lambda page: page.stem)
def test_what_a_page_shows_works(page, workplace, capsys):
    names: dict[str, Any] = {"__name__": "__manual__"}
    for block in blocks_of(page):
        if block.reason is not None:
            continue
        if block.language == "python":
            where = f"{block.page}, block at line {block.line}"
            exec(compile(block.text, where, "exec"), names)
        else:
            play(block, capsys)


def play(block: Block, capsys: pytest.CaptureFixture[str]) -> None:
    """Run each command of a block and look for the output shown below it."""
    out = ""
    for line in block.text.splitlines():
        if not line.startswith("$ "):
            assert line.strip() in out, (
                f"{block.page}:{block.line} shows {line!r}, but came:\n{out}"
            )
            continue
        program, *arguments = shlex.split(line[2:], comments=True)
        assert program == "fewclicks", f"{block.page}:{block.line}: only fewclicks can be run here"
        code = run(arguments)
        out, err = capsys.readouterr()
        assert code == 0, f"{block.page}:{block.line}: {line} gave {code}: {err}"


def test_blocks_that_are_not_run_are_these_and_say_why():
    skipped = [b for page in PAGES for b in blocks_of(page) if b.reason is not None]
    assert {(block.page, block.text.splitlines()[0]) for block in skipped} == NOT_RUN
    assert all(len(block.reason) > 10 for block in skipped)


def test_no_block_escapes_for_want_of_a_language():
    for page in PAGES:
        for line in page.read_text().splitlines():
            assert line.strip() not in ("```bash", "```sh", "```shell", "```py", "```pycon"), page


def test_links_lead_somewhere():
    for page in PAGES:
        for target in re.findall(r"\]\(([^)#]*)(?:#[^)]*)?\)", page.read_text()):
            if not target or "://" in target or target.startswith("docs/images/"):
                continue
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_links_to_headings_lead_somewhere():
    for page in PAGES:
        for target, heading in re.findall(r"\]\(([^)#]*)#([^)]+)\)", page.read_text()):
            if "://" in target:
                continue
            linked = page if not target else page.parent / target
            slugs = {
                re.sub(r"[^\w -]", "", line.lstrip("# ")).lower().replace(" ", "-")
                for line in linked.read_text().splitlines()
                if line.startswith("#")
            }
            assert heading in slugs, f"{page.name} links to {target}#{heading}"


def test_every_page_of_the_manual_can_be_reached_from_the_readme():
    readme = (ROOT / "README.md").read_text()
    for page in (ROOT / "docs").glob("*.md"):
        assert f"docs/{page.name}" in readme
