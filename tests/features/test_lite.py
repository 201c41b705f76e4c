import pickle

import numpy as np
import pytest

from fewclicks.errors import InvalidInput
from fewclicks.features import lite
from fewclicks.features.encoders import available
from fewclicks.pretraining import lite_weights

pytestmark = pytest.mark.skipif(not available(), reason="the extra photos is not installed")


@pytest.fixture(scope="module")
def path():
    return lite_weights("efficientnet_lite0", "This test")


def test_weights_are_read_as_torch_reads_them(path):
    torch = pytest.importorskip("torch")
    read, stored = lite.read_weights(path), torch.load(path, weights_only=True)
    assert list(read) == list(stored)
    assert all((read[name] == stored[name].numpy()).all() for name in stored)


@pytest.mark.parametrize("keep", [0, 10, 500, 20_000, 2_000_000])
def test_a_file_cut_off_is_told(path, tmp_path, keep):
    (tmp_path / "cut.pth").write_bytes(path.read_bytes()[:keep])
    with pytest.raises(InvalidInput, match="Install its package again"):
        lite.read_weights(tmp_path / "cut.pth")


def test_nothing_in_a_file_is_run(tmp_path):
    class Evil:
        def __reduce__(self):
            return print, ("run",)

    (tmp_path / "evil.pth").write_bytes(pickle.dumps(Evil(), protocol=2) * 4)
    with pytest.raises(InvalidInput, match=r"it names .*print"):
        lite.read_weights(tmp_path / "evil.pth")


def test_a_weight_that_is_missing_is_named(path):
    weights = lite.read_weights(path)
    del weights["_blocks.3._bn1.bias"]
    with pytest.raises(InvalidInput, match=r"lack '_blocks.3._bn1.bias'"):
        lite.graph(weights)


@pytest.mark.parametrize("reduced", [False, True])
def test_the_same_weights_make_the_same_graph(path, reduced):
    assert lite.made(path, reduced=reduced) == lite.made(path, reduced=reduced)


@pytest.mark.parametrize(
    ("offset", "shape", "strides"),
    [(0, (4, 4), (4, 1)), (3, (8,), (1,)), (-1, (2,), (1,)), (0, (2, 2), (10**9, 1))],
)
def test_an_array_that_reaches_beyond_its_storage_is_refused(offset, shape, strides):
    view = lite._View("0", offset, shape, strides)
    with pytest.raises(ValueError, match="reaches beyond"):
        view.of(np.zeros(10, np.float32))
    assert lite._View("0", 1, (3, 3), (3, 1)).of(np.arange(10.0))[0, 0] == 1
