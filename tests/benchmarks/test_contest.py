import json
from dataclasses import replace

import numpy as np
import pytest

import fewclicks as fc
from benchmarks import contenders, contest
from benchmarks.contenders import CONTENDERS, START, Contender
from fewclicks.workflows import FewClicks


@pytest.fixture(scope="module")
def made(shapes, tmp_path_factory):
    folder = tmp_path_factory.mktemp("contest")
    contest.prepare(folder, {"source": shapes, "features": "pixels"})
    return folder


def task(made, tmp_path, name, **given):
    chosen = {"seed": 1, "budget": 60, "batch": 10, "limit_gb": 8} | given
    return contest.Task(name, made, tmp_path / "home", tmp_path / "curve.jsonl", **chosen)


def written(one):
    return [json.loads(line) for line in one.written.read_text().splitlines()]


def test_the_project_is_described_and_its_rows_are_written(made):
    described = json.loads((made / "described.json").read_text())
    assert (described["n_items"], described["n_classes"]) == (150, 3)
    assert described["kind"] == "glyphs"
    rows = np.load(made / "rows.npy")
    assert rows.shape == (150, described["d"])
    assert rows.var(axis=0).mean() == pytest.approx(1, abs=1e-3)
    assert np.load(made / "classes.npy").tolist() == 50 * [0, 2, 1]  # by name


def test_looking_between_rounds_changes_nothing(made, tmp_path):
    one = task(made, tmp_path, "fewclicks-core")
    contest.run(one)
    *points, last = written(one)
    assert last == {"ended": ""}
    assert [point["answers"] for point in points] == [10, 25, 50, 60]
    with (
        fc.Project.open(made / "project") as project,
        project.rehearse(tmp_path / "other") as rehearsal,
    ):
        known = fc.KnownLabels(project.store.items.truths(), random_state=1)
        run = fc.simulate(rehearsal, known, budget=60, seed=1, workflow=FewClicks(refine="never"))
    assert [r.accuracy for r in run.rounds] == [points[2]["right"], points[3]["right"]]
    assert points[3]["minutes"] == pytest.approx(run.rounds[-1].modelled_seconds / 60)
    assert len(points[3]["met"]) == 3
    assert points[0]["right"] > 0.5  # ten medoids of three classes, though no round is due yet


def test_a_workflow_that_ends_early_is_looked_at_when_it_does(made, tmp_path):
    one = task(made, tmp_path, "threshold", budget=149)
    contest.run(one)
    *points, last = written(one)
    assert last == {"ended": ""}
    assert points[-1]["answers"] < 149
    assert points[-1]["right"] > 0.9


def test_random_questions_are_the_draw_of_the_seed(made, tmp_path):
    one = task(made, tmp_path, "random", budget=25)
    contest.run(one)
    classes = np.load(made / "classes.npy")[contenders.draw(150, 1)[:25]]
    _, first = np.unique(classes, return_index=True)
    assert written(one)[-2]["met"] == sorted((first + 1).tolist())


class Recorder:
    """Asks for the lowest open items; believes that all are of the class met first."""

    def __init__(self, n):
        self.n, self.taught, self.asked = n, [], []

    def ask(self, n):
        self.asked.append(n)
        known = [item for item, _ in self.taught]
        return np.setdiff1d(np.arange(self.n), known)[:n]

    def teach(self, items, classes):
        self.taught += zip(items.tolist(), classes.tolist(), strict=True)

    def believe(self):
        return np.zeros(self.n, dtype=int)


def contend(one, classes, **given):
    contender = Contender("modAL", "a recorder", **given)
    record = contest.Record(one.written, [10, 25, 30])
    learner = Recorder(len(classes))
    contest.contend(learner, contender, classes, one, record)
    return learner, written(one)


def test_a_learner_starts_at_random_and_its_answers_are_counted(made, tmp_path):
    classes = np.arange(100) % 4
    one = task(made, tmp_path, "any", budget=30)
    learner, points = contend(one, classes, typical=False)
    items = [item for item, _ in learner.taught]
    draw = contenders.draw(100, 1)
    assert items[:START] == draw[:START].tolist()
    assert items[START:] == np.setdiff1d(np.arange(100), draw[:START])[:5].tolist()
    assert [point["answers"] for point in points] == [10, 25, 30]
    # classes are numbered as they are met
    assert learner.taught[0][1] == 0
    assert points[-1]["minutes"] == pytest.approx(30 * 3.8 / 60)
    first = classes[items[0]]
    answered = np.isin(np.arange(100), items)
    assert points[-1]["right"] == np.mean(answered | (classes == first))


def test_a_learner_of_typical_items_starts_by_itself_and_costs_less(made, tmp_path):
    learner, points = contend(
        task(made, tmp_path, "any", budget=30), np.arange(100) % 4, typical=True
    )
    assert [item for item, _ in learner.taught] == list(range(30))
    assert points[-1]["minutes"] == pytest.approx(30 * 1.8 / 60)
    assert points[-1]["met"] == [1, 2, 3, 4]


def test_batches_are_as_large_as_the_learner_takes(made, tmp_path):
    classes = np.arange(100) % 4
    learner, _ = contend(task(made, tmp_path, "any", budget=30, batch=3), classes, typical=False)
    assert learner.asked == [3, 2]
    one = replace(task(made, tmp_path, "any", budget=30), written=tmp_path / "other.jsonl")
    learner, points = contend(one, classes, one_by_one=True)
    assert learner.asked == [1] * 5
    assert [point["answers"] for point in points] == [10, 25, 30]


def test_until_a_second_class_is_met_a_learner_is_not_asked(made, tmp_path):
    classes = np.zeros(100, dtype=int)
    learner, points = contend(task(made, tmp_path, "any", budget=30), classes, typical=False)
    assert [item for item, _ in learner.taught] == contenders.draw(100, 1)[:30].tolist()
    assert [point["right"] for point in points] == [1, 1, 1]


def test_what_needs_too_much_memory_is_not_tried(made, tmp_path):
    one = task(made, tmp_path, "activeml-probcover", limit_gb=1e-6)
    contest.run(one)
    assert written(one) == [{"ended": "needs 0.000251 GB"}]  # 12 × 150² bytes


@pytest.mark.parametrize(
    ("error", "told"), [(MemoryError(), "over 8 GB"), (ValueError("no rows"), "failed: no rows")]
)
def test_what_fails_is_written_down(made, tmp_path, monkeypatch, error, told):
    def fails(given):
        raise error

    monkeypatch.setattr(contest, "_limit_memory", lambda gigabytes: None)
    monkeypatch.setitem(CONTENDERS, "broken", Contender("modAL", "it fails", learner=fails))
    one = task(made, tmp_path, "broken")
    contest.run(one)
    assert written(one) == [{"ended": told}]
