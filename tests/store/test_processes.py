"""Two processes on one project."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import pytest

from fewclicks.errors import ProjectBusy
from fewclicks.records import Question
from fewclicks.store import Store


def test_two_processes_answer_at_once_and_nothing_is_lost(lite: Store, nursery: Any) -> None:
    children = [nursery.start("answers", str(lite.folder), who, 0) for who in ("ana", "bob")]
    nursery.hear("answer", 80)
    told = [message for message in nursery.kill(*children) if "answer" in message]
    with lite.database.read():
        rows = {row.id: row.annotator for i in range(60) for row in lite.answers.of_item(i)}
    ids = [message["answer"] for message in told]
    assert len(set(ids)) == len(ids) >= 80
    assert {"ana", "bob"} == set(rows.values())
    totals = lite.answers.totals()
    assert len(ids) <= totals["seconds"] <= len(ids) + 2  # two may not have been acknowledged
    assert lite.events.last_id() == totals["seconds"]


def test_of_two_processes_on_one_question_one_is_told(lite: Store, nursery: Any) -> None:
    clusters = [Question("cluster", "why", members=np.array([i]), cluster=i) for i in range(10)]
    for question in lite.questions.ask_clusters("p", clusters):
        for who in ("ana", "bob"):
            nursery.start("race", str(lite.folder), who, question)
        nursery.hear("ended", 2)
        told = nursery.everything()
        won = [message["won"] for message in told if "won" in message]
        lost = [message for message in told if "error" in message]
        assert len(won) == len(lost) == 1
        assert lost[0]["error"] == "conflict"
        assert "answered already" in lost[0]["message"]
        assert [row.annotator for row in lite.answers.of_question(question)] == won


def test_a_lock_names_the_other_process_and_dies_with_it(lite: Store, nursery: Any) -> None:
    for _ in range(5):
        child = nursery.start("lock", str(lite.folder), "prepare")
        nursery.hear("holding")
        with (
            pytest.raises(ProjectBusy, match=rf"“prepare” by process {child} .*Wait for it"),
            lite.lock("prepare"),
        ):
            pass
        with lite.lock("import"):  # another purpose is no hindrance
            pass
        nursery.kill(child)
        with lite.lock("prepare"):
            assert str(os.getpid()) in (lite.folder / "prepare.holder").read_text()
