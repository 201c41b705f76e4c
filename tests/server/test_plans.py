"""No request of the page walks through all items, questions or answers in the database."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import sqlalchemy as sa
from starlette.testclient import TestClient

from fewclicks.project import Project

Statement = tuple[str, Any]

# these walk from the newest on, and stop at the first that fits
FROM_THE_END = ("ORDER BY events.id DESC",)


@contextmanager
def overheard(project: Project) -> Iterator[list[Statement]]:
    """What the database is asked meanwhile, whichever thread asks."""
    engine = project.store.database.engine
    asked: list[Statement] = []

    def listen(_: Any, __: Any, statement: str, parameters: Any, ___: Any, many: bool) -> None:
        if not many and statement.split()[0] in ("SELECT", "UPDATE", "DELETE"):
            asked.append((statement, parameters))

    sa.event.listen(engine, "before_cursor_execute", listen)
    try:
        yield asked
    finally:
        sa.event.remove(engine, "before_cursor_execute", listen)


def scanned(project: Project, asked: list[Statement]) -> dict[str, str]:
    """The statements that walk through a table that grows with the items, and their plans."""
    found = {}
    with project.store.database.read() as connection:
        for statement, parameters in asked:
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
            steps = "; ".join(row.detail for row in plan)
            walks = re.search(r"SCAN (items|questions|answers|events)(?! USING)", steps)
            # rows by their state alone are as good as all there is: most questions are answered
            walks = walks or re.search(r"USING INDEX ix_questions_queue \(state=\?\)", steps)
            if walks and not any(end in statement for end in FROM_THE_END):
                found[statement] = steps
    return found


def answer(client: TestClient, write: Callable[..., Any]) -> None:
    write("POST", "/api/answers", item=7, verdict="class", class_name="bar")


def name_a_cluster(client: TestClient, write: Callable[..., Any]) -> None:
    largest = client.get("/api/questions?kind=cluster&limit=1").json()["questions"][0]
    misfits = largest["cover"][-2:]
    write(
        "POST", "/api/answers", question_id=largest["id"], verdict="class", class_name="bar",
        misfits=misfits,
    )  # fmt: skip
    write("POST", "/api/answers", item=misfits[0], verdict="class", class_name="dash")


def take_back(client: TestClient, write: Callable[..., Any]) -> None:
    answer(client, write)
    write("POST", "/api/undo")
    write("POST", "/api/redo")


def look(client: TestClient, write: Callable[..., Any]) -> None:
    for path in (
        "project", "progress", "classes", "history", "items?limit=5&source=person", "items/7",
        "questions?kind=cluster", "questions?kind=item&limit=5",
    ):  # fmt: skip
        assert client.get(f"/api/{path}").status_code == 200
    for kind in ("cluster", "item"):
        listed = client.get(f"/api/questions?kind={kind}&limit=2").json()["questions"]
        assert client.get(f"/api/questions/{listed[0]['id']}").status_code == 200
        after = listed[-1]["id"]
        assert client.get(f"/api/questions?kind={kind}&after={after}").status_code == 200


@pytest.mark.parametrize("act", [answer, name_a_cluster, take_back, look])
def test_no_request_walks_through_a_table(
    act: Callable[..., None], project: Project, client: TestClient, write: Callable[..., Any]
) -> None:
    write("POST", "/api/answers", item=3, verdict="class", class_name="bar")
    write("POST", "/api/answers", item=3, verdict="class", class_name="box")
    look(client, write)
    with overheard(project) as asked:
        act(client, write)
    assert asked
    assert scanned(project, asked) == {}


def test_a_walk_through_a_table_is_seen(project: Project) -> None:
    with overheard(project) as asked, project.store.database.read() as connection:
        connection.execute(sa.text("SELECT count(*) FROM items WHERE width > 3"))
        connection.execute(sa.text("SELECT id FROM items WHERE id = 3"))
    assert [s for s in scanned(project, asked) if "width" in s]
    assert len(scanned(project, asked)) == 1
