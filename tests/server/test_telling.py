"""Rows as the page sees them."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from fewclicks.records import MODEL, Labels
from fewclicks.server import telling
from fewclicks.store.jobs import JobRow
from fewclicks.store.questions import QuestionRow

QUEUED = JobRow(1, "round", {}, "queued", "", 0, 0, 0, None, None, 1_600_000_000.25, None)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({}, "Waiting to start."),
        ({"state": "running"}, "Starting."),
        (
            {"state": "running", "step": "finding neighbours", "done": 2000, "total": 60000},
            "Finding neighbours: 2,000 of 60,000.",
        ),
        ({"state": "done"}, "Finished."),
        ({"state": "cancelled"}, "Cancelled."),
        (
            {"state": "failed", "error": {"code": "x", "message": "No \udcff.", "remedy": ""}},
            "No \ufffd.",
        ),
    ],
)
def test_a_jobs_state_in_a_sentence(change: dict[str, object], message: str) -> None:
    assert telling.job(dataclasses.replace(QUEUED, **change)).message == message


def test_a_cluster_is_covered_by_its_most_typical_members() -> None:
    members = np.arange(40, 0, -1, dtype=np.int32)
    row = QuestionRow(
        id=5, kind="cluster", purpose="learn", reason="Alike.", item=None, members=members,
        n_members=40, cluster=2, partition="p", round=None, state="open",
    )  # fmt: skip
    class_ids = np.full((41, 1), 3, np.int32)
    believed = Labels(class_ids, np.ones((41, 1), np.float32), np.full(41, MODEL, np.int8))
    told = telling.question(row, believed)
    assert told.cover == list(range(40, 28, -1))
    assert (told.size, told.cluster, told.item) == (40, 2, None)
    assert [(g.class_id, g.confidence) for g in told.guesses] == [(3, 1.0)]
    assert telling.members(row) == list(range(40, 0, -1))
