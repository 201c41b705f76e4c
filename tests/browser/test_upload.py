"""Upload: images are dropped, judged, filed or answered, and nothing is lost."""

from __future__ import annotations

import base64
import io

import numpy as np
import pytest
from PIL import Image

pytestmark = pytest.mark.browser

KINDS = ("bar", "dash", "box")
MANY = 340


def png(pixels):
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "PNG")
    return stream.getvalue()


def glyph(kind, seed):
    image = np.random.default_rng(seed).integers(0, 20, (16, 16)).astype(np.uint8)
    if kind == "bar":
        image[3:13, 8:10] = 250
    elif kind == "dash":
        image[8:10, 2:14] = 250
    else:
        image[4:12, 3:11] = 250
    return png(image)


def noise(seed):
    return png(np.random.default_rng(seed).integers(0, 256, (16, 16), dtype=np.uint8))


def a_file(name, content):
    return {"name": name, "mimeType": "image/png", "buffer": content}


@pytest.fixture
def person(served, person):
    """Somebody at the view, in a project of thirty answers."""
    for item in range(30):
        served.ask(
            "answers",
            {
                "client_id": f"answer-{item}",
                "item": item,
                "verdict": "class",
                "class_name": KINDS[item % 3],
            },
        )
    person.page.reload()
    person.page.wait_for_selector("#cluster-class")
    person.go("upload")
    return person


def choose(page, *files):
    page.set_input_files("#view-upload input[type=file]:not([webkitdirectory])", list(files))


def row(page, state, n=0):
    return page.locator(f".uploads li[data-state={state}]").nth(n)


def test_a_sure_image_is_filed_and_an_unsure_one_is_answered(served, page, person):
    choose(page, a_file("one.png", glyph("bar", 900)), a_file("two.png", noise(1)))
    row(page, "open").wait_for()
    assert "Looks like bar; no label yet" in row(page, "sure").inner_text()
    assert "confidence" in row(page, "sure").inner_text()
    assert "Unlike anything here" in row(page, "open").inner_text()
    assert "1 image without a question · 1 to answer" in page.inner_text(".sent")
    person.name_it("noise")
    assert "Labelled noise" in row(page, "answered").inner_text()
    served.wait(lambda: "noise" in served.classes())
    told = served.ask("uploads")["uploads"]
    assert [one["label"]["source"] for one in told] == ["person", "none"]
    assert served.ask("project")["n_items"] == 402


def test_a_reload_loses_nothing(served, page, person):
    choose(page, a_file("one.png", glyph("dash", 900)), a_file("two.png", noise(1)))
    row(page, "open").wait_for()
    page.reload()
    row(page, "open").wait_for()
    assert "two.png" in row(page, "open").inner_text()
    assert "Looks like dash; no label yet" in row(page, "sure").inner_text()
    page.wait_for_selector(".uploads li[data-state=sure] img[src]")
    person.press("3")
    served.wait(lambda: served.answers() == 31)
    page.reload()
    row(page, "answered").wait_for()
    assert page.locator(".uploads li").count() == 2


def test_an_answer_can_be_taken_back(served, page, person):
    choose(page, a_file("two.png", noise(1)))
    row(page, "open").wait_for()
    person.press("2")
    row(page, "answered").wait_for()
    served.wait(lambda: served.answers() == 31)
    person.press("z")
    row(page, "open").wait_for()
    served.wait(lambda: served.answers() == 30)
    assert served.ask("uploads")["uploads"][0]["question_id"] is not None
    person.press("1")
    served.wait(lambda: served.answers() == 31)


def test_what_was_not_asked_about_can_be_corrected(served, page, person):
    choose(page, a_file("one.png", glyph("box", 900)))
    row(page, "sure").wait_for()
    row(page, "sure").locator("button.upload-row").click()
    person.name_it("lid")
    row(page, "answered").wait_for()
    served.wait(lambda: "lid" in served.classes())
    assert served.ask("uploads")["uploads"][0]["label"]["source"] == "person"


def test_the_threshold_is_remembered_and_decides(served, page, person):
    page.evaluate(
        "() => { const e = document.querySelector('#upload-threshold'); e.value = 100;"
        " e.dispatchEvent(new Event('input')) }"
    )
    assert page.inner_text(".threshold output") == "100 %"
    choose(page, a_file("one.png", glyph("bar", 900)))
    row(page, "open").wait_for()
    assert "Not sure enough" in row(page, "open").inner_text()
    page.reload()
    row(page, "open").wait_for()
    assert page.inner_text(".threshold output") == "100 %"


