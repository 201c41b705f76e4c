"""Label cards: what an export says of itself."""

from __future__ import annotations

import numpy as np
import pytest

from fewclicks.answers.annotator import KnownLabels
from fewclicks.export.card import card_paths, read_card
from fewclicks.records import PERSON, PURPOSES, Reply, Statement
from fewclicks.simulate import simulate
from fewclicks.workflows import exporting
from fewclicks.workflows.carding import spans_of
from fewclicks.workflows.verifying import verify


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


def test_without_a_certificate_nothing_is_bounded(project, tmp_path):
    simulate(project, KnownLabels(project.store.items.truths()), budget=12)
    project.export(tmp_path / "labels.csv")
    assert "Nothing has been certified" in card_paths(tmp_path / "labels.csv")[1].read_text()


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


def test_items_are_told_as_runs():
    assert spans_of(np.array([5, 3, 4, 9, 0])) == [[0, 1], [3, 6], [9, 10]]
    assert spans_of(np.empty(0, int)) == []


def test_labels_added_since_are_not_covered(with_noise, tmp_path):
    with_noise.export(tmp_path / "labels.csv")
    (told,) = read_card(tmp_path / "labels.csv")[0]["certificates"]
    assert told["exported"]["n_labels"] == 300
    assert told["exported"]["uncovered"] == [[150, 300]]
    assert told["exported"]["upper"] == pytest.approx((told["upper"] * 150 + 150) / 300)
    page = card_paths(tmp_path / "labels.csv")[1].read_text()
    assert f"Of the 300 exported labels at most {told['exported']['upper']:.3%} are wrong." in page
    assert "150 exported labels are not covered" in page
    assert all(check.holds for check in verify(tmp_path / "labels.csv"))


def test_the_bound_of_a_class_is_of_its_labels_as_they_are_exported(certified, tmp_path):
    certified.certificates.end()
    ring = next(row.id for row in certified.store.classes.all() if row.name == "ring")
    standing = certified.certificates.standing()
    (own,) = (one for one in standing.classes if one.class_id == ring)
    before = certified.labels()
    others = [
        item
        for item in range(150)
        if before.class_ids[item, 0] != ring and before.sources[item] != PERSON
    ][:20]
    certified.store.answers.add_many(
        "bob", [Statement(Reply("class"), item=item, class_id=ring) for item in others[:10]]
    )
    certified.round()
    certified.export(tmp_path / "labels.csv")
    card, _ = read_card(tmp_path / "labels.csv")
    (told,) = (row for row in card["labels"]["classes"] if row["name"] == "ring")
    now, frozen = certified.labels(), certified.certificates.frozen(standing.row)
    mine = now.class_ids[:, 0] == ring
    new = mine & (frozen.class_ids != ring) & ~certified.store.answers.alone(now.class_ids[:, 0])
    assert told["n"] == mine.sum() > own.n_items
    assert told["uncovered"] == new.sum() >= 10  # said of many at once, they may be wrong
    assert told["n_tested"] == own.n_tested
    assert told["upper"] == pytest.approx(
        min(1, (own.upper * own.n_tested + new.sum()) / mine.sum())
    )
    assert all(check.holds for check in verify(tmp_path / "labels.csv"))


def test_of_labels_without_an_image_no_class_is_bounded(certified, tmp_path, monkeypatch):
    monkeypatch.setattr(
        exporting,
        "_image_file",
        lambda source, key, thumbnails, item: None if item < 30 else b"image",
    )
    certified.export(tmp_path / "by-class")
    card, _ = read_card(tmp_path / "by-class")
    (told,) = card["certificates"]
    assert told["exported"]["n_labels"] == 120
    assert told["exported"]["upper"] == pytest.approx(told["upper"] * 150 / 120)
    assert {row["upper"] for row in card["labels"]["classes"]} == {None}
    assert card["limits"][-1].startswith("Of 30 labelled items there is no image in the folder")


def test_an_audited_item_that_is_corrected_later_is_told(project, tmp_path):
    truths = project.store.items.truths()
    simulate(project, KnownLabels(truths), budget=12)
    project.certificates.begin(0.3, seed=1)
    question = project.certificates.questions()[0]
    slip = "ring" if truths[question.item] != "ring" else "bar"
    project.answer("ana", Reply("class", slip), question_id=question.id)
    project.store.answers.add(
        "ana", Reply("class", truths[question.item]), item=question.item, purpose="review"
    )
    project.export(tmp_path / "labels.csv")
    card, _ = read_card(tmp_path / "labels.csv")
    (one,) = card["certificates"][0]["log"]
    assert one["said"] == slip
    assert one["since"] == {"class": truths[question.item], "by": "person"}
    page = card_paths(tmp_path / "labels.csv")[1].read_text()
    assert "1 audited items have another label than was said blindly." in page
    checks = verify(tmp_path / "labels.csv")
    assert all(check.holds for check in checks)
    assert any("but for 1 that the card says were labelled anew" in one.sentence for one in checks)
