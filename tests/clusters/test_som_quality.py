import math

import numpy as np
import pytest

from fewclicks.clusters import som_quality
from fewclicks.clusters.som_grid import Grid


def test_quantisation_error_by_hand():
    codebook = np.array([[0.0, 0.0], [10.0, 0.0]])
    rows = np.array([[3.0, 4.0], [10.0, 1.0]])
    assert som_quality.quantisation_error(rows, codebook) == pytest.approx((5 + 1) / 2)


def test_topographic_error_by_hand():
    codebook = np.array([[0.0], [10.0], [1.0], [11.0]])  # 0 and 2 alike, but not side by side
    rows = np.array([[0.4], [10.4], [5.4], [8.0]])
    # two best: (0, 2) apart; (1, 3) apart; (2, 1) next; (1, 3) apart
    assert som_quality.topographic_error(rows, codebook, Grid((1, 4))) == pytest.approx(3 / 4)
    # in a square all are next to each other
    assert som_quality.topographic_error(rows, codebook, Grid((2, 2))) == 0
    # on a ring of four the first and the third are still apart
    assert som_quality.topographic_error(rows, codebook, Grid((1, 4), toroidal=True)) == 0.75
    assert som_quality.topographic_error(rows, codebook[:1], Grid((1, 1))) == 0


def test_diagonals_are_neighbours_on_a_rectangle_but_not_all_on_a_honeycomb():
    codebook = np.array([[0.0], [9.0], [9.0], [1.0]])
    rows = np.array([[0.4]])  # its two best lie on a diagonal
    assert som_quality.topographic_error(rows, codebook, Grid((2, 2))) == 0
    assert som_quality.topographic_error(rows, codebook, Grid((2, 2), "hexagonal")) == 1


def test_u_matrix_by_hand():
    codebook = np.array([[0.0, 0.0], [3.0, 4.0], [3.0, 5.0]])
    assert np.allclose(som_quality.u_matrix(codebook, Grid((1, 3))), [[5, 3, 1]])
    ring = som_quality.u_matrix(codebook, Grid((1, 3), toroidal=True))
    far = math.sqrt(34)
    assert np.allclose(ring, [[(5 + far) / 2, 3, (1 + far) / 2]])
    assert som_quality.u_matrix(codebook[:1], Grid((1, 1))).tolist() == [[0]]


def test_u_matrix_of_a_square_and_a_honeycomb_by_hand():
    codebook = np.array([[0.0], [1.0], [2.0], [4.0]])
    square = [[(1 + 2 + 4) / 3, (1 + 1 + 3) / 3], [(2 + 1 + 2) / 3, (4 + 3 + 2) / 3]]
    assert np.allclose(som_quality.u_matrix(codebook, Grid((2, 2))), square)
    comb = [[(1 + 2) / 2, (1 + 1 + 3) / 3], [(2 + 1 + 2) / 3, (3 + 2) / 2]]  # 0 and 3 are apart
    assert np.allclose(som_quality.u_matrix(codebook, Grid((2, 2), "hexagonal")), comb)


def test_hits_and_planes_by_hand():
    grid = Grid((2, 2))
    labels = np.array([0, 0, 3])
    assert som_quality.hit_map(labels, grid).tolist() == [[2, 0], [0, 1]]
    codebook = np.array([[0, 10], [1, 11], [2, 12], [3, 13]])
    assert som_quality.component_planes(codebook, grid).tolist() == [
        [[0, 1], [2, 3]],
        [[10, 11], [12, 13]],
    ]
