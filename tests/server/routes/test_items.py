"""Items, their thumbnails and images."""

from __future__ import annotations

import base64
import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from starlette.testclient import TestClient

from fewclicks.project import Project
from fewclicks.records import MODEL
from fewclicks.server.app import create_app


def test_items_by_class_and_source(client: TestClient, write: Any) -> None:
    question = client.get("/api/questions?kind=cluster").json()["questions"][0]
    cluster = client.get(f"/api/questions/{question['id']}").json()["members"]
    box = write("POST", "/api/answers", question_id=question["id"], verdict="class",
                class_name="box")["class"]["id"]  # fmt: skip
    write("POST", "/api/answers", item=cluster[0], verdict="class", class_name="box")
    listed = client.get(f"/api/items?class_id={box}").json()
    assert [i["item"] for i in listed["items"]] == sorted(cluster)
    assert listed["next"] is None
    assert all(i["class_id"] == box and i["name"] for i in listed["items"])
    person = client.get(f"/api/items?class_id={box}&source=person").json()["items"]
    assert [(i["item"], i["source"]) for i in person] == [(cluster[0], "person")]
    none = client.get("/api/items?source=none").json()["items"]
    assert sorted([i["item"] for i in none] + cluster) == list(range(60))
    assert none[0]["class_id"] is None
    assert client.get("/api/items?class_id=99").json() == {"items": [], "next": None}


def test_labels_to_review(client: TestClient, write: Any, project: Project) -> None:
    questions = client.get("/api/questions?kind=cluster").json()["questions"]
    for number, question in enumerate(questions[:2]):
        write("POST", "/api/answers", question_id=question["id"], verdict="class",
              class_name=f"kind {number}")  # fmt: skip
    assert client.get("/api/review").json() == {"classes": []}
    project.round()
    told = client.get("/api/review").json()["classes"]
    labels = project.labels()
    by_model = [i for i in range(60) if labels.sources[i] == MODEL]
    assert by_model
    assert sum(c["n"] for c in told) == len(by_model)
    doubtful = [i for i in by_model if labels.confidences[i, 0] < 0.9]
    assert sum(c["n_doubtful"] for c in told) == len(doubtful)
    wanted = f"class_id={told[0]['class_id']}&source=model&order=confidence"
    page = client.get(f"/api/items?{wanted}&limit=3").json()
    of_class = [i for i in by_model if labels.class_ids[i, 0] == told[0]["class_id"]]
    least = sorted(of_class, key=lambda i: (labels.confidences[i, 0], i))
    assert [i["item"] for i in page["items"]] == least[:3]
    assert client.get(f"/api/items?{wanted}&after=3").status_code == 422


def test_items_in_pages(client: TestClient) -> None:
    seen: list[int] = []
    after: int | None = None
    for _ in range(4):
        query = "limit=25" + ("" if after is None else f"&after={after}")
        page = client.get(f"/api/items?{query}").json()
        seen += [i["item"] for i in page["items"]]
        after = page["next"]
        if after is None:
            break
    assert seen == list(range(60))


@pytest.mark.parametrize("query", ["limit=0", "limit=1001", "source=me", "after=-1", "class_id=-1"])
def test_bounds(client: TestClient, query: str) -> None:
    assert client.get(f"/api/items?{query}").status_code == 422


def test_one_item(client: TestClient, write: Any) -> None:
    write("POST", "/api/answers", item=8, verdict="class", class_name="box")
    told = client.get("/api/items/8").json()
    assert (told["item"], told["width"], told["height"]) == (8, 16, 16)
    assert (told["group"], told["split"], told["duplicate_of"]) == (None, None, None)
    assert told["guesses"][0]["class_id"] == told["label"]["class_id"]
    assert [a["verdict"] for a in told["answers"]] == ["class"]


@pytest.mark.parametrize("tail", ["", "/thumbnail", "/image"])
@pytest.mark.parametrize(("item", "status"), [("60", 404), (str(2**31), 422), ("-1", 422)])
def test_items_that_are_not_there(client: TestClient, item: str, tail: str, status: int) -> None:
    reply = client.get(f"/api/items/{item}{tail}")
    assert reply.status_code == status
    assert reply.json()["error"]["code"] == {404: "not_found", 422: "invalid_input"}[status]


