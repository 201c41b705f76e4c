"""Refining: a small network learns from every label, and what it sees rebuilds the neighbours.

Labels spread over the graph of neighbours are right far more often than any network that only the
answers have taught. So a network learns from all of them, less from those whose neighbours
disagree; its embedding joins the features, and neighbours are found anew in both. That graph
separates what the first one could not, and the answers spread over it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, cast

import numpy as np
import scipy.sparse as sp

from fewclicks import files
from fewclicks.extras import lacking
from fewclicks.features.projection import Projection
from fewclicks.neighbours import Neighbours, knn_graph, similarity_graph
from fewclicks.progress import Report, silent
from fewclicks.records import NO_CLASS, BoolArray, FloatArray, IntArray
from fewclicks.rows import spans
from fewclicks.workflows.collection import N_NEIGHBOURS, Collection

VERSION = 1
"""Raised when the same labels give another refinement: old ones are then stale."""

STEPS = 1400
"""Steps of the optimiser, of 128 images each: three passes over 60,000."""

MOST_IMAGES = 200_000
"""Images learnt from at most, drawn at random: more teach such a network nothing, and cost time."""

SURE = 0.9
"""Share of neighbours with the same label from which a label is taken at its full weight,"""

DOUBTED = 0.2
"""and the weight of a label that fewer of them share."""

N_COMPONENTS = 48
EMBEDDING_SCALE = 1.5
"""Principal components of the embedding that join the features, and how much further apart than
the features they lie."""


@dataclass(frozen=True)
class Refinement:
    """What a network has made of the labels of a round.

    Attributes
    ----------
    neighbours : Neighbours
        The nearest items of every item, in embedding and features together.
    class_ids : ndarray of shape (n_items,), int32
        The class that the network itself gives each item; NO_CLASS where that was deleted since,
        and for items that came since.
    confidences : ndarray of shape (n_items,), float32
        Its share of belief in it, in [0, 1].
    n_answers : int
        Answers that had been given.
    """

    neighbours: Neighbours
    class_ids: IntArray
    confidences: FloatArray
    n_answers: int

    def belief_in(self, class_ids: IntArray) -> FloatArray:
        """Return the network's share of belief in these labels, shape (n_items,), in [0, 1].

        Where it believes in another class, what it leaves to the rest; 1 where it has no word.
        """
        rest = np.where(self.class_ids == NO_CLASS, 1, 1 - self.confidences)
        agreed = (class_ids == self.class_ids) & (self.class_ids != NO_CLASS)
        return cast(FloatArray, np.where(agreed, self.confidences, rest))

    @cached_property
    def graph(self) -> sp.csr_matrix:
        """Similarities of neighbours, symmetric, shape (n_items, n_items)."""
        return similarity_graph(self.neighbours)


def possible(collection: Collection) -> bool:
    """Whether a network should learn here: there are images of glyphs, and torch is installed.

    What photos show is not learnt from pixels by so small a network.
    """
    glyphs = collection.has_pictures and collection.kind == "glyphs"
    return glyphs and not lacking(["torch"])


def refine(
    collection: Collection,
    neighbours: Neighbours,
    class_ids: IntArray,
    answered: BoolArray,
    n_answers: int,
    *,
    random_state: int = 0,
    checkpoint: Path | None = None,
    report: Report = silent,
) -> Refinement:
    """Let a network learn from the labels, and find neighbours in what it sees.

    Parameters
    ----------
    collection : Collection
        With pictures.
    neighbours : Neighbours
        Those over which the labels were spread.
    class_ids : ndarray of shape (n_items,)
        The label of every item; NO_CLASS where there is none.
    answered : ndarray of shape (n_items,), bool
        Items whose label a person gave.
    n_answers : int
        Passed on.
    checkpoint : Path, optional
        Where the network in training is put down now and then.

    Raises
    ------
    InvalidInput
        No item has a label.
    MissingExtra
        torch is not installed.
    """
    from fewclicks.models import REFINING, Network

    pictures = collection.pictures
    network = Network(
        "embedding",
        epochs=1,
        min_steps=STEPS,
        augment=REFINING,
        random_state=random_state,
        checkpoint=checkpoint,
    )
    weights = trust(neighbours, class_ids, answered)
    taught = _drawn(class_ids, answered, random_state)
    network.fit(pictures.images, taught, sample_weight=weights, report=report)
    report("looking at every image", 0, 0)
    embedding = network.transform(pictures.images)
    shares = network.judge(embedding)
    best = shares.argmax(axis=1)
    rows = joined(embedding, collection.features)
    found = knn_graph(rows, N_NEIGHBOURS, report=report)
    return Refinement(
        found,
        network.classes_[best].astype(np.int32),
        shares[np.arange(len(shares)), best],
        n_answers,
    )


def trust(neighbours: Neighbours, class_ids: IntArray, answered: BoolArray) -> FloatArray:
    """Return how much each label is to count, shape (n_items,), float32.

    1 where a person gave it or at least `SURE` of the neighbours have the same, else `DOUBTED`.
    To learn only from what is sure would be worse: what is hard would never be seen.
    """
    weights = np.ones(len(class_ids), np.float32)
    for block in spans(len(class_ids)):
        same = class_ids[neighbours.indices[block]] == class_ids[block, None]
        if same.shape[1]:
            weights[block] = np.where(same.mean(axis=1) >= SURE, 1, DOUBTED)
    weights[answered] = 1
    return weights


def joined(embedding: FloatArray, features: FloatArray) -> FloatArray:
    """Put the embedding's leading components beside the features, each of total variance 1.

    Parameters
    ----------
    embedding : ndarray of shape (n_items, e)
    features : ndarray of shape (n_items, d)

    Returns
    -------
    ndarray of shape (n_items, min(e, N_COMPONENTS) + d), float32
        Centred; the embedding's part is `EMBEDDING_SCALE` times as wide as the features'.
    """
    seen = Projection(N_COMPONENTS).fit_transform(embedding)
    rows = np.empty((len(features), seen.shape[1] + features.shape[1]), np.float32)
    _fill(rows[:, : seen.shape[1]], seen, EMBEDDING_SCALE)
    _fill(rows[:, seen.shape[1] :], features, 1.0)
    return rows


def save(path: Path, collection: Collection, refinement: Refinement) -> None:
    """Write a refinement; see `load`."""
    arrays: dict[str, Any] = {
        "indices": refinement.neighbours.indices,
        "distances": refinement.neighbours.distances,
        "class_ids": refinement.class_ids,
        "confidences": refinement.confidences,
        "n_answers": np.array(refinement.n_answers),
    }
    files.save(path, _made_from(collection), arrays)


def load(path: Path, collection: Collection, heirs: IntArray) -> Refinement | None:
    """Read the refinement of a collection, None if there is none that fits.

    Classes that were merged since are followed, `heirs` giving the class that stands for each.
    Items that came since have the neighbours that their features give.
    """
    stored = files.load(path, _made_from(collection))
    if stored is None:
        return None
    class_ids = np.append(heirs, NO_CLASS)[stored["class_ids"]].astype(np.int32)
    found = Refinement(
        Neighbours(stored["indices"], stored["distances"]),
        class_ids,
        stored["confidences"],
        int(stored["n_answers"]),
    )
    return _grown(found, collection)


def _grown(found: Refinement, collection: Collection) -> Refinement:
    n_late = collection.n_items - len(found.class_ids)
    if not n_late:
        return found
    k = found.neighbours.indices.shape[1]
    late = slice(len(found.class_ids), None)
    wide = collection.neighbours
    both = Neighbours(
        np.vstack([found.neighbours.indices, wide.indices[late, :k]]),
        np.vstack([found.neighbours.distances, wide.distances[late, :k]]),
    )
    return replace(
        found,
        neighbours=both,
        class_ids=np.append(found.class_ids, np.full(n_late, NO_CLASS, np.int32)),
        confidences=np.append(found.confidences, np.zeros(n_late, np.float32)),
    )


def _made_from(collection: Collection) -> str:
    return files.fingerprint(
        version=VERSION,
        of=collection.made_from,
        steps=STEPS,
        most=MOST_IMAGES,
        weights=(SURE, DOUBTED),
        embedding=(N_COMPONENTS, EMBEDDING_SCALE),
    )


def _drawn(class_ids: IntArray, answered: BoolArray, random_state: int) -> IntArray:
    """Return the labels with NO_CLASS in place of all beyond `MOST_IMAGES`, answers last of all."""
    labelled = np.flatnonzero(class_ids != NO_CLASS)
    if len(labelled) <= MOST_IMAGES:
        return class_ids
    lots = np.random.default_rng(random_state).random(len(labelled)) + answered[labelled]
    drawn = labelled[np.argpartition(-lots, MOST_IMAGES)[:MOST_IMAGES]]
    kept = np.full_like(class_ids, NO_CLASS)
    kept[drawn] = class_ids[drawn]
    return kept


def _fill(out: FloatArray, rows: Any, scale: float) -> None:
    """Write rows into `out`, centred and with root total variance `scale`."""
    mean = np.zeros(rows.shape[1])
    for block in spans(len(rows)):
        mean += np.asarray(rows[block], np.float64).sum(axis=0) / len(rows)
    total = 0.0
    for block in spans(len(rows)):
        out[block] = rows[block] - mean
        total += float(np.square(out[block], dtype=np.float64).sum())
    if total > 0:
        out *= cast(float, scale / np.sqrt(total / len(rows)))
