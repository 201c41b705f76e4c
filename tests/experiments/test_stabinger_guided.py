import pytest

from experiments import stabinger_guided as experiment


def test_the_training_set_doubles():
    assert experiment.sizes(1000) == [160, 320, 640]
    assert experiment.sizes(40_960)[-1] == 40_960


def test_a_row_per_size_and_a_column_per_strategy():
    averaged = [
        {"strategy": "random", "answers": 320, "test %": 90.0, "test % ±": 0.5},
        {"strategy": "margin", "answers": 320, "test %": 92.0},
        {"strategy": "random", "answers": 160, "test %": 80.0},
    ]
    assert experiment.table_of(averaged) == [
        {"answers": 160, "random": 80.0},
        {"answers": 320, "random": 90.0, "random ±": 0.5, "margin": 92.0},
    ]


def test_targets_are_the_papers_claims():
    arguments = experiment.options().parse_args([])
    table = [
        {"answers": 1280, "random": 97.0, "mean_rde": 97.5, "margin": 98.0},
        {"answers": 2560, "random": 97.5, "mean_rde": 98.5, "margin": 98.6},
        {"answers": 40_960, "random": 98.05},
    ]
    found = {t.name: t.holds for t in experiment.targets_of(table, arguments)}
    assert found == {"mean_rde at 2560, test %": True, "margin at 1280, test %": True}
    table[-1]["random"] = 99.0
    assert not any(t.holds for t in experiment.targets_of(table, arguments))


def test_validation_answers_are_not_in_the_training_set(project, monkeypatch):
    pytest.importorskip("torch")
    monkeypatch.setattr(experiment, "START", 40)
    command = ["--seeds", "1", "--largest", "40", "--strategies", "random", "--validation", "30"]
    arguments = experiment.options().parse_args([*command, "--steps", "10"])
    rows, classes = experiment.run(project, None, arguments)
    assert [row["answers"] for row in rows] == [40]
    assert [sum(counts.values()) for counts in classes["random"]] == [40]


def test_a_run_tells_of_every_round(project, monkeypatch):
    pytest.importorskip("torch")
    command = ["--seeds", "1", "--largest", "80", "--strategies", "random", "--steps", "40"]
    arguments = experiment.options().parse_args(command)
    images = project.collection().pictures.images
    tested = images, [str(name) for name in project.store.items.truths()]
    monkeypatch.setattr(experiment, "START", 40)
    rows, classes = experiment.run(project, tested, arguments)
    assert [row["answers"] for row in rows] == [40, 80]
    assert rows[-1]["test %"] > 90
    assert [sum(counts.values()) for counts in classes["random"]] == [40, 80]