def test_a_thumbnail_never_changes(client: TestClient, project: Project) -> None:
    reply = client.get("/api/items/5/thumbnail")
    assert reply.content == project.thumbnails.read(5)
    assert reply.headers["Content-Type"] == "image/png"
    assert "immutable" in reply.headers["Cache-Control"]
    assert reply.headers["Vary"] == "Cookie"  # another project may be served here tomorrow


def test_many_thumbnails_in_one_reply(client: TestClient, project: Project) -> None:
    reply = client.get("/api/thumbnails?items=5,0,59,5")
    found = reply.json()["thumbnails"]
    assert len(found) == 4
    assert found[0] == found[3] != found[1]
    assert "immutable" in reply.headers["Cache-Control"]
    head, content = found[2].split(",")
    assert head == "data:image/png;base64"
    assert base64.b64decode(content) == project.thumbnails.read(59)
    most = ",".join(["1"] * 200)
    assert len(client.get(f"/api/thumbnails?items={most}").json()["thumbnails"]) == 200
    missing = client.get("/api/thumbnails?items=5,60")
    assert (missing.status_code, missing.json()["error"]["code"]) == (404, "not_found")
    assert "Cache-Control" not in missing.headers


@pytest.mark.parametrize(
    "items", ["", ",", "1,", "x", "-1", "1.5", "\u0661", str(2**31), "9" * 5000, "1," * 200 + "1"]
)
def test_what_are_no_item_ids(client: TestClient, items: str) -> None:
    reply = client.get("/api/thumbnails", params={"items": items})
    assert (reply.status_code, reply.json()["error"]["code"]) == (422, "invalid_input")


def test_without_an_original_the_thumbnail_is_sent(client: TestClient) -> None:
    reply = client.get("/api/items/5/image")  # pixels of an array have no file
    assert reply.headers["X-Fewclicks-Original"] == "missing"
    assert Image.open(io.BytesIO(reply.content)).size == (16, 16)


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    folder.mkdir()
    rng = np.random.default_rng(0)
    for name in (b"a b.jpg", b"c.tif", b"odd \xff.png"):
        pixels = rng.integers(0, 255, (20, 30, 3)).astype(np.uint8)
        Image.fromarray(pixels).save(folder / name.decode("utf-8", "surrogateescape"))
    return folder


def test_originals_of_files(photos: Path, tmp_path: Path) -> None:
    with Project.create(tmp_path / "project", photos) as project:
        app = create_app(project, "a-token-for-tests", "ana", with_worker=False)
        client = TestClient(app, base_url="http://localhost:1")
        client.get("/?token=a-token-for-tests")
        names = [i["name"] for i in client.get("/api/items").json()["items"]]
        assert names == ["a b.jpg", "c.tif", "odd \ufffd.png"]
        jpeg, tiff, png = (client.get(f"/api/items/{i}/image") for i in range(3))
        assert jpeg.content == (photos / "a b.jpg").read_bytes()
        assert jpeg.headers["Content-Type"] == "image/jpeg"
        assert "X-Fewclicks-Original" not in jpeg.headers
        assert png.headers["Content-Type"] == "image/png"
        assert tiff.headers["X-Fewclicks-Original"] == "missing"  # no browser shows TIFF
        (photos / "a b.jpg").unlink()
        gone = client.get("/api/items/0/image")
        assert (gone.status_code, gone.headers["X-Fewclicks-Original"]) == (200, "missing")


def test_what_looks_like_an_item(client: TestClient, project: Project) -> None:
    found = client.get("/api/items/7/similar?limit=9").json()["items"]
    features = np.asarray(project.collection().features)
    distances = np.linalg.norm(features - features[7], axis=1)
    assert found[0] == 7
    assert len(set(found)) == 9
    assert np.sort(distances[found]).tolist() == pytest.approx(np.sort(distances)[:9].tolist())
    assert len(client.get("/api/items/7/similar").json()["items"]) == 60
    assert client.get("/api/items/999/similar").status_code == 404
    project.store.set_options(prepared=None)
    assert client.get("/api/items/7/similar").json()["error"]["code"] == "conflict"
