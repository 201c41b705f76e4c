"""Certifying the labels: freeze them, draw items blindly, stop as soon as the claim is proved.

The labels are kept as they are when it begins. Those that a person gave for the item alone are
right by definition: what a person says is the reference. All others can be wrong, those that a
person passed with others among them, and are drawn in a random order that is settled at the start;
a person is asked about one after the other without seeing the label. An answer that no class fits,
or that the person cannot tell, counts as wrong. Answers count in the order drawn, up to the first
item that is still open, so that what is hard to answer cannot be put off. Until a certificate has
ended no round runs by itself.
"""

from __future__ import annotations

import math
import secrets
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

import numpy as np

from fewclicks import files
from fewclicks.errors import Conflict, InvalidInput, NotFound
from fewclicks.records import NO_CLASS, BoolArray, IntArray, Labels, Question
from fewclicks.settings import user_name
from fewclicks.store import Store
from fewclicks.store.certificates import (
    EVENLY,
    NAMING,
    OPEN,
    REASON,
    UNSURE,
    CertificateRow,
    Draw,
)
from fewclicks.workflows.auditpages import (
    may_look_through,
    unshown,
)
from fewclicks.workflows.bets import Bets
from fewclicks.workflows.covering import uncovered
from fewclicks.workflows.finishing import finish_of, first_unsure_of, people_of
from fewclicks.workflows.frozen import Frozen, freeze, thawed
from fewclicks.workflows.originals import collected
from fewclicks.workflows.paging import Paging
from fewclicks.workflows.standing import Standing, answered_first, merged, outcomes, revised

BATCH = 50
"""Items drawn at once, and"""

NAMED = 200
"""least sure labels that people are asked to name at once,"""

LOW = 25
"""when no more than so many wait for an answer."""

KIND = "certificate"