def test_images_are_dropped(page, person):
    data = base64.b64encode(glyph("bar", 900)).decode()
    page.evaluate(
        """data => {
          const bytes = Uint8Array.from(atob(data), c => c.charCodeAt(0));
          const moved = new DataTransfer();
          moved.items.add(new File([bytes], "dropped.png", {type: "image/png"}));
          moved.items.add(new File(["words"], "notes.txt", {type: "text/plain"}));
          document.querySelector(".drop").dispatchEvent(
            new DragEvent("drop", {dataTransfer: moved, bubbles: true, cancelable: true}));
        }""",
        data,
    )
    row(page, "sure").wait_for()
    assert page.locator(".uploads li").count() == 1
    assert "dropped.png" in row(page, "sure").inner_text()


def test_a_folder_is_taken_with_what_is_in_it(page, person, tmp_path):
    deep = tmp_path / "folder" / "deep"
    deep.mkdir(parents=True)
    (tmp_path / "folder" / "a.png").write_bytes(glyph("bar", 900))
    (deep / "b.png").write_bytes(glyph("dash", 901))
    (deep / "notes.txt").write_text("words")
    page.set_input_files("#view-upload input[webkitdirectory]", str(tmp_path / "folder"))
    row(page, "sure", 1).wait_for()
    assert page.locator(".uploads li").count() == 2


def test_a_bad_image_is_told_and_the_others_go_on(page, person):
    choose(
        page,
        a_file("bad.png", b"\x89PNG\r\n\x1a\nnothing"),
        a_file("good.png", glyph("bar", 900)),
    )
    row(page, "sure").wait_for()
    assert "bad.png" in row(page, "failed").inner_text()
    assert "damaged" in row(page, "failed").inner_text()
    assert row(page, "failed").locator("text=Send again").is_visible()
    assert "1 not taken" in page.inner_text(".sent")
    assert not page.is_visible("text=Send all again")


def test_a_server_that_asks_to_wait_gets_it_later(page, person):
    refused = []

    def slow_down(route):
        if refused:
            return route.continue_()
        refused.append(route.request.url)
        error = '{"error": {"code": "too_many", "message": "Too fast.", "remedy": ""}}'
        return route.fulfill(
            status=429, body=error, headers={"Retry-After": "1", "Content-Type": "application/json"}
        )

    page.route("**/api/uploads?*name=*", slow_down)
    choose(page, a_file("one.png", glyph("bar", 900)))
    row(page, "sure").wait_for()
    assert len(refused) == 1


def test_what_an_outage_held_up_is_sent_again_as_a_whole(page, person):
    out = [True]

    def no_way(route):
        return route.abort() if out else route.continue_()

    page.evaluate("window.setTimeout = ((real) => (run) => real(run, 10))(setTimeout)")
    page.route("**/api/uploads?*name=*", no_way)
    choose(page, *(a_file(f"{n}.png", glyph("bar", 900 + n)) for n in range(3)))
    page.wait_for_selector("text=Send all again")
    assert "3 images not sent: the server cannot be reached." in page.inner_text(".sent")
    assert page.locator(".uploads li[data-state=waiting]").count() == 3
    assert page.locator(".uploads li[data-state=failed]").count() == 0
    out.clear()
    page.click("text=Send all again")
    row(page, "sure", 2).wait_for()
    assert not page.is_visible("text=Send all again")
    assert "3 images without a question" in page.inner_text(".sent")


def test_an_error_of_the_page_does_not_stop_the_sending(page, person):
    page.route("**/api/uploads?*name=*", lambda route: route.fulfill(json={}))
    arrived = page.evaluate(
        """() => new Promise(async (done) => {
          const { createSending } = await import("./sending.js");
          addEventListener("unhandledrejection", (event) => event.preventDefault());
          const files = ["one", "two", "three"].map((name) => new File(["x"], name));
          const sending = createSending({
            threshold: () => 0.9, refused: () => {}, changed: () => {},
            arrived(job) {
              if (job === "one") throw new TypeError("a mistake of the page");
              if (job === "three") done([job, sending.status.total]);
            },
          });
          setTimeout(() => done("it stopped"), 5000);
          sending.add(files.map((file) => ({ job: file.name, file })));
        })"""
    )
    assert arrived == ["three", 0]


