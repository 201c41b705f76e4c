"""A project: the one object that the command line, the page, a notebook and a simulation drive."""

from __future__ import annotations

import shutil
import time
from collections.abc import Sequence
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from fewclicks import checks
from fewclicks.clusters.split import split_cluster
from fewclicks.errors import Conflict, FewclicksError, InvalidInput
from fewclicks.items.base import Source
from fewclicks.items.sources import open_source
from fewclicks.items.thumbnails import ThumbnailStore
from fewclicks.labels.resolve import overlay
from fewclicks.progress import Report, silent
from fewclicks.records import NO_CLASS, SOURCE_NAMES, IntArray, Labels, Reply
from fewclicks.store import Store
from fewclicks.store.answers import AnswerRow
from fewclicks.workflows import make_workflow
from fewclicks.workflows.base import Workflow
from fewclicks.workflows.collection import Collection
from fewclicks.workflows.describing import check_choice, describe_items, settle
from fewclicks.workflows.exporting import ExportSummary, export_labels
from fewclicks.workflows.importing import ImportSummary, import_source
from fewclicks.workflows.originals import read_original, restore_thumbnails
from fewclicks.workflows.rounds import (
    RoundSummary,
    empty_labels,
    labels_path,
    load_labels,
    run_round,
)

LOW_QUEUE = 8
"""A new round starts when no more open item questions than this are left."""


