"""When a round starts by itself."""

from __future__ import annotations

import io
import threading
import time
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image

from fewclicks.errors import FewclicksError
from fewclicks.project import Project
from fewclicks.records import Reply
from fewclicks.server import rounds
from fewclicks.server.rounds import RoundStarter, queue_after, queue_refinement, queue_round
from fewclicks.server.work import KINDS


def answer_all(project: Project, leave: int = 0) -> None:
    asked = project.store.questions.page("item", 200)
    for question in asked[: len(asked) - leave]:
        project.answer("ana", Reply("class", "bar"), question_id=question.id)


def round_jobs(project: Project) -> list[str]:
    return [job.state for job in project.store.jobs.recent() if job.kind == "round"]


def test_a_round_is_queued_when_the_queue_runs_low(project: Project) -> None:
    assert not queue_round(project)
    answer_all(project, leave=30)
    assert not queue_round(project)
    answer_all(project, leave=2)
    assert queue_round(project)
    assert round_jobs(project) == ["queued"]
    assert not queue_round(project)


def test_a_round_that_failed_waits_for_a_change(project: Project) -> None:
    answer_all(project, leave=1)
    assert queue_round(project)
    claimed = project.store.jobs.claim("w", KINDS)
    assert claimed is not None
    project.store.jobs.fail(claimed.id, FewclicksError("It broke."))
    assert not queue_round(project)
    answer_all(project)
    assert queue_round(project)


def test_nothing_is_queued_while_the_project_is_prepared(project: Project) -> None:
    answer_all(project)
    project.store.jobs.add("prepare", {})
    assert not queue_round(project)


def test_nothing_is_queued_before_the_project_is_prepared(project: Project) -> None:
    answer_all(project)
    project.store.set_options(prepared=None)
    assert not queue_round(project)


def test_a_burst_of_changes_costs_one_look(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = []
    queued = threading.Event()

    def look(_: Project) -> bool:
        looks.append(time.monotonic())
        return True

    monkeypatch.setattr(rounds, "queue_round", look)
    monkeypatch.setattr(rounds, "PAUSE_SECONDS", 0.05)
    monkeypatch.setattr(rounds, "AGAIN_SECONDS", 60)
    project.store.jobs.add("round", {})
    starter = RoundStarter(project, queued.set)
    for _ in range(20):
        starter.changed()
    assert queued.wait(60)
    assert len(looks) == 1
    queued.clear()
    starter.changed()
    assert queued.wait(60)
    starter.stop()
    starter.changed()
    time.sleep(0.1)
    assert len(looks) == 2


def test_trouble_is_logged_and_not_raised(
    project: Project, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def look(_: Project) -> bool:
        raise FewclicksError("The disk has gone.")

    monkeypatch.setattr(rounds, "queue_round", look)
    monkeypatch.setattr(rounds, "PAUSE_SECONDS", 0.0)
    starter = RoundStarter(project, lambda: None)
    starter.changed()
    starter.stop()
    time.sleep(0.05)
    assert not caplog.records or "The disk has gone." in caplog.text


def test_uploads_are_taken_in_by_themselves(project: Project) -> None:
    stream = io.BytesIO()
    Image.fromarray(np.zeros((16, 16), np.uint8)).save(stream, "PNG")
    project.upload(stream.getvalue(), "new.png")
    assert not project.prepared
    assert queue_round(project)
    assert [job.kind for job in project.store.jobs.recent()] == ["prepare"]
    assert not queue_round(project)


def wanting_a_network(project: Project) -> Project:
    """The project after a round that wants a network to learn from its labels."""
    project.store.set_options(workflow_options={"n_start": 10, "audit": 0})
    for question in project.store.questions.page("item", 200):
        reply = Reply("class", "bar" if question.id % 2 else "box")
        project.answer("ana", reply, question_id=question.id)
    project.round()
    assert project.needs_refinement()
    return project


def test_a_network_is_queued_once_for_a_round(project: Project) -> None:
    assert not queue_refinement(project)
    wanting_a_network(project)
    assert queue_refinement(project)
    assert not queue_refinement(project)
    job = project.store.jobs.claim("w", ("refine",))
    assert job is not None
    project.store.jobs.fail(job.id, FewclicksError("It broke."))
    assert not queue_refinement(project)


def test_what_follows_a_job(project: Project) -> None:
    jobs = project.store.jobs
    answer_all(project, leave=0)
    exported, refined = (
        jobs.claim("w", (jobs.add(kind, {}).kind,)) for kind in ("export", "refine")
    )
    assert exported is not None
    assert refined is not None
    jobs.finish(exported.id, {})
    queue_after(project, exported)
    assert round_jobs(project) == []
    jobs.finish(refined.id, {})
    queue_after(project, refined)
    assert round_jobs(project) == ["queued"]
    queue_after(project, refined)
    assert round_jobs(project) == ["queued"]


def test_what_other_processes_queue_is_seen_to(
    project: Project, monkeypatch: pytest.MonkeyPatch, until: Callable[..., None]
) -> None:
    """A network in training ends with a round in the queue, which no worker may be there for."""
    monkeypatch.setattr(rounds, "PAUSE_SECONDS", 0.01)
    monkeypatch.setattr(rounds, "AGAIN_SECONDS", 0.02)
    jobs = project.store.jobs
    training = jobs.add("refine", {})
    jobs.claim("learner", ("refine",))
    woken: list[bool] = []
    starter = RoundStarter(project, lambda: woken.append(jobs.pending("round")))
    starter.changed()
    until(lambda: len(woken) > 1)
    assert not any(woken)
    jobs.finish(training.id, {})
    queue_after(project, training)
    until(lambda: woken[-1])
    starter.stop()


def test_a_network_that_is_due_after_a_round_is_found(
    project: Project, monkeypatch: pytest.MonkeyPatch, until: Callable[..., None]
) -> None:
    monkeypatch.setattr(rounds, "PAUSE_SECONDS", 0.01)
    monkeypatch.setattr(rounds, "AGAIN_SECONDS", 0.02)
    wanting_a_network(project)
    latest = project.store.rounds.latest()
    assert latest is not None
    starter = RoundStarter(project, lambda: None)
    starter.changed()
    until(lambda: project.store.jobs.pending("refine"))
    starter.stop()
    project.store.set_options(prepared=None)
    assert not queue_refinement(project)
