"""The history, undo and redo."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from starlette.testclient import TestClient


def test_nothing_has_happened_yet(client: TestClient, write: Any) -> None:
    assert client.get("/api/history").json() == {"events": []}
    for path in ("/api/undo", "/api/redo"):
        error = write("POST", path, 409)["error"]
        assert error["code"] == "conflict"
        assert error["message"]


def test_undo_and_redo(client: TestClient, write: Any) -> None:
    event = write("POST", "/api/answers", item=5, verdict="class", class_name="box")["event"]["id"]
    undo = write("POST", "/api/undo", client_id="u")
    assert undo["undone"]["id"] == event
    assert undo["undone"]["undone"]
    assert undo["event"]["kind"] == "undo"
    assert write("POST", "/api/undo", client_id="u") == undo
    assert client.get("/api/items/5").json()["label"]["class_id"] is None
    assert client.get("/api/items/5").json()["answers"][0]["withdrawn"]
    redo = write("POST", "/api/redo", client_id="r")
    assert (redo["undone"]["id"], redo["undone"]["undone"]) == (event, False)
    assert write("POST", "/api/redo", client_id="r")["event"]["id"] == redo["event"]["id"]
    assert client.get("/api/items/5").json()["label"]["source"] == "person"
    write("POST", "/api/redo", 409)


def test_undoing_one_of_many(client: TestClient, write: Any) -> None:
    events = [
        write("POST", "/api/answers", item=i, verdict="none")["event"]["id"] for i in range(3)
    ]
    write("POST", "/api/undo", event=events[0])
    error = write("POST", "/api/undo", 409, event=events[0])["error"]
    assert str(events[0]) in error["message"]
    write("POST", "/api/undo", 404, event=999)
    assert write("POST", "/api/undo")["undone"]["id"] == events[2]
    assert [client.get(f"/api/items/{i}").json()["answers"][0]["withdrawn"] for i in range(3)] == [
        True, False, True,
    ]  # fmt: skip


def test_the_history_is_told_newest_first_and_in_pages(client: TestClient, write: Any) -> None:
    for name in "abc":
        write("POST", "/api/classes", name=name)
    events = client.get("/api/history").json()["events"]
    assert [e["data"]["class"] for e in events] == [3, 2, 1]
    assert all(e["annotator"] == "ana" and e["undoable"] and not e["undone"] for e in events)
    assert "“c”" in events[0]["text"]
    assert datetime.fromisoformat(events[0]["at"]).tzinfo is not None
    assert client.get("/api/history?limit=1").json()["events"] == events[:1]
    assert client.get(f"/api/history?before={events[0]['id']}").json()["events"] == events[1:]


@pytest.mark.parametrize("query", ["limit=0", "limit=501", "before=-1", "limit=x"])
def test_bounds(client: TestClient, query: str) -> None:
    assert client.get(f"/api/history?{query}").status_code == 422


def test_the_items_of_a_change(client: TestClient, write: Any) -> None:
    cluster = client.get("/api/questions?kind=cluster").json()["questions"][0]
    members = client.get(f"/api/questions/{cluster['id']}").json()["members"]
    said = write("POST", "/api/answers", question_id=cluster["id"], verdict="class",
                 class_name="box", misfits=members[1:3])  # fmt: skip
    told = client.get(f"/api/history/{said['event']['id']}/items").json()
    assert [one["item"] for one in told["items"]] == [members[0], *members[3:]]
    assert told["n"] == len(members) - 2
    assert {one["class_id"] for one in told["items"]} == {said["class"]["id"]}
    some = client.get(f"/api/history/{said['event']['id']}/items?limit=2").json()
    assert ([one["item"] for one in some["items"]], some["n"]) == (
        [members[0], members[3]], len(members) - 2,
    )  # fmt: skip
    write("POST", "/api/undo")
    undone = client.get(f"/api/history/{said['event']['id']}/items").json()
    assert {one["source"] for one in undone["items"]} <= {"none", "model"}


def test_the_items_of_many_answers_and_of_none(client: TestClient, write: Any) -> None:
    answers = [{"item": i, "verdict": "class", "class_name": "bar"} for i in (4, 2)]
    many = write("POST", "/api/answers/many", answers=answers)["event"]["id"]
    told = client.get(f"/api/history/{many}/items").json()
    assert [one["item"] for one in told["items"]] == [4, 2]
    added = write("POST", "/api/classes", name="dash")["event"]["id"]
    assert client.get(f"/api/history/{added}/items").json() == {"items": [], "n": 0}
    assert client.get("/api/history/999/items").status_code == 404
