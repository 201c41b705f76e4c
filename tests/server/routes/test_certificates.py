"""Claims about the labels over HTTP: begun, answered blindly, proved, ended."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from starlette.testclient import TestClient

from fewclicks.project import Project

KINDS = ("bar", "dash", "box")


@pytest.fixture
def labelled(project: Project, write: Any) -> None:
    """The first thirty items named one by one, the others labelled by a round."""
    for item in range(30):
        write("POST", "/api/answers", item=item, verdict="class", class_name=KINDS[item % 3])
    project.round()


def questions(client: TestClient) -> list[dict[str, Any]]:
    found = client.get("/api/questions?kind=item&limit=200").json()["questions"]
    return [question for question in found if question["purpose"] == "audit"]


def under_way(client: TestClient) -> Any:
    return client.get("/api/progress").json()["certificate"]


def test_before_anything_is_claimed(client: TestClient) -> None:
    assert under_way(client) is None
    told = client.get("/api/certificate").json()
    assert told["certificate"] is None
    assert told["answers"]["total"] == 0


@pytest.mark.usefixtures("labelled")
def test_a_claim_is_proved_by_blind_answers(client: TestClient, write: Any) -> None:
    begun = write("POST", "/api/certificate", error=0.2, confidence=0.9)["certificate"]
    assert begun["claim"] == {"error": 0.2, "confidence": 0.9}
    assert (begun["n_items"], begun["n_tested"], begun["state"]) == (60, 30, "open")
    assert (begun["audits"], begun["estimate"], begun["holds"]) == (0, None, False)
    asked = questions(client)
    assert len(asked) == begun["waiting"] == 30
    assert all(question["guesses"] == [] and question["item"] >= 30 for question in asked)
    for question in asked:
        detail = client.get(f"/api/questions/{question['id']}").json()
        assert detail["neighbours"] == []
        said = {"verdict": "class", "class_name": KINDS[question["item"] % 3]}
        write("POST", "/api/answers", question_id=question["id"], **said)
        told = client.get("/api/certificate").json()["certificate"]
        assert under_way(client) == {"id": begun["id"], "state": "open", "holds": told["holds"]}
        if told["holds"]:
            break
    assert told["holds"]
    assert told["upper"] <= 0.2
    assert told["sentence"].startswith("Proved with confidence 0.9")
    assert {one["wrong"] for one in told["classes"]} == {0}
    assert questions(client) == []
    assert client.get("/api/certificate").json()["answers"]["audit"] == told["audits"]


@pytest.mark.usefixtures("labelled")
def test_ending_it_lets_rounds_run_again(client: TestClient, write: Any, project: Project) -> None:
    write("POST", "/api/certificate")
    assert not project.needs_round()
    assert write("POST", "/api/certificate/end")["certificate"]["state"] == "ended"
    assert under_way(client) is None
    assert questions(client) == []
    refused = write("POST", "/api/certificate/end", status=409)
    assert "has ended already" in refused["error"]["message"]


def test_what_cannot_be_claimed_is_refused(write: Any) -> None:
    refused = write("POST", "/api/certificate", status=409)["error"]
    assert refused["message"] == "There are no labels to certify yet."
    assert write("POST", "/api/certificate/end", status=404)["error"]["remedy"]
    for claim in ({"error": 0}, {"error": 1}, {"confidence": 1}, {"confidence": 0.2}):
        write("POST", "/api/certificate", status=422, **claim)
    write("POST", "/api/certificate", status=422, draw="oddly")


@pytest.mark.usefixtures("labelled")
def test_labels_of_rare_classes_are_drawn_more_often_if_wanted(
    client: TestClient, write: Any
) -> None:
    begun = write("POST", "/api/certificate", error=0.2, draw="classes")["certificate"]
    assert (begun["draw"], begun["claims"]) == ("classes", 1)
    assert not begun["may_look_through"]
    refused = client.get("/api/certificate/page")
    assert refused.status_code == 409
    assert "likelier to be drawn" in refused.json()["error"]["message"]


@pytest.mark.usefixtures("labelled")
def test_pages_are_looked_through(client: TestClient, write: Any) -> None:
    write("POST", "/api/certificate", error=0.1)
    page = client.get("/api/certificate/page").json()
    assert client.get("/api/certificate/page").json() == page
    names = {k["id"]: k["name"] for k in client.get("/api/classes").json()["classes"]}
    wrong = [item for item in page["items"] if KINDS[item % 3] != names[page["class_id"]]]
    assert wrong
    told = write("POST", "/api/certificate/page", **page, wrong=wrong, seconds=8, actions=3)
    certificate = told["certificate"]
    assert (certificate["planted"], certificate["missed"]) == (len(wrong), 0)
    assert told["answers"]["audit"] == len(page["items"]) - len(wrong)
    again = write("POST", "/api/certificate/page", status=409, **page)
    assert "answered meanwhile" in again["error"]["message"]


@pytest.mark.usefixtures("labelled")
def test_a_page_that_was_not_shown_is_refused(client: TestClient, write: Any) -> None:
    write("POST", "/api/certificate", error=0.1)
    page = client.get("/api/certificate/page").json()
    names = {k["id"]: k["name"] for k in client.get("/api/classes").json()["classes"]}
    own = [item for item in page["items"] if KINDS[item % 3] == names[page["class_id"]]]
    planted = [item for item in page["items"] if item not in own]
    for items in (own, planted * 60, own + own + planted):
        made = {"class_id": page["class_id"], "items": items}
        refused = write("POST", "/api/certificate/page", status=409, **made)["error"]
        assert refused["remedy"] == "Ask for a new page."
    told = client.get("/api/certificate").json()["certificate"]
    assert (told["audits"], told["planted"]) == (0, 0)
    write("POST", "/api/certificate/page", **page, wrong=page["items"])
    noticed = client.get("/api/certificate").json()["certificate"]["noticed"]
    assert noticed == len(own)
    write("POST", "/api/certificate/page", status=409, **page)  # a tab that nobody looked at since
    assert client.get("/api/certificate").json()["certificate"]["noticed"] == noticed


def test_there_is_no_page_without_an_open_certificate(client: TestClient) -> None:
    refused = client.get("/api/certificate/page")
    assert refused.status_code == 409
    assert refused.json()["error"]["message"] == "No certificate is open."


@pytest.mark.usefixtures("labelled")
def test_many_answers_at_once_count_too(client: TestClient, write: Any) -> None:
    write("POST", "/api/certificate", error=0.3)
    said = [
        {"question_id": q["id"], "verdict": "class", "class_name": KINDS[q["item"] % 3]}
        for q in questions(client)
    ]
    write("POST", "/api/answers/many", answers=said)
    told = client.get("/api/certificate").json()["certificate"]
    assert told["holds"]
    assert told["waiting"] == 0


@pytest.mark.usefixtures("labelled")
def test_the_least_sure_are_named_for_the_claim(
    client: TestClient, write: Any, project: Project
) -> None:
    """Eight of the thirty labels, the least sure, are said to be wrong; six may be."""
    shares = project.labels().confidences[30:]
    unsure = set((30 + np.argsort(shares[:, 0] - shares[:, 1])[:8]).tolist())
    write("POST", "/api/certificate", error=0.1)
    for question in questions(client)[:24]:
        right = KINDS[question["item"] % 3]
        name = "else" if question["item"] in unsure else right
        said = {"verdict": "class", "class_name": name}
        write("POST", "/api/answers", question_id=question["id"], **said)
    told = client.get("/api/certificate").json()["certificate"]
    assert not told["holds"]
    assert 0 < told["finish"]["left"] <= 6
    naming = write("POST", "/api/certificate/name")["certificate"]
    assert (naming["state"], naming["holds"]) == ("naming", False)
    assert questions(client) == []
    found = client.get("/api/questions?kind=item&limit=200").json()["questions"]
    asked = [question for question in found if question["purpose"] == "review"]
    assert len(asked) == naming["finish"]["left"]
    assert all(question["guesses"] == [] for question in asked)
    for question in asked:
        assert under_way(client) == {"id": naming["id"], "state": "naming", "holds": False}
        said = {"verdict": "class", "class_name": KINDS[question["item"] % 3]}
        write("POST", "/api/answers", question_id=question["id"], **said)
    assert under_way(client)["holds"]
    done = client.get("/api/certificate").json()["certificate"]
    assert (done["holds"], done["finish"]["left"], done["upper"]) == (True, 0, 0.1)
