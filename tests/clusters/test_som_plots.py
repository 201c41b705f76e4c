import numpy as np
import pytest

from fewclicks.clusters.som import SelfOrganizingMap
from fewclicks.clusters.som_plots import plot_component_planes, plot_hits, plot_u_matrix
from fewclicks.errors import InvalidInput

ROWS = np.random.default_rng(0).normal(size=(80, 14)).astype(np.float32)
ROWS[:, 3] *= 20


@pytest.fixture(scope="module")
def som():
    return SelfOrganizingMap((3, 4), n_epochs=3, random_state=0).fit(ROWS)


@pytest.fixture(scope="module")
def comb():
    return SelfOrganizingMap((3, 4), "hexagonal", n_epochs=3, random_state=0).fit(ROWS)


def test_a_rectangular_map_is_a_heat_map(som):
    assert np.array_equal(plot_u_matrix(som).data[0].z, som.u_matrix())
    assert np.array_equal(plot_hits(som).data[0].z, som.hit_map())
    assert np.array_equal(plot_hits(som, ROWS[:5]).data[0].z, som.hit_map(ROWS[:5]))
    assert plot_u_matrix(som).layout.yaxis.autorange == "reversed"  # row 0 on top


def test_a_hexagonal_map_is_hexagons_where_its_units_lie(comb):
    drawn = plot_u_matrix(comb).data[0]
    assert drawn.marker.symbol == "hexagon"
    assert np.array_equal(np.stack([drawn.x, drawn.y], axis=1), comb.grid_)
    assert np.array_equal(drawn.marker.color, comb.u_matrix().ravel())
    assert drawn.text[0] == f"{comb.u_matrix()[0, 0]:.4g}"
    assert np.array_equal(plot_hits(comb).data[0].marker.color, comb.hit_map().ravel())


def test_planes_are_those_asked_for(som, comb):
    figure = plot_component_planes(som, [3, 0], names=["wide", "other"])
    assert np.array_equal(figure.data[0].z, som.component_planes()[3])
    assert np.array_equal(figure.data[1].z, som.component_planes()[0])
    assert [title.text for title in figure.layout.annotations] == ["wide", "other"]
    hexagons = plot_component_planes(comb, [3]).data[0]
    assert np.array_equal(hexagons.marker.color, comb.codebook_[:, 3])


def test_left_to_itself_it_shows_the_twelve_that_vary_most(som):
    figure = plot_component_planes(som)
    titles = [title.text for title in figure.layout.annotations]
    assert len(figure.data) == len(titles) == 12
    assert "column 3" in titles
    quietest = som.codebook_.var(axis=0).argsort()[:2]
    assert not {f"column {c}" for c in quietest} & set(titles)


@pytest.mark.parametrize("wrong", [[14], [-1], []])
def test_columns_must_be_there(som, wrong):
    with pytest.raises(InvalidInput, match="0…13"):
        plot_component_planes(som, wrong)


def test_one_name_per_component(som):
    with pytest.raises(InvalidInput, match="names"):
        plot_component_planes(som, [1, 2], names=["only one"])
