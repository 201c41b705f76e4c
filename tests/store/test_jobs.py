from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest

from fewclicks.errors import Conflict, DiskFull, NotFound
from fewclicks.store import Store, jobs

KINDS = ("prepare", "round", "export")


def test_jobs_are_done_in_the_order_they_came(store: Store) -> None:
    first, second = store.jobs.add("prepare", {}), store.jobs.add("export", {"format": "csv"})
    assert [job.id for job in store.jobs.recent()] == [second.id, first.id]
    taken = store.jobs.claim("w", KINDS)
    assert taken is not None
    assert (taken.id, taken.state, taken.attempts) == (first.id, "running", 1)
    other = store.jobs.claim("w", KINDS)
    assert other is not None
    assert (other.id, other.args) == (second.id, {"format": "csv"})
    assert store.jobs.claim("w", KINDS) is None


def test_a_repeated_client_id_is_one_job(store: Store) -> None:
    first = store.jobs.add("prepare", {}, "a")
    assert store.jobs.add("prepare", {}, "a") == first
    assert store.jobs.add("prepare", {}, "b").id != first.id
    assert store.jobs.add("prepare", {}).id != first.id


def test_a_job_is_claimed_by_one_worker(store: Store) -> None:
    for _ in range(4):
        store.jobs.add("prepare", {})
    with ThreadPoolExecutor(8) as pool:
        claims = pool.map(partial(store.jobs.claim, kinds=KINDS), "abcdefgh")
        claimed = [job.id for job in claims if job is not None]
    assert len(claimed) == len(set(claimed)) == 4


def test_progress_is_told_until_the_end(store: Store) -> None:
    job = store.jobs.add("prepare", {})
    assert store.jobs.pending("prepare")
    assert not store.jobs.pending("export")
    store.jobs.claim("w", KINDS)
    store.jobs.beat(job.id, "w", "clusters", 3, 10)
    now = store.jobs.get(job.id)
    assert (now.step, now.done, now.total, now.finished_at) == ("clusters", 3, 10, None)
    assert store.jobs.pending("prepare")
    store.jobs.finish(job.id, {"rows": 10})
    now = store.jobs.get(job.id)
    assert (now.state, now.result, now.error) == ("done", {"rows": 10}, None)
    assert now.finished_at is not None
    assert not store.jobs.pending("prepare")


def test_a_failure_says_what_to_do(store: Store) -> None:
    job = store.jobs.add("export", {})
    store.jobs.claim("w", KINDS)
    store.jobs.fail(job.id, DiskFull("No space.", "Free some."))
    now = store.jobs.get(job.id)
    assert (now.state, now.error) == (
        "failed", {"code": "disk_full", "message": "No space.", "remedy": "Free some."},
    )  # fmt: skip


def test_a_cancelled_job_stays_cancelled(store: Store) -> None:
    job = store.jobs.add("export", {})
    store.jobs.claim("w", KINDS)
    assert store.jobs.cancel(job.id).state == "cancelled"
    with pytest.raises(Conflict, match="cancelled or taken over"):
        store.jobs.beat(job.id, "w", "x", 1, 2)
    store.jobs.finish(job.id, {})
    assert store.jobs.get(job.id).state == "cancelled"
    store.jobs.fail(job.id, DiskFull("No space."))
    assert store.jobs.get(job.id).state == "cancelled"


def test_a_finished_job_cannot_be_cancelled(store: Store) -> None:
    job = store.jobs.add("export", {})
    store.jobs.claim("w", KINDS)
    store.jobs.finish(job.id, {})
    assert store.jobs.cancel(job.id).state == "done"


def test_a_silent_worker_s_job_is_taken_over(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    job = store.jobs.add("prepare", {})
    store.jobs.claim("old", KINDS)
    assert store.jobs.claim("new", KINDS) is None  # it has just been heard of
    monkeypatch.setattr(jobs, "STALE_SECONDS", -1.0)
    taken = store.jobs.claim("new", KINDS)
    assert taken is not None
    assert (taken.id, taken.attempts) == (job.id, 2)
    with pytest.raises(Conflict, match="taken over"):
        store.jobs.beat(job.id, "old", "x", 1, 2)
    store.jobs.beat(job.id, "new", "x", 1, 2)


def test_a_job_that_ends_its_workers_is_given_up(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "STALE_SECONDS", -1.0)
    job, other = store.jobs.add("prepare", {}), store.jobs.add("export", {})
    for _ in range(jobs.MOST_ATTEMPTS):
        taken = store.jobs.claim("w", KINDS)
        assert taken is not None
        assert taken.id == job.id
    taken = store.jobs.claim("w", KINDS)
    assert taken is not None
    assert taken.id == other.id
    now = store.jobs.get(job.id)
    assert now.state == "failed"
    assert now.error is not None
    assert now.error["code"] == "worker_lost"


def test_a_worker_that_is_alone_takes_up_what_was_left(store: Store) -> None:
    done, running = store.jobs.add("prepare", {}), store.jobs.add("export", {})
    store.jobs.claim("old", KINDS)
    store.jobs.finish(done.id, {})
    store.jobs.claim("old", KINDS)
    store.jobs.release(KINDS)
    taken = store.jobs.claim("new", KINDS)
    assert taken is not None
    assert (taken.id, taken.attempts) == (running.id, 2)
    store.jobs.release(KINDS, blameless=True)
    taken = store.jobs.claim("new", KINDS)
    assert taken is not None
    assert taken.attempts == 2


def test_a_job_must_be_there(store: Store) -> None:
    with pytest.raises(NotFound, match="no job 9"):
        store.jobs.get(9)
    with pytest.raises(NotFound, match="no job 9"):
        store.jobs.cancel(9)


def test_old_jobs_are_not_recent(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    old = store.jobs.add("prepare", {})
    store.jobs.claim("w", KINDS)
    store.jobs.finish(old.id, {})
    waiting = store.jobs.add("export", {})
    now = jobs.time.time()
    monkeypatch.setattr(jobs.time, "time", lambda: now + 7200)
    assert [job.id for job in store.jobs.recent()] == [waiting.id]
