"""Images described by rows of numbers, one transformer or encoder to a file."""

from fewclicks.features.encoders import Encoder
from fewclicks.features.external import read_external
from fewclicks.features.fingerprint import Fingerprint
from fewclicks.features.gradients import HOG, ColourHOG, deskew
from fewclicks.features.layout import Layout
from fewclicks.features.matrix import FeatureMatrix
from fewclicks.features.pixels import Pixels
from fewclicks.features.polar import Polar
from fewclicks.features.projection import Projection
from fewclicks.features.registry import FEATURES, Recipe, default_for, recipe_of
from fewclicks.features.relevance import RelevantComponents

__all__ = [
    "FEATURES",
    "HOG",
    "ColourHOG",
    "Encoder",
    "FeatureMatrix",
    "Fingerprint",
    "Layout",
    "Pixels",
    "Polar",
    "Projection",
    "Recipe",
    "RelevantComponents",
    "default_for",
    "deskew",
    "read_external",
    "recipe_of",
]
