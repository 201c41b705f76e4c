"""Verifying label cards: what is untouched holds, and what comes to light when it is not."""

from __future__ import annotations

import base64
import json
import shutil
import tracemalloc
import zlib

import numpy as np
import pytest

from fewclicks.answers.annotator import KnownLabels
from fewclicks.audit.certificate import Claim
from fewclicks.audit.certificate import certify as proved
from fewclicks.errors import InvalidInput, NotFound
from fewclicks.export.card import card_paths, listing, read_card, sha256, write_card
from fewclicks.records import Reply
from fewclicks.simulate import certify, simulate
from fewclicks.workflows.frozen import order_of
from fewclicks.workflows.recomputing import items_in
from fewclicks.workflows.verifying import verify


def changed(path, change):
    """Rewrite the card of an export, and the page of it to read."""
    card, _ = read_card(path)
    change(card)
    write_card(card, path)


def wrong_of(path):
    return [check.sentence for check in verify(path) if check.holds is False]


def is_noticed(path):
    """Whether something is found wrong, or the card refused as impossible."""
    try:
        return wrong_of(path) != []
    except InvalidInput:
        return True


def test_what_is_untouched_is_verified(exported):
    checks = verify(exported)
    assert len(checks) == 11
    assert all(check.holds for check in checks), wrong_of(exported)
    assert verify(card_paths(exported)[0]) == checks


@pytest.mark.parametrize("suffix", ["parquet", "jsonl"])
def test_every_format_of_tables_is_verified(certified, tmp_path, suffix):
    certified.export(tmp_path / f"labels.{suffix}")
    checks = verify(tmp_path / f"labels.{suffix}")
    assert len(checks) == 11
    assert all(check.holds for check in checks)


def test_class_folders_have_a_card_too(certified, tmp_path):
    done = certified.export(tmp_path / "by-class")
    assert done.card == tmp_path / "by-class" / "fewclicks-card.json"
    checks = verify(tmp_path / "by-class")
    assert [check.sentence for check in checks if not check.holds] == [
        "What the files in the folder hold was not looked at."
    ]
    assert wrong_of(tmp_path / "by-class") == []


@pytest.mark.parametrize("mode", ["copy", "symlink"])
def test_images_moved_between_class_folders_are_noticed(certified, tmp_path, mode):
    certified.export(tmp_path / "by-class", mode=mode)
    one, other = [place for place in sorted((tmp_path / "by-class").iterdir()) if place.is_dir()][
        :2
    ]
    (one / ".DS_Store").write_text("left by a file manager")
    assert wrong_of(tmp_path / "by-class") == []
    image = next(path for path in one.iterdir() if path.name != ".DS_Store")
    shutil.move(image, other / f"m{image.name}")
    (sentence,) = wrong_of(tmp_path / "by-class")
    assert "other files than were exported, or in other places" in sentence


def test_another_table_is_noticed(exported):
    text = exported.read_text()
    exported.write_text(text.replace(",bar,", ",ring,"))
    file, counts, said = wrong_of(exported)
    assert "is not the file" in file
    assert "not as many in the table as told" in counts
    assert "have another class than was said" in said


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
    proof, bound, of_exported = wrong_of(exported)
    assert "is not proved. The card says otherwise." in proof
    assert "audits were wrong" in bound
    assert "The card says otherwise: audits, holds" in bound
    assert "of 150 exported labels at most" in of_exported


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
    changed(exported, lambda card: card["certificates"][0].pop("labelled"))
    with pytest.raises(InvalidInput, match="lacks or garbles"):
        verify(exported)
    changed(exported, lambda card: card.update(version=99))
    with pytest.raises(InvalidInput, match="must be of version 1 but is of version 99"):
        verify(exported)


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
    assert any("The card says otherwise: finish" in one for one in wrong_of(named))


def newest(card):
    return card["certificates"][-1]


def prove(told, n_items, n_tested, confidence=0.95):
    """Make the figures of a certificate without a wrong audit fit what it claims."""
    claim = Claim(min(1.0, told["claim"]["error"] * n_items / n_tested), 1 - confidence)
    made = proved(np.zeros(len(told["log"]), bool), n_tested, claim)
    told.update(n_items=n_items, holds=made.holds, certified_at=made.certified_at)
    told["claim"]["confidence"] = confidence
    told["upper"] = made.upper * n_tested / n_items


