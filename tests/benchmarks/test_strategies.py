import pytest

from benchmarks import strategies


def row(strategy, package, *accuracies, dataset="mnist"):
    told = " ".join(f"{accuracy:.4f}" for accuracy in accuracies)
    return {"dataset": dataset, "strategy": strategy, "package": package, "by_seed": told}


ROWS = [
    row("margin", "fewclicks", 0.9, 0.8), row("margin", "scikit-activeml", 0.9, 0.8),
    row("margin", "modAL", 0.1, 0.1),
    row("badge", "fewclicks", 0.90, 0.88), row("badge", "scikit-activeml", 0.89, 0.85),
    row("badge", "fewclicks", 0.70, 0.70, dataset="letters"),
    row("badge", "scikit-activeml", 0.71, 0.71, dataset="letters"),
]  # fmt: skip


def test_ours_is_held_against_theirs_seed_by_seed():
    found = {target.name: target for target in strategies.targets(ROWS)}
    assert len(found) == 3  # modAL is no target
    assert found["mnist: margin less scikit-activeml's, points"].value == 0
    badge = found["mnist: badge less scikit-activeml's, points"]
    assert badge.value == pytest.approx(2)
    assert badge.target == ">= -2"  # gaps of 1 and 3 points: standard error 1, twice
    assert badge.holds
    # where seeds agree that ours is worse, no noise excuses it
    assert not found["letters: badge less scikit-activeml's, points"].holds


def test_equal_packages_have_no_noise():
    assert [t.target for t in strategies.targets(ROWS[:2])] == [">= 0"]
