"""Label cards: what an export says of itself, and what comes to light when that is not so."""

from __future__ import annotations

import json

import numpy as np
import pytest

from fewclicks.answers.annotator import KnownLabels
from fewclicks.errors import InvalidInput, NotFound
from fewclicks.export.card import card_paths, read_card
from fewclicks.records import PURPOSES
from fewclicks.simulate import certify, simulate
from fewclicks.workflows.carding import spans_of
from fewclicks.workflows.verifying import verify


@pytest.fixture
def certified(project):
    """150 glyphs of which at most a tenth is proved to be wrong."""
    annotator = KnownLabels(project.store.items.truths())
    simulate(project, annotator, budget=12)
    certify(project, annotator, error=0.1)
    return project


@pytest.fixture
def exported(certified, tmp_path):
    certified.export(tmp_path / "labels.csv")
    return tmp_path / "labels.csv"


def changed(path, change):
    """Rewrite the card of an export."""
    card, _ = read_card(path)
    change(card)
    card_paths(path)[0].write_text(json.dumps(card))


def wrong_of(path):
    return [check.sentence for check in verify(path) if not check.holds]


def test_a_card_says_whence_the_labels_come_and_how_right_they_are(certified, exported):
    card, found = read_card(exported)
    assert found == exported
    assert card["export"]["rows"] == 150
    assert card["answers"]["purses"]["learn"] == 12
    assert list(card["answers"]["purses"]) == list(PURPOSES)
    assert card["answers"]["annotators"][0]["name"] == "simulated"
    assert sum(card["labels"]["by"].values()) == 150
    assert {row["name"] for row in card["labels"]["classes"]} == {"bar", "ring", "cross"}
    assert sum(row["n"] for row in card["labels"]["classes"]) == 150
    (told,) = card["certificates"]
    assert told["holds"]
    assert len(told["log"]) == told["audits"] == told["certified_at"]
    assert card["answers"]["purses"]["audit"] >= told["audits"]
    page = card_paths(exported)[1].read_text()
    assert "Proved with confidence 0.95: at most 10.00% of 150 labels are wrong." in page
    assert "| learn | 12 |" in page


def test_what_is_untouched_is_verified(exported):
    checks = verify(exported)
    assert len(checks) == 6
    assert all(check.holds for check in checks), wrong_of(exported)
    assert verify(card_paths(exported)[0]) == checks


@pytest.mark.parametrize("suffix", ["parquet", "jsonl"])
def test_every_format_of_tables_is_verified(certified, tmp_path, suffix):
    certified.export(tmp_path / f"labels.{suffix}")
    checks = verify(tmp_path / f"labels.{suffix}")
    assert len(checks) == 6
    assert all(check.holds for check in checks)


def test_class_folders_have_a_card_too(certified, tmp_path):
    done = certified.export(tmp_path / "by-class")
    assert done.card == tmp_path / "by-class" / "fewclicks-card.json"
    checks = verify(tmp_path / "by-class")
    assert len(checks) == 4  # there is no one file to compare
    assert all(check.holds for check in checks)


def test_another_table_is_noticed(exported):
    text = exported.read_text()
    exported.write_text(text.replace(",bar,", ",ring,"))
    one, other = wrong_of(exported)
    assert "is not the file" in one
    assert "have another class than was said" in other


def test_a_prettier_outcome_is_noticed(exported):
    def lie(card):
        log = card["certificates"][0]["log"]
        log[0] |= {"said": "ring" if log[0]["labelled"] != "ring" else "bar"}

    changed(exported, lie)
    assert any("1 outcomes do not follow" in sentence for sentence in wrong_of(exported))


def test_a_chosen_sample_is_noticed(exported):
    def lie(card):
        log = card["certificates"][0]["log"]
        log[0], log[1] = log[1], log[0]

    changed(exported, lie)
    (sentence,) = wrong_of(exported)
    assert "not those that its seed draws" in sentence


def test_a_proof_that_is_none_is_noticed(exported):
    def lie(card):
        card["certificates"][0]["log"] = card["certificates"][0]["log"][:-10]

    changed(exported, lie)
    proof, bound = wrong_of(exported)
    assert "is not proved. The card says otherwise." in proof
    assert "audits were wrong" in bound
    assert "The card says" in bound


