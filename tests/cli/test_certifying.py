"""`fewclicks certify`: begin to prove that few labels are wrong, see how far it is, end it."""

from __future__ import annotations

import pytest

from fewclicks.answers.annotator import KnownLabels
from fewclicks.project import Project
from fewclicks.simulate import simulate


@pytest.fixture
def labelled(digits_project):
    """Digits labelled by 40 answers."""
    with Project.open(digits_project) as project:
        simulate(project, KnownLabels(project.store.items.truths()), budget=40)
    return digits_project


def test_a_claim_is_begun_once_and_told_again(fewclicks, labelled):
    begun = fewclicks("certify", labelled, "--error", 0.3, "--json").document
    assert begun["claim"] == {"error": 0.3, "confidence": 0.95}
    assert begun["waiting"] == 50
    told = fewclicks("certify", labelled)
    assert told.code == 0
    assert "Not proved yet: at most 30.00% of 300 labels are wrong." in told.out
    assert "260 labels that no person gave singly" in told.out
    assert "Next: fewclicks label" in told.err
    assert fewclicks("certify", labelled, "--json").document["id"] == begun["id"]


def test_another_claim_takes_its_place(fewclicks, labelled):
    first = fewclicks("certify", labelled, "--json").document
    assert first["claim"] == {"error": 0.01, "confidence": 0.95}
    second = fewclicks("certify", labelled, "--confidence", 0.9, "--json").document
    assert second["claim"] == {"error": 0.01, "confidence": 0.9}
    assert second["id"] != first["id"]


def test_it_can_end(fewclicks, labelled):
    fewclicks("certify", labelled)
    ended = fewclicks("certify", labelled, "--end", "--json").document
    assert ended["state"] == "ended"
    again = fewclicks("certify", labelled, "--end")
    assert again.code != 0
    assert "has ended already" in again.err


def test_without_labels_it_says_what_to_do(fewclicks, digits_project):
    told = fewclicks("certify", digits_project)
    assert told.code != 0
    assert "There are no labels to certify yet." in told.err


def test_a_simulation_can_be_certified(fewclicks, digits_project):
    told = fewclicks(
        "simulate", digits_project, "--budget", 60, "--rehearse", "--certify", 0.4, "--json", "-"
    ).document
    assert told["certificate"]["holds"]
    assert told["certificate"]["upper"] <= 0.4
    plain = fewclicks("simulate", digits_project, "--budget", 60, "--rehearse", "--certify", 0.4)
    assert "Proved with confidence 0.95: at most 40.00% of 300 labels are wrong." in plain.out


def test_an_export_is_verified(fewclicks, labelled, tmp_path):
    fewclicks("certify", labelled, "--error", 0.3)
    told = fewclicks("export", labelled, tmp_path / "labels.csv")
    assert "Its label card" in told.err
    found = fewclicks("verify", tmp_path / "labels.csv")
    assert found.code == 0
    assert "WRONG" not in found.out
    assert "labels.csv is the file that was exported." in found.out
    (tmp_path / "labels.csv").rename(tmp_path / "elsewhere.csv")
    alone = fewclicks("verify", tmp_path / "labels.csv.card.json")
    assert alone.code == 0
    assert "–      The export is not beside the card" in alone.out
    alone = fewclicks("verify", tmp_path / "labels.csv.card.json", "--json").document
    assert alone["holds"]
    assert alone["checks"][0]["holds"] is None
    (tmp_path / "labels.csv").write_text("item,class\n0,9\n")
    spoilt = fewclicks("verify", tmp_path / "labels.csv", "--json")
    assert spoilt.code == 1
    assert spoilt.document["holds"] is False


def test_the_least_sure_cannot_be_named_before_blind_answers_tell_which(fewclicks, labelled):
    fewclicks("certify", labelled)
    told = fewclicks("certify", labelled, "--name-unsure")
    assert told.code != 0
    assert "tell of no part of the labels that people must name." in told.err


def test_a_simulation_names_the_least_sure(fewclicks, digits_project):
    told = fewclicks(
        "simulate", digits_project, "--budget", 40, "--rehearse", "--certify", 0.05,
        "--name-unsure", "--json", "-",
    ).document  # fmt: skip
    assert told["certificate"]["holds"]
    assert told["certificate"]["upper"] <= 0.05


def test_the_same_claim_goes_on(fewclicks, labelled):
    first = fewclicks("certify", labelled, "--error", 0.02, "--json").document
    assert fewclicks("certify", labelled, "--error", 0.02, "--json").document["id"] == first["id"]
    assert fewclicks("certify", labelled, "--error", 0.03, "--json").document["id"] != first["id"]


def test_what_is_not_said_of_an_open_claim_is_left_as_it_is(fewclicks, labelled):
    claim = ("certify", labelled, "--error", 0.3, "--draw", "suspected", "--json")
    first = fewclicks(*claim).document
    for said in (("--error", 0.3), ("--draw", "suspected"), ("--confidence", 0.95)):
        assert fewclicks("certify", labelled, *said, "--json").document["id"] == first["id"]
    second = fewclicks("certify", labelled, "--confidence", 0.9, "--json").document
    assert second["id"] == first["id"] + 1
    assert (second["claim"]["error"], second["draw"]) == (0.3, "suspected")


def test_labels_are_drawn_as_asked_for(fewclicks, labelled):
    even = fewclicks("certify", labelled, "--error", 0.3, "--json").document
    assert even["draw"] == "evenly"
    claim = ("certify", labelled, "--error", 0.3, "--draw", "suspected", "--json")
    suspected = fewclicks(*claim).document
    assert (suspected["draw"], suspected["id"]) == ("suspected", even["id"] + 1)
    assert fewclicks(*claim).document["id"] == suspected["id"]
    assert fewclicks("certify", labelled, "--json").document["id"] == suspected["id"]
    assert fewclicks("certify", labelled, "--draw", "oddly").code != 0


def test_a_simulation_draws_by_class(fewclicks, digits_project):
    told = fewclicks(
        "simulate", digits_project, "--budget", 60, "--certify", 0.4, "--draw", "classes",
        "--json", "-",
    ).document["certificate"]  # fmt: skip
    assert (told["holds"], told["draw"]) == (True, "classes")


def test_labels_that_are_lost_hold_nobody_up(fewclicks, labelled):
    fewclicks("certify", labelled)
    for path in labelled.glob("**/certificates/*.npz"):
        path.unlink()
    assert fewclicks("status", labelled, "--json").document["certificate"] is None
    told = fewclicks("certify", labelled)
    assert told.code != 0
    assert "fewclicks certify --end" in told.err
    assert fewclicks("certify", labelled, "--end").code == 0
    assert fewclicks("certify", labelled, "--error", 0.2, "--json").document["state"] == "open"
