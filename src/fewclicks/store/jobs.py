"""Jobs: long work as rows, so that it survives whoever was doing it."""

from __future__ import annotations

import time
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from fewclicks.errors import Conflict, FewclicksError, NotFound
from fewclicks.store import schema
from fewclicks.store.database import Database

STALE_SECONDS = 15.0
"""A running job whose worker has not been heard of for so long is taken over."""

MOST_ATTEMPTS = 5
"""A job that has killed its worker this often is given up with an error."""


@dataclass(frozen=True, slots=True)
class JobRow:
    """A job as it stands; state is queued, running, done, failed or cancelled."""

    id: int
    kind: str
    args: dict[str, Any]
    state: str
    step: str
    done: int
    total: int
    attempts: int
    error: dict[str, str] | None
    result: dict[str, Any] | None
    created_at: float
    finished_at: float | None


class Jobs:
    """The jobs of one project."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, kind: str, args: dict[str, Any], client_id: str | None = None) -> JobRow:
        """Queue a job; repeating a client id returns the job queued the first time."""
        table = schema.jobs
        with self._database.write() as connection:
            if client_id is not None:
                seen = connection.execute(
                    sa.select(table).where(table.c.client_id == client_id)
                ).first()
                if seen is not None:
                    return _row(seen)
            result = connection.execute(
                sa.insert(table).values(
                    client_id=client_id,
                    kind=kind,
                    args=args,
                    state="queued",
                    step="",
                    done=0,
                    total=0,
                    attempts=0,
                    created_at=time.time(),
                )
            )
            return _get(connection, schema.new_id(result))

    def pending(self, kind: str) -> bool:
        """Whether a job of this kind is queued or running."""
        table = schema.jobs
        query = sa.select(table.c.id).where(
            table.c.kind == kind, table.c.state.in_(["queued", "running"])
        )
        with self._database.read() as connection:
            return connection.execute(query.limit(1)).first() is not None

    def claim(self, worker: str, kinds: Collection[str]) -> JobRow | None:
        """Take the oldest queued job, or one whose worker has gone silent; None if there is none.

        Only jobs of these kinds are looked at. One that was taken over too often is marked failed
        instead.
        """
        table = schema.jobs
        silent = sa.and_(
            table.c.state == "running", table.c.heartbeat < time.time() - STALE_SECONDS
        )
        query = sa.select(table).where(
            sa.or_(table.c.state == "queued", silent), table.c.kind.in_(kinds)
        )
        with self._database.write() as connection:
            for row in connection.execute(query.order_by(table.c.id)).all():
                if row.attempts < MOST_ATTEMPTS:
                    _set(
                        connection,
                        row.id,
                        state="running",
                        worker=worker,
                        heartbeat=time.time(),
                        attempts=row.attempts + 1,
                    )
                    return _get(connection, row.id)
                _set(
                    connection,
                    row.id,
                    state="failed",
                    finished_at=time.time(),
                    error=_worn_out(row.kind),
                )
        return None

    def beat(self, job_id: int, worker: str, step: str, done: int, total: int) -> None:
        """Say that the job is alive and how far it is.

        Raises
        ------
        Conflict
            The job was cancelled, or another worker has taken it over: stop working on it.
        """
        table = schema.jobs
        with self._database.write() as connection:
            result = connection.execute(
                sa.update(table)
                .where(table.c.id == job_id, table.c.state == "running", table.c.worker == worker)
                .values(step=step, done=done, total=total, heartbeat=time.time())
            )
            if result.rowcount == 0:
                raise Conflict(f"Job {job_id} was cancelled or taken over.")

    def release(self, kinds: Collection[str], blameless: bool = False) -> None:
        """Put every running job of these kinds back into the queue: whoever was doing it is gone.

        Only for a worker that knows that no other is at work on them. `blameless` does not count
        the attempt: the job did not end its worker.
        """
        table = schema.jobs
        with self._database.write() as connection:
            connection.execute(
                sa.update(table)
                .where(table.c.state == "running", table.c.kind.in_(kinds))
                .values(
                    state="queued",
                    worker=None,
                    heartbeat=None,
                    attempts=table.c.attempts - (1 if blameless else 0),
                )
            )

    def finish(self, job_id: int, result: dict[str, Any]) -> None:
        """Mark a running job done; one that was cancelled meanwhile stays cancelled."""
        self._end(job_id, state="done", result=result)

    def fail(self, job_id: int, error: FewclicksError) -> None:
        """Mark a running job failed, with what went wrong and what to do."""
        told = {"code": error.code, "message": error.message, "remedy": error.remedy}
        self._end(job_id, state="failed", error=told)

    def cancel(self, job_id: int) -> JobRow:
        """Stop a queued or running job; a finished one stays as it is."""
        table = schema.jobs
        with self._database.write() as connection:
            connection.execute(
                sa.update(table)
                .where(table.c.id == job_id, table.c.state.in_(["queued", "running"]))
                .values(state="cancelled", finished_at=time.time())
            )
            return _get(connection, job_id)

    def get(self, job_id: int) -> JobRow:
        """One job.

        Raises
        ------
        NotFound
            There is no such job.
        """
        with self._database.read() as connection:
            return _get(connection, job_id)

    def recent(self, limit: int = 10) -> list[JobRow]:
        """Jobs queued, running, or finished in the last hour, newest first."""
        table = schema.jobs
        fresh = sa.or_(table.c.finished_at.is_(None), table.c.finished_at > time.time() - 3600)
        query = sa.select(table).where(fresh).order_by(table.c.id.desc()).limit(limit)
        with self._database.read() as connection:
            return [_row(row) for row in connection.execute(query)]

    def _end(self, job_id: int, **values: Any) -> None:
        table = schema.jobs
        with self._database.write() as connection:
            connection.execute(
                sa.update(table)
                .where(table.c.id == job_id, table.c.state == "running")
                .values(finished_at=time.time(), **values)
            )


def _worn_out(kind: str) -> dict[str, str]:
    return {
        "code": "worker_lost",
        "message": f"The process doing this {kind} job ended unexpectedly {MOST_ATTEMPTS} times.",
        "remedy": "Look at the free memory, then start the job again.",
    }


def _set(connection: sa.Connection, job_id: int, **values: Any) -> None:
    connection.execute(sa.update(schema.jobs).where(schema.jobs.c.id == job_id).values(**values))


def _get(connection: sa.Connection, job_id: int) -> JobRow:
    row = connection.execute(sa.select(schema.jobs).where(schema.jobs.c.id == job_id)).first()
    if row is None:
        raise NotFound(f"There is no job {job_id}.")
    return _row(row)


def _row(row: Any) -> JobRow:
    return JobRow(
        id=int(row.id),
        kind=row.kind,
        args=dict(row.args),
        state=row.state,
        step=row.step,
        done=row.done,
        total=row.total,
        attempts=row.attempts,
        error=row.error,
        result=row.result,
        created_at=row.created_at,
        finished_at=row.finished_at,
    )
