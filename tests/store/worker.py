"""Processes to be killed: forked from one that has everything imported, so that they start fast.

Reads one JSON request a line from standard input and forks a child that runs it. Writes one JSON
line for each child started, each thing a child has had acknowledged, and each child that ended.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np

from fewclicks import files
from fewclicks.errors import FewclicksError
from fewclicks.items.thumbnails import ThumbnailStore
from fewclicks.records import Question, Reply
from fewclicks.store import Store
from fewclicks.store.items import NewItem

SHARD = 16


def tell(**what: Any) -> None:
    os.write(1, (json.dumps(what) + "\n").encode())  # whole: shorter than a pipe's buffer


def answers(folder: str, who: str, first: int) -> None:
    """Say all kinds of things for ever; the number of a thing is its client id."""
    store = Store.open(Path(folder))
    for number in count(first):
        tell(asking=number)
        tell(number=number, answer=say(store, who, number))


def say(store: Store, who: str, number: int) -> int:
    """Say the thing with this number, or hear what came of it."""
    client_id, name = f"{who} {number}", f"class {number % 7}"
    if number % 3:
        return store.answers.add(
            who, Reply("class", name, seconds=1.0), item=number % 60, client_id=client_id
        ).id
    members = np.arange(number % 40, number % 40 + 20)
    [question] = store.questions.ask_clusters(
        who, [Question("cluster", "why", members=members, cluster=number)]
    )
    misfits = tuple(members[: number % 4].tolist())
    return store.answers.add(
        who, Reply("class", name, misfits, 1.0), question_id=question, client_id=client_id
    ).id


def imports(folder: str) -> None:
    """Add one small shard after the other: thumbnails first, then rows."""
    store, thumbnails = Store.open(Path(folder)), ThumbnailStore(Path(folder) / "thumbnails")
    source = store.items.add_source("photos", "folder", {})
    while True:
        first = store.items.count()
        ids = range(first, first + SHARD)
        thumbnails.write(first, [picture(i) for i in ids])
        rows = [
            NewItem(f"{i}.png", i.to_bytes(16, "big"), 1, 1, True, group=f"g{i // 10}") for i in ids
        ]
        store.items.add(source, first, rows, [])
        tell(items=first + SHARD)


def picture(item: int) -> bytes:
    return f"thumbnail {item}".encode() * (1 + item % 50)


def saves(path: str, first: int) -> None:
    """Replace one artefact by the next for ever."""
    for number in count(first):
        files.save(Path(path), str(number), {"a": np.full(40_000, number), "b": np.arange(number)})
        tell(saved=number)


def lock(folder: str, purpose: str) -> None:
    """Hold a lock until killed."""
    with Store.open(Path(folder)).lock(purpose):
        tell(holding=purpose)
        time.sleep(600)


def race(folder: str, who: str, question: int) -> None:
    """Answer one question that another process answers too."""
    store = Store.open(Path(folder))
    store.answers.add(who, Reply("class", who), question_id=question)
    tell(won=who)


def unprivileged(folder: str) -> None:
    """Read and try to write a project as somebody without rights."""
    os.setgid(65534)
    os.setuid(65534)
    store = Store.open(Path(folder))
    tell(items=store.items.count())
    store.answers.add("ana", Reply("class", "cat"), item=0)


def nothing() -> None:
    """End at once: what others told before is told when this one has ended."""


WORK = {w.__name__: w for w in (answers, imports, saves, lock, race, unprivileged, nothing)}


def main() -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the children
    for line in sys.stdin:
        request = json.loads(line)
        child = os.fork()
        if not child:
            run(request)
        tell(child=child)


def run(request: list[Any]) -> None:
    try:
        WORK[request[0]](*request[1:])
    except FewclicksError as error:
        tell(error=error.code, message=str(error))
    tell(ended=os.getpid())
    os._exit(0)


if __name__ == "__main__":
    main()
