import numpy as np

from fewclicks.features import Pixels


def test_pixels_are_read_row_by_row():
    image = np.array([[[0, 51], [102, 255]]], dtype=np.uint8)
    assert np.allclose(Pixels(side=2).transform(image), [[0, 0.2, 0.4, 1]])


def test_colours_are_kept_on_demand():
    image = np.array([[[[255, 0, 51]]]], dtype=np.uint8)
    assert np.allclose(Pixels(side=1, grey=False).transform(image), [[1, 0, 0.2]])
    assert Pixels(side=28, grey=False).width() == 2352
