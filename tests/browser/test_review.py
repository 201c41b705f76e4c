"""What the model has labelled: looks right, or does not."""

from __future__ import annotations

import time

import pytest

from .conftest import Person, serving
from .test_batch import served as served
from .test_batch import suggesting as suggesting

pytestmark = pytest.mark.browser


@pytest.fixture
def person(served, visit):
    """Somebody at the review."""
    page = visit(served.url)
    someone = Person(page)
    someone.go("review")
    page.wait_for_selector("#view-review .card img[src]")
    return someone


def cards(person):
    return person.page.locator("#view-review .card")


def least_sure(served, class_id, n=1000):
    query = f"items?class_id={class_id}&source=model&order=confidence&limit={n}"
    return [told["item"] for told in served.ask(query)["items"]]


def test_the_class_with_most_doubt_comes_first_its_least_sure_label_first(served, person):
    told = served.ask("review")["classes"]
    names = {known["id"]: known["name"] for known in served.ask("classes")["classes"]}
    shown = person.page.locator("#view-review .rail .name").all_inner_texts()
    assert shown == [names[one["class_id"]] for one in told]
    assert cards(person).count() == min(48, told[0]["n"])


def test_what_looks_right_is_a_review_answer_each(served, person):
    class_id = served.ask("review")["classes"][0]["class_id"]
    first = least_sure(served, class_id, 48)
    person.press("Enter")
    assert person.said() == f"{len(first)} images reviewed."
    served.wait(lambda: served.ask("progress")["answers"]["review"] == len(first))
    assert served.ask(f"items/{first[0]}")["label"]["source"] == "person"
    left = least_sure(served, class_id)
    assert not set(first) & set(left)
    person.until(lambda: cards(person).count() == min(48, len(left)))
    person.press("z")
    served.wait(lambda: served.ask("progress")["answers"]["review"] == 0)
    assert cards(person).count() == len(first)


def test_what_is_wrong_is_asked_about_or_said_at_once(served, person):
    class_id = served.ask("review")["classes"][0]["class_id"]
    first = least_sure(served, class_id, 48)
    cards(person).nth(1).click()
    cards(person).nth(2).click()
    person.press("ArrowRight")
    other = next(c for c in served.classes().values() if c["id"] != class_id)
    person.press(other["key"], "Enter")
    person.saved()
    served.wait(lambda: served.ask("progress")["answers"]["review"] == len(first) - 2)
    assert served.ask(f"items/{first[3]}")["label"]["class_id"] == other["id"]
    asked = served.ask("questions?kind=item&limit=2")["questions"]
    assert {q["item"] for q in asked} == {first[1], first[2]}


def test_what_is_wrong_is_asked_about_as_a_cluster(served, person):
    class_id = served.ask("review")["classes"][0]["class_id"]
    first = least_sure(served, class_id, 48)
    assert not person.page.is_visible("#view-review .toggle")
    person.press("ArrowRight", "Shift+M", "Shift+G", "Enter")
    person.saved()
    asked = served.ask("questions?kind=cluster")["questions"][0]
    assert served.ask(f"questions/{asked['id']}")["members"] == first[1:]
    assert asked["purpose"] == "review"


def test_another_class_is_chosen(served, person):
    told = served.ask("review")["classes"]
    person.page.locator("#view-review .rail .coming").nth(1).click()
    person.until(lambda: cards(person).count() == min(48, told[1]["n"]))
    assert person.page.locator("#view-review .coming[aria-pressed=true]").count() == 1


def test_before_the_first_round_there_is_nothing_to_review(template, visit):
    with serving(template) as untouched:
        page = visit(untouched.url)
        Person(page).go("review")
        page.wait_for_selector("text=Nothing to review yet")


def test_undo_and_redo_of_a_page_of_review_is_one_step(served, person):
    class_id = served.ask("review")["classes"][0]["class_id"]
    first = least_sure(served, class_id, 48)
    cards(person).nth(1).click()
    person.press("Enter")
    person.saved()
    person.press("z")
    served.wait(lambda: served.ask("progress")["answers"]["review"] == 0)
    asked = served.ask("questions?kind=item&limit=200")["questions"]
    assert not any(q["purpose"] == "review" for q in asked)
    assert cards(person).nth(1).get_attribute("aria-selected") == "true"
    person.press("Shift+Z")
    person.saved()
    n = len(first) - 1
    served.wait(lambda: served.ask("progress")["answers"]["review"] == n)
    assert cards(person).count() == min(48, len(least_sure(served, class_id)))
    assert cards(person).first.get_attribute("aria-selected") == "false"


def test_the_next_class_comes_though_the_news_of_an_answer_overtakes_its_reply(served, person):
    class_id = served.ask("review")["classes"][0]["class_id"]
    name = served.ask("classes")["classes"]
    named = next(known["name"] for known in name if known["id"] == class_id)
    while (left := len(least_sure(served, class_id))) > 48:
        person.press("Enter")
        person.saved()
        served.wait(lambda left=left: len(least_sure(served, class_id)) < left)
        person.until(lambda left=left: cards(person).count() == min(48, left - 48))

    def late(route):
        reply = route.fetch()
        time.sleep(4)  # the page looks every two seconds what is new
        route.fulfill(response=reply)

    person.page.route("**/api/answers/many", late)
    person.press("Enter")
    person.until(lambda: cards(person).count() > 0)
    assert f"labelled {named}" not in person.page.inner_text("#view-review .stage-head h2")