def test_pages_are_verified_with_what_was_missed_on_them(project, tmp_path):
    truths = project.store.items.truths()
    simulate(project, KnownLabels(truths), budget=30)
    project.certificates.begin(0.5, seed=1)
    while not project.certificates.standing().holds:
        page = project.certificates.pages.next(project.collection().features)
        name = project.store.classes.names()[page.class_id]
        wrong = [int(item) for item in page.items if truths[item] != name]
        project.certificates.pages.look_through(page, wrong, project.collection().features)
    project.export(tmp_path / "labels.csv")
    assert wrong_of(tmp_path / "labels.csv") == []
    changed(
        tmp_path / "labels.csv",
        lambda card: card["certificates"][0]["pages"][0].update(
            missed=card["certificates"][0]["pages"][0]["planted"]
        ),
    )
    assert any("audits were wrong" in sentence for sentence in wrong_of(tmp_path / "labels.csv"))


def test_without_a_certificate_nothing_is_bounded(project, tmp_path):
    simulate(project, KnownLabels(project.store.items.truths()), budget=12)
    project.export(tmp_path / "labels.csv")
    assert "Nothing has been certified" in card_paths(tmp_path / "labels.csv")[1].read_text()
    assert [check.holds for check in verify(tmp_path / "labels.csv")] == [True]


def test_a_certificate_whose_labels_are_lost_is_left_out_and_told(certified, tmp_path):
    for path in (certified.folder / "certificates").iterdir():
        path.unlink()
    certified.certificates._read = None
    certified.export(tmp_path / "labels.csv")
    card, _ = read_card(tmp_path / "labels.csv")
    assert card["certificates"] == []
    assert (
        card["limits"][-1] == "Of 1 certificates the labels are lost, so that they are not told of."
    )


def test_what_is_no_card_is_refused(tmp_path, exported):
    with pytest.raises(NotFound, match="no label card at"):
        verify(tmp_path / "other.csv")
    card = card_paths(exported)[0]
    card.write_text("[1, 2]")
    with pytest.raises(InvalidInput, match="is no label card"):
        verify(exported)
    card.write_text("{")
    with pytest.raises(InvalidInput, match="not valid JSON"):
        verify(exported)


def test_a_card_of_another_version_or_with_holes_is_refused(exported):
    changed(exported, lambda card: card["certificates"][0].pop("draw"))
    with pytest.raises(InvalidInput, match="lacks or garbles"):
        verify(exported)
    changed(exported, lambda card: card.update(version=99))
    with pytest.raises(InvalidInput, match="must be of version 1 but is of version 99"):
        verify(exported)


def test_items_are_told_as_runs():
    assert spans_of(np.array([5, 3, 4, 9, 0])) == [[0, 1], [3, 6], [9, 10]]
    assert spans_of(np.empty(0, int)) == []


@pytest.fixture
def named(half_wrong, truths, tmp_path):
    """The export of 150 glyphs of which people have named those too unsure for the claim."""
    certify(half_wrong, KnownLabels(truths), error=0.125, name=True)
    half_wrong.export(tmp_path / "named.csv")
    return tmp_path / "named.csv"


def test_a_proof_by_what_people_named_is_verified(named):
    checks = verify(named)
    assert all(check.holds for check in checks), wrong_of(named)
    assert sum("of the least sure items" in check.sentence for check in checks) == 1
    told = read_card(named)[0]["certificates"][-1]
    assert told["holds"]
    assert told["certified_at"] is None
    assert sum(last - first for first, last in told["named"]) == told["finish"]["n_people"]


def test_labels_that_nobody_named_are_noticed(named):
    item = read_card(named)[0]["certificates"][-1]["named"][0][0]
    lines = named.read_text().splitlines()
    at = next(n for n, line in enumerate(lines) if line.startswith(f"{item},"))
    lines[at] = lines[at].replace(",person,", ",model,")
    named.write_text("\n".join(lines))
    assert any("1 have been named by nobody" in sentence for sentence in wrong_of(named))


def test_a_higher_cut_than_the_log_allows_is_noticed(named):
    def lie(card):
        card["certificates"][-1]["finish"]["first_unsure"] += 0.05

    changed(named, lie)
    assert any("is not proved. The card says otherwise." in one for one in wrong_of(named))