class Certifying:
    """The certificates of a project.

    Parameters
    ----------
    store : Store
    labels : callable
        Gives what is believed of every item now.

    Attributes
    ----------
    pages : Paging
        The quicker form of blind answers.
    """

    def __init__(self, store: Store, labels: Callable[[], Labels]) -> None:
        self._store = store
        self._labels = labels
        self.pages = Paging(store, self)
        self._read: tuple[str, Frozen] | None = None
        self._bets: tuple[tuple[str, bytes], Bets] | None = None

    def begin(
        self,
        error: float = 0.01,
        *,
        confidence: float = 0.95,
        annotator: str | None = None,
        client_id: str | None = None,
        seed: int | None = None,
        draw: Draw = EVENLY,
    ) -> Standing:
        """Begin to test the claim that at most a share `error` of the labels is wrong.

        The labels are kept as they are: no round runs by itself until `end`. Items are drawn at
        random from those whose label no person gave for the item alone, and asked about before all
        others. The certificate that was open, if there was one, ends.

        Parameters
        ----------
        error : float, default 0.01
            In (0, 1).
        confidence : float, default 0.95
            In [0.5, 1): if more labels are wrong, the claim is proved with at most the chance
            1 − confidence, however often one looks.
        annotator : str, optional
            Who begins it, by default whom the system knows.
        client_id : str, optional
            Repeating it changes nothing and returns the certificate begun the first time.
        seed : int, optional
            Decides which items are drawn; by default nobody knows it before. Who draws the same
            again has no new proof: what was found the first time has been put right.
        draw : {"evenly", "suspected", "classes"}, default "evenly"
            How often which labels are drawn. A fifth of the draws going to the least sure proves
            most claims with fewer answers; half of them spread evenly over the classes tells more
            of rare ones. Pages, and naming the least sure, are for even draws only.

        Raises
        ------
        Conflict
            There are no labels that can be wrong.
        InvalidInput
            There is no such draw.
        """
        _check(error, confidence)
        labels = self._labels()
        seed = secrets.randbits(31) if seed is None else seed
        wanted = collected(self._store, len(labels.sources))
        frozen = freeze(labels, wanted, self._alone(labels), seed, draw)
        _refuse_untestable(frozen)
        name = uuid.uuid4().hex
        files.save(self._path(name), KIND, asdict(frozen))
        row = self._store.certificates.begin(
            annotator or user_name(),
            labels=name,
            error=error,
            confidence=confidence,
            seed=seed,
            n_items=int(np.count_nonzero(frozen.class_ids != NO_CLASS)),
            n_tested=len(frozen.order),
            draw=draw if frozen.weights is not None else EVENLY,
            client_id=client_id,
        )
        if row.labels != name:  # a repeated request: what it had begun stands
            self._path(name).unlink()
        self.draw_on()
        return self._standing(row)

    def standing(self, certificate_id: int | None = None) -> Standing | None:
        """How a certificate stands, by default the open or the newest; None where there is none.

        Raises
        ------
        NotFound
            There is no such certificate, or the file of its labels is lost.
        """
        row = self._chosen(certificate_id)
        return None if row is None else self._standing(row)

    def under_way(self) -> tuple[CertificateRow, bool] | None:
        """The open certificate and whether its claim is proved by now; None where none is open.

        Quicker than `standing`: to be asked every second. With its labels lost, nothing is proved.
        """
        row = self._store.certificates.open()
        if row is None:
            return None
        with suppress(NotFound):
            frozen, drawn = self.frozen(row), self._store.certificates.drawn(row.id)
            wrong = outcomes(answered_first(drawn), frozen, self._store.classes.heirs())
            if row.state == OPEN:
                return row, self._is_proved(row, frozen, wrong)
            finish = finish_of(row, frozen, wrong, self._alone(self._labels()))
            return row, finish is not None and finish.holds
        return row, False

    def questions(self) -> list[Question]:
        """What the open certificate asks, first to be answered first."""
        row = self._store.certificates.open()
        if row is not None and row.state == NAMING:
            waiting = self._store.certificates.unsure(row.id)
            return [
                Question("item", UNSURE, item=item, purpose="review", id=question_id)
                for item, question_id in waiting.items()
            ]
        drawn = [] if row is None else self._store.certificates.drawn(row.id)
        return [
            Question("item", REASON, item=one.item, purpose="audit", id=one.question)
            for one in drawn
            if one.state == OPEN
        ]

    def name_unsure(self, annotator: str | None = None, client_id: str | None = None) -> Standing:
        """Let people name the labels that are too unsure for the claim; draw no more at random.

        They are asked about before all others, one by one and without guesses, the least sure
        first. Once all are named the claim holds.

        Raises
        ------
        Conflict
            No certificate is open, or they do so already; the claim is proved, the answers tell of
            no part that would prove it, pages have been looked through, or the draw is not even.
        """
        row = self.require_open()
        if self._store.certificates.pages(row.id):
            raise Conflict(
                "Pages have been looked through, which do not tell where the wrong labels are.",
                "Answer singly, or begin the certificate anew and look through no pages.",
            )
        if row.draw != EVENLY:
            raise Conflict(
                "Only even draws tell which labels people would have to name.",
                "Begin the certificate anew and draw evenly.",
            )
        if not len(self._left(row)):
            raise Conflict(
                "So far the blind answers tell of no part of the labels that people must name.",
                "Answer more of them.",
            )
        row = self._store.certificates.name_unsure(annotator or user_name(), row.id, client_id)
        self.draw_on()
        return self._standing(row)

    def _left(self, row: CertificateRow) -> IntArray:
        """The items that people have yet to name for the claim to hold, least sure first."""
        frozen, drawn = self.frozen(row), self._store.certificates.drawn(row.id)
        wrong = outcomes(answered_first(drawn), frozen, self._store.classes.heirs())
        first = first_unsure_of(row, frozen, wrong)
        if not math.isfinite(first):
            return np.empty(0, np.int64)
        people = people_of(frozen, len(wrong), first)
        left: IntArray = people[~self._alone(self._labels())[people]]
        return left

    def _alone(self, labels: Labels) -> BoolArray:
        return self._store.answers.alone(labels.class_ids[:, 0])

    def end(self, annotator: str | None = None, client_id: str | None = None) -> None:
        """Go on labelling: the open certificate asks no more and keeps no labels.

        Raises
        ------
        NotFound
            There is no certificate.
        Conflict
            It has ended already.
        """
        row = self._chosen(None)
        if row is None:
            raise NotFound("There is no certificate.", "Begin one with: fewclicks certify")
        self._store.certificates.end(annotator or user_name(), row.id, client_id)

    def _standing(self, row: CertificateRow) -> Standing:
        frozen, drawn = self.frozen(row), self._store.certificates.drawn(row.id)
        heirs, pages = self._store.classes.heirs(), self._store.certificates.pages(row.id)
        counted, before = answered_first(drawn), self._store.certificates.said_before(row.id)
        was_answered = bool(before) or any(one.verdict is not None for one in drawn)
        wrong = outcomes(counted, frozen, heirs)
        bets = self.bets_of(row)
        waiting = sum(one.state == OPEN for one in drawn)
        labels = self._labels()
        now, alone = labels.class_ids[:, 0], self._alone(labels)
        had_label = np.zeros(len(now), np.bool_)
        had_label[: len(frozen.class_ids)] = frozen.class_ids[: len(now)] != NO_CLASS
        repeated = self._store.answers.firsthand().repeated
        tells_whom = row.draw == EVENLY
        return Standing(
            row,
            bets.of_all(wrong, pages),
            waiting=waiting,
            unsure=sum(one.verdict == "unsure" for one in counted),
            changed=int(np.count_nonzero(uncovered(frozen, now, heirs, had_label, alone))),
            noticed=waiting - len(unshown(drawn, pages)),
            classes=bets.of_classes([one.item for one in counted], wrong, pages),
            finish=finish_of(row, frozen, wrong, alone) if tells_whom and not pages else None,
            repeated=len(repeated),
            same=int(np.count_nonzero(repeated[:, 1] == repeated[:, 2])),
            revised=revised(counted, before, heirs),
            merged=merged(counted, frozen, heirs),
            may_look_through=may_look_through(row, pages, was_answered),
            looked_through=len(pages),
            taken_back=sum(page.withdrawn for page in pages),
            claims=sum(one.id <= row.id for one in self._store.certificates.all()),
        )

    def require_open(self) -> CertificateRow:
        """The certificate that has not ended; Conflict if there is none."""
        row = self._store.certificates.open()
        if row is None:
            raise Conflict("No certificate is open.", "Begin one with: fewclicks certify")
        return row

    def bets_of(self, row: CertificateRow) -> Bets:
        """What has been made of its answers so far; anew for other labels or classes."""
        frozen, heirs = self.frozen(row), self._store.classes.heirs()
        key = (row.labels, heirs.tobytes())
        known = self._bets
        if known is None or known[0] != key:
            known = self._bets = (key, Bets(frozen, heirs, row.error_of_tested, row.alpha))
        return known[1]

    def draw_on(self) -> None:
        """Draw the next items when few wait for an answer; ask no more once the claim is proved.

        To be called after answers; nothing is done without an open certificate, or if its labels
        are lost.
        """
        with suppress(NotFound):
            self._draw_on()

    def _draw_on(self) -> None:
        certificates, row = self._store.certificates, self._chosen(None)
        if row is None:
            return
        if row.state != OPEN:  # its beginning may have been undone
            certificates.stop_asking(row.id)
        if row.state != NAMING:  # or the choice to name the unsure
            certificates.stop_asking(row.id, "review")
        if row.state == NAMING:
            self._ask_unsure(row)
        elif row.state == OPEN:
            self._ask_blindly(row)

    def _ask_unsure(self, row: CertificateRow) -> None:
        since = self._store.events.last_id()
        left, waiting = self._left(row), self._store.certificates.unsure(row.id)
        new = left[~np.isin(left, list(waiting))]
        if len(left) - len(new) <= LOW and len(new):
            self._store.certificates.ask_unsure(row.id, new[:NAMED], since)

    def _ask_blindly(self, row: CertificateRow) -> None:
        certificates = self._store.certificates
        frozen, drawn = self.frozen(row), certificates.drawn(row.id)
        wrong = outcomes(answered_first(drawn), frozen, self._store.classes.heirs())
        if self._is_proved(row, frozen, wrong):
            certificates.stop_asking(row.id)
            return
        silent = [one for one in drawn if one.verdict is None]
        if any(one.state != OPEN for one in silent):  # an answer that proved it was taken back
            certificates.ask_again(row.id)
        if len(silent) <= LOW:
            after = len(drawn)
            certificates.ask(row.id, frozen.order[after : after + BATCH], after)

    def _is_proved(self, row: CertificateRow, frozen: Frozen, wrong: BoolArray) -> bool:
        pages = self._store.certificates.pages(row.id)
        return self.bets_of(row).of_all(wrong, pages).holds

    def frozen(self, row: CertificateRow) -> Frozen:
        """The labels that a certificate tells of.

        Raises
        ------
        NotFound
            Their file is lost or damaged.
        """
        known = self._read
        if known is None or known[0] != row.labels:
            stored = files.load(self._path(row.labels), KIND)
            if stored is None:
                raise NotFound(
                    f"The labels of certificate {row.id} are lost: {self._path(row.labels)} is "
                    "missing or damaged.",
                    "Put it back from a copy, or end it: fewclicks certify --end",
                )
            known = self._read = (row.labels, thawed(stored))
        return known[1]

    def _chosen(self, certificate_id: int | None) -> CertificateRow | None:
        """The one named, or the one that is open, or the newest."""
        if certificate_id is not None:
            return self._store.certificates.get(certificate_id)
        rows = self._store.certificates.all()
        return self._store.certificates.open() or (rows[-1] if rows else None)

    def _path(self, name: str) -> Path:
        return self._store.home / "certificates" / f"{name}.npz"


def _check(error: float, confidence: float) -> None:
    if not 0 < error < 1 or not 0.5 <= confidence < 1:
        raise InvalidInput(
            "The error must be above 0 and below 1, the confidence at least 0.5 and below 1, but "
            f"are {error} and {confidence}."
        )


def _refuse_untestable(frozen: Frozen) -> None:
    if (frozen.class_ids == NO_CLASS).all():
        raise Conflict("There are no labels to certify yet.", "Answer questions first.")
    if not len(frozen.order):
        raise Conflict(
            "A person has named every labelled item by itself: there is nothing to certify.",
            "What a person says is the reference.",
        )
