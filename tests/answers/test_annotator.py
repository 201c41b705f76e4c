import numpy as np
import pytest

from fewclicks.answers.annotator import KnownLabels
from fewclicks.answers.effort import EffortModel
from fewclicks.errors import InvalidInput
from fewclicks.records import Question

NAMES = ["cat", "cat", "dog", None, "cat"]


def item(number, typical=False):
    return Question("item", "why", item=number, typical=typical)


def cluster(*members):
    return Question("cluster", "why", members=np.array(members))


def test_an_item_gets_its_true_class():
    assert KnownLabels(NAMES).answer(item(2)).class_name == "dog"


def test_an_item_without_a_true_class_is_unsure():
    reply = KnownLabels(NAMES).answer(item(3))
    assert (reply.verdict, reply.class_name) == ("unsure", None)


def test_a_cluster_gets_the_class_of_most_members():
    reply = KnownLabels(NAMES).answer(cluster(0, 1, 2, 3))
    assert (reply.verdict, reply.class_name, reply.misfits) == ("class", "cat", ())


def test_misfits_are_clicked_out_only_when_asked_for_and_at_their_cost():
    plain = KnownLabels(NAMES).answer(cluster(0, 1, 2, 3))
    careful = KnownLabels(NAMES, mark_misfits=True).answer(cluster(0, 1, 2, 3))
    assert careful.misfits == (2, 3)
    assert careful.seconds == pytest.approx(plain.seconds + 2 * EffortModel().misfit)
    assert careful.actions == plain.actions + 2


def test_a_tie_goes_to_the_first_name():
    assert KnownLabels(["b", "a"]).answer(cluster(0, 1)).class_name == "a"


def test_a_cluster_without_a_clear_class_is_mixed():
    annotator = KnownLabels(NAMES, mixed_below=0.7)
    assert annotator.answer(cluster(0, 2)).verdict == "mixed"
    assert annotator.answer(cluster(0, 1, 4, 2)).verdict == "class"


def test_a_cluster_of_unknowns_is_unsure():
    assert KnownLabels(NAMES).answer(cluster(3)).verdict == "unsure"


def test_errors_come_at_their_rate_and_never_by_chance_the_truth():
    annotator = KnownLabels([str(n % 5) for n in range(2000)], error_rate=0.1, random_state=1)
    said = [annotator.answer(item(n)).class_name for n in range(2000)]
    wrong = sum(name != str(n % 5) for n, name in enumerate(said))
    assert 150 < wrong < 250


def test_the_same_seed_makes_the_same_errors():
    def run():
        annotator = KnownLabels(["a", "b"] * 50, error_rate=0.5, unsure_rate=0.2, random_state=3)
        return [annotator.answer(item(n)) for n in range(100)]

    assert run() == run()


def test_with_one_class_there_is_nothing_to_confuse():
    annotator = KnownLabels(["a", "a"], error_rate=1)
    assert annotator.answer(item(0)).class_name == "a"


def test_typical_items_are_quicker_than_confusing_ones():
    annotator = KnownLabels(NAMES)
    assert annotator.answer(item(0, typical=True)).seconds == 1.8
    assert annotator.answer(item(0)).seconds == 3.8


def test_a_cluster_page_costs_what_was_measured():
    assert EffortModel().cluster(100, 2) == (pytest.approx(3 + 20 + 3.6), 4)


@pytest.mark.parametrize("rate", ["error_rate", "unsure_rate", "mixed_below"])
def test_rates_are_shares(rate):
    with pytest.raises(InvalidInput, match=rate):
        KnownLabels(NAMES, **{rate: 1.5})


def test_without_any_truth_there_is_nobody_to_ask():
    with pytest.raises(InvalidInput, match="--truth"):
        KnownLabels([None, None])
