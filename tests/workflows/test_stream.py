import shutil
from dataclasses import replace

import numpy as np
import pytest

from fewclicks.answers.annotator import KnownLabels
from fewclicks.errors import InvalidInput
from fewclicks.labels.resolve import overlay
from fewclicks.project import Project
from fewclicks.queries import make_criterion
from fewclicks.records import MODEL, NO_CLASS, NOBODY, PERSON, Reply
from fewclicks.simulate import simulate
from fewclicks.workflows import Stream


def small(**values):
    return Stream(**{"n_start": 15, "n_batch": 20, "budget": 0.3, "window": 10, **values})


def never(**values):
    return small(method="random", budget=1e-9, **values)


def known(project):
    return KnownLabels(project.store.items.truths())


def answer_all(project, summary, truths):
    for question in summary.questions:
        project.answer("ana", Reply("class", truths[question.item]), question_id=question.id)


def after(state_of, truth, outcome, **values):
    """The state in which all that an outcome asks was answered, and nothing else."""
    said = {q.item: int(truth[q.item]) for q in outcome.questions}
    said |= values.pop("said", {})
    labels = outcome.labels
    state = state_of(said, round=2, figures=outcome.figures, **values)
    by_model = np.where(labels.sources == MODEL, labels.class_ids[:, 0], NO_CLASS)
    return replace(state, previous=overlay(labels, state.sheet, np.arange(5)), modelled=by_model)


def test_the_first_items_are_asked_in_their_order(state_of):
    outcome = small().round(state_of())
    assert [q.item for q in outcome.questions] == list(range(15))
    assert [-q.priority for q in outcome.questions] == list(range(15))
    assert (outcome.labels.sources == NOBODY).all()
    assert outcome.figures["position"] == 15


def test_then_a_batch_passes_and_what_comes_later_stays_empty(state_of, truth):
    state = after(state_of, truth, small().round(state_of()))
    outcome = small(budget=1.0).round(state)
    asked = {q.item for q in outcome.questions}
    assert asked
    assert asked <= set(range(15, 35))
    labels = outcome.labels
    assert outcome.figures["position"] == 35
    assert (labels.sources[:15] == PERSON).all()
    assert (labels.sources[15:35] == MODEL).all()  # asked ones too, until they are answered
    assert (labels.sources[35:] == NOBODY).all()
    assert (labels.class_ids[35:] == NO_CLASS).all()
    assert np.mean(labels.class_ids[15:35, 0] == truth[15:35]) > 0.8


def test_batches_pass_until_one_asks_something(state_of, truth):
    state = after(state_of, truth, small().round(state_of()))
    outcome = never().round(state)  # too little for a question
    assert outcome.questions == []
    assert outcome.figures["position"] == 150
    assert (outcome.labels.sources[15:] == MODEL).all()


def test_open_questions_are_asked_again_and_nothing_passes(state_of, truth):
    first = small().round(state_of())
    state = after(state_of, truth, replace(first, questions=first.questions[:10]))
    state = replace(state, waiting=frozenset({10, 11, 12, 13, 14, 120}))
    outcome = small().round(state)
    assert [q.item for q in outcome.questions] == [10, 11, 12, 13, 14]
    assert outcome.figures["position"] == 15
    spent = small().round(replace(state, budget_left=0))  # nobody will answer them
    assert spent.questions == []
    assert (spent.labels.sources[10:] == MODEL).all()


def test_the_budget_of_a_run_is_kept(state_of, truth):
    assert len(small().round(state_of(budget_left=4)).questions) == 4
    state = after(state_of, truth, small().round(state_of()), budget_left=2)
    assert len(small(budget=1.0, threshold=1.0).round(state).questions) <= 2
    done = small(budget=1.0).round(replace(state, budget_left=0))
    assert done.questions == []
    assert (done.labels.sources[15:] == MODEL).all()


