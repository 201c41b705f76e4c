import numpy as np
import pytest

from experiments import mousavi_plud as experiment
from experiments.plud_data import NOISE, data_of, with_senders
from experiments.plud_sampling import gaps, samplings
from experiments.plud_scores import accuracies, by_class, said_and_true
from fewclicks.records import Labels, Outcome, Question


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("plud")


def labels_of(*best):
    ids = np.array(best, np.int32)
    return Labels(ids, np.ones_like(ids, float), np.zeros(len(ids), np.int8))


def test_scores_are_those_worked_out_by_hand():
    names, truths = {0: "a", 1: "b", 2: "c"}, ["a", "a", "b", "c", "b"]
    labels = labels_of([0, 1, 2], [1, 0, 2], [1, -1, -1], [-1, -1, -1], [0, 0, 0])
    test = np.array([True, True, True, True, False])
    said, true = said_and_true(labels, names, truths, test)
    assert said.tolist() == ["a", "b", "b", ""]
    assert true.tolist() == ["a", "a", "b", "c"]
    figures = accuracies(labels, names, truths, test)
    assert figures["test % top 1"] == 50
    assert figures["test % top 3"] == 75
    assert figures["F top 1"] == pytest.approx(100 * (2 / 3 + 2 / 3 + 0) / 3)
    rows = {row["class"]: row for row in by_class(labels, names, truths, test)}
    assert rows["a"]["precision top 1"] == 100
    assert rows["a"]["recall top 1"] == 50
    assert rows["a"]["recall top 3"] == rows["b"]["precision top 3"] == 100
    assert rows["c"]["recall top 3"] == 0
    mean = rows["AP, AR: mean of the classes"]
    assert mean["test images"] == 4
    assert mean["precision top 1"] == pytest.approx((100 + 50 + 0) / 3)


def test_test_groups_are_whole_and_the_project_is_made_once(folder):
    with data_of(NOISE, "colour-hog", None, folder, 0) as data:
        assert data.test.sum() == 64  # a quarter of 240 in groups of eight
        assert len(np.intersect1d(data.groups[data.test], data.groups[~data.test])) == 0
        uid = data.project.uid
    with data_of(NOISE, "colour-hog", None, folder, 1) as again:
        assert again.project.uid == uid
        assert (again.test != data.test).any()


def test_nothing_is_asked_about_what_is_for_testing(folder):
    with data_of(NOISE, "colour-hog", None, folder, 0) as data:
        asked = []

        class Spied:
            name, summary = "spied", ""

            def round(self, state):
                asked.append(state.asked)
                return Outcome(labels_of([-1]), [Question("item", "", item=3)])

        ends = experiment.Withheld(Spied(), data.project, data.test, rounds=1)
        workflow = experiment.Collaborative(n_batch=200, n_validation=0)
        kept = experiment.Withheld(workflow, data.project, data.test)
        with data.project.rehearse(folder / "rehearsal") as project:
            summary = project.round(workflow=kept)
            shown = np.concatenate([q.members for q in summary.questions if q.kind == "cluster"])
            assert not data.test[shown].any()
            assert project.round(workflow=ends).n_questions == 0  # it is the second
            assert asked[0][data.test].all()


def test_a_run_ends_after_its_batches_or_its_minutes(folder):
    with data_of(NOISE, "colour-hog", None, folder, 0) as data:
        inner = experiment.Collaborative(n_batch=60)
        found = experiment.label(data, "colour-hog", inner, 0, rounds=2)
        assert [row["batch"] for row in found.rows] == [1, 2]
        assert found.rows[-1]["test % top 1"] > 40
        assert [row["images"] for row in found.rows] == [60, 120]  # not those about to be shown
        assert 57 <= found.rows[0]["in clusters"] <= 60  # but for audits
        assert found.rows[0]["one by one"] == 0
        assert sum(row["minutes of it"] for row in found.rows) == pytest.approx(
            found.rows[-1]["minutes"]
        )
        short = experiment.label(data, "x", experiment.FewClicks(), 0, minutes=0.1)
        assert short.rows[-1]["answers"] == 50  # the start is one round


def test_samples_are_of_equal_size(folder):
    with data_of(NOISE, "colour-hog", None, folder, 0) as data:
        rows = list(samplings(data, 0))
    by = {(row["images"], row["sampling"]): row for row in rows}
    assert by[(35, "whole groups (paper)")]["groups"] == 5
    assert by[(17, "spread over groups (ours)")]["groups"] == 17
    ahead = gaps(rows)
    assert len(ahead) == 6
    one = next(row for row in ahead if row["share %"] == 20 and "paper" in row["sampling"])
    assert one["ahead"] == pytest.approx(
        by[(35, "whole groups (paper)")]["test %"] - by[(35, "random images")]["test %"]
    )


def test_photos_of_clothes_are_grouped_by_sender(tmp_path):
    (tmp_path / "labels.csv").write_text(
        "image,label,sender_id,kids\na.jpg,Hat,7,F\nb.jpg,Hat,8,F\n"
    )
    (tmp_path / "labelled.csv").write_text("path,label\nb.jpg,Hat\n")
    assert with_senders(tmp_path / "labelled.csv").read_text().split() == [
        "path,label,group",
        "b.jpg,Hat,8",
    ]


def test_the_best_backbone_is_that_of_the_best_validation():
    rows = [
        {"data": "d", "backbone": name, "seed": 0, "validated %": validated, "test % top 1": test}
        for name, validated, test in (("a", 80, 60), ("b", 70, 90), (experiment.OURS, 99, 99))
    ]
    assert experiment.best_backbone(rows, "d") == "a"


def test_the_default_workflow_is_compared_with_the_backbone_it_shares():
    def row(backbone, batch, right):
        return {"data": "d", "backbone": backbone, "batch": batch, "seed": 0, "test % top 1": right}

    runs = [row("a", 1, 50), row("a", 2, 60), row("b", 1, 40), row("b", 2, 90)]
    found = {"figure 2": [*runs, row(experiment.OURS, 7, 70)], "table 3": []}
    values = {target.name: target.value for target in experiment.targets(found)}
    assert values["d, b: points gained from the first batch to the last"] == 50
    assert values["d: points that the default workflow is ahead of a in the same time"] == 10
