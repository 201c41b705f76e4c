import warnings

import numpy as np
import pytest

from benchmarks import learners, peers
from benchmarks.contenders import CONTENDERS, OURS
from fewclicks.neighbours import knn_graph

PEERS = [name for name, contender in CONTENDERS.items() if contender.package != OURS]
N_CLASSES = 4


@pytest.fixture(scope="module")
def given():
    rng = np.random.default_rng(0)
    centres = 6 * rng.normal(size=(N_CLASSES, 8))
    rows = learners.scaled(centres[np.arange(400) % N_CLASSES] + rng.normal(size=(400, 8)))
    near = knn_graph(rows, k=10)
    return learners.Given(rows, near.indices, near.distances, N_CLASSES, seed=0)


def test_rows_are_divided_by_one_number():
    rows = np.array([[1.0, 10.0], [3.0, 14.0]])
    # variances 1 and 4, mean 2.5
    assert learners.scaled(rows) == pytest.approx(np.array([[-1, -2], [1, 2]]) / np.sqrt(2.5))
    assert not learners.scaled(np.ones((3, 2))).any()


def test_rows_on_the_sphere_have_length_1():
    rows = learners.on_sphere(np.array([[3.0, 4.0], [0.0, 0.0]]))
    assert rows == pytest.approx(np.array([[0.6, 0.8], [0, 0]]))


class Stubborn:
    """Asks for what it was told already, and twice for the same."""

    def ask(self, n):
        return [3, 3, 0, 5]

    def teach(self, items, classes): ...

    def believe(self): ...


def test_what_a_package_asks_in_vain_is_made_up_for():
    open_ = np.ones(8, dtype=bool)
    open_[0] = False
    asked = learners.ask(Stubborn(), 4, open_, np.random.default_rng(0))
    assert asked[:2].tolist() == [3, 5]
    assert len(set(asked.tolist())) == 4
    assert open_[asked].all()
    open_[:] = False
    open_[3] = True
    assert learners.ask(Stubborn(), 4, open_, np.random.default_rng(0)).tolist() == [3]


@pytest.mark.parametrize("name", PEERS)
def test_a_learner_of_another_package_asks_for_open_items_and_learns(name, given):
    contender = CONTENDERS[name]
    if not peers.installed(contender.package):
        pytest.skip(f"{contender.package} is not installed")
    truth = np.arange(400) % N_CLASSES
    with warnings.catch_warnings(action="ignore"):
        learner = contender.learner(given)
        open_ = np.ones(400, dtype=bool)
        items = learner.ask(10) if contender.typical else np.arange(12)
        for _ in range(4):
            assert len(np.unique(items)) == len(items)
            assert open_[items].all()
            open_[items] = False
            learner.teach(items, truth[items])
            items = np.asarray(learner.ask(10))
            assert len(items) == 10
        right = np.mean(np.asarray(learner.believe()) == truth)
    assert right > 0.9  # far better than one class in four, though two of them lie close


def test_looking_for_a_batch_leaves_the_covariance_as_it_was(given):
    if not peers.installed("GraphLearning"):
        pytest.skip("GraphLearning is not installed")
    learner = CONTENDERS["graphlearning-vopt"].learner(given)
    learner.teach(np.arange(4), np.arange(4))
    before = learner._learner.acq_function.C.copy()
    batch = learner.ask(6)
    assert np.array_equal(learner._learner.acq_function.C, before)
    # the same as asking for one, answering it and asking again: the answer changes nothing
    one_by_one = []
    for _ in range(6):
        one_by_one += learner.ask(1).tolist()
        learner.teach(np.array(one_by_one[-1:]), np.zeros(1, dtype=int))
    assert batch.tolist() == one_by_one
