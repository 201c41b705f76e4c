"""POST /api/answers."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.testclient import TestClient

from fewclicks.project import Project
from fewclicks.server.requests import MOST_MISFITS


@pytest.fixture
def cluster(client: TestClient) -> dict[str, Any]:
    listed = client.get("/api/questions?kind=cluster").json()["questions"][0]
    found: dict[str, Any] = client.get(f"/api/questions/{listed['id']}").json()
    return found


def test_naming_a_cluster(client: TestClient, write: Any, cluster: dict[str, Any]) -> None:
    misfits = cluster["members"][-2:]
    reply = write("POST", "/api/answers", question_id=cluster["id"], verdict="class",
                  class_name=" box ", misfits=misfits, seconds=1.25, actions=4)  # fmt: skip
    answer = reply["answer"]
    assert answer["question_id"] == cluster["id"]
    assert (answer["verdict"], answer["item"], answer["withdrawn"]) == ("class", None, False)
    assert (answer["n_members"], answer["n_misfits"]) == (cluster["size"], 2)
    assert (answer["annotator"], answer["purpose"]) == ("ana", "learn")
    assert reply["class"]["name"] == "box"
    assert reply["class"]["id"] == answer["class_id"]
    assert (reply["class"]["key"], reply["class"]["n_answers"]) == ("1", 1)
    assert reply["split"] == []
    assert client.get("/api/history").json()["events"][0]["id"] == reply["event"]["id"]


def test_answering_an_item_with_a_class_in_use(client: TestClient, write: Any) -> None:
    question = client.get("/api/questions?kind=item&limit=1").json()["questions"][0]
    made = write("POST", "/api/classes", name="dash")["class"]
    reply = write("POST", "/api/answers", question_id=question["id"], verdict="class",
                  class_id=made["id"])  # fmt: skip
    assert reply["answer"]["item"] == question["item"]
    assert reply["class"]["id"] == made["id"]
    item = client.get(f"/api/items/{question['item']}").json()
    assert item["label"] == {"class_id": made["id"], "confidence": 1, "source": "person"}


@pytest.mark.parametrize("verdict", ["unsure", "none"])
def test_not_naming_an_item(client: TestClient, write: Any, verdict: str) -> None:
    reply = write("POST", "/api/answers", item=7, verdict=verdict)
    assert (reply["class"], reply["answer"]["class_id"]) == (None, None)
    assert client.get("/api/items/7").json()["answers"][0]["verdict"] == verdict


def test_a_mixed_cluster_is_split(client: TestClient, write: Any, cluster: dict[str, Any]) -> None:
    reply = write("POST", "/api/answers", question_id=cluster["id"], verdict="mixed")
    assert len(reply["split"]) >= 2
    parts = [client.get(f"/api/questions/{i}").json() for i in reply["split"]]
    assert sorted(m for part in parts for m in part["members"]) == sorted(cluster["members"])
    assert all(part["state"] == "open" for part in parts)
    write("POST", "/api/undo")
    assert client.get(f"/api/questions/{reply['split'][0]}").json()["state"] == "closed"


def test_repeating_an_answer_changes_nothing(
    client: TestClient, write: Any, cluster: dict[str, Any]
) -> None:
    body = {"client_id": "once", "question_id": cluster["id"], "verdict": "mixed"}
    first = write("POST", "/api/answers", **body)
    before = client.get("/api/progress").json()
    assert write("POST", "/api/answers", **body) == first
    after = client.get("/api/progress").json()
    assert (before["last_event"], before["open"]) == (after["last_event"], after["open"])


def test_a_second_answer_needs_to_say_that_it_replaces(
    client: TestClient, write: Any, cluster: dict[str, Any]
) -> None:
    say = {"question_id": cluster["id"], "verdict": "class"}
    write("POST", "/api/answers", **say, class_name="box")
    refused = write("POST", "/api/answers", 409, **say, class_name="bar")
    assert refused["error"]["code"] == "conflict"
    assert "replace" in refused["error"]["remedy"]
    changed = write("POST", "/api/answers", **say, class_name="bar", replace=True)
    shown = client.get(f"/api/questions/{cluster['id']}").json()["answer"]
    assert shown["id"] == changed["answer"]["id"]


BAD = [
    ({}, "verdict"),
    ({"verdict": "perhaps", "item": 1}, "verdict"),
    ({"verdict": "none"}, "question or an item"),
    ({"verdict": "none", "item": 1, "question_id": 1}, "question or an item"),
    ({"verdict": "class", "item": 1}, "class"),
    ({"verdict": "class", "item": 1, "class_name": "   "}, "class"),
    ({"verdict": "class", "item": 1, "class_name": "x" * 201}, "class_name"),
    ({"verdict": "class", "item": 1, "class_name": "\ud800"}, "class_name"),
    ({"verdict": "mixed", "item": 1}, "mixed"),
    ({"verdict": "none", "item": 60}, "60"),
    ({"verdict": "none", "item": 2**31}, "item"),
    ({"verdict": "none", "item": "1"}, "item"),
    ({"verdict": "none", "item": True}, "item"),
    ({"verdict": "none", "item": 1, "seconds": -1}, "seconds"),
    ({"verdict": "none", "item": 1, "actions": 1.5}, "actions"),
    ({"verdict": "none", "item": 1, "colour": "red"}, "colour"),
    ({"verdict": "none", "item": 1, "client_id": ""}, "client_id"),
    ({"verdict": "none", "item": 1, "client_id": "x" * 65}, "client_id"),
    ({"verdict": "none", "item": 1, "client_id": None}, "client_id"),
]


@pytest.mark.parametrize(("body", "named"), BAD)
def test_what_is_no_answer_is_refused(
    client: TestClient, write: Any, body: dict[str, Any], named: str
) -> None:
    error = write("POST", "/api/answers", 422, **body)["error"]
    assert named in error["message"]
    assert client.get("/api/progress").json()["last_event"] == 0


def test_misfits_must_be_members(client: TestClient, write: Any, cluster: dict[str, Any]) -> None:
    stranger = next(i for i in range(60) if i not in cluster["members"])
    error = write("POST", "/api/answers", 422, question_id=cluster["id"], verdict="class",
                  class_name="box", misfits=[stranger])["error"]  # fmt: skip
    assert str(stranger) in error["message"]


def test_a_million_misfits_are_read_and_a_million_and_one_refused(
    write: Any, cluster: dict[str, Any]
) -> None:
    many = {"question_id": cluster["id"], "verdict": "class", "class_name": "box"}
    refused = write("POST", "/api/answers", 422, **many, misfits=[0] * (MOST_MISFITS + 1))
    assert refused["error"]["message"].startswith("misfits")
    member = cluster["members"][0]
    write("POST", "/api/answers", 422, **many, misfits=[member] * (MOST_MISFITS - 1) + [10_000_000])


@pytest.mark.parametrize("body", [{"question_id": 999}, {"item": 1, "class_id": 77}])
def test_what_is_not_there(write: Any, body: dict[str, Any]) -> None:
    body = {"verdict": "class", "class_id": 1, **body}
    assert write("POST", "/api/answers", 404, **body)["error"]["code"] == "not_found"


def test_a_client_id_belongs_to_one_change(write: Any) -> None:
    write("POST", "/api/answers", client_id="one", item=1, verdict="none")
    for path, body in (("/api/classes", {"name": "x"}), ("/api/undo", {})):
        assert write("POST", path, 409, client_id="one", **body)["error"]["code"] == "conflict"


def test_an_answer_is_in_the_file_when_it_is_acknowledged(
    write: Any, project: Project, cluster: dict[str, Any]
) -> None:
    reply = write("POST", "/api/answers", question_id=cluster["id"], verdict="unsure")
    with Project.open(project.folder) as other:
        assert [a.id for a in other.store.answers.of_question(cluster["id"])] == [
            reply["answer"]["id"]
        ]


def test_many_answers_at_once(client: TestClient, write: Any) -> None:
    asked = client.get("/api/questions?kind=item&limit=2").json()["questions"]
    reply = write("POST", "/api/answers/many", seconds=4, actions=3, answers=[
        {"question_id": asked[0]["id"], "verdict": "class", "class_name": "dash"},
        {"question_id": asked[1]["id"], "verdict": "unsure"},
        {"item": 7, "verdict": "class", "class_name": "box"},
    ])  # fmt: skip
    assert [a["verdict"] for a in reply["answers"]] == ["class", "unsure", "class"]
    assert [c["name"] for c in reply["classes"]] == ["dash", "box"]
    progress = client.get("/api/progress").json()
    assert (progress["seconds"], progress["actions"]) == (pytest.approx(4), 3)
    assert client.get("/api/history").json()["events"][0]["id"] == reply["event"]["id"]
    write("POST", "/api/undo")
    assert client.get("/api/progress").json()["answers"]["total"] == 0


def test_many_answers_again(client: TestClient, write: Any) -> None:
    body = {"client_id": "one", "answers": [{"item": 7, "verdict": "none"}]}
    first = write("POST", "/api/answers/many", **body)
    assert write("POST", "/api/answers/many", **body) == first
    refused = write("POST", "/api/answers/many", 422, answers=[{"item": 7, "verdict": "mixed"}])
    assert "verdict" in refused["error"]["message"]
    write("POST", "/api/answers/many", 422, answers=[])


def test_misfits_asked_about_together(
    client: TestClient, write: Any, cluster: dict[str, Any]
) -> None:
    misfits = cluster["members"][-3:]
    reply = write("POST", "/api/answers", question_id=cluster["id"], verdict="class",
                  class_name="box", misfits=misfits, together=True)  # fmt: skip
    [own] = reply["split"]
    assert client.get(f"/api/questions/{own}").json()["members"] == sorted(misfits)
    assert client.get("/api/questions?kind=cluster").json()["questions"][0]["id"] == own
