"""Kill -9 at random moments: what was acknowledged is there, and nothing is half-written."""

from __future__ import annotations

import json
import random
import sqlite3
import time
from pathlib import Path
from typing import Any

import numpy as np

from fewclicks import files
from fewclicks.items.thumbnails import ThumbnailStore
from fewclicks.store import Store
from fewclicks.store.store import DATABASE_NAME

KILLS = 25
SHARD = 16  # as in worker.py


def _read(folder: Path, sql: str) -> list[tuple[Any, ...]]:
    """Read with nothing of ours, so that nothing of ours can hide a fault."""
    connection = sqlite3.connect(folder / DATABASE_NAME)
    try:
        return connection.execute(sql).fetchall()
    finally:
        connection.close()


def _check_whole(folder: Path) -> None:
    assert _read(folder, "PRAGMA integrity_check") == [("ok",)]
    assert _read(folder, "PRAGMA foreign_key_check") == []


def _check_answers(folder: Path, acknowledged: dict[str, int], asked: set[str]) -> None:
    _check_whole(folder)
    rows = _read(
        folder,
        "SELECT e.client_id, a.id, e.text, e.result, e.changes FROM events e "
        "LEFT JOIN answers a ON a.event_id = e.id",
    )
    kept = {client_id: answer_id for client_id, answer_id, *_ in rows}
    assert len(kept) == len(rows)  # one answer for each client id, and none without an event
    assert acknowledged.items() <= kept.items()
    assert set(kept) <= asked
    for _, answer_id, text, result, changes in rows:
        assert text
        assert json.loads(result)["answer"] == answer_id
        assert json.loads(changes)
    assert _read(folder, "SELECT count(*) FROM answers") == [(len(rows),)]
    standing = "SELECT question_id FROM answers WHERE NOT withdrawn AND question_id NOT NULL"
    answered = "SELECT id FROM questions WHERE state = 'answered'"
    assert sorted(_read(folder, standing)) == sorted(_read(folder, answered))


def test_acknowledged_answers_survive_any_kill(lite: Store, nursery: Any) -> None:
    lite.close()
    chance, first = random.Random(1), 0
    acknowledged: dict[str, int] = {}
    for _ in range(KILLS):
        child = nursery.start("answers", str(lite.folder), "ana", first)
        if chance.random() < 0.9:  # else it dies while it opens the project
            nursery.hear("asking", chance.randrange(1, 10))
        time.sleep(chance.random() * 0.01)
        told = nursery.kill(child)
        acknowledged |= {f"ana {m['number']}": m["answer"] for m in told if "answer" in m}
        first = max([m["asking"] for m in told if "asking" in m], default=first)
        _check_answers(lite.folder, acknowledged, {f"ana {n}" for n in range(first + 1)})
    assert len(acknowledged) > KILLS
    again = Store.open(lite.folder)
    assert again.answers.totals()["total"] == again.events.last_id() >= len(acknowledged)
    assert again.answers.sheet(60).n_answers == again.answers.totals()["total"]
    again.close()


def test_imported_items_survive_any_kill(lite: Store, nursery: Any) -> None:
    chance, acknowledged = random.Random(2), 60
    for _ in range(KILLS):
        child = nursery.start("imports", str(lite.folder))
        if chance.random() < 0.9:
            nursery.hear("items", chance.randrange(1, 6))
        time.sleep(chance.random() * 0.02)
        told = nursery.kill(child)
        acknowledged = max([m["items"] for m in told if "items" in m], default=acknowledged)
        _check_whole(lite.folder)
        ids = [row[0] for row in _read(lite.folder, "SELECT id FROM items ORDER BY id")]
        assert ids == list(range(len(ids)))  # dense, and …
        assert acknowledged <= len(ids) <= acknowledged + SHARD
        assert (len(ids) - 60) % SHARD == 0  # … whole shards only
    thumbnails = ThumbnailStore(lite.folder / "thumbnails")
    assert thumbnails.read_many(range(60, len(ids))) == [
        f"thumbnail {i}".encode() * (1 + i % 50) for i in range(60, len(ids))
    ]
    assert len(ids) > 60 + KILLS * SHARD


def test_an_artefact_is_the_old_one_or_the_new_one_after_any_kill(
    tmp_path: Path, nursery: Any
) -> None:
    chance, path, number = random.Random(3), tmp_path / "graph.npz", -1
    for _ in range(KILLS):
        child = nursery.start("saves", str(path), number + 1)
        if chance.random() < 0.9:
            nursery.hear("saved", chance.randrange(1, 6))
        time.sleep(chance.random() * 0.01)
        told = nursery.kill(child)
        acknowledged = max([m["saved"] for m in told if "saved" in m], default=number)
        found = files.load(path)
        if found is None:
            assert acknowledged == -1
            continue
        number = int(found["a"][0])
        assert acknowledged <= number <= acknowledged + 1
        assert files.load(path, made_from=str(number)) is not None
        assert (found["a"] == number).all()
        assert np.array_equal(found["b"], np.arange(number))
    assert number > KILLS
    left = [p.name for p in tmp_path.iterdir() if p != path]  # unfinished files, never read:
    assert all(name.startswith(".graph.npz.") and name.endswith(".tmp") for name in left)