def forget_tested(card):
    """Say that people had given all labels singly but for some of those drawn."""
    told = newest(card)
    tested = np.sort([one["item"] for one in told["log"]])
    order = np.random.default_rng(told["drawing"]["seed"]).permutation(tested)
    log = {one["item"]: one for one in told["log"]}
    told["log"] = [log[item] for item in order]
    told["drawing"]["tested"] = [[int(item), int(item) + 1] for item in tested]
    prove(told, 150, len(tested))
    told["n_tested"] = len(tested)


LIES = {
    "the sentence": lambda card: newest(card).update(sentence="Proved: no label is wrong."),
    "the caveat": lambda card: newest(card).update(caveat=""),
    "upper_now": lambda card: newest(card).update(upper_now=0.0),
    "what changed": lambda card: newest(card).update(changed=7),
    "the estimate": lambda card: newest(card).update(estimate=0.001),
    "the bound of what is exported": lambda card: newest(card)["exported"].update(upper=0.0),
    "how many are exported": lambda card: newest(card)["exported"].update(n_labels=15000),
    "the confidence": lambda card: prove(newest(card), 150, newest(card)["n_tested"], 0.5),
    "many more items": lambda card: prove(newest(card), 15000, newest(card)["n_tested"]),
    "items that there are not": lambda card: newest(card).update(
        n_items=15000, labelled=[[0, 15000]]
    ),
    "fewer tested": forget_tested,
    "planted ones": lambda card: newest(card).update(planted=30),
    "another bound of a class": lambda card: newest(card)["classes"][0].update(upper=0.0),
    "more tested in a class": lambda card: newest(card)["classes"][0].update(n_tested=9000),
    "the table of classes": lambda card: card["labels"]["classes"][0].update(upper=0.0),
    "checked in the table": lambda card: card["labels"]["classes"][0].update(audits=50),
    "items of a class": lambda card: card["labels"]["classes"][0].update(n=1, upper=None),
    "labels by people": lambda card: card["labels"]["by"].update(person=150, model=0),
    "the rows": lambda card: card["export"].update(rows=149),
    "no checksum": lambda card: card["export"].update(sha256=None),
}


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES)
def test_every_figure_that_can_be_computed_is_compared(exported, lie):
    changed(exported, lie)
    assert wrong_of(exported) != []


def test_which_claim_it_is_of_several_is_compared(certified, tmp_path):
    certify(certified, KnownLabels(certified.store.items.truths()), error=0.2)
    certified.export(tmp_path / "labels.csv")
    assert wrong_of(tmp_path / "labels.csv") == []

    def lie(card):
        told = newest(card)
        told["caveat"] = told["caveat"][: told["caveat"].index(" It is claim number")]
        told["claims"] = 1

    changed(tmp_path / "labels.csv", lie)
    assert any(
        "The card says otherwise: claims." in told for told in wrong_of(tmp_path / "labels.csv")
    )


@pytest.fixture(params=["suspected", "classes"])
def drawn_oddly(project, tmp_path, request):
    """An export whose certificate drew some labels more often than others."""
    annotator = KnownLabels(project.store.items.truths())
    simulate(project, annotator, budget=12)
    standing = certify(project, annotator, error=0.1, draw=request.param)
    assert standing.holds
    assert standing.row.draw == request.param
    project.export(tmp_path / "labels.csv")
    return tmp_path / "labels.csv"


def test_a_draw_of_some_labels_more_often_is_verified(drawn_oddly):
    assert all(check.holds for check in verify(drawn_oddly)), wrong_of(drawn_oddly)
    drawing = newest(read_card(drawn_oddly)[0])["drawing"]
    assert "exponential(size=n_tested) / weight" in drawing["by"]


def heavier(card):
    weights = newest(card)["drawing"]["level_weights"]
    weights[0] *= 3


def packed(levels):
    return base64.b64encode(zlib.compress(levels.astype("<u2").tobytes())).decode()


def levels_of(card):
    held = zlib.decompress(base64.b64decode(newest(card)["drawing"]["levels"]))
    return np.frombuffer(held, "<u2").copy()


def draw_anew(card, levels, weights):
    """Draw from these levels, with as many answers as there were."""
    told = newest(card)
    tested = items_in(told["drawing"]["tested"])
    log = {one["item"]: one for one in told["log"]}
    order = tested[order_of(told["draw"], told["drawing"]["seed"], weights[levels])]
    drawn = order[: len(log)].tolist()
    told["log"] = [{**told["log"][0], **log.get(item, {}), "item": item} for item in drawn]
    told["drawing"].update(levels=packed(levels), level_weights=weights.tolist())


