"""Export from the page."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.browser,
    pytest.mark.parametrize("served", ["worker"], indirect=True),
]


@pytest.fixture
def person(served, person):
    """Somebody who has named one cluster and opens the export."""
    person.name_it("bar")
    person.saved()
    person.page.click("text=Export")
    person.page.wait_for_selector("dialog[open]")
    return person


def test_a_table_is_written_and_downloaded(served, page, person):
    page.click("dialog[open] footer button")
    link = page.wait_for_selector("dialog[open] a[download]")
    assert "400 rows written" in page.inner_text("dialog[open] form")
    with page.expect_download() as download:
        link.click()
    with Path(download.value.path()).open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 400
    with page.expect_download() as card:
        page.click("dialog[open] a:has-text('Label card')")
    assert "Nothing has been certified" in Path(card.value.path()).read_text()
    assert card.value.suggested_filename == f"{download.value.suggested_filename}.card.md"
    named = [row for row in rows if row["class"] == "bar"]
    assert len(named) == served.ask("progress")["labelled"]["cluster"]


def test_class_folders_tell_where_they_are(page, person):
    page.click("dialog[open] .option:has-text('Folders')")
    assert page.locator("dialog[open] select").is_visible()
    page.click("dialog[open] footer button")
    page.wait_for_selector("dialog[open] .result code:not(:empty)")
    folder = Path(page.inner_text("dialog[open] .result code"))
    assert any(path.name == "bar" for path in folder.iterdir())
    assert page.locator("dialog[open] a[download]").count() == 0


def test_a_wrong_folder_is_refused_in_the_dialog(page, person, tmp_path):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "something").write_text("")
    page.click("dialog[open] .option:has-text('Folders')")
    page.fill("dialog[open] input[name=folder]", str(tmp_path / "full"))
    page.click("dialog[open] footer button")
    page.wait_for_selector("dialog[open] [role=status]:has-text('full')")
    assert page.locator("dialog[open] footer button").is_enabled()
