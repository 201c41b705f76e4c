"""Images that are sent: judged, kept, filed or asked about; and what is refused."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import numpy as np
import pytest
from PIL import Image
from starlette.testclient import TestClient

from fewclicks.project import Project
from fewclicks.records import Reply
from fewclicks.server.access import MOST_BODY_BYTES
from fewclicks.server.pace import BURST, Pace

KINDS = ("bar", "dash", "box")
PNG = {"Content-Type": "image/png"}


def png(pixels: np.ndarray[Any, Any]) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "PNG")
    return stream.getvalue()


def bar() -> bytes:
    image = np.random.default_rng(99).integers(0, 20, (16, 16)).astype(np.uint8)
    image[3:13, 8:10] = 250
    return png(image)


NOISE = png(np.random.default_rng(0).integers(0, 256, (16, 16), dtype=np.uint8))


@pytest.fixture
def taught(project: Project) -> Project:
    for item in range(30):
        project.answer("ana", Reply("class", KINDS[item % 3]), item=item)
    project.round()
    return project


def test_an_image_is_judged_and_not_kept(client: TestClient, taught: Project) -> None:
    reply = client.post("/api/predict?name=a/b.png", content=bar(), headers=PNG)
    assert reply.status_code == 200, reply.text
    told = reply.json()
    names = taught.store.classes.names()
    assert names[told["guesses"][0]["class_id"]] == "bar"
    assert 0.8 < told["guesses"][0]["confidence"] <= 1
    assert (told["name"], told["familiar"], told["item"]) == ("b.png", True, None)
    assert told["by"] == "neighbours"
    assert taught.n_items == 60


def test_before_any_class_nothing_is_guessed(client: TestClient) -> None:
    told = client.post("/api/predict", content=bar(), headers=PNG).json()
    assert (told["guesses"], told["by"], told["name"]) == ([], "nothing", "image")


def test_a_sure_upload_is_filed_and_an_unsure_one_is_asked_about(
    client: TestClient, taught: Project, write: Any
) -> None:
    filed = client.post("/api/uploads?name=bar.png", content=bar(), headers=PNG).json()
    assert (filed["item"], filed["known"], filed["question_id"]) == (60, False, None)
    assert filed["label"]["source"] == "none"
    asked = client.post("/api/uploads?name=what.png", content=NOISE, headers=PNG).json()
    assert asked["item"] == 61
    first = client.get("/api/questions?kind=item&limit=1").json()["questions"][0]
    assert (first["id"], first["item"]) == (asked["question_id"], 61)
    reply = write(
        "POST", "/api/answers", question_id=asked["question_id"], verdict="class",
        class_name="noise",
    )  # fmt: skip
    listed = client.get("/api/uploads").json()["uploads"]
    assert [told["item"] for told in listed] == [61, 60]
    assert listed[0]["question_id"] is None
    assert listed[0]["label"]["source"] == "person"
    assert listed[0]["prediction"]["guesses"] == [
        {"class_id": reply["class"]["id"], "confidence": 1.0}
    ]
    assert listed[1]["prediction"]["name"] == "bar.png"
    write("POST", "/api/undo", event=reply["event"]["id"])
    assert client.get("/api/uploads").json()["uploads"][0]["question_id"] == asked["question_id"]
    assert client.get("/api/items/61/image").content == NOISE


def test_a_repeated_upload_is_the_same_item(client: TestClient, taught: Project) -> None:
    first = client.post("/api/uploads", content=NOISE, headers=PNG).json()
    again = client.post("/api/uploads", content=NOISE, headers=PNG).json()
    assert (again["item"], again["known"]) == (first["item"], True)
    assert again["question_id"] == first["question_id"]
    assert taught.n_items == 61


def test_the_threshold_may_be_chosen(client: TestClient, taught: Project) -> None:
    kept = client.post("/api/uploads?threshold=0", content=NOISE, headers=PNG).json()
    assert kept["question_id"] is None
    assert client.post("/api/uploads?threshold=2", content=NOISE, headers=PNG).status_code == 422


def test_there_are_no_uploads_at_first(client: TestClient) -> None:
    assert client.get("/api/uploads").json() == {"uploads": []}


def bomb() -> bytes:
    """A PNG file of a few bytes that says it has 400 million pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    header = struct.pack(">IIBBBBB", 20_000, 20_000, 8, 0, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(1000)))
    return b"\x89PNG\r\n\x1a\n" + body + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"),
        (b"no image at all", "not an image"),
        (NOISE[:60], "cut short or damaged"),
        (bomb(), "20,000 × 20,000 pixels"),
    ],
)
@pytest.mark.parametrize("route", ["predict", "uploads"])
def test_what_is_no_image_is_refused(
    client: TestClient, taught: Project, route: str, content: bytes, said: str
) -> None:
    reply = client.post(f"/api/{route}?name=x.png", content=content, headers=PNG)
    assert reply.status_code == 422
    error = reply.json()["error"]
    assert error["code"] == "unreadable_image"
    assert said in error["message"]
    assert error["message"].startswith("x.png: ")
    assert error["remedy"]
    assert taught.n_items == 60


def test_an_image_may_not_be_larger_than_a_request(client: TestClient) -> None:
    reply = client.post("/api/uploads", content=bytes(MOST_BODY_BYTES + 1), headers=PNG)
    assert reply.status_code == 413
    assert reply.json()["error"]["code"] == "too_large"


def test_who_sends_too_fast_is_told_how_long_to_wait(client: TestClient) -> None:
    client.app.state.pace = Pace(per_second=0.1, burst=2)  # type: ignore[attr-defined]
    replies = [client.post("/api/predict", content=NOISE, headers=PNG) for _ in range(3)]
    assert [reply.status_code for reply in replies] == [200, 200, 429]
    assert 1 <= int(replies[2].headers["Retry-After"]) <= 10
    error = replies[2].json()["error"]
    assert error["code"] == "too_many"
    assert "Retry-After" in error["remedy"]
    assert client.get("/api/uploads").status_code == 200  # looking is free


def test_uploads_need_the_token_and_our_own_page(client: TestClient) -> None:
    for headers, status in (
        ({"Authorization": "Bearer wrong"}, 401),
        ({"Origin": "http://elsewhere.example"}, 403),
        ({"Host": "elsewhere.example"}, 403),
    ):
        reply = client.post("/api/uploads", content=NOISE, headers={**PNG, **headers})
        assert reply.status_code == status


def test_permits_come_back_at_a_steady_rate() -> None:
    now = [0.0]
    pace = Pace(per_second=2, burst=3, clock=lambda: now[0])
    assert [pace.take("a") for _ in range(4)] == [0, 0, 0, 0.5]
    assert pace.take("b") == 0
    now[0] = 0.5
    assert pace.take("a") == 0
    assert pace.take("a") == 0.5
    now[0] = 100
    assert [pace.take("a") for _ in range(4)] == [0, 0, 0, 0.5]


def test_clients_that_have_long_been_gone_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fewclicks.server.pace.MOST_CLIENTS", 2)
    pace = Pace(per_second=1, burst=1, clock=lambda: 0.0)
    assert [pace.take(client) for client in "abca"] == [0, 0, 0, 0]
    assert pace.take("a") == 1
    assert BURST > 1
