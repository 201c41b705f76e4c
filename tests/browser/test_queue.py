"""The confusing items: one image, a key, the next image."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.browser


@pytest.fixture
def person(served, person):
    """Somebody at the queue, with two classes to choose from and no cluster answered."""
    for name in ("bar", "dash"):
        served.ask("classes", {"client_id": f"class-{name}", "name": name})
    person.page.reload()
    person.page.wait_for_selector("#cluster-class")
    person.go("items")
    person.page.wait_for_selector("#view-items .subject[src]")
    return person


def on_the_table(served):
    return served.ask("questions?kind=item&limit=1")["questions"][0]


def test_a_number_key_answers_at_once(served, person):
    first, question = person.shown(), on_the_table(served)
    person.press("2")
    assert person.said() == "Labelled dash."
    assert person.shown() != first
    served.wait(lambda: served.classes()["dash"]["n_answers"] == 1)
    told = served.ask(f"questions/{question['id']}")
    assert (told["state"], told["answer"]["verdict"]) == ("answered", "class")
    assert served.ask("progress")["actions"] == 1


def test_a_typed_name_may_be_new(served, person):
    person.name_it("box")
    assert person.said() == "Labelled box."
    served.wait(lambda: "box" in served.classes())


@pytest.mark.parametrize(("key", "verdict"), [("u", "unsure"), ("n", "none")])
def test_not_sure_and_none_are_answers(served, person, key, verdict):
    question = on_the_table(served)["id"]
    person.press(key)
    served.wait(lambda: served.answers() == 1)
    assert served.ask(f"questions/{question}")["answer"]["verdict"] == verdict


def test_a_skipped_item_stays_open(served, person):
    question = on_the_table(served)["id"]
    person.press("s")
    served.wait(lambda: on_the_table(served)["id"] != question)
    assert served.ask(f"questions/{question}")["state"] == "open"


def test_undo_brings_items_back_one_by_one(served, person):
    seen = []
    for _ in range(3):
        seen.append(person.shown())
        person.press("1")
    served.wait(lambda: served.answers() == 3)
    for item in reversed(seen):
        person.press("z")
        assert person.shown() == item
    served.wait(lambda: served.answers() == 0)


def test_a_class_in_the_list_answers_by_click(served, page, person):
    page.click("#view-items .options li:has-text('dash')")
    served.wait(lambda: served.classes()["dash"]["n_answers"] == 1)


def test_the_original_is_fetched_on_demand_only(page, person):
    fetched = []
    page.on("request", lambda request: fetched.append(request.url))
    person.press("1")
    assert not any(url.endswith("/image") for url in fetched)
    with page.expect_response(lambda response: response.url.endswith("/image")):
        person.press(" ")


@pytest.mark.parametrize("served", ["worker"], indirect=True)
def test_guesses_and_neighbours_help_after_a_round(served, page, person):
    for key in ("1", "2", "1"):
        person.press(key)
    served.wait(lambda: served.answers() == 3)
    served.ask("jobs", {"client_id": "a-round", "kind": "round", "args": {}})
    guess = page.wait_for_selector("#view-items .guess")
    assert "%" in guess.inner_text()
    page.wait_for_selector("#view-items .neighbours li")
    guess.click()
    served.wait(lambda: served.answers() == 4)


def test_each_guess_has_images_named_so_below_it(served, person):
    for number in range(6):
        said = {
            "item": number,
            "verdict": "class",
            "class_name": ("bar", "dash", "box")[number % 3],
        }
        served.ask("answers", {"client_id": f"say-{number}", **said})
    ids = {name: known["id"] for name, known in served.classes().items()}
    guesses = [{"class_id": known, "confidence": 0.3} for known in ids.values()]

    def told(route):
        reply = route.fetch()
        body = reply.json()
        body["guesses"] = guesses
        body["examples"] = [{"class_id": ids["bar"], "items": [0, 3]}]
        for question in body.get("questions", []):
            question["guesses"] = guesses
        route.fulfill(response=reply, json=body)

    person.page.route("**/api/questions**", told)
    person.page.reload()
    person.page.wait_for_selector(".candidate .examples img[src]")
    first = person.page.locator(".candidate", has_text="bar")
    assert first.locator(".examples img").count() == 2
    assert person.page.locator(".candidate", has_text="dash").locator("img").count() == 0
