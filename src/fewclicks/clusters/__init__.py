"""Groups of items made without labels: codebooks, maps, and what a page shows of each cluster."""

from fewclicks.clusters.cells import CellClusterer
from fewclicks.clusters.duplicates import near_duplicates
from fewclicks.clusters.map import ClusterMap
from fewclicks.clusters.outlying import outlying
from fewclicks.clusters.portraits import Portraits
from fewclicks.clusters.quantizer import VectorQuantizer, codewords_for
from fewclicks.clusters.registry import CLUSTERERS
from fewclicks.clusters.som import SelfOrganizingMap
from fewclicks.clusters.som_plots import plot_component_planes, plot_hits, plot_u_matrix
from fewclicks.clusters.split import parts_for, split_cluster

__all__ = [
    "CLUSTERERS",
    "CellClusterer",
    "ClusterMap",
    "Portraits",
    "SelfOrganizingMap",
    "VectorQuantizer",
    "codewords_for",
    "near_duplicates",
    "outlying",
    "parts_for",
    "plot_component_planes",
    "plot_hits",
    "plot_u_matrix",
    "split_cluster",
]
