"""GET /api/questions and one question; skipping."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.testclient import TestClient

from fewclicks.project import Project
from fewclicks.records import GROUP, Question
from fewclicks.store import asking
from fewclicks.workflows.rounds import labels_path, save_labels


def ids(client: TestClient, query: str) -> list[int]:
    return [q["id"] for q in client.get(f"/api/questions?{query}").json()["questions"]]


def test_cluster_questions_come_in_their_order_with_their_cover(
    client: TestClient, project: Project
) -> None:
    page = client.get("/api/questions?kind=cluster").json()
    sizes = [q["size"] for q in page["questions"]]
    assert page["open"] == len(sizes) == 4
    assert sizes == [len(asked.members) for asked in project.collection().cluster_questions()]
    assert sum(sizes) == 60
    for question in page["questions"]:
        assert len(question["cover"]) == min(12, question["size"])
        assert (question["item"], question["guesses"]) == (None, [])


def test_the_queue_can_be_paged(client: TestClient) -> None:
    whole = ids(client, "kind=item&limit=200")
    assert len(whole) > 20
    assert ids(client, "kind=item") == whole[:20]
    assert ids(client, f"kind=item&limit=7&after={whole[6]}") == whole[7:14]
    assert ids(client, f"kind=item&after={whole[-1]}") == []


def test_a_cluster_in_full(client: TestClient, write: Any) -> None:
    listed = client.get("/api/questions?kind=cluster").json()["questions"][0]
    full = client.get(f"/api/questions/{listed['id']}").json()
    assert {k: full[k] for k in listed} == listed
    assert full["members"][: len(listed["cover"])] == listed["cover"]
    assert len(set(full["members"])) == full["size"]
    assert (full["state"], full["answer"], full["neighbours"]) == ("open", None, [])
    write("POST", "/api/answers", question_id=listed["id"], verdict="class", class_name="box")
    answered = client.get(f"/api/questions/{listed['id']}").json()
    assert answered["state"] == "answered"
    assert answered["answer"]["verdict"] == "class"
    assert answered["guesses"] == [{"class_id": answered["answer"]["class_id"], "confidence": 1}]


def test_an_item_shows_what_people_have_named_nearby(
    client: TestClient, write: Any, project: Project
) -> None:
    for item in (3, 6, 9, 1, 4):
        write("POST", "/api/answers", item=item, verdict="class", class_name="abc"[item % 3])
    question = client.get("/api/questions?kind=item&limit=1").json()["questions"][0]
    near = client.get(f"/api/questions/{question['id']}").json()["neighbours"]
    features = project.collection().features
    others = [i for i in (1, 3, 4, 6, 9) if i != question["item"]]
    distances = {i: float(((features[i] - features[question["item"]]) ** 2).sum()) for i in others}
    assert [n["item"] for n in near] == sorted(others, key=lambda i: distances[i])
    names = {c["id"]: c["name"] for c in client.get("/api/classes").json()["classes"]}
    assert all(names[n["class_id"]] == "abc"[n["item"] % 3] for n in near)


def test_an_audit_is_blind(client: TestClient, project: Project, write: Any) -> None:
    """Whoever checks a label sees neither what the model says nor what was named nearby."""
    for item in range(12):
        write("POST", "/api/answers", item=item, verdict="class", class_name="abc"[item % 3])
    project.round()
    (number,) = project.store.questions.ask_items(
        [Question("item", "A check.", 5.0, item=20, purpose="audit")]
    )
    told = client.get(f"/api/questions/{number}").json()
    assert (told["guesses"], told["neighbours"]) == ([], [])
    others = client.get("/api/questions?kind=item").json()["questions"]
    learnt_from = next(question for question in others if question["id"] != number)
    assert client.get(f"/api/questions/{learnt_from['id']}").json()["guesses"]


def test_a_check_of_a_group_is_blind(client: TestClient, project: Project, write: Any) -> None:
    """What was said of another image of the group would lead whoever checks whether it is pure."""
    write("POST", "/api/answers", item=3, verdict="class", class_name="a")
    labels = project.labels()
    labels.class_ids[20, 0], labels.sources[20] = labels.class_ids[3, 0], GROUP
    project.round()
    latest = project.store.rounds.latest()
    assert latest is not None
    save_labels(labels_path(project.store, latest.id), labels)
    (number,) = project.store.questions.ask_items([Question("item", "A check.", item=20)])
    told = client.get(f"/api/questions/{number}").json()
    assert (told["guesses"], told["neighbours"]) == ([], [])


def test_an_answer_that_is_asked_again_is_not_suggested(
    client: TestClient, project: Project, write: Any
) -> None:
    write("POST", "/api/answers", item=20, verdict="class", class_name="a")
    (number,) = project.store.questions.ask_items([Question("item", "Is it right?", item=20)])
    assert client.get(f"/api/questions/{number}").json()["guesses"] == []


def test_a_withdrawn_answer_is_not_shown(client: TestClient, write: Any) -> None:
    question = ids(client, "kind=cluster")[0]
    write("POST", "/api/answers", question_id=question, verdict="unsure")
    write("POST", "/api/undo")
    full = client.get(f"/api/questions/{question}").json()
    assert (full["state"], full["answer"]) == ("open", None)


def test_a_skipped_question_comes_last(client: TestClient, write: Any) -> None:
    before = ids(client, "kind=cluster")
    first = write("POST", f"/api/questions/{before[0]}/skip", client_id="skip")
    again = write("POST", f"/api/questions/{before[0]}/skip", client_id="skip")
    assert first == again
    assert ids(client, "kind=cluster") == [*before[1:], before[0]]
    write("POST", "/api/undo")
    assert ids(client, "kind=cluster") == before


@pytest.mark.parametrize(
    "query", ["", "kind=both", "kind=item&limit=0", "kind=item&limit=201", "kind=item&after=-1",
              f"kind=item&after={2**31}"]
)  # fmt: skip
def test_bounds_of_the_list(client: TestClient, query: str) -> None:
    reply = client.get(f"/api/questions?{query}")
    assert reply.status_code == 422
    assert reply.json()["error"]["code"] == "invalid_input"


@pytest.mark.parametrize(("question", "status"), [("999", 404), (str(2**40), 422), ("x", 422)])
def test_questions_that_are_not_there(
    client: TestClient, write: Any, question: str, status: int
) -> None:
    assert client.get(f"/api/questions/{question}").status_code == status
    write("POST", f"/api/questions/{question}/skip", status)


def test_an_image_that_was_made_is_shown_with_its_reason(
    client: TestClient, write: Any, project: Project
) -> None:
    for item in range(12):
        name = ("bar", "dash", "box")[item % 3]
        write("POST", "/api/answers", item=item, verdict="class", class_name=name)
    project.round()
    made = project.synthesise(2)
    first = client.get("/api/questions?kind=item&limit=1").json()["questions"][0]
    assert first["item"] == made[0].item
    assert first["reason"].startswith("It was made half-way between two images")
    for place in ("thumbnail", "image"):
        shown = client.get(f"/api/items/{first['item']}/{place}")
        assert shown.status_code == 200
        assert shown.headers["content-type"] == "image/png"
    write("POST", "/api/answers", question_id=first["id"], verdict="unsure")
    assert client.get("/api/questions?kind=item&limit=1").json()["questions"][0]["item"] == 61
    assert client.get("/api/progress").json()["n_items"] == 60


def test_items_put_together(client: TestClient, write: Any) -> None:
    reply = write("POST", "/api/questions", items=[9, 3, 7], together=True,
                  reason="Chosen on the map.")  # fmt: skip
    [told] = reply["questions"]
    assert (told["kind"], told["size"], told["cover"], told["purpose"]) == (
        "cluster", 3, [9, 3, 7], "learn",
    )  # fmt: skip
    assert client.get("/api/questions?kind=cluster").json()["questions"][0]["id"] == told["id"]
    assert client.get("/api/history").json()["events"][0]["id"] == reply["event"]["id"]
    write("POST", "/api/answers", question_id=told["id"], verdict="class", class_name="box")
    assert client.get("/api/items/7").json()["label"]["source"] == "cluster"


def test_two_clusters_put_together(client: TestClient, write: Any) -> None:
    before = client.get("/api/questions?kind=cluster").json()["questions"]
    first, second = (client.get(f"/api/questions/{q['id']}").json() for q in before[:2])
    both = first["members"] + second["members"]
    told = write("POST", "/api/questions", items=both, together=True, reason="Two are one.",
                 instead_of=[first["id"], second["id"]])  # fmt: skip
    after = client.get("/api/questions?kind=cluster").json()["questions"]
    assert [q["id"] for q in after] == [told["questions"][0]["id"], *(q["id"] for q in before[2:])]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"items": [1]}, 422), ({"items": [1, 1]}, 422), ({"items": [1, 999]}, 404),
        ({"items": [1, 2], "reason": ""}, 422), ({"items": [1, 2], "purpose": "audit"}, 422),
    ],
)  # fmt: skip
def test_what_cannot_be_put_together(write: Any, body: dict[str, Any], status: int) -> None:
    write("POST", "/api/questions", status, **{"reason": "why", "together": True, **body})


def test_items_asked_about_one_by_one(client: TestClient, write: Any) -> None:
    told = write("POST", "/api/questions", items=[9, 3], together=False, reason="Look again.",
                 purpose="review")["questions"]  # fmt: skip
    listed = client.get("/api/questions?kind=item&limit=2").json()["questions"]
    assert [q["item"] for q in told] == [9, 3]
    assert {q["id"] for q in listed} == {q["id"] for q in told}


def test_the_guesses_come_with_examples(client: TestClient, write: Any, project: Project) -> None:
    for item in range(12):
        write("POST", "/api/answers", item=item, verdict="class", class_name=f"kind {item % 3}")
    project.round()
    asked = client.get("/api/questions?kind=item&limit=60").json()["questions"]
    guessed = next(q for q in asked if q["guesses"])
    told = client.get(f"/api/questions/{guessed['id']}").json()
    assert {e["class_id"] for e in told["examples"]} <= {g["class_id"] for g in told["guesses"]}
    labels = project.labels()
    for one in told["examples"]:
        assert 1 <= len(one["items"]) <= 4
        assert set(labels.class_ids[one["items"], 0]) == {one["class_id"]}
        assert told["item"] not in one["items"]
    with project.store.database.write() as connection:
        [blind] = asking.insert(connection, [Question("item", "why", item=50, purpose="audit")])
    assert client.get(f"/api/questions/{blind}").json()["examples"] == []
