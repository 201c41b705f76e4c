"""The page from the command line: `label`, and `fewclicks PHOTOS`."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import pytest

from fewclicks.errors import Conflict
from fewclicks.project import Project
from fewclicks.workflows.choices import project_beside


@contextmanager
def served(*arguments: object, cwd: Path):
    """A command that serves, ended with Ctrl-C; its standard output to read from."""
    command = [sys.executable, "-m", "fewclicks", *map(str, arguments), "--no-open", "--port", "0"]
    alone = {**os.environ, "OMP_NUM_THREADS": "1"}  # threads of two processes wait for each other
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=cwd, env=alone
    ) as process:
        try:
            yield process.stdout
        finally:
            process.send_signal(signal.SIGINT)
            assert process.wait(timeout=60) == 0


def ask(url: str, path: str) -> dict:
    root, _, query = url.partition("?")
    with urllib.request.urlopen(f"{root}{path}?{query}", timeout=60) as reply:
        return json.load(reply)


def test_label_prints_where_the_page_is_and_ends_with_ctrl_c(digits_project, tmp_path):
    with served("label", digits_project, "--json", "--annotator", "ana", cwd=tmp_path) as out:
        told = json.loads(out.readline())
        assert told["project"] == str(digits_project)
        project = ask(told["url"], "api/project")
    assert project["n_items"] == 300
    assert project["prepared"]


def test_photos_become_a_prepared_project_beside_them(photos, tmp_path, fewclicks):
    def url(lines):
        return next(line for line in lines if "http://" in line).split()[-1]

    options = ("--labels", "folders", "--features", "colour-hog")
    with served(photos, *options, cwd=tmp_path) as out:
        project = ask(url(out), "api/project")
    assert project["n_items"] == 24
    assert project["prepared"]
    folder = tmp_path / "photos.fewclicks"
    assert project["folder"] == str(folder)

    (photos / "dog" / "99.png").write_bytes((photos / "dog" / "00.png").read_bytes())
    with served(photos, cwd=tmp_path) as out:
        assert ask(url(out), "api/project")["n_items"] == 25
    with served(folder, cwd=tmp_path) as out:
        assert ask(url(out), "api/project")["n_items"] == 25
    with Project.open(folder) as opened:
        assert opened.store.items.truths()[-1] == "dog"


def test_a_project_that_is_not_there(fewclicks, tmp_path):
    told = fewclicks("label", tmp_path / "nothing")
    assert told.code == 3
    assert "fewclicks new" in told.err


def test_a_port_in_use_is_a_conflict(fewclicks, prepared):
    import socket

    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        told = fewclicks("label", prepared, "--no-open", "--port", port)
    assert told.code == 4
    assert "--port" in told.err


def test_where_the_project_of_a_source_lies(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a" / "photos").mkdir(parents=True)
    beside = tmp_path / "a" / "photos.fewclicks"
    assert project_beside("a/photos") == beside
    assert project_beside("a/photos/") == beside
    assert project_beside(str(tmp_path / "a" / "photos.zip")).name == "photos.zip.fewclicks"
    assert project_beside("s3://bucket/set/photos/") == tmp_path / "photos.fewclicks"
    monkeypatch.chdir(tmp_path / "a" / "photos")
    assert project_beside(".") == beside


def test_where_it_lies_if_the_folder_cannot_be_written(tmp_path, monkeypatch):
    images = tmp_path / "media" / "photos"
    images.mkdir(parents=True)
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    monkeypatch.chdir(tmp_path)
    assert project_beside(str(images)) == tmp_path / "photos.fewclicks"
    monkeypatch.chdir(images)
    with pytest.raises(Conflict, match="cannot be written"):
        project_beside(str(images))