@pytest.mark.parametrize("revise", [False, True])
def test_a_label_once_given_is_kept_unless_it_is_to_be_revised(state_of, truth, revise):
    state = after(state_of, truth, small().round(state_of()))
    second = small().round(state)
    wrong = next(i for i in range(15, 35) if i not in {q.item for q in second.questions})
    second.labels.class_ids[wrong, 0] = 1 + truth[wrong] % 3
    said = {item: int(truth[item]) for item in range(15)}
    third = small(revise=revise).round(after(state_of, truth, second, said=said))
    right = third.labels.class_ids[wrong, 0] == truth[wrong]
    assert right == revise


def test_an_item_whose_label_was_lost_gets_a_new_one(state_of, truth):
    state = after(state_of, truth, small().round(state_of()))
    said = {item: int(truth[item]) for item in range(15)}
    second = small().round(state)
    state = after(state_of, truth, second, said=said)
    lost = int(np.flatnonzero(state.previous.sources == MODEL)[0])
    state.previous.class_ids[lost], state.previous.sources[lost] = NO_CLASS, NOBODY
    assert small().round(state).labels.sources[lost] == MODEL
    assert state.previous.sources[lost] == NOBODY  # what a workflow is given stays as it is


def test_labels_that_another_workflow_gave_before_are_not_the_streams(state_of, truth):
    state = after(state_of, truth, never().round(state_of()))
    everything = never().round(state)
    again = small().round(after(state_of, truth, replace(everything, figures={})))
    assert (again.labels.sources == NOBODY).all()


def test_while_no_class_is_known_the_next_items_are_asked(state_of):
    first = small().round(state_of())
    withheld = np.arange(150) < 15
    state = state_of(figures=first.figures)
    sheet = replace(state.sheet, withheld=withheld, sources=np.where(withheld, PERSON, NOBODY))
    second = small().round(replace(state, sheet=sheet, asked=withheld, previous=first.labels))
    assert [q.item for q in second.questions] == list(range(15, 30))


def test_errors_are_heard_once_and_drift_leaves_old_answers_out(state_of, truth):
    workflow = small(drift=1, memory=30)
    said = {item: int(truth[item]) for item in range(60)}
    state = state_of(said, round=5, figures={"position": 60.0, "drift_n": 40.0})
    wrong = np.where(np.arange(150) < 40, 1 + truth % 3, NO_CLASS)  # the model erred 40 times
    outcome = workflow.round(replace(state, modelled=wrong))
    assert outcome.figures["drift_drifts"] >= 1
    assert outcome.figures["since"] == 30  # the latest thirty are items 30 to 59
    calm = workflow.round(replace(state, modelled=np.full(150, NO_CLASS)))
    assert calm.figures["since"] == 0
    assert calm.figures["drift_n"] == 40


@pytest.mark.parametrize(
    "wrong",
    [{"n_start": 0}, {"n_batch": 2.5}, {"budget": 0}, {"method": "guess"}, {"memory": 0},
     {"drift": 0}, {"threshold": 2}, {"model": "tree"}],
)  # fmt: skip
def test_parameters_out_of_range_are_refused(wrong):
    with pytest.raises(InvalidInput, match=next(iter(wrong)).replace("drift", "threshold")):
        Stream(**wrong)


def test_a_whole_run_labels_every_item_in_order(project):
    seen = []
    run = simulate(
        project,
        known(project),
        budget=150,
        workflow=small(),
        on_round=lambda row: seen.append(project.labels().sources != NOBODY),
    )
    assert all((mask == (np.arange(150) < mask.sum())).all() for mask in seen)
    assert [mask.sum() for mask in seen] == sorted(mask.sum() for mask in seen)
    assert seen[-1].all()
    assert 15 < run.answers <= 15 + 0.3 * (135 + 10) + 1 + 15
    assert run.accuracy > 0.9
    assert "agreement" not in project.store.rounds.all()[-1].figures


def test_where_a_rule_ends_the_questions_the_model_labels_the_rest(project):
    truths = project.store.items.truths()
    rule = make_criterion("budget", budget=20)
    run = simulate(project, known(project), budget=100, workflow=small(), stop=rule)
    assert run.answers < 100
    labels = project.labels()
    assert (labels.sources != NOBODY).all()
    assert project.store.rounds.latest().figures["position"] < len(truths)
    assert run.accuracy > 0.8


