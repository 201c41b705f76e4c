from experiments import threshold_mnist as experiment


def rows(*shares):
    return [{"answered %": a, "mislabelled %": m} for a, m in shares]


def test_the_front_holds_what_nothing_beats_in_both():
    front = experiment.pareto(rows((3, 0.5), (1, 2), (2, 2), (2, 1), (4, 0.5), (5, 0.1)))
    assert [(r["answered %"], r["mislabelled %"]) for r in front] == [
        (1, 2), (2, 1), (3, 0.5), (5, 0.1),
    ]  # fmt: skip


def test_targets_look_at_few_answers_and_at_the_default():
    averaged = {"grid": rows((2.9, 0.6), (2.0, 0.9), (3.5, 0.1)), "variations": rows((1.9, 0.8))}
    better = rows((1.9, 0.8), (2.8, 0.4), (3.1, 0.1))
    best = experiment.targets_of({**averaged, "variations": better}, quick=False)[0]
    assert (best.value, best.holds) == (0.4, True)
    found = {t.name: (t.value, t.holds) for t in experiment.targets_of(averaged, quick=False)}
    assert found == {
        "mislabelled %, best setting with <= 3 % answered": (0.6, False),
        "mislabelled %, default": (0.8, True),
        "answered %, default": (1.9, True),
    }


def test_a_cell_counts_what_its_run_came_to(project):
    row = experiment.cell(project, seed=0, initial=0.1, upper=0.5)
    assert row["answered %"] == 10
    assert 0 <= row["mislabelled %"] < 10
    assert row["iterations"] == 1
    assert project.status()["answers"]["total"] == 0  # the project stays clean