def light_up(card):
    """Say that what was drawn had been in a level of its own, and was most likely to be."""
    told = newest(card)
    levels = levels_of(card)
    tested = items_in(told["drawing"]["tested"])
    levels[np.searchsorted(tested, [one["item"] for one in told["log"]])] = levels.max() + 1
    draw_anew(card, levels, np.append(told["drawing"]["level_weights"], 1000.0))


def belie_levels(card):
    """Tell of a label what does not go with its level: that it was least sure, or its class."""
    levels, log = levels_of(card), newest(card)["log"]
    tested = items_in(newest(card)["drawing"]["tested"])
    own = levels[np.searchsorted(tested, [one["item"] for one in log])]
    if newest(card)["draw"] == "suspected":
        log[np.argmax(own)]["uncertainty"] = 2.0
        return
    (place, *others) = np.flatnonzero(own == np.bincount(own).argmax())
    assert others
    other = next(one["labelled"] for one in log if one["labelled"] != log[place]["labelled"])
    log[place].update(labelled=other, said=other)


def weigh(card, **weights):
    newest(card)["classes"][0]["weights"].update(weights)


ODD_LIES = {
    "a level of its own": light_up,
    "what does not go with a level": belie_levels,
    "lighter classes": lambda card: weigh(card, total=1e-6),
    "a least weight that there is not": lambda card: weigh(card, least=0.9999),
    "other weights": heavier,
    "an even draw": lambda card: newest(card).update(draw="evenly"),
    "no levels": lambda card: newest(card)["drawing"].pop("levels"),
    "the seed": lambda card: newest(card)["drawing"].update(seed=1),
    "the estimate": lambda card: newest(card).update(estimate=0.01),
    "heavier classes": lambda card: newest(card)["classes"][0]["weights"].update(total=1e6),
}


@pytest.mark.parametrize("lie", ODD_LIES.values(), ids=ODD_LIES)
def test_what_does_not_follow_from_such_a_draw_is_noticed(drawn_oddly, lie):
    changed(drawn_oddly, lie)
    assert is_noticed(drawn_oddly)


def test_levels_that_cannot_be_read_are_refused(drawn_oddly):
    changed(drawn_oddly, lambda card: newest(card)["drawing"].update(levels="bm90IHBhY2tlZA=="))
    with pytest.raises(InvalidInput, match="cannot be read"):
        verify(drawn_oddly)


def test_levels_of_many_more_items_are_not_unpacked(drawn_oddly):
    levels = packed(np.zeros(10_000_000, np.uint16))
    changed(drawn_oddly, lambda card: newest(card)["drawing"].update(levels=levels))
    tracemalloc.start()
    with pytest.raises(InvalidInput, match="levels of other items"):
        verify(drawn_oddly)
    assert tracemalloc.get_traced_memory()[1] < 10e6
    tracemalloc.stop()


@pytest.mark.parametrize("draw", ["suspected", "classes"])
def test_a_class_of_which_nothing_is_tested_has_no_weights(project, tmp_path, draw):
    truths = project.store.items.truths()
    simulate(project, KnownLabels(truths), budget=12)
    for item in np.flatnonzero(np.array(truths) == "bar").tolist():
        project.answer("ana", Reply("class", class_name="bar"), item=item)
    certify(project, KnownLabels(truths), error=0.1, draw=draw)
    project.export(tmp_path / "labels.csv")
    assert wrong_of(tmp_path / "labels.csv") == []
    assert "Infinity" not in card_paths(tmp_path / "labels.csv")[0].read_text()


def test_classes_without_weights_are_refused(drawn_oddly):
    changed(drawn_oddly, lambda card: newest(card)["classes"][0].update(weights=None))
    with pytest.raises(InvalidInput, match="lacks or garbles"):
        verify(drawn_oddly)


def test_a_page_that_says_something_else_is_noticed(exported):
    page = card_paths(exported)[1]
    page.write_text("# all perfect")
    assert wrong_of(exported) == ["labels.csv.card.md says something else than the card."]
    page.unlink()
    assert wrong_of(exported) == []
    assert verify(exported)[-1].holds is None