def test_it_goes_on_where_it_was_and_asks_the_same(prepared, tmp_path):
    def run(name, reopen):
        opened = Project.open(shutil.copytree(prepared, tmp_path / name))
        asked = []
        while (summary := opened.round(workflow=small())).questions:
            asked.append([q.item for q in summary.questions])
            answer_all(opened, summary, opened.store.items.truths())
            if reopen:
                opened.close()
                opened = Project.open(tmp_path / name)
        labels = opened.labels()
        opened.close()
        return asked, labels.class_ids[:, 0].tolist()

    assert run("straight", False) == run("broken off", True)


def test_a_round_with_half_the_answers_asks_for_the_others(project):
    truths = project.store.items.truths()
    first = project.round(workflow=small())
    for question in first.questions[:6]:
        project.answer("ana", Reply("class", truths[question.item]), question_id=question.id)
    second = project.round(workflow=small())
    assert [q.item for q in second.questions] == list(range(6, 15))
    answer_all(project, second, truths)
    third = project.round(workflow=small())
    assert third.figures["position"] > 15
    assert {q.item for q in third.questions} <= set(range(15, 150))


@pytest.fixture(scope="module")
def turning(tmp_path_factory):
    """A project of 1,200 items whose classes are told apart by another feature half way."""
    home = tmp_path_factory.mktemp("turning")
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(1200, 4)).astype(np.float32)
    first = np.arange(1200) < 600
    truth = np.where(first, rows[:, 0] > 0, rows[:, 1] > 0)
    images = rng.integers(0, 256, (1200, 8, 8), dtype=np.uint8)
    np.savez(home / "items.npz", X=images, y=np.array(["calm", "stormy"])[truth.astype(int)])
    np.save(home / "rows.npy", rows)
    made = Project.create(
        home / "p", home / "items.npz", features=str(home / "rows.npy"), n_codewords=4
    )
    made.prepare()
    yield made
    made.close()


def test_it_follows_a_stream_that_turns(turning, tmp_path):
    def late(name, **values):
        """Share of right labels in the last third, among what was not asked about."""
        workflow = Stream(n_start=50, n_batch=50, memory=30, **values)
        with turning.rehearse(tmp_path / name) as rehearsal:
            run = simulate(rehearsal, known(turning), budget=1200, workflow=workflow)
            labels, names = rehearsal.labels(), rehearsal.store.classes.names()
            figures = rehearsal.store.rounds.all()[-1].figures
        truths = np.array(turning.store.items.truths())
        said = np.array([names[c] for c in labels.class_ids[:, 0]])
        judged = (np.arange(1200) >= 800) & (labels.sources == MODEL)
        return np.mean(said[judged] == truths[judged]), run.answers, figures

    share, answers, figures = late("split", budget=0.1)
    assert answers <= 50 + 0.1 * 1350
    assert figures["drift_drifts"] >= 1
    assert figures["since"] > 400
    fixed, _, _ = late("fixed", budget=0.1, method="fixed", threshold=0.6, drift=1e6)
    unasked, few, _ = late("unasked", budget=1e-9, method="random")
    assert few == 50
    assert share > max(fixed, unasked) + 0.1


def test_on_the_page_a_round_is_due_when_the_batch_is_nearly_answered(project):
    project.store.set_options(workflow="stream", workflow_options={"n_start": 12, "n_batch": 40})
    truths = project.store.items.truths()
    places = []
    first = project.round()
    for number, question in enumerate(first.questions, start=1):
        project.answer("ana", Reply("class", truths[question.item]), question_id=question.id)
        assert project.needs_round() == (number in (9, 12))  # a quarter is left, then nothing
        if project.needs_round():
            places.append(project.round().figures["position"])
            assert not project.needs_round()
    assert places[0] == 12
    assert places[1] > 12