def test_a_file_that_is_gone_is_passed_over_with_its_own_words(page, person):
    page.evaluate(
        """() => {
          const { slice } = Blob.prototype;
          Blob.prototype.slice = function (...range) {
            return this.name === "one.png"
              ? { arrayBuffer: () => Promise.reject(new DOMException("gone", "NotReadableError")) }
              : slice.apply(this, range);
          };
        }"""
    )
    page.route("**/api/uploads?*name=one.png*", lambda route: route.abort())
    choose(page, a_file("one.png", noise(1)), a_file("two.png", noise(2)))
    row(page, "open").wait_for()
    assert "The file cannot be read any more" in row(page, "failed").inner_text()
    assert "two.png" in row(page, "open").inner_text()


def test_thousands_of_images_do_not_each_get_a_row(served, page, person):
    sent = []

    def take(route):
        item, told = len(sent), {"class_id": None, "confidence": 0, "source": "none"}
        sent.append(route.request.url)
        guess = {"name": f"{item}.png", "familiar": True, "item": None, "by": "network"}
        reply = {
            "item": item, "known": False, "question_id": None, "label": told,
            "prediction": {**guess, "guesses": []},
        }  # fmt: skip
        return route.fulfill(json=reply)

    page.route("**/api/uploads?*name=*", take)
    page.evaluate(
        """() => {
          const { createObjectURL, revokeObjectURL } = URL;
          window.live = 0;
          URL.createObjectURL = (of) => (window.live += 1, createObjectURL.call(URL, of));
          URL.revokeObjectURL = (url) => (window.live -= 1, revokeObjectURL.call(URL, url));
        }"""
    )
    content = noise(1)
    choose(page, *(a_file(f"{n}.png", content) for n in range(MANY)))
    assert page.locator(".uploads li").count() <= 300
    person.until(lambda: len(sent) == MANY)
    page.wait_for_selector(f"text={MANY - 300} more not listed")
    assert page.locator(".uploads li").count() == 300
    assert page.evaluate("window.live") == 0


def test_arrows_move_and_later_goes_on(page, person):
    choose(page, a_file("one.png", noise(1)), a_file("two.png", noise(2)))
    row(page, "open", 1).wait_for()
    current = page.locator(".upload-row[aria-current] .file")
    first = current.inner_text()
    person.press("s")
    assert current.inner_text() != first
    person.press("s")
    assert current.inner_text() == first
    person.press("ArrowDown")
    person.press("ArrowUp")
    assert current.inner_text() == "one.png"


@pytest.mark.parametrize("served", ["worker"], indirect=True)
def test_a_filed_image_is_labelled_by_the_next_round_which_comes_by_itself(served, page, person):
    choose(page, a_file("one.png", glyph("bar", 900)))
    row(page, "sure").wait_for()
    served.wait(lambda: served.ask("uploads")["uploads"][0]["label"]["source"] == "model")
    assert served.ask("project")["prepared"]
    page.wait_for_selector(".uploads li:has-text('Filed under bar')")


@pytest.mark.parametrize(
    ("label", "question", "state", "words"),
    [
        ({"class_id": 2, "confidence": 0.71, "source": "model"}, None, "filed", "Filed under dash"),
        ({"class_id": 2, "confidence": 0.71, "source": "model"}, 9, "open", "dash so far: is that"),
        ({"class_id": 3, "confidence": 1, "source": "person"}, None, "answered", "Labelled box"),
        ({"class_id": None, "confidence": 0, "source": "none"}, None, "sure", "Looks like bar; no"),
    ],
)
def test_the_label_on_record_is_shown_and_not_the_prediction(
    page, person, label, question, state, words
):
    guesses = [{"class_id": 1, "confidence": 0.97}, {"class_id": 2, "confidence": 0.02}]
    prediction = {"name": "x.png", "guesses": guesses, "familiar": True, "item": 5, "by": "network"}
    told = {
        "item": 5, "known": True, "question_id": question, "label": label,
        "prediction": prediction,
    }  # fmt: skip
    page.route("**/api/uploads?limit=*", lambda route: route.fulfill(json={"uploads": [told]}))
    person.go("clusters")
    person.go("upload")
    row(page, state).wait_for()
    shown = row(page, state).inner_text()
    assert words in shown
    assert ("dash: 71" in shown) == (label["source"] == "model")
    assert ("bar: 97" in shown) == (label["source"] != "model")
