"""The proof that few labels are wrong: claimed on the page, answered blindly, ended there."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.browser

KINDS = ("bar", "dash", "box")
CHECK = "#view-items .reason:has-text('drawn at random'):visible"


@pytest.fixture
def person(served, person):
    """Somebody at the progress view; 60 images are named and a round has labelled the others."""
    for i in range(60):
        said = {"item": i, "verdict": "class", "class_name": KINDS[i % 3]}
        served.ask("answers", {"client_id": f"a{i}", **said})
    served.ask("jobs", {"client_id": "round", "kind": "round"})
    served.wait(lambda: served.ask("progress")["labelled"]["model"] == 340)
    person.page.reload()
    person.page.wait_for_selector("#cluster-class")
    person.go("progress")
    person.page.wait_for_selector(".certificate .claim")
    return person


def certificate(served):
    return served.ask("certificate")["certificate"]


def claim(person, right):
    person.page.fill(".certificate input[aria-label='Labels right, in %']", str(right))
    person.page.click(".certificate .claim button")
    person.page.wait_for_selector(".certificate .proof:visible")


def answer_blindly(served, person, n):
    """Answer questions by their class's key, as the truth is."""
    for _ in range(n):
        question = served.ask("questions?kind=item&limit=1")["questions"][0]
        assert question["purpose"] == "audit"
        given = served.answers()
        person.press(str(1 + question["item"] % 3))
        served.wait(lambda given=given: served.answers() == given + 1)


@pytest.mark.parametrize("served", ["worker"], indirect=True)
def test_a_claim_is_made_and_proved(served, person):
    claim(person, 75)
    person.saved()
    told = certificate(served)
    assert (told["claim"], told["audits"]) == ({"error": 0.25, "confidence": 0.95}, 0)
    person.page.wait_for_selector(".proof:has-text('Not proved yet: at most 25.00%')")
    person.page.click(".certificate button:has-text('Answer blindly')")
    person.page.wait_for_selector(CHECK)
    answer_blindly(served, person, 4)
    person.page.reload()
    person.page.wait_for_selector(CHECK)
    needed = 4
    while not certificate(served)["holds"]:
        answer_blindly(served, person, 1)
        needed += 1
        assert needed < 40
    told = certificate(served)
    assert (told["audits"], told["wrong"], told["waiting"]) == (needed, 0, 0)
    proved = ".toast:has-text('The claim is proved')"
    person.page.wait_for_selector(proved)
    person.page.wait_for_selector(CHECK, state="hidden")
    person.press("z")
    person.saved()
    person.page.wait_for_selector(proved, state="hidden")
    person.page.wait_for_selector(CHECK)
    answer_blindly(served, person, 1)
    person.page.click(f"{proved} button:has-text('Show the proof')")
    person.page.wait_for_selector(".proof.holds:has-text('Proved with confidence 0.95')")
    person.page.click(".certificate summary")
    rows = person.page.locator(".certificate tbody tr").all_inner_texts()
    assert sum(int(row.split("\t")[2]) for row in rows) == needed


@pytest.mark.parametrize("served", ["worker"], indirect=True)
def test_its_questions_take_the_place_of_what_was_asked_before(served, person):
    chosen = {"items": [70, 71], "together": False, "reason": "Mine."}
    served.ask("questions", {"client_id": "chosen", **chosen})
    person.page.reload()
    person.go("items")
    person.page.wait_for_selector("#view-items .reason:has-text('Mine.')")
    person.go("progress")
    claim(person, 75)
    person.saved()
    person.page.click(".certificate button:has-text('Answer blindly')")
    person.page.wait_for_selector(CHECK)
    answer_blindly(served, person, 2)
    assert certificate(served)["audits"] == 2
    person.go("progress")
    person.page.click(".certificate button:has-text('Go on labelling')")
    person.saved()
    person.go("items")
    person.page.wait_for_selector("#view-items .reason:has-text('Mine.')")


@pytest.mark.parametrize("served", ["worker"], indirect=True)
def test_it_can_be_ended_and_undone(served, person):
    claim(person, 99)
    person.saved()
    assert "340 labels" in person.page.inner_text(".certificate .facts")
    person.page.click(".certificate button:has-text('Go on labelling')")
    person.page.wait_for_selector(".certificate .claim:visible")
    person.saved()
    assert certificate(served)["state"] == "ended"


@pytest.mark.parametrize("served", ["worker"], indirect=True)
def test_the_cost_is_told_before_and_nonsense_is_not_sent(served, person):
    assert "About 350 blind answers" in person.page.inner_text(".certificate .claim")
    person.page.select_option(".certificate .claim select", "suspected")
    assert "About 380 blind answers" in person.page.inner_text(".certificate .claim")
    person.page.fill(".certificate input[aria-label='Labels right, in %']", "100")
    assert "below 100" in person.page.inner_text(".certificate .claim")
    person.page.click(".certificate .claim button")
    assert certificate(served) is None