class Project:
    """An image collection being labelled.

    Made by `Project.create` or `Project.open`, not directly.
    """

    def __init__(self, store: Store) -> None:
        self.store = store
        self.folder = store.folder
        self.thumbnails = ThumbnailStore(store.folder / "thumbnails")
        described = store.describe()
        self.uid: str = described["uid"]
        self.name: str = described["name"]
        self._collection: tuple[int, Collection] | None = None
        self._labels: tuple[tuple[int, int, int], Labels] | None = None

    @classmethod
    def create(
        cls,
        folder: str | PathLike[str],
        source: str | PathLike[str] | None = None,
        *,
        labels: str | None = None,
        name: str | None = None,
        features: str = "auto",
        n_codewords: int | None = None,
        workflow: str = "fewclicks",
        workflow_options: dict[str, Any] | None = None,
        seed: int = 0,
        report: Report = silent,
        url: str | None = None,
        **source_options: Any,
    ) -> Project:
        """Make a new project and import `source` into it.

        Parameters
        ----------
        folder : path
            A new or empty folder.
        source : path or URL, optional
            Anything `open_source` understands; None makes an empty project.
        labels : str, optional
            Where the source's own labels are, for simulated annotators and benchmarks.
        features : str, default "auto"
            A name of `fewclicks.features.FEATURES`, or a .npy, .npz or Parquet file with one row
            per item; "auto" chooses by the kind of images.
        n_codewords : int, optional
            Clusters; by default about the square root of the number of items.
        workflow : str, default "fewclicks"
            A name of `fewclicks.workflows.WORKFLOWS`.
        workflow_options : dict, optional
            Parameters of that workflow.
        seed : int, default 0
            Seed of everything random in the project.
        url : str, optional
            Database URL; by default SQLite in the folder.

        Raises
        ------
        Conflict
            The folder is not empty.
        SourceError
            Nothing in the source can be read.
        """
        check_choice(features)
        make_workflow(workflow, workflow_options or {})
        path = Path(folder)
        options = {
            "features": features,
            "n_codewords": n_codewords,
            "workflow": workflow,
            "workflow_options": workflow_options or {},
            "seed": seed,
        }
        opened = None if source is None else open_source(source, labels=labels, **source_options)
        project = cls(Store.create(path, name or path.resolve().name, options, url))
        if opened is not None:
            project._first_import(opened, report)
        return project

    @classmethod
    def open(cls, folder: str | PathLike[str], url: str | None = None) -> Project:
        """Open an existing project.

        Raises
        ------
        NotFound
            There is no project in the folder.
        ProjectTooNew, ReadOnlyProject, ProjectError
            It cannot be used; the message says why and what to do.
        """
        return cls(Store.open(Path(folder), url))

    def close(self) -> None:
        """Let go of the project's files."""
        self.store.close()

    def __enter__(self) -> Project:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    @property
    def n_items(self) -> int:
        """Number of items."""
        return self.store.items.count()

    @property
    def options(self) -> dict[str, Any]:
        """The choices made when the project was created, and since."""
        options: dict[str, Any] = self.store.describe()["options"]
        return options

    @property
    def feature_set(self) -> dict[str, Any]:
        """The features in use: `name`, the `kind` of images seen, whether the ink is dark."""
        return settle(self.store, self.thumbnails)

    @property
    def workflow(self) -> Workflow:
        """The project's workflow."""
        options = self.options
        return make_workflow(options["workflow"], options["workflow_options"])

    def add(
        self,
        source: str | PathLike[str],
        *,
        labels: str | None = None,
        report: Report = silent,
        **source_options: Any,
    ) -> ImportSummary:
        """Import what is new in a source; ids and answers given before stay as they are."""
        opened = open_source(source, labels=labels, **source_options)
        return import_source(self.store, self.thumbnails, opened, report)

    def prepare(self, report: Report = silent) -> None:
        """Compute features, clusters and neighbours, and queue a question per cluster.

        What is there and still fits is kept; an interrupted run goes on where it stopped.
        """
        if not self.n_items:
            raise InvalidInput("The project has no items.", "Add images with: fewclicks add")
        with self.store.lock("prepare"):
            restore_thumbnails(self.store, self.thumbnails, report)
            features = describe_items(self.store, self.thumbnails, report)
            collection = self._collect(features)
            collection.prepare(report)
            self.store.questions.ask_clusters(collection.partition, collection.cluster_questions())
            self.store.set_options(prepared=collection.n_items)
            self._collection = (collection.n_items, collection)

    @property
    def prepared(self) -> bool:
        """Whether `prepare` has been done for the items there are now."""
        return bool(self.n_items) and self.options.get("prepared") == self.n_items

    def collection(self, seed: int | None = None) -> Collection:
        """Features, clusters and neighbours; computed if `prepare` has not been done."""
        if seed not in (None, self.options["seed"]):
            return self._collect(describe_items(self.store, self.thumbnails), seed)
        if self._collection is None or self._collection[0] != self.n_items:
            if not self.prepared:
                self.prepare()
            else:  # everything is on disk: no need to keep others from preparing
                collection = self._collect(describe_items(self.store, self.thumbnails))
                self._collection = (collection.n_items, collection)
        assert self._collection is not None
        return self._collection[1]

    def round(
        self,
        *,
        workflow: Workflow | None = None,
        seed: int | None = None,
        budget_left: int | None = None,
        report: Report = silent,
    ) -> RoundSummary:
        """Run one round: learn from the answers, label every item, queue the next questions."""
        options = self.options
        return run_round(
            self.store,
            self.collection(seed),
            workflow or self.workflow,
            seed=options["seed"] if seed is None else seed,
            budget_left=budget_left,
            report=report,
        )

    def needs_round(self) -> bool:
        """Whether the queue runs low and there is something new to learn from."""
        if self.store.questions.count_open()["item"] > LOW_QUEUE:
            return False
        latest = self.store.rounds.latest()
        return latest is None or latest.last_event < self.store.events.last_id()

    def answer(
        self,
        annotator: str,
        reply: Reply,
        *,
        question_id: int | None = None,
        item: int | None = None,
        class_id: int | None = None,
        client_id: str | None = None,
        replace: bool = False,
    ) -> AnswerRow:
        """Record what a person said; it is on disk when this returns.

        See `fewclicks.store.answers.Answers.add` for the parameters and what is raised. A cluster
        found mixed is split at once and its parts are queued.
        """
        if item is not None:
            checks.item_ids([item], self.n_items)
        parts: Sequence[IntArray] = ()
        if reply.verdict == "mixed" and question_id is not None:
            members = self.store.questions.get(question_id).members
            if members is not None:
                parts = split_cluster(self.collection().features, members, random_state=0)
        return self.store.answers.add(
            annotator,
            reply,
            question_id=question_id,
            item=item,
            class_id=class_id,
            parts=parts,
            client_id=client_id,
            replace=replace,
        )

    def labels(self) -> Labels:
        """What is believed of every item now: the last round's labels under people's answers."""
        latest = self.store.rounds.latest()
        n_items, last_event = self.n_items, self.store.events.last_id()
        version = (n_items, last_event, latest.id if latest else 0)
        if self._labels is None or self._labels[0] != version:
            model = load_labels(labels_path(self.store, latest.id)) if latest else None
            labels = overlay(
                model or empty_labels(0),
                self.store.answers.sheet(n_items),
                self.store.classes.heirs(),
            )
            self._labels = (version, labels)
        return self._labels[1]

    def export(
        self,
        target: str | PathLike[str],
        *,
        format: str | None = None,
        mode: str = "copy",
        report: Report = silent,
    ) -> ExportSummary:
        """Write the labels, with who or what decided each, to a table or one folder per class.

        Parameters
        ----------
        target : path
            A .csv, .parquet or .jsonl file, or a folder.
        format : {"csv", "parquet", "jsonl", "folders"}, optional
            By default by the target's suffix; "folders" without one.
        mode : {"copy", "hardlink", "symlink"}, default "copy"
            How images come into class folders.
        """
        return export_labels(
            self.store, self.thumbnails, self.labels(), Path(target), format, mode, report
        )

    def original(self, item: int) -> tuple[bytes, str] | None:
        """The original image as a file's bytes and media type; None if it cannot be read now."""
        return read_original(self.store, item)

    def rehearse(self, home: str | PathLike[str]) -> Project:
        """The same items without any answer, class or question; nothing said there comes back."""
        path = Path(home)
        if path.exists() and any(path.iterdir()):
            raise Conflict(f"{path} is not empty.", "Choose a new folder for the rehearsal.")
        return Project(self.store.rehearsal(path))

    def status(self) -> dict[str, Any]:
        """Counts of items, answers, effort, classes and open questions, JSON-able."""
        n_items = self.n_items
        totals = self.store.answers.totals()
        labels = self.labels()
        counts = np.bincount(labels.sources, minlength=len(SOURCE_NAMES))
        labelled = dict(zip(SOURCE_NAMES, map(int, counts), strict=True))
        latest = self.store.rounds.latest()
        return {
            "n_items": n_items,
            "labelled": labelled,
            "answers": {k: totals[k] for k in ("learn", "review", "audit", "total")},
            "actions": totals["actions"],
            "seconds": totals["seconds"],
            "rate": totals["total"] / n_items if n_items else 0.0,
            "round": latest.id if latest else 0,
            "note": latest.note if latest else "",
            "open": _plural(self.store.questions.count_open()),
            "classes": self._class_counts(labels),
            "learning_curve": [
                {"round": r.id, "answers": r.n_answers, **r.figures}
                for r in self.store.rounds.all()
            ],
            "last_event": self.store.events.last_id(),
            "seconds_since_round": time.time() - latest.finished_at if latest else None,
        }

    def _first_import(self, source: Source, report: Report) -> None:
        try:
            import_source(self.store, self.thumbnails, source, report)
        except FewclicksError:
            if not self.n_items:  # nothing came of it, so the name stays free for another try
                self.close()
                shutil.rmtree(self.folder)
            raise

    def _class_counts(self, labels: Labels) -> list[dict[str, int]]:
        best = labels.class_ids[:, 0]
        ids, counts = np.unique(best[best != NO_CLASS], return_counts=True)
        found = dict(zip(ids.tolist(), counts.tolist(), strict=True))
        return [{"id": row.id, "n": found.get(row.id, 0)} for row in self.store.classes.all()]

    def _collect(self, features: tuple[Any, str], seed: int | None = None) -> Collection:
        options = self.options
        rows, made_from = features
        return Collection(
            rows,
            made_from,
            options["n_codewords"],
            seed=options["seed"] if seed is None else seed,
            folder=self.folder / "clusters",
        )


def _plural(counts: dict[str, int]) -> dict[str, int]:
    return {"items": counts["item"], "clusters": counts["cluster"]}
