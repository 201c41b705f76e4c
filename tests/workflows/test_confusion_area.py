import pytest

from fewclicks.answers.annotator import KnownLabels
from fewclicks.project import Project
from fewclicks.records import CLUSTER, PERSON
from fewclicks.simulate import simulate
from fewclicks.workflows import ConfusionArea


def run(project, budget=1000, **options):
    annotator = KnownLabels(project.store.items.truths())
    return simulate(project, annotator, budget=budget, workflow=ConfusionArea(**options))


def test_it_names_every_cluster_and_then_the_confusing_items(project):
    done = run(project, threshold=0.99)
    first, second = done.rounds
    assert first.answers == 8
    # under method 2 the farthest item of each cluster is always confusing
    assert second.answers >= 16
    sheet = project.store.answers.sheet(project.n_items)
    assert set(sheet.sources.tolist()) == {PERSON, CLUSTER}


def test_the_rate_is_clusters_and_items_over_all(project):
    last = run(project).rounds[-1]
    asked = (project.store.answers.sheet(project.n_items).sources == PERSON).sum()
    assert last.rate == (8 + asked) / project.n_items


def test_a_label_is_that_of_its_cluster_unless_asked(project):
    run(project)
    labels = project.labels()
    truths = project.store.items.truths()
    names = project.store.classes.names()
    for row in project.collection().cluster_questions():
        true = [truths[i] for i in row.members]
        majority = max(sorted(set(true)), key=true.count)
        for item in row.members:
            told = truths[item] if labels.sources[item] == PERSON else majority
            assert names[int(labels.class_ids[item, 0])] == told


def test_without_a_threshold_the_budget_decides_how_many_are_asked(project):
    assert run(project, budget=20, threshold=0, method=1).answers == 20


def test_the_most_confusing_come_first(project):
    annotator = KnownLabels(project.store.items.truths())
    for question in project.round(workflow=ConfusionArea()).questions:
        project.answer("ana", annotator.answer(question), question_id=question.id)
    summary = project.round(workflow=ConfusionArea(threshold=0.5))
    priorities = [question.priority for question in summary.questions]
    assert priorities == sorted(priorities, reverse=True)
    assert min(priorities) >= 0.5
    assert len(summary.questions) == len({question.item for question in summary.questions})


def test_it_ends_when_every_item_has_been_asked(project):
    done = run(project, budget=1000, threshold=0)
    assert done.answers == project.n_items + 8
    assert done.accuracy == 1


def test_confusing_items_wait_until_every_cluster_is_named(project):
    annotator = KnownLabels(project.store.items.truths())
    first = project.round(workflow=ConfusionArea()).questions
    for question in first[:-1]:
        project.answer("ana", annotator.answer(question), question_id=question.id)
    assert [q.id for q in project.round(workflow=ConfusionArea()).questions] == [first[-1].id]


@pytest.mark.parametrize("method", [1, 2, "neighbours"])
def test_an_item_that_is_a_cluster_of_its_own_is_asked_once(shapes, tmp_path, method):
    with Project.create(tmp_path / "map", shapes, clusterer="som", n_codewords=300) as project:
        done = run(project, threshold=0, method=method)
        filled = (project.collection().portraits.sizes() > 0).sum()
        alone = (project.collection().portraits.sizes() == 1).sum()
        assert alone > 0
        assert done.answers == filled + project.n_items - alone
        assert done.accuracy == 1


def test_one_cluster_is_enough_for_every_method(shapes, tmp_path):
    with Project.create(tmp_path / "one", shapes, n_codewords=1) as project:
        assert run(project, method=1).answers == 1
