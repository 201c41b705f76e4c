"""The page's files."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from fewclicks.server.pagefiles import MEDIA_TYPES, PageFiles


@pytest.fixture
def page(tmp_path: Path) -> Path:
    """A page of three files, with something secret beside it."""
    folder = tmp_path / "page"
    (folder / "views").mkdir(parents=True)
    (folder / "index.html").write_text("<!doctype html>")
    (folder / "views" / "main.js").write_text("export {};" * 100)
    (folder / "notes.txt").write_text("not of the page")
    (tmp_path / "secret.js").write_text("secret")
    return folder


@pytest.fixture
def client(page: Path) -> TestClient:
    """A client of an application that serves nothing else."""
    app = Starlette()
    app.mount("/", PageFiles(page))
    return TestClient(app, base_url="http://localhost:1")


def test_a_folder_is_its_index(client: TestClient) -> None:
    reply = client.get("/")
    assert (reply.status_code, reply.text) == (200, "<!doctype html>")
    assert reply.headers["Content-Type"] == MEDIA_TYPES[".html"]
    assert reply.headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize("encoding", ["gzip", "identity"])
def test_a_copy_is_good_until_the_file_changes(
    client: TestClient, page: Path, encoding: str
) -> None:
    asked = {"Accept-Encoding": encoding}
    first = client.get("/views/main.js", headers=asked)
    assert first.text == "export {};" * 100
    assert first.headers.get("Content-Encoding") == (encoding if encoding == "gzip" else None)
    asked["If-None-Match"] = first.headers["ETag"]
    again = client.get("/views/main.js", headers=asked)
    assert (again.status_code, again.content) == (304, b"")
    (page / "views" / "main.js").write_text("export const changed = 1;")
    assert client.get("/views/main.js", headers=asked).text == "export const changed = 1;"


def named_by(client: TestClient) -> str:
    """The script that the page names, as it names it."""
    (found,) = re.findall(r'src="(.+)"', client.get("/").text)
    return f"/{found}"


def test_a_page_names_scripts_by_their_version_and_browsers_keep_them(
    client: TestClient, page: Path
) -> None:
    (page / "index.html").write_text('<link href="icon.svg"><script src="views/main.js"></script>')
    first = named_by(client)
    assert re.fullmatch("/[0-9a-f]{16}/views/main.js", first)
    reply = client.get(first)
    assert reply.text == "export {};" * 100
    assert reply.headers["Cache-Control"] == "private, max-age=31536000, immutable"
    assert 'href="icon.svg"' in client.get("/").text
    assert named_by(client) == first


def test_a_script_that_changes_is_named_anew_and_the_former_name_tells_no_lies(
    client: TestClient, page: Path
) -> None:
    (page / "index.html").write_text('<script src="views/main.js"></script>')
    first, tag = named_by(client), client.get("/").headers["ETag"]
    (page / "views" / "main.js").write_text("export const changed = 1;")
    assert client.get(first).text == "export {};" * 100  # nobody has been told the new name
    second = named_by(client)
    assert second != first
    assert client.get("/").headers["ETag"] != tag
    assert client.get(second).text == "export const changed = 1;"
    assert client.get(first).status_code == 404


def test_a_page_left_open_finds_its_scripts_after_a_restart(client: TestClient, page: Path) -> None:
    (page / "index.html").write_text('<script src="views/main.js"></script>')
    name = named_by(client)
    again = Starlette()
    again.mount("/", PageFiles(page))
    assert TestClient(again).get(name).text == "export {};" * 100
    assert TestClient(again).get(f"/{'0' * 16}/views/main.js").status_code == 404
    assert TestClient(again).get(name.replace("main", "no")).status_code == 404


def test_packed_and_plain_copies_are_told_apart(client: TestClient) -> None:
    packed = client.get("/views/main.js", headers={"Accept-Encoding": "gzip"})
    plain = client.get("/views/main.js", headers={"Accept-Encoding": "identity"})
    assert packed.headers["ETag"] != plain.headers["ETag"]
    assert packed.headers["Vary"] == plain.headers["Vary"] == "Accept-Encoding"
    assert int(packed.headers["Content-Length"]) < len(plain.content)


@pytest.mark.parametrize(
    "path", ["/no.js", "/views", "/notes.txt", "/%2e%2e/secret.js", "/../secret.js", "/a%00.js"]
)
def test_nothing_but_the_page_is_served(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 404


def test_a_link_out_of_the_folder_is_not_followed(client: TestClient, page: Path) -> None:
    os.symlink(page.parent / "secret.js", page / "link.js")
    assert client.get("/link.js").status_code == 404


def test_only_reading_is_allowed(client: TestClient) -> None:
    assert client.post("/").status_code == 405
    assert client.head("/").headers["Content-Type"] == MEDIA_TYPES[".html"]