def test_pages_that_were_emptied_are_noticed(project, tmp_path):
    truths = project.store.items.truths()
    simulate(project, KnownLabels(truths), budget=30)
    project.certificates.begin(0.5, seed=1)
    page = project.certificates.pages.next(project.collection().features)
    name = project.store.classes.names()[page.class_id]
    wrong = [int(item) for item in page.items if truths[item] != name]
    project.certificates.pages.look_through(page, wrong, project.collection().features)
    project.export(tmp_path / "labels.csv")
    assert wrong_of(tmp_path / "labels.csv") == []
    changed(tmp_path / "labels.csv", lambda card: newest(card).update(pages=[]))
    assert any("planted" in sentence for sentence in wrong_of(tmp_path / "labels.csv"))


def test_a_table_without_its_card_s_certificate_and_checksum_is_noticed(exported):
    def empty(card):
        card["certificates"] = []
        card["export"]["sha256"] = None

    changed(exported, empty)
    exported.write_text("junk")
    checksum, table, classes = wrong_of(exported)
    assert "lacks the checksum" in checksum
    assert "no table of labels" in table
    assert "of classes does not follow" in classes


def test_where_nothing_can_be_checked_that_is_said(project, exported):
    card = card_paths(exported)[0]
    exported.unlink()
    assert wrong_of(card) == []
    assert verify(card)[0].holds is None
    changed(card.with_name("labels.csv"), lambda card: card.update(certificates=[]))
    assert "There is nothing to check: no export, and no certificate." in wrong_of(card)


def test_without_a_certificate_the_table_is_verified(project, tmp_path):
    simulate(project, KnownLabels(project.store.items.truths()), budget=12)
    project.export(tmp_path / "labels.csv")
    assert all(check.holds for check in verify(tmp_path / "labels.csv"))
    text = (tmp_path / "labels.csv").read_text()
    (tmp_path / "labels.csv").write_text(text.replace(",bar,", ",ring,"))
    told = sha256(tmp_path / "labels.csv")
    changed(tmp_path / "labels.csv", lambda card: card["export"].update(sha256=told))
    (sentence,) = wrong_of(tmp_path / "labels.csv")
    assert "not as many in the table as told" in sentence


@pytest.mark.parametrize(
    "lie",
    [
        {"n_tested": 0},
        {"claim": {"error": 0.1, "confidence": 1.0}},
        {"claim": {"error": 0.0, "confidence": 0.95}},
        {"pages": {"a": 1}},
        {"pages": 3},
        {"log": [1]},
    ],
)
def test_an_impossible_certificate_is_refused(exported, lie):
    card, _ = read_card(exported)
    newest(card).update(lie)
    card_paths(exported)[0].write_text(json.dumps(card))
    with pytest.raises(InvalidInput):
        verify(exported)


def test_uncovered_labels_left_out_are_noticed(with_noise, tmp_path):
    with_noise.export(tmp_path / "labels.csv")
    assert wrong_of(tmp_path / "labels.csv") == []

    def hide(card):
        told = newest(card)
        told["exported"].update(
            uncovered=[], n_uncovered=0, upper=told["upper"] * 150 / told["exported"]["n_labels"]
        )

    changed(tmp_path / "labels.csv", hide)
    assert any("about other items" in sentence for sentence in wrong_of(tmp_path / "labels.csv"))


def test_least_sure_items_that_were_drawn_or_are_missing_are_noticed(named):
    def lie(card):
        told = newest(card)
        told["named"][0] = [told["log"][0]["item"], told["log"][0]["item"] + 1]

    changed(named, lie)
    assert any("are not among those not drawn" in sentence for sentence in wrong_of(named))


def test_a_listing_knows_paths_and_sizes(tmp_path):
    (tmp_path / "ring").mkdir()
    (tmp_path / "ring" / "a.png").write_bytes(b"12")
    before = listing(tmp_path)
    (tmp_path / "fewclicks-card.md").write_text("the card itself")
    (tmp_path / "empty").mkdir()
    assert listing(tmp_path) == before
    (tmp_path / "ring" / "a.png").write_bytes(b"123")
    longer = listing(tmp_path)
    assert longer != before
    for target in ("a.png", "b.png"):  # a link is where it points to, whether that is there or not
        (tmp_path / "ring" / "link.png").unlink(missing_ok=True)
        (tmp_path / "ring" / "link.png").symlink_to(target)
        assert listing(tmp_path) not in (before, longer)
        before = listing(tmp_path)