@pytest.mark.parametrize("served", ["worker"], indirect=True)
def test_some_labels_are_drawn_more_often_if_wanted(served, person):
    person.page.select_option(".certificate .claim select", "classes")
    claim(person, 75)
    person.saved()
    assert certificate(served)["draw"] == "classes"
    assert "those of rare classes more often" in person.page.inner_text(".certificate .facts")
    assert person.page.is_visible(".certificate button:has-text('Answer blindly')")
    assert person.page.is_hidden(".certificate button:has-text('Look through pages')")


@pytest.mark.parametrize("served", ["worker"], indirect=True)
def test_pages_are_looked_through_by_keys(served, person):
    claim(person, 60)
    person.saved()
    person.page.click(".certificate button:has-text('Look through pages')")
    board = person.page.wait_for_selector(".audit-board button")
    title = person.page.inner_text(".audit-page h4")
    name = title.removeprefix("Which of these are not ").removesuffix("?")
    assert name in KINDS
    cells = person.page.query_selector_all(".audit-board button")
    items = [int(cell.get_attribute("data-item")) for cell in cells]
    wrong = [at for at, item in enumerate(items) if KINDS[item % 3] != name]
    assert wrong
    at = 0
    for place in wrong:
        person.press(*["ArrowRight"] * (place - at), "Space")
        at = place
    assert board.is_visible()
    person.page.wait_for_selector(f".audit-page button:has-text('All but {len(wrong)} are {name}')")
    person.press("Enter")
    person.saved()
    told = certificate(served)
    assert (told["planted"], told["missed"], told["noticed"]) == (len(wrong), 0, 0)
    assert served.ask("progress")["answers"]["audit"] == len(items) - len(wrong)
    person.press("z")
    person.saved()
    assert certificate(served)["planted"] == 0


@pytest.mark.parametrize("served", ["worker"], indirect=True)
def test_a_page_that_somebody_else_has_looked_through_gives_way_to_the_next(served, person):
    claim(person, 90)
    person.saved()
    person.page.click(".certificate button:has-text('Look through pages')")
    person.page.wait_for_selector(".audit-board button")
    theirs = served.ask("certificate/page")
    served.ask("certificate/page", {"client_id": "theirs", "wrong": theirs["items"], **theirs})
    noticed = certificate(served)["noticed"]
    assert noticed > 10
    person.press("Enter")
    person.saved()
    person.page.wait_for_selector(".toast:has-text('This page is out of date')")
    due = served.ask("certificate/page")["items"]
    assert not set(due) & set(theirs["items"])
    person.page.wait_for_selector(f".audit-board button[data-item='{due[0]}']")
    assert certificate(served)["noticed"] == noticed
    person.press("Enter")
    person.saved()
    assert certificate(served)["missed"] > 0


@pytest.mark.parametrize("served", ["worker"], indirect=True)
def test_the_least_sure_are_named_instead(served, person):
    """Of twenty drawn twelve are called otherwise: more than may be wrong of all."""
    claim(person, 75)
    person.saved()
    for n in range(20):
        question = served.ask("questions?kind=item&limit=1")["questions"][0]
        right = KINDS[question["item"] % 3]
        said = {"verdict": "class", "class_name": "tick" if n % 5 < 3 else right}
        served.ask("answers", {"client_id": f"b{n}", "question_id": question["id"], **said})
    person.page.reload()
    person.page.wait_for_selector(".proof:has-text('More labels seem to be wrong')")
    left = certificate(served)["finish"]["left"]
    person.page.click(f".certificate button:has-text('Name the {left} least sure instead')")
    person.saved()
    person.page.wait_for_selector(f".proof:has-text('{left} of the least sure are left')")
    assert not person.page.is_visible(".certificate button:has-text('Look through pages')")
    person.page.click(f".certificate button:has-text('Name the {left} that are left')")
    person.page.wait_for_selector("#view-items .subject[src]")

    def first():
        return served.ask("questions?kind=item&limit=1")["questions"][0]

    for n in range(left):
        served.wait(lambda: first()["purpose"] == "review")  # more are asked about soon
        question = first()
        said = {"verdict": "class", "class_name": KINDS[question["item"] % 3]}
        served.ask("answers", {"client_id": f"n{n}", "question_id": question["id"], **said})
    person.go("progress")
    person.page.wait_for_selector(".proof.holds:has-text('Proved with confidence 0.95')")
