"""From rows and records to what is said over HTTP."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from typing import Any

from fewclicks.clusters import ClusterMap, Portraits
from fewclicks.items.thumbnails import media_type
from fewclicks.records import GROUP, NO_CLASS, PERSON, SOURCE_NAMES, IntArray, Labels
from fewclicks.server import messages, predictionmessages, reportmessages
from fewclicks.server.failures import Failure, shown
from fewclicks.server.guesses import Pairs, cluster_guesses, item_guesses
from fewclicks.store.answers import AnswerRow
from fewclicks.store.certificates import UNSURE
from fewclicks.store.classes import ClassRow
from fewclicks.store.events import Event
from fewclicks.store.jobs import JobRow
from fewclicks.store.questions import QuestionRow
from fewclicks.workflows import sharing
from fewclicks.workflows.exporting import iso_time
from fewclicks.workflows.predicting import Prediction
from fewclicks.workflows.uploading import Upload

BLIND = ("audit", "second", "again")
"""Purposes of questions whose answer must owe nothing to what is believed."""

COVER = 12
"""Items of a cluster that a list of questions carries."""


def job(row: JobRow) -> messages.JobTold:
    """A job as the page sees it."""
    return messages.JobTold.model_validate(
        {
            "id": row.id,
            "kind": row.kind,
            "state": row.state,
            "step": row.step,
            "done": row.done,
            "total": row.total,
            "message": job_message(row),
            "error": None if row.error is None else _failure(row.error),
            "created_at": iso_time(row.created_at),
            "finished_at": None if row.finished_at is None else iso_time(row.finished_at),
            "result": row.result,
        }
    )


def job_message(row: JobRow) -> str:
    """The state of a job in one plain sentence."""
    if row.error is not None:
        return shown(row.error["message"])
    if row.state != "running":
        waiting = {"queued": "Waiting to start.", "done": "Finished.", "cancelled": "Cancelled."}
        return waiting.get(row.state, "")
    how_far = f": {row.done:,} of {row.total:,}" if row.total else ""
    return f"{(row.step or 'starting').capitalize()}{how_far}."


def answer(row: AnswerRow) -> messages.AnswerTold:
    """An answer as the page sees it."""
    return messages.AnswerTold.model_validate(
        {
            "id": row.id,
            "question_id": row.question,
            "item": row.item,
            "verdict": row.verdict,
            "class_id": row.class_id,
            "n_members": row.n_members,
            "n_misfits": row.n_misfits,
            "purpose": row.purpose,
            "annotator": row.annotator,
            "answered_at": iso_time(row.answered_at),
            "withdrawn": row.withdrawn,
        }
    )


def event(row: Event) -> messages.Event:
    """An event as the page sees it."""
    return messages.Event(
        id=row.id,
        at=iso_time(row.at),
        annotator=row.annotator,
        kind=row.kind,
        text=shown(row.text),
        undone=row.undone,
        undoable=row.undoable,
        data=row.result,
    )


def class_(row: ClassRow, n_answers: int, n_labels: int) -> messages.ClassTold:
    """A class as the page sees it."""
    return messages.ClassTold(
        id=row.id,
        name=row.name,
        color=row.color,
        key=row.key,
        parent_id=row.parent_id,
        description=row.description,
        examples=list(row.examples),
        n_answers=n_answers,
        n_labels=n_labels,
    )


def question(row: QuestionRow, labels: Labels) -> messages.QuestionTold:
    """A question as the page sees it, with what the labels suggest."""
    return messages.QuestionTold.model_validate(
        {
            "id": row.id,
            "kind": row.kind,
            "purpose": row.purpose,
            "reason": row.reason,
            "item": row.item,
            "cluster": row.cluster,
            "size": row.n_members,
            "cover": members(row)[:COVER],
            "guesses": guesses(_pairs(row, labels)),
            "round": row.round,
        }
    )


def members(row: QuestionRow) -> list[int]:
    """The items a question is about, most typical first."""
    if row.members is not None:
        found: list[int] = row.members.tolist()
        return found
    return [] if row.item is None else [row.item]


def named(labels: Labels, members: IntArray | None) -> list[messages.Neighbour]:
    """The members of a cluster that a person has named, each by itself, as the page sees them."""
    if members is None:
        return []
    own = members[labels.sources[members] == PERSON]
    told = zip(own.tolist(), labels.class_ids[own, 0].tolist(), strict=True)
    return [messages.Neighbour(item=item, class_id=c) for item, c in told if c != NO_CLASS]


def guesses(pairs: Pairs) -> list[messages.Guess]:
    """Guesses as the page sees them."""
    return [messages.Guess(class_id=c, confidence=round(share, 4)) for c, share in pairs]


def prediction(told: Prediction, by: str) -> predictionmessages.PredictionTold:
    """A prediction as the page sees it."""
    pairs = [(guess.class_id, guess.confidence) for guess in told.guesses]
    return predictionmessages.PredictionTold.model_validate(
        {
            "name": shown(told.name),
            "guesses": guesses(pairs),
            "familiar": told.familiar,
            "item": told.item,
            "by": by,
        }
    )


def upload(done: Upload, by: str, labels: Labels) -> predictionmessages.UploadTold:
    """An upload as the page sees it."""
    return predictionmessages.UploadTold(
        item=done.item,
        known=done.known,
        question_id=done.question,
        label=label(labels, done.item),
        prediction=prediction(done.prediction, by),
    )


def label(labels: Labels, item: int) -> messages.LabelTold:
    """The label of an item as the page sees it."""
    class_id = int(labels.class_ids[item, 0])
    return messages.LabelTold.model_validate(
        {
            "class_id": None if class_id == NO_CLASS else class_id,
            "confidence": round(float(labels.confidences[item, 0]), 4),
            "source": SOURCE_NAMES[labels.sources[item]],
        }
    )


def data_url(content: bytes) -> str:
    """An encoded thumbnail as text that a page shows as an image."""
    return f"data:{media_type(content)};base64,{b64encode(content).decode('ascii')}"


def map_(
    plan: ClusterMap, portraits: Portraits, labels: Labels, asked: Mapping[int, int]
) -> messages.MapTold:
    """A map as the page sees it; `asked` holds the open question of each cluster that has one."""
    medoids, sizes = portraits.medoids().tolist(), portraits.sizes().tolist()
    cells = []
    for cluster, ((x, y), ridge) in enumerate(zip(plan.places, plan.ridges, strict=True)):
        likeliest = guesses(cluster_guesses(labels, portraits.members(cluster))[:1])
        cells.append(
            messages.MapCell(
                cluster=cluster,
                x=round(float(x), 4),
                y=round(float(y), 4),
                ridge=round(float(ridge), 4),
                size=sizes[cluster],
                medoid=medoids[cluster] if sizes[cluster] else None,
                question=asked.get(cluster),
                guess=likeliest[0] if likeliest else None,
            )
        )
    rows, columns = plan.shape
    return messages.MapTold.model_validate(
        {"rows": rows, "columns": columns, "topology": plan.topology, "cells": cells}
    )


def report(told: dict[str, Any]) -> reportmessages.Report:
    """A report as the page sees it."""
    course = [{**moment, "at": iso_time(moment["at"])} for moment in told["course"]]
    return reportmessages.Report.model_validate({**told, "course": course})


def is_blind(row: QuestionRow, labels: Labels) -> bool:
    """Whether whoever answers must not know what is believed: the question is there to check it."""
    of_group = row.item is not None and labels.sources[row.item] == GROUP
    return row.purpose in BLIND or of_group or row.reason in (sharing.REASON, UNSURE)


def _pairs(row: QuestionRow, labels: Labels) -> Pairs:
    if is_blind(row, labels):
        return []
    if row.members is not None:
        return cluster_guesses(labels, row.members)
    if row.item is None or labels.sources[row.item] == PERSON:  # asked again: no leading them on
        return []
    return item_guesses(labels, row.item)


def _failure(error: dict[str, str]) -> Failure:
    return Failure(
        code=error["code"], message=shown(error["message"]), remedy=shown(error["remedy"])
    )
