import json

import numpy as np
import pytest

from fewclicks.answers.annotator import KnownLabels
from fewclicks.errors import InvalidInput
from fewclicks.records import MODEL, NO_CLASS, PERSON, Labels, Reply
from fewclicks.simulate import score, simulate
from fewclicks.workflows import FewClicks

SMALL = FewClicks(n_start=12, n_batch=6)


def run(project, budget=24, **options):
    annotator = KnownLabels(project.store.items.truths(), **options)
    return simulate(project, annotator, budget=budget, workflow=SMALL)


def test_a_few_answers_label_everything(project):
    done = run(project)
    assert done.answers == 24
    assert done.accuracy > 0.95
    assert [row.answers for row in done.rounds] == [12, 18, 24]
    assert done.rounds[-1].classes == 3


def test_the_budget_is_never_passed(project):
    assert run(project, budget=15).answers == 15


def test_the_truth_to_measure_against_may_come_from_elsewhere(project):
    annotator = KnownLabels(project.store.items.truths())
    nobody = ["unicorn"] * project.n_items
    done = simulate(project, annotator, budget=12, workflow=SMALL, truths=nobody)
    assert done.accuracy == 0


def test_effort_adds_up(project):
    last = run(project).rounds[-1]
    assert last.actions == 24
    assert last.modelled_seconds == pytest.approx(12 * 1.8 + 12 * 3.8)


def test_every_answer_is_in_the_store(project):
    run(project)
    assert project.status()["answers"]["total"] == 24
    assert {event.annotator for event in project.store.events.history()} == {"simulated"}


def test_several_take_turns_and_give_second_opinions(project, tmp_path):
    truths = project.store.items.truths()
    with project.rehearse(tmp_path / "team") as rehearsal:
        rehearsal.consult(second_share=0.5)
        team = {
            who: KnownLabels(truths, error_rate=error, random_state=number)
            for number, (who, error) in enumerate((("ana", 0.0), ("bob", 0.1), ("eve", 0.5)))
        }
        done = simulate(rehearsal, team, budget=60, workflow=SMALL)
        counts = rehearsal.status()["answers"]
        told = rehearsal.people()
    assert done.answers == counts["total"] == 60
    assert counts["second"] > 10
    assert told["n_shared"] > 10
    given = [one["answers"] for one in told["people"]]
    assert max(given) < 2 * min(given)
    assert told["n_disputed"] > 0


def test_one_alone_is_asked_again(project, tmp_path):
    with project.rehearse(tmp_path / "again") as rehearsal:
        rehearsal.consult(again_share=1.0, second_share=1.0)
        run(rehearsal, budget=60, error_rate=0.2)
        counts = rehearsal.status()["answers"]
        [alone] = rehearsal.people()["people"]
    assert counts["second"] == 0
    assert counts["again"] == alone["consistency"]["n"] > 5
    assert alone["consistency"]["share"] < 1


def test_somebody_must_answer(project):
    with pytest.raises(InvalidInput, match="nobody"):
        simulate(project, {}, budget=5)


def test_each_row_is_told_as_soon_as_it_is_known(project):
    rows = []
    done = simulate(
        project,
        KnownLabels(project.store.items.truths()),
        budget=18,
        workflow=SMALL,
        on_round=rows.append,
    )
    assert rows == done.rounds


def test_the_same_seed_gives_the_same_run(project, tmp_path):
    def accuracies(name):
        with project.rehearse(tmp_path / name) as rehearsal:
            done = run(rehearsal, error_rate=0.2)
            return [row.accuracy for row in done.rounds]

    assert accuracies("a") == accuracies("b")


def test_wrong_answers_cost_accuracy(project, tmp_path):
    with project.rehearse(tmp_path / "a") as rehearsal:
        wrong = run(rehearsal, budget=40, error_rate=1).accuracy
    assert wrong < run(project, budget=40).accuracy


def test_a_run_can_be_saved_and_drawn(project):
    done = run(project)
    assert json.loads(json.dumps(done.to_dict()))["rounds"][-1]["answers"] == 24
    figure = done.plot()
    assert list(figure.data[0].x) == [12, 18, 24]


def test_answers_of_people_are_never_mixed_with_simulated_ones(project):
    project.answer("ana", Reply("class", "bar"), item=0)
    with pytest.raises(InvalidInput, match="--rehearse"):
        run(project)


def test_the_budget_must_allow_an_answer(project):
    with pytest.raises(InvalidInput, match="at least 1"):
        run(project, budget=0)


def labels(ids, sources):
    column = np.array(ids, np.int32)[:, None]
    return Labels(column, np.ones_like(column, np.float32), np.array(sources, np.int8))


def test_scores_by_hand():
    told = labels([1, 1, 2, NO_CLASS, 2], [PERSON, MODEL, MODEL, MODEL, MODEL])
    scores = score(told, {1: "Cat", 2: "dog"}, ["cat", "dog", "dog", "cat", None])
    assert scores.accuracy == 0.5
    assert scores.accuracy_unasked == pytest.approx(1 / 3)
    # cat: 1 right of 2 said and 2 true; dog: 1 right of 1 said and 2 true
    assert scores.macro_f1 == pytest.approx((0.5 + 2 / 3) / 2)
