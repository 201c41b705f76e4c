"""Groups of items made without labels: a codebook, and what a page shows of each cluster."""

from fewclicks.clusters.portraits import Portraits
from fewclicks.clusters.quantizer import VectorQuantizer, codewords_for
from fewclicks.clusters.split import parts_for, split_cluster

__all__ = ["Portraits", "VectorQuantizer", "codewords_for", "parts_for", "split_cluster"]
