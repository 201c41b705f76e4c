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


def test_parents_descriptions_and_examples(client: TestClient, write: Any) -> None:
    shape = write("POST", "/api/classes", name="shape")["class"]
    more = {"parent_id": shape["id"], "description": "upright", "examples": [3, 0]}
    bar = write("POST", "/api/classes", name="bar", **more)["class"]
    assert {name: bar[name] for name in more} == more
    path = f"/api/classes/{bar['id']}"
    assert write("PATCH", path, parent_id=None)["class"]["parent_id"] is None
    assert write("PATCH", path, parent_id=shape["id"])["class"] == bar
    assert write("PATCH", path, description="")["class"]["description"] == ""
    assert write("PATCH", path, examples=[5])["class"]["examples"] == [5]
    refused = write("PATCH", f"/api/classes/{shape['id']}", 409, parent_id=bar["id"])["error"]
    assert "under it" in refused["message"]
    write("PATCH", path, 422, description="x" * 2001)
    write("PATCH", path, 404, examples=[60])
    write("PATCH", path, 404, parent_id=99)
    client.delete(f"/api/classes/{shape['id']}?client_id=gone")
    assert named(client)["bar"]["parent_id"] is None


def test_splitting_shows_everything_again(client: TestClient, write: Any) -> None:
    cluster = client.get("/api/questions?kind=cluster").json()["questions"][0]
    write("POST", "/api/answers", question_id=cluster["id"], verdict="class", class_name="bar")
    bar = named(client)["bar"]
    path, body = f"/api/classes/{bar['id']}/split", {"client_id": "split"}
    reply = client.post(path, json=body).json()
    assert (reply["class"]["id"], reply["class"]["n_answers"]) == (bar["id"], 0)
    [question] = reply["questions"]
    assert (question["kind"], question["size"]) == ("cluster", cluster["size"])
    first = client.get("/api/questions?kind=cluster&limit=1").json()["questions"][0]
    assert first["id"] == question["id"]
    write("POST", "/api/undo", event=reply["event"]["id"])
    assert named(client)["bar"]["n_answers"] == 1
    other = write("POST", "/api/classes", name="x")["class"]
    write("POST", f"/api/classes/{bar['id']}/merge", into=other["id"])
    again = client.post(path, json=body).json()
    assert (again["event"], again["class"]["name"]) == (reply["event"], "bar")
    assert write("POST", path, 404)["error"]["code"] == "not_found"


def test_typical_items_are_those_that_people_named_so(client: TestClient, write: Any) -> None:
    for item in (0, 3, 6):
        write("POST", "/api/answers", item=item, verdict="class", class_name="bar")
    path = f"/api/classes/{named(client)['bar']['id']}/typical"
    assert set(client.get(path).json()["items"]) == {0, 3, 6}
    assert len(client.get(f"{path}?limit=2").json()["items"]) == 2
    assert client.get("/api/classes/99/typical").status_code == 404


def test_a_list_goes_and_comes(client: TestClient, write: Any) -> None:
    shape = write("POST", "/api/classes", name="shape")["class"]
    write("POST", "/api/classes", name="bar", parent_id=shape["id"], examples=[3])
    table = client.get("/api/classes/list")
    assert table.headers["content-type"] == "text/csv; charset=utf-8"
    kept_as = table.headers["content-disposition"]
    assert kept_as == "attachment; filename*=UTF-8''glyphs-classes.csv"
    document = client.get("/api/classes/list?format=json").json()
    assert [row["name"] for row in document["classes"]] == ["shape", "bar"]
    assert document["classes"][1]["examples"] == ["3"]
    assert client.get("/api/classes/list?format=xml").status_code == 422
    same = write("POST", "/api/classes/list", content=table.text)
    assert (same["n_added"], same["n_changed"], same["n_same"]) == (0, 0, 2)
    reply = write("POST", "/api/classes/list", content="name,key\nbar,b\ndash,d\n")
    assert (reply["n_added"], reply["n_changed"]) == (1, 1)
    assert (named(client)["bar"]["key"], named(client)["dash"]["key"]) == ("b", "d")
    write("POST", "/api/undo", event=reply["event"]["id"])
    assert set(named(client)) == {"shape", "bar"}
    error = write("POST", "/api/classes/list", 422, content="name,key\nx,!\n")["error"]
    assert "row 2 (“x”)" in error["message"]
