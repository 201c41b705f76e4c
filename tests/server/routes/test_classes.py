"""The routes of classes."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.testclient import TestClient


def named(client: TestClient) -> dict[str, dict[str, Any]]:
    return {c["name"]: c for c in client.get("/api/classes").json()["classes"]}


def test_a_class_from_nothing(client: TestClient, write: Any) -> None:
    assert client.get("/api/classes").json() == {"classes": []}
    reply = write("POST", "/api/classes", name="  round   bowl ", color="#3366cc", key="b")
    assert reply["class"] == {
        "id": reply["class"]["id"], "name": "round bowl", "color": "#3366cc", "key": "b",
        "parent_id": None, "description": "", "examples": [], "n_answers": 0, "n_labels": 0,
    }  # fmt: skip
    assert named(client) == {"round bowl": reply["class"]}
    event = client.get("/api/history").json()["events"][0]
    assert (event["id"], event["kind"]) == (reply["event"]["id"], "class")


def test_numbers_of_answers_and_labels(client: TestClient, write: Any) -> None:
    cluster = client.get("/api/questions?kind=cluster").json()["questions"][0]
    write("POST", "/api/answers", question_id=cluster["id"], verdict="class", class_name="box")
    box = named(client)["box"]
    assert (box["n_answers"], box["n_labels"]) == (1, cluster["size"])
    renamed = write("PATCH", f"/api/classes/{box['id']}", name="crate")["class"]
    assert (renamed["n_answers"], renamed["n_labels"]) == (1, cluster["size"])


def test_changing_only_what_is_sent(client: TestClient, write: Any) -> None:
    made = write("POST", "/api/classes", name="bar")["class"]
    path = f"/api/classes/{made['id']}"
    assert write("PATCH", path, name="pole")["class"] == {**made, "name": "pole"}
    assert write("PATCH", path, key=None)["class"]["key"] is None
    assert write("PATCH", path, color="#000000")["class"]["color"] == "#000000"
    assert named(client)["pole"]["key"] is None
    assert "Nothing" in write("PATCH", path, 422)["error"]["message"]
    assert "Nothing" in write("PATCH", path, 422, name=None)["error"]["message"]


def test_merging_and_separating(client: TestClient, write: Any) -> None:
    write("POST", "/api/answers", item=0, verdict="class", class_name="bar")
    write("POST", "/api/answers", item=1, verdict="class", class_name="pole")
    bar, pole = named(client)["bar"], named(client)["pole"]
    reply = write("POST", f"/api/classes/{pole['id']}/merge", into=bar["id"])
    assert (reply["class"]["id"], reply["class"]["n_answers"]) == (bar["id"], 2)
    assert set(named(client)) == {"bar"}
    assert client.get("/api/items/1").json()["label"]["class_id"] == bar["id"]
    write("POST", "/api/undo", event=reply["event"]["id"])
    assert client.get("/api/items/1").json()["label"]["class_id"] == pole["id"]
    write("POST", f"/api/classes/{bar['id']}/merge", 422, into=bar["id"])


def test_deleting_gives_the_answers_back(client: TestClient, write: Any) -> None:
    question = client.get("/api/questions?kind=item&limit=1").json()["questions"][0]
    write("POST", "/api/answers", question_id=question["id"], verdict="class", class_name="bar")
    path = f"/api/classes/{named(client)['bar']['id']}"
    first = client.delete(f"{path}?client_id=gone").json()
    assert client.delete(f"{path}?client_id=gone").json() == first
    assert named(client) == {}
    detail = client.get(f"/api/questions/{question['id']}").json()
    assert (detail["state"], detail["answer"]) == ("open", None)
    assert client.get(f"/api/items/{question['item']}").json()["label"]["class_id"] is None
    write("POST", "/api/undo")
    assert named(client)["bar"]["n_answers"] == 1


def test_repeats_change_nothing(client: TestClient, write: Any) -> None:
    made = write("POST", "/api/classes", name="bar", client_id="a")
    assert write("POST", "/api/classes", name="bar", client_id="a") == made
    path = f"/api/classes/{made['class']['id']}"
    changed = write("PATCH", path, name="pole", client_id="b")
    assert write("PATCH", path, name="pole", client_id="b") == changed
    assert changed["event"] != made["event"]
    assert client.get("/api/progress").json()["last_event"] == 2


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"name": "BAR"}, 409),
        ({"name": "new", "key": "1"}, 409),
        ({"name": "new", "key": "12"}, 422),
        ({"name": "new", "color": "red"}, 422),
        ({"name": "  "}, 422),
        ({}, 422),
    ],
)
def test_what_no_class_can_be(write: Any, body: dict[str, Any], status: int) -> None:
    write("POST", "/api/classes", name="bar")
    error = write("POST", "/api/classes", status, **body)["error"]
    assert error["code"] == {409: "conflict", 422: "invalid_input"}[status]


def test_classes_that_are_not_there(client: TestClient, write: Any) -> None:
    bar = write("POST", "/api/classes", name="bar")["class"]["id"]
    write("PATCH", "/api/classes/9", 404, name="x")
    write("POST", "/api/classes/9/merge", 404, into=bar)
    write("POST", f"/api/classes/{bar}/merge", 404, into=9)
    assert client.delete("/api/classes/9?client_id=x").status_code == 404
    assert client.delete(f"/api/classes/{bar}").status_code == 422
