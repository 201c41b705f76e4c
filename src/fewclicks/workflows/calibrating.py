"""The confidence of labels, made as high as they are right by blind answers.

What workflows believe orders items well and says little of how often a label is right: shares that
were spread over a graph are timid, those of networks bold. The blind answers tell, and one
temperature for all labels makes up for it. It changes no label, so that what blind answers tell of
how many labels are right stays as true as it was.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from fewclicks.models.calibration import fit_tempered, tempered
from fewclicks.records import MODEL, NO_CLASS, IntArray, Labels
from fewclicks.store import Store

FEWEST = 5
"""With fewer blind answers confidences are left as they are believed."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """How the confidence of what a model labelled is set right.

    Attributes
    ----------
    temperature : float
        Below 1 where the model is timid, above where it is bold.
    n : int
        Blind answers that it was found by; 0 if there are too few.
    n_classes : int
    """

    temperature: float = 1.0
    n: int = 0
    n_classes: int = 0

    @property
    def sentence(self) -> str:
        """It in words."""
        if not self.n:
            return "as the workflow believes; too few blind answers to set it right"
        return f"set right by {self.n:,} blind answers, temperature {self.temperature:.3g}"

    def to_dict(self) -> dict[str, Any]:
        """Temperature and number as JSON-able data."""
        return {"temperature": self.temperature, "n": self.n}


def calibration_of(store: Store, believed: Iterable[Labels], heirs: IntArray) -> Calibration:
    """Find the temperature from the blind answers to items that a model has labelled.

    Those to a certificate are left out until it has ended, and so are those that do not tell the
    share of wrong labels.

    Parameters
    ----------
    store : Store
    believed : iterable of Labels
        What models believed after some rounds, the newest first, in the classes of now: the first
        that has not learnt from the blind answers is tested.
    heirs : ndarray of shape (n_class_ids,)
        The class that each class id stands for now, NO_CLASS if it was deleted.
    """
    n_classes = len(np.setdiff1d(heirs, [NO_CLASS]))
    slanted, open_one = store.certificates.slanted(), store.certificates.open()
    measuring = [] if open_one is None else store.certificates.drawn(open_one.id)
    for labels in believed:
        audits = store.answers.sheet(len(labels.sources), ("audit",))
        tells = (audits.class_ids != NO_CLASS) & (labels.sources == MODEL)
        tells &= ~np.isin(audits.answer_ids, slanted)
        tells[[one.item for one in measuring]] = False
        items = np.flatnonzero(tells)
        items = items[np.unique(audits.answer_ids[items], return_index=True)[1]]
        if len(items) >= FEWEST:
            right = labels.class_ids[items, 0] == audits.class_ids[items]
            shares = labels.confidences[items]
            return Calibration(fit_tempered(shares, right, n_classes), len(items), n_classes)
    return Calibration()


def with_calibration(labels: Labels, calibration: Calibration) -> Labels:
    """Return the labels with the confidence of those that a model gave set right."""
    if not calibration.n:
        return labels
    found = tempered(labels.confidences, calibration.n_classes, calibration.temperature)
    modelled = (labels.sources == MODEL)[:, None]
    return replace(labels, confidences=np.where(modelled, found, labels.confidences))
