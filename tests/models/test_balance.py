import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fewclicks.errors import InvalidInput, MissingExtra
from fewclicks.models import class_weights, sample_weights, undersampled
from fewclicks.models.balance import balanced_order

codes_lists = st.lists(st.integers(0, 4), min_size=1, max_size=60)


def test_weights_by_hand():
    # t = 1000: 0.3 * 1000 / 500 = 0.6, its log is below 1; 0.3 * 1000 / 10 = 30, ln 30 = 3.4012
    weights = class_weights([500, 490, 10])
    np.testing.assert_allclose(weights, [1, 1, 3.401197], atol=1e-6)


def test_weights_pass_one_at_mu_over_e():
    # a share of 0.3 / e = 11.04 %: 11 of 100 weigh a little more than 1, 12 of 100 exactly 1
    assert class_weights([11, 89])[0] == pytest.approx(np.log(30 / 11))
    assert class_weights([12, 88])[0] == 1


def test_a_sample_weighs_as_its_class():
    y = [7] * 500 + [9] * 490 + [3] * 10
    weights = sample_weights(y)
    assert set(weights[:990]) == {1.0}
    np.testing.assert_allclose(weights[990:], np.log(30))


@given(st.lists(st.integers(1, 10_000), min_size=1, max_size=20), st.floats(0, 10))
def test_rarer_never_weighs_less(counts, mu):
    weights = class_weights(counts, mu)
    assert (weights >= 1).all()
    order = np.argsort(counts)
    assert (np.diff(weights[order]) <= 1e-12).all()


@pytest.mark.parametrize("counts", [[], [3, 0], [-1], [np.nan]])
def test_a_class_without_rows_is_refused(counts):
    with pytest.raises(InvalidInput, match="above 0 per class"):
        class_weights(counts)


def test_mu_out_of_range_is_refused():
    with pytest.raises(InvalidInput, match="mu must be between"):
        sample_weights([1, 2], mu=-1)


@given(codes_lists, st.integers(0, 9))
def test_undersampling_leaves_classes_alike(codes, seed):
    y = np.array(codes) * 10
    rows = undersampled(y, seed)
    assert (np.diff(rows) > 0).all()
    kept, counts = np.unique(y[rows], return_counts=True)
    np.testing.assert_array_equal(kept, np.unique(y))
    assert (counts == np.unique(y, return_counts=True)[1].min()).all()


def test_undersampling_is_drawn_by_the_seed():
    y = np.repeat([0, 1], [100, 10])
    np.testing.assert_array_equal(undersampled(y, 1), undersampled(y, 1))
    assert (undersampled(y, 1) != undersampled(y, 2)).any()


@given(codes_lists, st.integers(0, 9))
def test_balanced_order_visits_alike(codes, seed):
    codes = np.array(codes)
    order = balanced_order(codes, np.random.default_rng(seed))
    assert len(order) == len(codes)
    per_class = [np.count_nonzero(codes[order] == code) for code in np.unique(codes)]
    assert max(per_class) - min(per_class) <= 1
    for code in np.unique(codes):
        visits = np.bincount(order, minlength=len(codes))[codes == code]
        assert visits.max() - visits.min() <= 1


def test_balanced_order_is_new_every_time():
    rng = np.random.default_rng(0)
    codes = np.repeat([0, 1], 20)
    assert (balanced_order(codes, rng) != balanced_order(codes, rng)).any()


def test_undersampling_names_the_extra_that_is_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, "imblearn.under_sampling", None)
    with pytest.raises(MissingExtra, match=r"fewclicks\[balance\]"):
        undersampled([0, 1])


def test_models_need_no_torch():
    code = (
        "import sys\n"
        "class NoTorch:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name == 'torch':\n"
        "            raise ModuleNotFoundError('No module named torch', name='torch')\n"
        "sys.meta_path.insert(0, NoTorch())\n"
        "from fewclicks import models\n"
        "from fewclicks.errors import MissingExtra\n"
        "assert models.class_weights([1, 1]).shape == (2,)\n"
        "try:\n"
        "    models.Network\n"
        "except MissingExtra as error:\n"
        "    assert 'fewclicks[torch]' in str(error), error\n"
        "else:\n"
        "    raise AssertionError('torch was found')\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
