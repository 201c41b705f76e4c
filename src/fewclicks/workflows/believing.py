"""What is believed now: the last round's labels under people's answers, and what judges by them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from fewclicks.items.thumbnails import ThumbnailStore
from fewclicks.labels.resolve import answered, followed
from fewclicks.records import BELIEVED, Labels
from fewclicks.store import Store
from fewclicks.workflows.calibrating import Calibration, calibration_of, with_calibration
from fewclicks.workflows.choices import choices
from fewclicks.workflows.judging import Predictor, Version, make_predictor
from fewclicks.workflows.rounds import empty_labels, labels_path, load_labels, tested_rounds

LOW_QUEUE = 8
"""A new round starts when no more open item questions than this are left,"""

LOW_SHARE = 4
"""and no more than one in so many of those that the last round asked."""

ENOUGH_CLUSTERS = 5
"""A new round starts when so many clusters were named since the last: each tells a lot."""


class Beliefs:
    """The labels of a project as they stand, computed again only when something has changed."""

    def __init__(self, store: Store, thumbnails: ThumbnailStore) -> None:
        self._store = store
        self._thumbnails = thumbnails
        self._labels: tuple[Version, Labels] | None = None
        self._read: tuple[int, Labels] | None = None
        self._followed: tuple[tuple[int, int, bytes], Labels] | None = None
        self._calibration: tuple[tuple[int, int, bytes, tuple[int, ...]], Calibration] | None = None
        self._set_right: tuple[Labels, Calibration, Labels] | None = None
        self._predictor: tuple[Version, Predictor] | None = None

    def labels(self) -> Labels:
        """See `Project.labels`."""
        store = self._store
        version = self._version(store.items.count())
        if self._labels is None or self._labels[0] != version:
            # answers first: the classes they name are then known
            sheet = store.answers.sheet(version[0], BELIEVED)
            self._labels = (version, answered(self._calibrated(version), sheet))
        return self._labels[1]

    def calibration(self) -> Calibration:
        """How the confidence of what a model labelled is set right."""
        return self._measured(self._version(self._store.items.count()))

    def predictor(self) -> Predictor:
        """See `Project.predictor`."""
        prepared = choices(self._store).get("prepared") or 0
        version = self._version(min(prepared, self._store.items.count()))
        if self._predictor is None or self._predictor[0] != version:
            whole = self._version(self._store.items.count())
            sheet = self._store.answers.sheet(whole[0], BELIEVED)
            labels = answered(self._model_labels(whole), sheet)  # it calibrates by itself
            made = make_predictor(self._store, self._thumbnails, labels, version[0])
            self._predictor = (version, replace(made, version=version))
        return self._predictor[1]

    def lacking(self) -> bool:
        """Whether there was a round and its labels are lost, or older than some of the items."""
        latest = self._store.rounds.latest()
        if latest is None:
            return False
        labels = self._round_labels(latest.id)
        return labels is None or len(labels.sources) != self._store.items.count()

    def needs_round(self) -> bool:
        """See `Project.needs_round`."""
        store = self._store
        latest = store.rounds.latest()
        if self.lacking():
            return True
        if store.certificates.open() is not None:
            return False
        asked = LOW_SHARE * LOW_QUEUE if latest is None else latest.figures.get("asked", 0)
        low = min(LOW_QUEUE, asked // LOW_SHARE) if asked else LOW_QUEUE
        if store.questions.count_open()["item"] > low:
            since = 0 if latest is None else latest.last_event
            return store.answers.count_clusters(since) >= ENOUGH_CLUSTERS
        return latest is None or latest.last_event < store.events.last_id()

    def _version(self, n_items: int) -> Version:
        latest = self._store.rounds.latest()
        return n_items, self._store.events.last_id(), latest.id if latest else 0

    def _model_labels(self, version: Version) -> Labels:
        """What the last round's model believes, which an answer that adds no class leaves alone."""
        heirs = self._store.classes.heirs()
        model = self._round_labels(version[2]) if version[2] else None
        key = (version[0], 0 if model is None else version[2], heirs.tobytes())
        if self._followed is None or self._followed[0] != key:
            self._followed = (key, followed(model or empty_labels(0), heirs, version[0]))
        return self._followed[1]

    def _calibrated(self, version: Version) -> Labels:
        """The same with its confidence set right by the blind answers."""
        model, calibration = self._model_labels(version), self._measured(version)
        known = self._set_right
        if known is None or known[0] is not model or known[1] != calibration:
            known = model, calibration, with_calibration(model, calibration)
            self._set_right = known
        return known[2]

    def _measured(self, version: Version) -> Calibration:
        """How the confidence is to be set right, measured again with every blind answer."""
        heirs, certificate = self._store.classes.heirs(), self._store.certificates.open()
        marks = (
            *self._store.answers.mark(("audit",)),
            0 if certificate is None else certificate.id,
        )
        key = (version[0], version[2], heirs.tobytes(), marks)
        known = self._calibration
        if known is None or known[0] != key:
            made = calibration_of(self._store, self._tested(version), heirs)
            known = self._calibration = (key, made)
        return known[1]

    def _tested(self, version: Version) -> Iterator[Labels]:
        """What models believed after the rounds that blind answers can test, newest first."""
        yield self._model_labels(version)
        heirs = self._store.classes.heirs()
        for number in tested_rounds(self._store)[1:]:
            labels = load_labels(labels_path(self._store, number))
            if labels is not None:
                yield followed(labels, heirs, version[0])

    def _round_labels(self, round_id: int) -> Labels | None:
        """The labels of a round, read once; None if their file is lost."""
        if self._read is None or self._read[0] != round_id:
            labels = load_labels(labels_path(self._store, round_id))
            if labels is None:
                return None
            self._read = (round_id, labels)
        return self._read[1]
