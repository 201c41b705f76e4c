"""Items near the boundaries of clusters, found without labels, and what answering them is worth."""

from fewclicks.confusion.detector import ConfusingDataDetector
from fewclicks.confusion.rates import ConfusionRates, confusion_rates, majority_classes

__all__ = ["ConfusingDataDetector", "ConfusionRates", "confusion_rates", "majority_classes"]
