"""Several people at one server: who answers, what each is asked, how far they agree."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest
from starlette.testclient import TestClient

from fewclicks.project import Project

HEADER = "Fewclicks-Annotator"


def as_(name: str) -> dict[str, str]:
    return {HEADER: quote(name)}


def asked(client: TestClient, name: str) -> dict[str, Any]:
    reply = client.get("/api/questions?kind=item&limit=200", headers=as_(name)).json()
    besides = [row for row in reply["questions"] if row["purpose"] in ("second", "again")]
    return {"open": reply["open"], "besides": besides}


def answer(client: TestClient, who: str, number: int, **body: Any) -> Any:
    body = {"client_id": f"{who}-{number}", "verdict": "class", **body}
    return client.post("/api/answers", json=body, headers=as_(who))


def test_each_request_says_who_answers(client: TestClient) -> None:
    assert client.get("/api/project").json()["annotator"] == "ana"
    assert client.get("/api/project", headers=as_("Zoë 李")).json()["annotator"] == "Zoë 李"
    told = answer(client, "Zoë 李", 1, item=3, class_name="bar").json()
    assert told["answer"]["annotator"] == "Zoë 李"
    assert client.get("/api/history").json()["events"][0]["annotator"] == "Zoë 李"
    # what one did another's undo does not take back
    assert client.post("/api/undo", json={"client_id": "u"}).status_code == 409
    undone = client.post("/api/undo", json={"client_id": "v"}, headers=as_("Zoë 李"))
    assert undone.status_code == 200


@pytest.mark.parametrize("header", ["x" * 201, "a%00b", "%ff%fe"])
def test_a_header_that_is_no_name_is_refused(client: TestClient, header: str) -> None:
    reply = client.get("/api/project", headers={HEADER: header})
    assert (reply.status_code, reply.json()["error"]["code"]) == (422, "invalid_input")


def test_a_second_opinion_is_asked_blindly_of_others(client: TestClient, project: Project) -> None:
    project.consult(second_share=1.0)
    answer(client, "ana", 1, item=3, class_name="bar")
    assert asked(client, "ana")["besides"] == []
    told = asked(client, "bob")
    [row] = told["besides"]
    assert (row["item"], row["guesses"]) == (3, [])
    assert told["open"] == asked(client, "ana")["open"] + 1
    detail = client.get(f"/api/questions/{row['id']}", headers=as_("bob")).json()
    assert (detail["neighbours"], detail["examples"], detail["answer"]) == ([], [], None)
    progress = [
        client.get("/api/progress", headers=as_(who)).json()["open"]["items"]
        for who in ("ana", "bob")
    ]
    assert progress[1] == progress[0] + 1
    refused = answer(client, "ana", 2, question_id=row["id"], class_name="dash")
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "conflict")
    assert answer(client, "bob", 1, question_id=row["id"], class_name="dash").status_code == 200
    assert client.get("/api/progress").json()["answers"]["second"] == 1


def test_how_far_people_agree(client: TestClient) -> None:
    assert client.get("/api/people").json()["people"] == []
    for who, said in (("ana", "0011"), ("bob", "0010")):
        for item, number in enumerate(said):
            answer(client, who, item, item=item, class_name=f"class {number}")
    told = client.get("/api/people").json()
    assert [one["name"] for one in told["people"]] == ["ana", "bob"]
    assert (told["n_shared"], told["n_disputed"]) == (4, 1)
    assert told["agreement"]["value"] == 0.75
    assert told["pairs"][0]["kappa"]["value"] == 0.5
    assert told["fleiss"]["n_votes"] == 2
